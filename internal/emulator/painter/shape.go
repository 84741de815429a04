// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

import "math"

// shape is a filled path. A second colour makes its fill a gradient, downwards
// from the top of the shape to its bottom or rightwards.
type shape struct {
	edges       []edge
	left, right float64
	top, bottom float64
	from, to    colour
	sideways    bool
	alpha       int32
	fade        int32 // Alpha at the far end of a sideways gradient.
}

// edge goes down from y0 to y1; wind is the direction it had in the path.
type edge struct {
	x0, y0, x1, y1 float64
	wind           float64
}

func newShape(p path, from, to colour, share float64) shape {
	s := shape{from: from, to: to, alpha: alpha(share), fade: alpha(share)}
	s.left, s.top = math.Inf(1), math.Inf(1)
	s.right, s.bottom = math.Inf(-1), math.Inf(-1)
	for _, outline := range p {
		for i, a := range outline {
			s.left, s.right = min(s.left, a.x), max(s.right, a.x)
			s.top, s.bottom = min(s.top, a.y), max(s.bottom, a.y)
			b := outline[(i+1)%len(outline)]
			switch {
			case a.y < b.y:
				s.edges = append(s.edges, edge{a.x, a.y, b.x, b.y, 1})
			case a.y > b.y:
				s.edges = append(s.edges, edge{b.x, b.y, a.x, a.y, -1})
			}
		}
	}
	return s
}

// drawing is a pile of shapes, the first lowest.
type drawing struct {
	translucent
	shapes []shape
}

func (d *drawing) add(p path, c colour) { d.blend(p, c, c, 1) }

func (d *drawing) shade(p path, top, bottom colour) { d.blend(p, top, bottom, 1) }

func (d *drawing) blend(p path, top, bottom colour, share float64) {
	d.shapes = append(d.shapes, newShape(p, top, bottom, share))
}

func (d *drawing) sideways(p path, left, right colour) {
	d.blend(p, left, right, 1)
	d.shapes[len(d.shapes)-1].sideways = true
}

// beam fills with light that changes from one share at the left to another.
func (d *drawing) beam(p path, c colour, left, right float64) {
	d.blend(p, c, c, left)
	s := &d.shapes[len(d.shapes)-1]
	s.sideways, s.fade = true, alpha(right)
}

func (d *drawing) paint(l *line) {
	top := float64(l.y)
	for i := range d.shapes {
		if s := &d.shapes[i]; s.top < top+1 && s.bottom > top {
			s.paint(l)
		}
	}
}

// paint finds how much of each pixel of the row the shape covers: every edge
// adds the area to its right to the row, as differences between neighbours, and
// their running sum is the cover.
func (s *shape) paint(l *line) {
	width := float64(len(l.pixels))
	if s.right <= 0 || s.left >= width {
		return
	}
	for i := range s.edges {
		s.edges[i].cover(l, width)
	}
	from, to := columns(l, s.left, s.right)
	c := s.from
	if !s.sideways && s.from != s.to {
		c.blend(s.to, alpha((float64(l.y)+0.5-s.top)/(s.bottom-s.top)))
	}
	sum, full := float32(0), s.alpha
	for x := from; x < to; x++ {
		sum += l.cover[x]
		l.cover[x] = 0
		cover := min(max(sum, -sum), 1)
		if cover < 1.0/256 {
			continue
		}
		if s.sideways {
			t := alpha((float64(x) + 0.5 - s.left) / (s.right - s.left))
			c = s.from
			c.blend(s.to, t)
			full = s.alpha + (s.fade-s.alpha)*t/opaque
		}
		if cover > 255.0/256 && full == opaque {
			l.pixels[x] = c
			continue
		}
		l.pixels[x].blend(c, int32(cover*float32(full)))
	}
	l.cover[to], l.cover[min(to+1, len(l.cover)-1)] = 0, 0
}

func (e *edge) cover(l *line, width float64) {
	top := float64(l.y)
	y0, y1 := max(e.y0, top), min(e.y1, top+1)
	if y0 >= y1 {
		return
	}
	slope := (e.x1 - e.x0) / (e.y1 - e.y0)
	x0 := e.x0 + float64((y0-e.y0)*slope)
	x1 := e.x0 + float64((y1-e.y0)*slope)
	height := float64((y1 - y0) * e.wind)
	if x0 > x1 {
		x0, x1 = x1, x0
	}
	// Beyond the sides of the picture only the height counts.
	x0, x1 = clamp(x0, 0, width), clamp(x1, 0, width)
	first, last := int(x0), int(x1)
	if last <= first {
		part := float32(float64(height * (1 - (float64((x0+x1)/2) - float64(first)))))
		l.cover[first] += part
		l.cover[first+1] += float32(height) - part
		return
	}
	// The edge crosses pixels: in each it covers a triangle or a trapezium.
	perPixel := height / (x1 - x0)
	done, before := 0.0, 0.0 // Height so far; cover of the pixel before.
	for x := first; x <= last; x++ {
		left, right := max(x0, float64(x)), min(x1, float64(x+1))
		part := float64((right - left) * perPixel)
		area := done + float64(part*(float64(x+1)-float64((left+right)/2)))
		l.cover[x] += float32(area - before)
		before = area
		done += part
	}
	l.cover[last+1] += float32(height - before)
}
