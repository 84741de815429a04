// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"image"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestPage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for path, contentType := range map[string]string{
		"/":           "text/html; charset=utf-8",
		"/_/":         "text/html; charset=utf-8",
		"/_/page.css": "text/css; charset=utf-8",
		"/_/page.js":  "text/javascript; charset=utf-8",
		"/_/icon.svg": "image/svg+xml",
	} {
		r := f.get(path, "Authorization", "")
		expect(t, r, http.StatusOK, "")
		if got := r.header.Get("Content-Type"); got != contentType {
			t.Errorf("%s is %q, want %q", path, got, contentType)
		}
		if !strings.Contains(r.text, "SPDX-License-Identifier") && path != "/_/icon.svg" {
			t.Errorf("%s is %q", path, r.text)
		}
		// The name of the SVG format is an address, but nobody goes there. The
		// emulator's own is no other's.
		if text := strings.NewReplacer("http://www.w3.org/2000/svg", "", f.url, "").Replace(r.text); strings.Contains(text, "http://") || strings.Contains(text, "https://") {
			t.Errorf("%s names another host", path)
		}
		if policy := r.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s has the policy %q", path, policy)
		}
		head := f.do(http.MethodHead, path, "")
		if head.status != http.StatusOK || head.text != "" {
			t.Errorf("HEAD %s: %+v", path, head)
		}
	}
	expect(t, f.get("/_/nonsense"), http.StatusNotFound, "")
	expect(t, f.get("/_/page.css/x"), http.StatusNotFound, "")
	expect(t, f.do(http.MethodHead, "/_/feed", ""), http.StatusOK, "")
	refused := f.do(http.MethodPost, "/_/feed", "")
	if refused.status != http.StatusMethodNotAllowed || refused.header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %+v", refused)
	}
}

// Who has no JavaScript sees what there is, in each state.
func TestPageWithoutScripts(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithQueueTime(time.Second), WithFaults(Fault{Route: RouteSubmit, Prompt: "broken", Job: &JobFault{ErrorType: "runner_disconnected"}}))
	prompt := `<script>alert("1")</script>`
	f.submit(`{"prompt":` + string(encode(prompt)) + `}`)
	f.submit(`{"prompt":"broken"}`)
	f.clock.Advance(time.Second)
	f.submit(cat)
	all := f.get("/").text
	for _, want := range []string{
		`<a href="/" aria-current="page"><span class="name">All</span> <span class="count" id="count-total">3</span>`,
		`<a href="/?state=failed"><span class="name">Failed</span> <span class="count" id="count-failed">1</span>`,
		`<a href="/?state=running"><span class="name">Running</span> <span class="count" id="count-running">0</span>`,
		"&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;", `HTTP 503 runner_disconnected`, "FLUX2_EMULATOR_URL=" + f.url, "<title>fal, emulated</title>",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("the page has no %s:\n%s", want, all)
		}
	}
	if strings.Contains(all, prompt) {
		t.Error("a prompt is markup")
	}
	newest, oldest := strings.Index(all, `id="request-3"`), strings.Index(all, `id="request-1"`)
	if newest < 0 || newest > oldest {
		t.Errorf("request 3 is at %d, request 1 at %d", newest, oldest)
	}
	for state, want := range map[string]string{"queued": "3", "completed": "1", "failed": "2", "cancelled": ""} {
		page := f.get("/?state=" + state).text
		for _, number := range []string{"1", "2", "3"} {
			if shown := strings.Contains(page, `id="request-`+number+`"`); shown != (number == want) {
				t.Errorf("%s: request %s is shown: %t", state, number, shown)
			}
		}
		if !strings.Contains(page, `<a href="/?state=`+state+`" aria-current="page">`) {
			t.Errorf("%s is not marked as current", state)
		}
	}
	if page := f.get("/?state=" + url.QueryEscape(`"><b>`)).text; strings.Count(page, `id="request-`) != 3 || strings.Contains(page, "<b>") {
		t.Errorf("a state that there is not shows %s", page)
	}
}

func TestPageLeavesNoTrace(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithFaults(Fault{Times: 1, Status: http.StatusServiceUnavailable}), WithLock(LockTopUp))
	for _, path := range []string{"/", "/_/page.js", "/_/pictures/x", "/_/nonsense"} {
		if r := f.get(path, "Authorization", ""); r.status != http.StatusOK && r.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, r.status)
		}
	}
	if log := f.Log(); len(log) != 0 {
		t.Errorf("the log is %+v", log)
	}
	expect(t, f.do(http.MethodPost, dev, cat), http.StatusServiceUnavailable, "")
	if n := len(f.Submissions()); n != 0 {
		t.Errorf("%d submissions", n)
	}
}

func TestPagePictures(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	hidden := f.submit(`{"prompt":"cat","image_size":"square"}`,
		"X-Fal-Object-Lifecycle-Preference", `{"initial_acl":{"default":"hide"}}`)
	inline := f.submit(`{"prompt":"cat","image_size":"square","sync_mode":true,"output_format":"webp"}`)
	for id, contentType := range map[string]string{hidden: "image/png", inline: "image/webp"} {
		r, _ := f.Request(id)
		expect(t, f.get(r.Media[0], "Authorization", ""), http.StatusNotFound, "")
		door := "/_/pictures/" + strings.TrimPrefix(r.Media[0], "/media/")
		picture := f.get(door, "Authorization", "")
		expect(t, picture, http.StatusOK, "")
		config, format, err := image.DecodeConfig(strings.NewReader(picture.text))
		if got := picture.header.Get("Content-Type"); got != contentType || err != nil || got != "image/"+format || config.Width != 512 || config.Height != 512 {
			t.Errorf("%s is %s: a %s of %d × %d, %v", door, got, format, config.Width, config.Height, err)
		}
		if err := f.ExpireMedia(id); err != nil {
			t.Fatal(err)
		}
		expect(t, f.get(door), http.StatusNotFound, "")
	}
	expect(t, f.get("/_/pictures/../../x"), http.StatusNotFound, "")
}
