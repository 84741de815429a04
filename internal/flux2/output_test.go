// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package flux2_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

func pointer[T any](value T) *T { return &value }

func TestDecodeOutput(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		body string
		want flux2.Output
	}{
		"everything": {
			body: `{"images":[{"url":"https://v3b.fal.media/files/b/1/a.png","content_type":"image/png","file_name":"a.png",
				"file_size":1234567,"width":1024,"height":768}],"timings":{"inference":1.25},"seed":196619188014358660,
				"has_nsfw_concepts":[false],"prompt":"a lighthouse"}`,
			want: flux2.Output{
				Images: []flux2.Image{{
					URL: "https://v3b.fal.media/files/b/1/a.png", ContentType: pointer("image/png"), FileName: pointer("a.png"),
					FileSize: pointer(int64(1234567)), Width: pointer(int64(1024)), Height: pointer(int64(768)),
				}},
				Timings: map[string]float64{"inference": 1.25}, Seed: pointer(int64(196619188014358660)),
				HasNSFWConcepts: []bool{false}, Prompt: pointer("a lighthouse"),
			},
		},
		"the documented example leaves almost everything out": {
			body: `{"images":[{"url":"https://x/y.png"}],"prompt":""}`,
			want: flux2.Output{Images: []flux2.Image{{URL: "https://x/y.png"}}, Prompt: pointer("")},
		},
		"nulls and unknown members": {
			body: `{"images":[{"url":"u","width":null,"file_data":"x"}],"timings":null,"seed":null,"has_nsfw_concepts":null,"prompt":null,"more":{}}`,
			want: flux2.Output{Images: []flux2.Image{{URL: "u"}}},
		},
		"members of a wrong type count as absent": {
			body: `{"images":[{"url":"u","width":"wide","file_size":1.5}],"timings":{"a":1,"b":"x","c":1e400},"seed":1e400,"has_nsfw_concepts":[1],"prompt":[]}`,
			want: flux2.Output{Images: []flux2.Image{{URL: "u"}}, Timings: map[string]float64{"a": 1}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got, err := flux2.DecodeOutput([]byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func TestDecodeOutput_withoutAPicture(t *testing.T) {
	t.Parallel()

	for name, body := range map[string]string{
		"null":             `null`,
		"no images":        `{"seed":1}`,
		"empty images":     `{"images":[]}`,
		"images an object": `{"images":{"url":"u"}}`,
		"image is text":    `{"images":["u"]}`,
		"image no url":     `{"images":[{"width":1}]}`,
		"image null url":   `{"images":[{"url":"u"},{"url":null}]}`,
		"blank url":        `{"images":[{"url":" "}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if got, err := flux2.DecodeOutput([]byte(body)); !errors.Is(err, flux2.ErrNoImages) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}

	for _, body := range []string{``, `<html>`, `[]`} {
		if got, err := flux2.DecodeOutput([]byte(body)); err == nil {
			t.Errorf("%q decoded as %+v", body, got)
		}
	}
}

// What no model says is bounded: whoever says it has something in mind.
func TestDecodeOutput_bounds(t *testing.T) {
	t.Parallel()

	images := func(count int) string { return strings.Repeat(`{"url":"u"},`, count-1) + `{"url":"u"}` }
	if out, err := flux2.DecodeOutput([]byte(`{"images":[` + images(100) + `]}`)); err != nil || len(out.Images) != 100 {
		t.Errorf("got %d images, %v", len(out.Images), err)
	}
	for _, count := range []int{101, 10_000} {
		if _, err := flux2.DecodeOutput([]byte(`{"images":[` + images(count) + `]}`)); !errors.Is(err, flux2.ErrTooManyImages) {
			t.Errorf("%d images: %v", count, err)
		}
	}
	// One with optional members that are so long, as text in JSON or in entries.
	decode := func(length, entries int) flux2.Output {
		long := `"` + strings.Repeat("x", length-len(`""`)) + `"`
		var timings []string
		for i := range entries {
			timings = append(timings, fmt.Sprintf(`"%d":1`, i))
		}
		out, err := flux2.DecodeOutput([]byte(`{"images":[{"url":"u","file_name":` + long + `}],"timings":{` + strings.Join(timings, ",") +
			`},"prompt":` + long + `,"has_nsfw_concepts":[` + strings.Repeat("false,", entries-1) + `false]}`))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if out := decode(1<<20, 100); out.Timings == nil || out.Prompt == nil || out.HasNSFWConcepts == nil || out.Images[0].FileName == nil {
		t.Error("got less than fits")
	}
	if out := decode(1<<20+1, 101); out.Timings != nil || out.Prompt != nil || out.HasNSFWConcepts != nil || out.Images[0].FileName != nil {
		t.Error("got more than fits")
	}
}

func TestOutput_Flagged(t *testing.T) {
	t.Parallel()

	out := flux2.Output{HasNSFWConcepts: []bool{false, true, false, true}}
	if got := out.Flagged(); !reflect.DeepEqual(got, []int{1, 3}) {
		t.Errorf("got %v", got)
	}
	if got := (flux2.Output{}).Flagged(); got != nil {
		t.Errorf("got %v", got)
	}
}

func TestImage_IsDataURI(t *testing.T) {
	t.Parallel()

	for url, want := range map[string]bool{
		"data:image/png;base64,AA==": true,
		"DATA:,x":                    true,
		"data:":                      true,
		"https://x/data:":            false,
		"data":                       false,
	} {
		if got := (flux2.Image{URL: url}).IsDataURI(); got != want {
			t.Errorf("%q: %t", url, got)
		}
	}
}

func FuzzDecodeOutput(f *testing.F) {
	f.Add([]byte(`{"images":[{"url":"u","width":1}],"timings":{"a":1},"seed":1,"has_nsfw_concepts":[true],"prompt":"p"}`))
	f.Add([]byte(`{"images":[{"url":"data:,"}],"seed":1e9999}`))
	f.Add([]byte(`{"images":[null]}`))
	f.Add([]byte("{\"images\":[{\"url\":\"\xff\",\"file_name\":\"\\u0000\\ud800\"}],\"images\":[{\"url\":\"u\"}],\"timings\":{\"\xff\":1e308,\"b\":1e400}}"))
	f.Add([]byte(`{"images":[` + strings.Repeat(`{"url":"u"},`, 100) + `{"url":"u"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		out, err := flux2.DecodeOutput(body)
		if err != nil {
			return
		}
		if len(out.Images) == 0 {
			t.Fatalf("%s decoded without a picture", body)
		}
		for _, image := range out.Images {
			if image.URL == "" {
				t.Fatalf("%s decoded with an empty URL", body)
			}
		}
		if len(out.Images) > 100 || len(out.Timings) > 100 || len(out.HasNSFWConcepts) > 100 {
			t.Fatalf("%s decoded without a bound", body)
		}
		// It fails on numbers that are none.
		if written, err := json.Marshal(out); err != nil || !utf8.Valid(written) {
			t.Fatalf("%s decoded as what can't be written: %v", body, err)
		}
	})
}
