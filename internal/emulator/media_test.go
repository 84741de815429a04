// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"bytes"
	"encoding/base64"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"net/http"
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
