// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"math"
	"runtime"
	"testing"
)

// prompts has one for each family, and one that belongs to none.
var prompts = []string{
	"a snowy mountain at sunrise",
	"a lighthouse by the sea at dusk",
	"a big wave",
	"a misty pine forest",
	"desert dunes at sunset",
	"a city at night",
	"a botanical print of flowers",
	"Saturn, seen from space",
	"a Bauhaus pattern",
	"an abstract flow of paper",
	"a favicon with a mountain",
	"the aurora over a mountain lake",
	"something else altogether",
}

func scene(prompt string) Scene {
	return Scene{Prompt: prompt, Seed: 42, Width: 192, Height: 128, Steps: 28, Guidance: 2.5}
}

func paint(t *testing.T, s Scene) *image.RGBA {
	t.Helper()
	picture, ok := Paint(s).(*image.RGBA)
	if !ok {
		t.Fatalf("the picture of %q is not RGBA", s.Prompt)
	}
	return picture
}

func pixels(t *testing.T, s Scene) string {
	t.Helper()
	sum := sha256.Sum256(paint(t, s).Pix)
	return hex.EncodeToString(sum[:8])
}

// The pixels are part of what tests elsewhere and people's eyes rely on: they
// change only on purpose.
func TestPaintGolden(t *testing.T) {
	t.Parallel()
	golden := map[string]string{
		"a snowy mountain at sunrise":     "fbd58f9020d86a86",
		"a lighthouse by the sea at dusk": "32f56398f6212b93",
		"a big wave":                      "dc23410e66e1c3ae",
		"a misty pine forest":             "6e9635c34bae0aa6",
		"desert dunes at sunset":          "fd7070a3b779348d",
		"a city at night":                 "e25c38ab797f8048",
		"a botanical print of flowers":    "de51f9a6366cc93d",
		"Saturn, seen from space":         "2cb0013e3fcd02e3",
		"a Bauhaus pattern":               "3ba290acff31d28a",
		"an abstract flow of paper":       "e3721463966b73d4",
		"a favicon with a mountain":       "7783a181f3af9081",
		"the aurora over a mountain lake": "ce8319af63c218e6",
		"something else altogether":       "fb761290934f3c8d",
	}
	for _, prompt := range prompts {
		if got := pixels(t, scene(prompt)); got != golden[prompt] {
			t.Errorf("the picture of %q changed:\n\t\t%q: %q,", prompt, prompt, got)
		}
	}
}

func TestPaintRepeats(t *testing.T) {
	t.Parallel()
	for _, prompt := range prompts {
		s := scene(prompt)
		if first, second := pixels(t, s), pixels(t, s); first != second {
			t.Errorf("the picture of %q is another the second time", prompt)
		}
	}
}

// Rows are shared out among the processors: that must not show.
func TestPaintOnOneProcessor(t *testing.T) { //nolint:paralleltest // It changes GOMAXPROCS.
	many := map[string]string{}
	for _, prompt := range prompts {
		many[prompt] = pixels(t, scene(prompt))
	}
	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	for _, prompt := range prompts {
		if got := pixels(t, scene(prompt)); got != many[prompt] {
			t.Errorf("one processor paints another picture of %q than %d", prompt, before)
		}
	}
}

func TestEveryParameterChangesThePicture(t *testing.T) {
	t.Parallel()
	changes := map[string]func(*Scene){
		"prompt":                func(s *Scene) { s.Prompt += "." },
		"seed":                  func(s *Scene) { s.Seed++ },
		"seed of 64 bits":       func(s *Scene) { s.Seed = math.MaxInt64 },
		"negative seed":         func(s *Scene) { s.Seed = -s.Seed },
		"index":                 func(s *Scene) { s.Index++ },
		"width":                 func(s *Scene) { s.Width++ },
		"height":                func(s *Scene) { s.Height++ },
		"one step more":         func(s *Scene) { s.Steps++ },
		"least steps":           func(s *Scene) { s.Steps = 4 },
		"most steps":            func(s *Scene) { s.Steps = 50 },
		"a little guidance":     func(s *Scene) { s.Guidance += 0.1 },
		"no guidance":           func(s *Scene) { s.Guidance = 0 },
		"much guidance":         func(s *Scene) { s.Guidance = 20 },
		"just less of guidance": func(s *Scene) { s.Guidance -= 0.1 },
	}
	for _, prompt := range prompts {
		seen := map[string]string{pixels(t, scene(prompt)): "nothing"}
		for name, change := range changes {
			s := scene(prompt)
			change(&s)
			got := pixels(t, s)
			if other, ok := seen[got]; ok {
				t.Errorf("%q: changing the %s gives the same picture as changing %s", prompt, name, other)
			}
			seen[got] = name
		}
	}
}

func TestPaintSizes(t *testing.T) {
	t.Parallel()
	for _, prompt := range prompts {
		for _, size := range []image.Point{{1, 1}, {2, 90}, {90, 2}, {64, 64}, {300, 40}, {40, 300}} {
			s := scene(prompt)
			s.Width, s.Height, s.Steps = size.X, size.Y, 0
			img := paint(t, s)
			if img.Bounds() != image.Rect(0, 0, size.X, size.Y) || !img.Opaque() {
				t.Errorf("%q at %v: bounds %v, opaque %t", prompt, size, img.Bounds(), img.Opaque())
			}
		}
	}
}

// A picture with something on it has light and dark and more than a few colours.
func TestPaintIsNotEmpty(t *testing.T) {
	t.Parallel()
	for _, prompt := range prompts {
		for seed := range int64(4) {
			s := scene(prompt)
			s.Seed = seed
			img := paint(t, s)
			colours := map[[3]byte]bool{}
			darkest, lightest := byte(255), byte(0)
			for i := 0; i < len(img.Pix); i += 4 {
				p := [3]byte(img.Pix[i : i+3])
				colours[p] = true
				darkest, lightest = min(darkest, p[1]), max(lightest, p[1])
			}
			if len(colours) < 50 || lightest-darkest < 80 {
				t.Errorf("%q, seed %d: %d colours from %d to %d", prompt, seed, len(colours), darkest, lightest)
			}
		}
	}
}

func TestWordsChooseTheFamily(t *testing.T) {
	t.Parallel()
	tests := []struct{ prompt, like string }{
		{"An ICON of a city", "icon"},
		{"mountains and the sea", "mountain"},
		{"the sea and mountains", "sea"},
		{"a season of searching in the city", "city"}, // Whole words only.
	}
	for _, test := range tests {
		words := bytes.Fields(bytes.ToLower([]byte(test.prompt)))
		list := make([]string, len(words))
		for i, word := range words {
			list[i] = string(word)
		}
		if f := chooseFamily(list, test.prompt); !f.knows(test.like) {
			t.Errorf("%q is painted as %q", test.prompt, f.words)
		}
	}
}

func TestSine(t *testing.T) {
	t.Parallel()
	for i := -400; i <= 400; i++ {
		turns := float64(i) / 128
		if got, want := sin(turns), math.Sin(2*math.Pi*turns); math.Abs(got-want) > 1e-6 {
			t.Errorf("sin(%g turns) = %g, want %g", turns, got, want)
		}
	}
}

func BenchmarkPaint(b *testing.B) {
	for _, size := range []image.Point{{512, 512}, {1024, 768}, {2048, 2048}} {
		for _, prompt := range prompts {
			b.Run(fmt.Sprintf("%dx%d/%.14s", size.X, size.Y, prompt), func(b *testing.B) {
				s := scene(prompt)
				s.Width, s.Height = size.X, size.Y
				var buffer bytes.Buffer
				for b.Loop() {
					buffer.Reset()
					if err := Encode(&buffer, Paint(s), "png"); err != nil {
						b.Fatal(err)
					}
				}
				b.SetBytes(int64(4 * size.X * size.Y))
				b.ReportMetric(float64(buffer.Len())/1024, "KiB")
			})
		}
	}
}

// What a picture costs in each format, painted and flat.
func BenchmarkFormats(b *testing.B) {
	s := scene(prompts[1])
	s.Width, s.Height = 1024, 768
	for _, format := range []string{"png", "jpeg", "webp"} {
		for name, paint := range map[string]func(Scene) image.Image{"painted": Paint, "flat": Flat} {
			b.Run(format+"/"+name, func(b *testing.B) {
				var buffer bytes.Buffer
				for b.Loop() {
					buffer.Reset()
					if err := Encode(&buffer, paint(s), format); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(buffer.Len())/1024, "KiB")
			})
		}
	}
}
