// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

import "math"

// ridge is land seen from the side: everything below a height for each column.
type ridge struct {
	crest  []float64 // Row of the crest in each column.
	ramp   []float64 // 1/steepness, at most 1: softens edges that rise fast.
	lowest float64   // Of the crest, so the largest row.
	top    float64
	rows   backdrop // Colour of each row.
	relief *relief  // Nil for a silhouette.
}

// relief is the light on a ridge: lit and shaded faces that follow the crest
// downwards, and snow.
type relief struct {
	lit    []float64 // How lit each column is, from 0 to 1.
	shift  []float64 // How far the faces have moved sideways in each row.
	light  backdrop
	snow   colour
	snowed []float64 // Down to which row snow lies, by column; nil without snow.
}

// newRidge takes the crest as a function of the column.
func newRidge(width int, crest func(x float64) float64, rows backdrop) *ridge {
	r := &ridge{crest: make([]float64, width), ramp: make([]float64, width), rows: rows}
	r.top = crest(0)
	r.lowest = r.top
	for x := range r.crest {
		y := crest(float64(x) + 0.5)
		r.crest[x] = y
		r.top, r.lowest = min(r.top, y), max(r.lowest, y)
	}
	for x := range r.ramp {
		slope := r.crest[min(x+1, width-1)] - r.crest[max(x-1, 0)]
		r.ramp[x] = 1 / max(1, math.Abs(slope)/2)
	}
	return r
}

// light adds relief. Light comes from the left for direction -1, from the right
// for 1. The boundaries of the faces wander by shift.
func (r *ridge) light(direction, softness float64, light backdrop, shift func(y float64) float64) {
	width := len(r.crest)
	reach := max(1, width/160)
	lit := make([]float64, width)
	for x := range lit {
		from, to := max(x-reach, 0), min(x+reach, width-1)
		slope := (r.crest[to] - r.crest[from]) / float64(to-from)
		lit[x] = step(-softness, softness, float64(slope*direction))
	}
	moved := make([]float64, len(r.rows))
	for y := range moved {
		moved[y] = shift(float64(y))
	}
	r.relief = &relief{lit: lit, shift: moved, light: light}
}

func (r *ridge) hides(y int) bool { return float64(y) >= r.lowest+2 }

func (r *ridge) paint(l *line) {
	y := float64(l.y)
	if y+2 < r.top {
		return
	}
	if r.relief != nil {
		r.paintRelief(l)
		return
	}
	c := r.rows[l.y]
	if r.hides(l.y) {
		for x := range l.pixels {
			l.pixels[x] = c
		}
		return
	}
	for x, crest := range r.crest {
		cover := float64((y+0.5-crest)*r.ramp[x]) + 0.5
		switch {
		case cover >= 1:
			l.pixels[x] = c
		case cover > 0:
			l.pixels[x].blend(c, int32(cover*opaque))
		}
	}
}

func (r *ridge) paintRelief(l *line) {
	y := float64(l.y)
	shade, light := r.rows[l.y], r.relief.light[l.y]
	last := len(r.crest) - 1
	shift := r.relief.shift[l.y]
	for x, crest := range r.crest {
		below := y + 0.5 - crest
		cover := float64(below*r.ramp[x]) + 0.5
		if cover <= 0 {
			continue
		}
		// The further below the crest, the more the face has moved.
		place := min(max(x+int(shift*clamp(below/40, 0, 1)), 0), last)
		lit := r.relief.lit[place]
		c := shade
		c.blend(light, int32(lit*opaque))
		if r.relief.snowed != nil {
			snow := clamp((r.relief.snowed[place]-y)*0.5, 0, 1)
			c.blend(r.relief.snow, int32(snow*(0.45+float64(0.55*lit))*opaque))
		}
		if cover >= 1 {
			l.pixels[x] = c
			continue
		}
		l.pixels[x].blend(c, int32(cover*opaque))
	}
}

// snow lies from the crest down to a row for each column. Call light first.
func (r *ridge) snow(c colour, until func(x float64) float64) {
	r.relief.snow = c
	r.relief.snowed = make([]float64, len(r.crest))
	for x := range r.relief.snowed {
		r.relief.snowed[x] = until(float64(x))
	}
}
