// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "golang.org/x/image/webp"

	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator/painter"
)

// paint submits an input and returns where its first picture is.
func (f *fixture) paint(members string, headers ...string) string {
	f.t.Helper()
	id := f.submit(`{"prompt":"a cat","seed":1,"image_size":"square"`+members+`}`, headers...)
	r, _ := f.Request(id)
	if len(r.Media) == 0 {
		f.t.Fatalf("no pictures: %+v", r)
	}
	return r.Media[0]
}

func TestPictures(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"png", "jpeg", "webp"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, WithPainting(PaintAhead))
			members := `,"output_format":"` + format + `","num_images":2`
			path := f.paint(members)
			r := f.get(path, "Authorization", "")
			expect(t, r, http.StatusOK, "")
			config, kind, err := image.DecodeConfig(strings.NewReader(r.text))
			if err != nil || kind != format || config.Width != 512 || config.Height != 512 {
				t.Errorf("%s of %d × %d: %v", kind, config.Width, config.Height, err)
			}
			if r.header.Get("Content-Type") != "image/"+format || r.header.Get("Content-Length") != strconv.Itoa(len(r.text)) {
				t.Errorf("headers %v", r.header)
			}
			head := f.do(http.MethodHead, path, "")
			if head.status != http.StatusOK || head.text != "" || head.header.Get("Content-Length") != r.header.Get("Content-Length") {
				t.Errorf("HEAD: %d %v", head.status, head.header)
			}
			if again := f.get(f.paint(members)); again.text != r.text {
				t.Error("the same input has given another picture")
			}
			result := f.get(request(f.Requests()[0].ID)).text
			if !strings.Contains(result, `"file_size":`+strconv.Itoa(len(r.text))) || !strings.Contains(result, `"content_type":"image/`+format+`"`) {
				t.Errorf("result %s", result)
			}
			if other := f.get(f.Requests()[0].Media[1]); other.text == r.text {
				t.Error("both pictures of one request are the same")
			}
		})
	}
}

func TestPainterIsHandedIn(t *testing.T) {
	t.Parallel()
	var got painter.Scene
	f := newFixture(t, WithPainter(func(s painter.Scene) image.Image {
		got = s
		return image.NewGray(image.Rect(0, 0, 3, 2))
	}))
	path := f.paint(`,"num_inference_steps":20,"guidance_scale":3`)
	config, _, err := image.DecodeConfig(strings.NewReader(f.get(path).text))
	if err != nil || config.Width != 3 || config.Height != 2 {
		t.Errorf("%d × %d, %v", config.Width, config.Height, err)
	}
	if want := (painter.Scene{Prompt: "a cat", Seed: 1, Width: 512, Height: 512, Steps: 20, Guidance: 3}); got != want {
		t.Errorf("scene %+v, want %+v", got, want)
	}
}

func TestBlackPicture(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithFaults(Fault{Times: 1, Job: &JobFault{Flagged: []int{0}}}))
	f.paint(`,"num_images":2`)
	r := f.Requests()[0]
	for i, path := range r.Media {
		picture, _, err := image.Decode(strings.NewReader(f.get(path).text))
		if err != nil {
			t.Fatal(err)
		}
		black := true
		for x := range 512 {
			red, green, blue, _ := picture.At(x, x).RGBA()
			black = black && red+green+blue == 0
		}
		if black != (i == 0) {
			t.Errorf("picture %d is black: %v", i, black)
		}
	}
	has(t, f.get(request(r.ID)), "has_nsfw_concepts", []bool{true, false})
}

func TestDataURI(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	hosted := f.get(f.paint("")).text
	path := f.paint(`,"sync_mode":true`)
	expect(t, f.get(path), http.StatusNotFound, "")
	r := f.get(request(f.Requests()[1].ID))
	_, text, found := strings.Cut(r.text, `"url":"data:image/png;base64,`)
	text, _, _ = strings.Cut(text, `"`)
	content, err := base64.StdEncoding.DecodeString(text)
	if !found || err != nil || !bytes.Equal(content, []byte(hosted)) {
		t.Errorf("the data URI is not the picture: %v", err)
	}
}

func TestMediaExpire(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		preference string
		lifetime   time.Duration
		lives      time.Duration
	}{
		"on request":             {`{"expiration_duration_seconds":60}`, 0, time.Minute},
		"by the account":         {``, time.Hour, time.Hour},
		"request before account": {`{"expiration_duration_seconds":60}`, time.Hour, time.Minute},
		"never on request":       {`{"expiration_duration_seconds":null}`, time.Hour, 0},
		"zero is never":          {`{"expiration_duration_seconds":0}`, time.Hour, 0},
		"nonsense":               {`soon`, time.Hour, time.Hour},
		"never":                  {``, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, WithMediaLifetime(test.lifetime))
			path := f.paint("", "X-Fal-Object-Lifecycle-Preference", test.preference)
			if test.lives == 0 {
				f.clock.Advance(1000 * time.Hour)
				expect(t, f.do(http.MethodHead, path, ""), http.StatusOK, "")
				return
			}
			f.clock.Advance(test.lives - time.Second)
			expect(t, f.do(http.MethodHead, path, ""), http.StatusOK, "")
			f.clock.Advance(time.Second)
			expect(t, f.do(http.MethodHead, path, ""), http.StatusNotFound, "")
		})
	}
}

func TestMediaAccess(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for access, status := range map[string]int{"allow": 200, "forbid": 403, "hide": 404} {
		path := f.paint("", "X-Fal-Object-Lifecycle-Preference", `{"initial_acl":{"default":"`+access+`"}}`)
		expect(t, f.do(http.MethodHead, path, "", "Authorization", ""), status, "")
		expect(t, f.do(http.MethodHead, path, ""), http.StatusOK, "")
	}
	path := f.paint("")
	if err := f.ExpireMedia(f.Requests()[3].ID); err != nil {
		t.Fatal(err)
	}
	expect(t, f.get(path), http.StatusNotFound, "")
	expect(t, f.do(http.MethodPost, path, ""), http.StatusMethodNotAllowed, "")
	expect(t, f.get("/media/files/b/0/../../../../etc/passwd"), http.StatusNotFound, "")
}

func TestHeadersOfMedia(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	path := f.paint("")
	for _, method := range []string{http.MethodHead, http.MethodGet} {
		r := f.do(method, path, "")
		if r.header.Get("Via") != "2.0 Caddy, 1.1 Caddy" || r.header.Get("Alt-Svc") != `h3=":443"; ma=2592000` ||
			!regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(r.header.Get("X-Fal-Backend-Id")) {
			t.Errorf("%s: headers %v", method, r.header)
		}
	}
}

func TestRangesOfMedia(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	path := f.paint("")
	whole := f.get(path)
	if whole.header.Get("Accept-Ranges") != "bytes" {
		t.Errorf("headers %v", whole.header)
	}
	size := len(whole.text)
	for wanted, test := range map[string]struct {
		status       int
		contentRange string
		body         string
	}{
		"bytes=0-0":                    {http.StatusPartialContent, fmt.Sprintf("bytes 0-0/%d", size), whole.text[:1]},
		"bytes=10-":                    {http.StatusPartialContent, fmt.Sprintf("bytes 10-%d/%d", size-1, size), whole.text[10:]},
		"bytes=-5":                     {http.StatusPartialContent, fmt.Sprintf("bytes %d-%d/%d", size-5, size-1, size), whole.text[size-5:]},
		"bytes=1-99":                   {http.StatusPartialContent, fmt.Sprintf("bytes 1-99/%d", size), whole.text[1:100]},
		fmt.Sprintf("bytes=%d-", size): {http.StatusRequestedRangeNotSatisfiable, fmt.Sprintf("bytes */%d", size), ""},
	} {
		r := f.get(path, "Range", wanted)
		if r.status != test.status || r.header.Get("Content-Range") != test.contentRange {
			t.Errorf("%s: %d %v", wanted, r.status, r.header)
		}
		if test.status == http.StatusPartialContent && (r.text != test.body || r.header.Get("Content-Type") != "image/png" ||
			r.header.Get("Content-Length") != strconv.Itoa(len(test.body))) {
			t.Errorf("%s: %d bytes, %v", wanted, len(r.text), r.header)
		}
	}
	if err := f.ExpireMedia(f.Requests()[0].ID); err != nil {
		t.Fatal(err)
	}
	expect(t, f.get(path, "Range", "bytes=0-0"), http.StatusNotFound, "")
}

// How fal's media host answers HEAD is recorded nowhere.
func TestHeadThatLies(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]Fault{
		"not found": {Status: http.StatusNotFound},
		"forbidden": {Status: http.StatusForbidden},
		"redirect":  {Status: http.StatusFound, Headers: map[string]string{"Location": "/elsewhere"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fault.Route, fault.Method = RouteMedia, http.MethodHead
			f := newFixture(t, WithFaults(fault))
			f.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			path := f.paint("")
			r := f.do(http.MethodHead, path, "")
			if r.status != fault.Status || r.text != "" || r.header.Get("Location") != fault.Headers["Location"] ||
				!strings.HasPrefix(r.header.Get("Content-Type"), "text/plain") {
				t.Errorf("%d %v", r.status, r.header)
			}
			expect(t, f.get(path), http.StatusOK, "")
			expect(t, f.get(path, "Range", "bytes=0-0"), http.StatusPartialContent, "")
		})
	}
}

func TestMediaBeforeCompletion(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithRunTime(time.Second))
	f.submit(`{"prompt":"a cat","image_size":"square"}`)
	f.clock.Advance(time.Second)
	path := f.Requests()[0].Media[0]
	early := newFixture(t, WithRunTime(time.Second))
	early.submit(cat)
	expect(t, early.get(path), http.StatusNotFound, "")
	expect(t, f.get(path), http.StatusOK, "")
}

func TestHeadOnDemandPaintsNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	path := f.paint("")
	if r := f.do(http.MethodHead, path, ""); r.status != http.StatusOK || r.header.Get("Content-Length") != "" {
		t.Errorf("%d %v", r.status, r.header)
	}
	if r := f.get(request(f.Requests()[0].ID)); !strings.Contains(r.text, `"file_size":null`) {
		t.Errorf("result %s", r.text)
	}
	size := len(f.get(path).text)
	if r := f.do(http.MethodHead, path, ""); r.header.Get("Content-Length") != strconv.Itoa(size) {
		t.Errorf("%v", r.header)
	}
}

func TestGalleryForgetsAndPaintsAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	path := f.paint("")
	first := f.get(path).text
	f.gallery.mu.Lock()
	f.gallery.drop(strings.TrimPrefix(path, "/media/"))
	f.gallery.mu.Unlock()
	if f.get(path).text != first {
		t.Error("the picture has changed")
	}
}
