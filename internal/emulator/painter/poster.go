// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

// tiles is a poster of squares, each with a simple figure.
func (a *artist) tiles() layers {
	p := a.colours(pick(a.random, inks)...)
	count := 4 + a.intn(2)
	size := a.unit / float64(count)
	columns, rows := int(a.w/size+0.999), int(a.h/size+0.999)
	// Whole tiles, a little stretched rather than cut.
	wide, high := a.w/float64(columns), a.h/float64(rows)
	d := &drawing{}
	previous := -1
	for j := range rows {
		for i := range columns {
			kind := a.intn(9)
			if kind == previous {
				kind = (kind + 1) % 9
			}
			previous = kind
			ground := a.intn(len(p))
			ink := (ground + 1 + a.intn(len(p)-1)) % len(p)
			third := (ink + 1) % len(p)
			if third == ground {
				third = (third + 1) % len(p)
			}
			t := tile{a: a, d: d, x: float64(i) * wide, y: float64(j) * high, w: wide, h: high, ground: p[ground], ink: p[ink], third: p[third], turn: a.intn(4)}
			t.draw(kind)
		}
	}
	return layers{newBackdrop(a.height, 0, a.h, gradient{p[0], p[0]}), d, a.sheen()}
}

type tile struct {
	a                  *artist
	d                  *drawing
	x, y, w, h         float64
	ground, ink, third colour
	turn               int
}

// at is a place on the tile after its turns by a quarter.
func (t tile) at(u, v float64) point {
	for range t.turn {
		u, v = 1-v, u
	}
	return point{t.x + float64(u*t.w), t.y + float64(v*t.h)}
}

// sector is a slice of a circle around a place, angles in turns.
func (t tile) sector(u, v, radius, from, to float64) path {
	points := []point{t.at(u, v)}
	for _, p := range arc(point{u * 1000, v * 1000}, radius*1000, radius*1000, from, to) {
		points = append(points, t.at(p.x/1000, p.y/1000))
	}
	return path{points}
}

func (t tile) draw(kind int) {
	fine := 2 + int(3*t.a.detail)
	full := func(c colour) { t.d.add(rectangle(t.x, t.y, t.x+t.w, t.y+t.h), c) }
	full(t.ground)
	switch kind {
	case 0: // A quarter circle with a smaller one.
		t.d.shade(t.sector(0, 0, 1, 0, 0.25), t.ink, mix(t.ink, t.ground, 0.12))
		t.d.add(t.sector(0, 0, 0.5, 0, 0.25), t.third)
	case 1: // Two half circles.
		t.d.add(t.sector(0.5, 0, 0.5, 0, 0.5), t.ink)
		t.d.add(t.sector(0.5, 0.5, 0.5, 0, 0.5), t.third)
	case 2: // A sun.
		t.d.add(t.sector(0.5, 0.5, 0.36, 0, 1), t.ink)
		t.d.add(t.sector(0.5, 0.5, 0.16, 0, 1), t.third)
	case 3: // A rainbow.
		for i := range fine {
			c := t.ink
			if i%2 == 1 {
				c = t.ground
			}
			t.d.add(t.sector(0, 1, 1-float64(i)/float64(fine), 0.75, 1), c)
		}
	case 4: // A leaf between two corners.
		points := arc(point{0, 1}, 1, 1, 0.75, 1)
		points = append(points, arc(point{1, 0}, 1, 1, 0.25, 0.5)...)
		for i, p := range points {
			points[i] = t.at(p.x, p.y)
		}
		t.d.add(path{points}, t.ink)
		t.d.add(t.sector(0.5, 0.5, 0.12, 0, 1), t.third)
	case 5: // Stripes.
		for i := range fine + 1 {
			v := (float64(i) + 0.25) / float64(fine+1)
			t.d.add(polygon(t.at(0, v), t.at(1, v), t.at(1, v+0.5/float64(fine+1)), t.at(0, v+0.5/float64(fine+1))), t.ink)
		}
	case 6: // Two triangles.
		t.d.add(polygon(t.at(0, 0), t.at(1, 0), t.at(0, 1)), t.ink)
		t.d.add(polygon(t.at(0, 0), t.at(0.5, 0), t.at(0, 0.5)), t.third)
	case 7: // Four petals.
		for range 4 {
			t.turn++
			points := append(arc(point{0, 0.5}, 0.5, 0.5, 0.75, 1), arc(point{0.5, 0}, 0.5, 0.5, 0.25, 0.5)...)
			for i, p := range points {
				points[i] = t.at(p.x, p.y)
			}
			t.d.add(path{points}, t.ink)
		}
	default: // Dots.
		for i := range fine {
			for j := range fine {
				c := t.ink
				if i == j {
					c = t.third
				}
				t.d.add(t.sector((float64(i)+0.5)/float64(fine), (float64(j)+0.5)/float64(fine), 0.27/float64(fine), 0, 1), c)
			}
		}
	}
}

// flow is sheets of cut paper in the shape of a slow current.
func (a *artist) flow() layers {
	tones := a.colours(pick(a.random, ramps)...)
	if a.chance(0.5) {
		for i, j := 0, len(tones)-1; i < j; i, j = i+1, j-1 {
			tones[i], tones[j] = tones[j], tones[i]
		}
	}
	const sheets = 13
	n, bend := a.noise(), a.noise()
	octaves := a.octaves(0.6)
	angle := a.float()
	dx, dy := cos(angle)/a.unit, sin(angle)/a.unit
	scale := 1 / (a.unit * a.between(0.5, 0.75))
	reach := max(a.w, a.h) / a.unit
	value := func(x, y float64) float64 {
		px, py := x-float64(a.w/2), y-float64(a.h/2)
		u, v := float64(px*scale), float64(py*scale)
		warp := float64(0.7 * bend.fractalPlane(u, v, 2))
		hills := n.fractalPlane(u+warp, v-warp, min(octaves, 3.5))
		slope := (float64(px*dx) + float64(py*dy)) / reach
		return sheets * (0.5 + float64(0.62*slope) + float64(0.62*hills))
	}
	cell := max(2, a.unit/150)
	f := newField(a.width, a.height, cell, value)
	steepness := newField(a.width, a.height, cell*2, func(x, y float64) float64 {
		across, down := (value(x+cell, y)-value(x-cell, y))/cell/2, (value(x, y+cell)-value(x, y-cell))/cell/2
		return hypot(across, down)
	})
	b := bands{field: f, steepness: steepness, shadow: mix(tones[0], colour{}, 0.5), reach: float32(a.unit * 0.035)}
	if tones[0].g > tones[len(tones)-1].g {
		b.shadow = mix(tones[len(tones)-1], colour{}, 0.5)
	}
	for i := range sheets {
		b.sheets = append(b.sheets, tones.at(float64(i)/(sheets-1)))
	}
	return layers{b}
}
