// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"image"
	"net/http"
	"strings"
	"testing"
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
		// The name of the SVG format is an address, but nobody goes there.
		if text := strings.ReplaceAll(r.text, "http://www.w3.org/2000/svg", ""); strings.Contains(text, "http://") || strings.Contains(text, "https://") {
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
