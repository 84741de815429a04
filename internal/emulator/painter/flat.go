// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

import (
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
)

// Flat gives each scene a plain colour of its own, at a fraction of the cost of
// a painting. It is for tests.
func Flat(s Scene) image.Image {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %d %g %s", s.Seed, s.Index, s.Steps, s.Guidance, s.Prompt))
	return oneColour(s, color.RGBA{sum[0], sum[1], sum[2], 0xff})
}

// Black is what fal's safety checker puts in place of a picture it withholds.
func Black(s Scene) image.Image { return oneColour(s, color.RGBA{A: 0xff}) }

// oneColour has a palette of one, which encoders are quick with.
func oneColour(s Scene, c color.RGBA) image.Image {
	return image.NewPaletted(image.Rect(0, 0, s.Width, s.Height), color.Palette{c})
}
