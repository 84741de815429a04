// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Package painter draws the pictures of the fal emulator: the sea and its
// lighthouses, mountains, plants, posters and icons in place of what FLUX.2 would
// have made. The prompt's words choose the family and the palette, the seed the
// composition; steps add detail, guidance adds contrast. A scene always gives
// the same pixels, on every platform.
package painter

import (
	"image"
	"slices"
	"strings"
	"unicode"
)

// Scene is everything a picture depends on.
type Scene struct {
	Prompt        string
	Seed          int64
	Index         int     // Which image of the request, from 0.
	Width, Height int     // In pixels, at least 1 each.
	Steps         int     // Inference steps: fal documents 4 to 50.
	Guidance      float64 // Guidance scale: fal documents 0 to 20.
}

// Paint returns the picture of a scene, opaque in every pixel.
func Paint(s Scene) image.Image {
	words := strings.FieldsFunc(strings.ToLower(s.Prompt), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	a := &artist{
		canvas:  newCanvas(s.Width, s.Height),
		random:  newRandom(s),
		grading: newGrading(s.Guidance),
		words:   map[string]bool{},
		w:       float64(s.Width), h: float64(s.Height),
		unit:   float64(min(s.Width, s.Height)),
		detail: clamp(float64(s.Steps)/50, 0, 2),
	}
	for _, word := range words {
		a.words[word] = true
	}
	family := chooseFamily(words, s.Prompt)
	a.light = a.colours(a.chooseMood(family)...)
	family.paint(a)
	return a.picture()
}

// artist holds what all families draw with.
type artist struct {
	*canvas
	*random
	grading
	words  map[string]bool
	w, h   float64 // The size of the canvas, for sums.
	unit   float64 // The shorter side: sizes of things are shares of it.
	detail float64 // 0 is coarse, 1 is all that 50 steps give.
	light  gradient
}

func (a *artist) says(words ...string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return a.words[word] })
}

// at is a place given in shares of width and height.
func (a *artist) at(x, y float64) point { return point{float64(x * a.w), float64(y * a.h)} }

// octaves of noise: more with more steps.
func (a *artist) octaves(least float64) float64 { return least + float64(4*a.detail) }
