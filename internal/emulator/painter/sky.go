// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

import "math"

// backdrop is a colour for each row.
type backdrop []colour

// newBackdrop runs a gradient from row top to row bottom.
func newBackdrop(height int, top, bottom float64, g gradient) backdrop {
	rows := make(backdrop, height)
	for y := range rows {
		rows[y] = g.at((float64(y) - top) / (bottom - top))
	}
	return rows
}

func (b backdrop) hides(int) bool { return true }

func (b backdrop) paint(l *line) {
	c := b[l.y]
	for x := range l.pixels {
		l.pixels[x] = c
	}
}

// glow is light that fades out to radius.
type glow struct {
	translucent
	x, y, radius float64
	flatten      float64 // 1 is round; 2 is twice as wide as high.
	colour       colour
	strength     float64
}

func (g glow) paint(l *line) {
	dy := (float64(l.y) - g.y) * g.flatten / g.radius
	if dy <= -1 || dy >= 1 {
		return
	}
	rest := 1 - float64(dy*dy)
	half := float64(math.Sqrt(rest) * g.radius)
	from, to := columns(l, g.x-half, g.x+half)
	inverse := 1 / g.radius
	for x := from; x < to; x++ {
		dx := (float64(x) - g.x) * inverse
		t := rest - float64(dx*dx)
		if t > 0 {
			l.pixels[x].blend(g.colour, int32(t*t*t*g.strength*opaque))
		}
	}
}

// sheen is a soft light from the upper left on things that are otherwise flat.
// It comes out with the steps.
func (a *artist) sheen() glow {
	return glow{
		x: a.w * 0.3, y: a.h * 0.2, radius: max(a.w, a.h) * 0.8, flatten: 1,
		colour: a.colour(0xfffaf0), strength: 0.08 + float64(0.1*a.detail),
	}
}

// columns is the part of a row between two coordinates, a pixel to spare.
func columns(l *line, left, right float64) (from, to int) {
	width := float64(len(l.pixels))
	return int(clamp(left-1, 0, width)), int(clamp(right+2, 0, width))
}

// disc is a sun, a moon or a planet, with an edge of one pixel's softness.
type disc struct {
	translucent
	x, y, radius float64
	// tint is the colour at a place on the disc, each coordinate in [-1, 1].
	tint func(x, y float64) colour
}

func plain(c colour) func(x, y float64) colour {
	return func(float64, float64) colour { return c }
}

func (d disc) paint(l *line) {
	dy := float64(l.y) + 0.5 - d.y
	reach := square(d.radius+1) - float64(dy*dy)
	if reach <= 0 {
		return
	}
	half := math.Sqrt(reach)
	from, to := columns(l, d.x-half, d.x+half)
	for x := from; x < to; x++ {
		dx := float64(x) + 0.5 - d.x
		cover := d.radius + 0.5 - hypot(dx, dy)
		if cover > 0 {
			l.pixels[x].blend(d.tint(dx/d.radius, dy/d.radius), alpha(cover))
		}
	}
}

// star is a point of light.
type star struct {
	x, y, radius float64
	strength     float64
}

// stars are sorted by nothing: a row looks at each.
type stars struct {
	translucent
	colour colour
	all    []star
}

func (s stars) paint(l *line) {
	for _, star := range s.all {
		dy := float64(l.y) + 0.5 - star.y
		if dy <= -star.radius || dy >= star.radius {
			continue
		}
		from, to := columns(l, star.x-star.radius, star.x+star.radius)
		for x := from; x < to; x++ {
			d := hypot(float64(x)+0.5-star.x, dy) / star.radius
			if d < 1 {
				l.pixels[x].blend(s.colour, alpha(square(1-d)*star.strength))
			}
		}
	}
}
