// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

import "math"

// field is a smooth value for every pixel, known on a grid and interpolated
// between. It is what clouds, nebulae and flowing bands are made of.
type field struct {
	cell    float64
	columns int
	values  []float32
}

// newField asks value for each point of the grid, in pixels.
func newField(width, height int, cell float64, value func(x, y float64) float64) *field {
	columns := int(math.Ceil(float64(width)/cell)) + 2
	rows := int(math.Ceil(float64(height)/cell)) + 2
	f := &field{cell: cell, columns: columns, values: make([]float32, 0, columns*rows)}
	for j := range rows {
		for i := range columns {
			f.values = append(f.values, float32(value(float64(i)*cell, float64(j)*cell)))
		}
	}
	return f
}

// row writes the values along a row of pixels.
func (f *field) row(to []float32, y float64) {
	y = max(y/f.cell, 0)
	rows := len(f.values) / f.columns
	j := min(int(y), rows-2)
	t := float32(y - float64(j))
	upper := f.values[j*f.columns:][:f.columns]
	lower := f.values[(j+1)*f.columns:][:f.columns]
	inverse := float32(1 / f.cell)
	cell := -1
	var value, rise float32
	for x := range to {
		place := float32((float32(x) + 0.5) * inverse)
		if i := int(place); i != cell {
			cell = i
			value = upper[i] + float32((lower[i]-upper[i])*t)
			rise = upper[i+1] + float32((lower[i+1]-upper[i+1])*t) - value
		}
		to[x] = value + float32(rise*(place-float32(cell)))
	}
}

// haze lays a colour over the picture as thick as a field, from 0 to 1.
type haze struct {
	translucent
	field       *field
	colour      colour
	top, bottom float64
}

func (h haze) paint(l *line) {
	if float64(l.y) < h.top || float64(l.y) >= h.bottom {
		return
	}
	h.field.row(l.values, float64(l.y))
	for x, v := range l.values {
		if v > 0 {
			l.pixels[x].blend(h.colour, int32(v*opaque))
		}
	}
}

// bands cut a field into steps like sheets of paper laid over one another, each
// throwing its shadow on the next.
type bands struct {
	field     *field // In steps; sheet i is seen between i and i+1.
	steepness *field // Steps per pixel.
	sheets    []colour
	shadow    colour
	reach     float32 // Of the shadow, in pixels.
}

func (b bands) hides(int) bool { return true }

func (b bands) paint(l *line) {
	if l.other == nil {
		l.other = newLine(len(l.pixels))
	}
	b.field.row(l.values, float64(l.y))
	b.steepness.row(l.other.values, float64(l.y))
	last := len(b.sheets) - 1
	for x, v := range l.values {
		v = min(max(v, 0), float32(last)+0.999)
		i := int(v)
		// Distance to the upper edge, where the next sheet begins.
		distance := (float32(i+1) - v) / max(l.other.values[x], 1e-6)
		c := b.sheets[i]
		if i < last {
			near := 1 - distance/b.reach
			if near > 0 {
				c.blend(b.shadow, int32(near*near*near*0.5*opaque))
			}
			if distance < 1 {
				c.blend(b.sheets[i+1], int32((1-distance)*opaque))
			}
		}
		l.pixels[x] = c
	}
}
