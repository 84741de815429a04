// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

import (
	"bytes"
	"image"
	"image/color"
	"testing"
)

func TestFlatIsOneColourForEachScene(t *testing.T) {
	t.Parallel()
	usual := Scene{Prompt: "a cat", Seed: 42, Width: 70, Height: 30, Steps: 28, Guidance: 2.5}
	changes := map[string]func(*Scene){
		"nothing":  func(*Scene) {},
		"prompt":   func(s *Scene) { s.Prompt = "a dog" },
		"seed":     func(s *Scene) { s.Seed++ },
		"index":    func(s *Scene) { s.Index++ },
		"width":    func(s *Scene) { s.Width++ },
		"height":   func(s *Scene) { s.Height++ },
		"steps":    func(s *Scene) { s.Steps++ },
		"guidance": func(s *Scene) { s.Guidance += 0.1 },
	}
	for _, format := range []string{"png", "jpeg", "webp"} {
		seen := map[string]string{}
		for name, change := range changes {
			s := usual
			change(&s)
			var file, again bytes.Buffer
			if err := Encode(&file, Flat(s), format); err != nil {
				t.Fatal(err)
			}
			if err := Encode(&again, Flat(s), format); err != nil {
				t.Fatal(err)
			}
			if again.String() != file.String() {
				t.Errorf("%s, %s: the same scene gives another picture", format, name)
			}
			if other, found := seen[file.String()]; found {
				t.Errorf("%s: changing %s gives the same picture as changing %s", format, name, other)
			}
			seen[file.String()] = name
		}
	}
}

func TestFlatAndBlackAreFilled(t *testing.T) {
	t.Parallel()
	for _, size := range []image.Point{{1, 1}, {7, 5}, {64, 48}} {
		s := Scene{Prompt: "a cat", Width: size.X, Height: size.Y}
		flat, black := Flat(s), Black(s)
		if flat.Bounds() != (image.Rectangle{Max: size}) || black.Bounds() != flat.Bounds() {
			t.Errorf("at %v the bounds are %v and %v", size, flat.Bounds(), black.Bounds())
		}
		for x := range size.X {
			for y := range size.Y {
				if flat.At(x, y) != flat.At(0, 0) {
					t.Fatalf("at %v a flat picture has %v and %v", size, flat.At(0, 0), flat.At(x, y))
				}
				if black.At(x, y) != (color.RGBA{A: 0xff}) {
					t.Fatalf("at %v a black picture has %v", size, black.At(x, y))
				}
			}
		}
	}
}
