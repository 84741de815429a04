// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

// opaque is full cover in the fixed-point alpha of this package.
const opaque = 1 << 14

// depth is the number of fractional bits of a colour channel: gradients are
// computed finer than the 8 bits of a picture and dithered down to them.
const depth = 6

// colour has channels from 0 to 255<<depth.
type colour struct{ r, g, b int32 }

func (c *colour) blend(over colour, alpha int32) {
	c.r += (over.r - c.r) * alpha >> 14
	c.g += (over.g - c.g) * alpha >> 14
	c.b += (over.b - c.b) * alpha >> 14
}

// alpha turns a share in [0, 1] into fixed point.
func alpha(share float64) int32 { return int32(clamp(share, 0, 1) * opaque) }

func mix(a, b colour, t float64) colour {
	a.blend(b, alpha(t))
	return a
}

// gradient is a row of evenly spaced colours with t from 0 to 1 along it.
type gradient []colour

func (g gradient) at(t float64) colour {
	t = float64(clamp(t, 0, 1) * float64(len(g)-1))
	i := min(int(t), len(g)-2)
	return mix(g[i], g[i+1], t-float64(i))
}

// column is a colour for each row of the picture.
type column []colour

// newColumn runs a gradient from row top to row bottom.
func newColumn(height int, top, bottom float64, g gradient) column {
	rows := make(column, height)
	for y := range rows {
		rows[y] = g.at((float64(y) - top) / (bottom - top))
	}
	return rows
}

// grading is the last hand on the colours, steered by guidance: more guidance,
// more contrast and saturation.
type grading struct{ contrast, saturation float64 }

func newGrading(guidance float64) grading {
	// FLUX.2's guidance goes from 0 to 20, with most of its effect early on.
	t := clamp(guidance, 0, 100)
	t = t / (t + 5)
	return grading{contrast: lerp(0.88, 1.1, t), saturation: lerp(0.7, 1.22, t)}
}

// colour reads 0xRRGGBB and grades it.
func (g grading) colour(rgb uint32) colour {
	channel := func(shift uint) float64 { return float64(rgb>>shift&0xff) / 255 }
	r, gr, b := channel(16), channel(8), channel(0)
	luma := float64(0.299*r) + float64(0.587*gr) + float64(0.114*b)
	grade := func(x float64) int32 {
		x = lerp(luma, x, g.saturation)
		x = lerp(0.5, x, g.contrast)
		// A whole step of the 8 bits, so that flat colour stays free of dither.
		return int32(float64(clamp(x, 0, 1)*255)+0.5) << depth
	}
	return colour{grade(r), grade(gr), grade(b)}
}

func (g grading) colours(rgb ...uint32) gradient {
	out := make(gradient, len(rgb))
	for i, c := range rgb {
		out[i] = g.colour(c)
	}
	return out
}
