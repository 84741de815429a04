// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build !race

// The race detector makes painting some ten times slower, and has nothing to
// find: the painter computes without goroutines.

package painter

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"math"
	"testing"
)

// prompts has some for each family, and one that belongs to none.
var prompts = []string{
	"a snowy mountain at sunrise",
	"a lighthouse by the sea at dusk",
	"a misty pine forest",
	"an empty harbour in morning fog",
	"a mountain lake by moonlight",
	"a botanical print of flowers",
	"a Bauhaus pattern",
	"a favicon with a lighthouse",
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
		"a snowy mountain at sunrise":     "be72861d046076bb",
		"a lighthouse by the sea at dusk": "2335963760c161dd",
		"a misty pine forest":             "ac57392d91842f56",
		"an empty harbour in morning fog": "830e144e77282d33",
		"a mountain lake by moonlight":    "691e27e9a0e2c4d2",
		"a botanical print of flowers":    "0bc26216c2b06f7e",
		"a Bauhaus pattern":               "a9963b98054a7b2f",
		"a favicon with a lighthouse":     "0f217b7fb69738f8",
		"something else altogether":       "7e3d451726189291",
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
		{"a season of searching in the mountains", "mountain"}, // Whole words only.
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
