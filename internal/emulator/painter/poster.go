// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

// tiles is a poster of squares, each with a simple figure.
func (a *artist) tiles() {
	p := a.colours(pick(a.random, inks)...)
	count := 4 + a.intn(2)
	size := a.unit / float64(count)
	columns, rows := int(a.w/size+0.999), int(a.h/size+0.999)
	// Whole tiles, a little stretched rather than cut.
	wide, high := a.w/float64(columns), a.h/float64(rows)
	a.background(a.h, gradient{p[0], p[0]})
	for j := range rows {
		for i := range columns {
			shuffle(a.random, p)
			t := tile{artist: a, x: float64(i) * wide, y: float64(j) * high, w: wide, h: high, ground: p[0], ink: p[1], third: p[2], turn: a.intn(4)}
			t.draw(a.intn(9))
		}
	}
	a.sheen()
}

type tile struct {
	*artist
	x, y, w, h         float64
	ground, ink, third colour
	turn               int
}

// place is in shares of the tile, after its turns by a quarter.
func (t tile) place(u, v float64) point {
	for range t.turn {
		u, v = 1-v, u
	}
	return point{t.x + float64(u*t.w), t.y + float64(v*t.h)}
}

func (t tile) arc(u, v, radius, from, to float64) []point {
	const scale = 1000 // In which arc reckons how many points it needs.
	points := arc(point{u * scale, v * scale}, radius*scale, radius*scale, from, to)
	for i, p := range points {
		points[i] = t.place(p.x/scale, p.y/scale)
	}
	return points
}

// sector is a slice of a circle around a place, angles in turns.
func (t tile) sector(u, v, radius, from, to float64) path {
	return path{append(t.arc(u, v, radius, from, to), t.place(u, v))}
}

// leaf lies between two corners of a square.
func (t tile) leaf(side float64) path {
	return path{append(t.arc(0, side, side, 0.75, 1), t.arc(side, 0, side, 0.25, 0.5)...)}
}

func (t tile) draw(kind int) {
	fine := 2 + int(3*t.detail)
	t.add(rectangle(t.x, t.y, t.x+t.w, t.y+t.h), t.ground)
	switch kind {
	case 0: // A quarter circle with a smaller one.
		t.add(t.sector(0, 0, 1, 0, 0.25), t.ink)
		t.add(t.sector(0, 0, 0.5, 0, 0.25), t.third)
	case 1: // Two half circles.
		t.add(t.sector(0.5, 0, 0.5, 0, 0.5), t.ink)
		t.add(t.sector(0.5, 0.5, 0.5, 0, 0.5), t.third)
	case 2: // A sun.
		t.add(t.sector(0.5, 0.5, 0.36, 0, 1), t.ink)
		t.add(t.sector(0.5, 0.5, 0.16, 0, 1), t.third)
	case 3: // A rainbow.
		for i := range fine {
			c := t.ink
			if i%2 == 1 {
				c = t.ground
			}
			t.add(t.sector(0, 1, 1-float64(i)/float64(fine), 0.75, 1), c)
		}
	case 4: // A leaf with an eye.
		t.add(t.leaf(1), t.ink)
		t.add(t.sector(0.5, 0.5, 0.12, 0, 1), t.third)
	case 5: // Stripes.
		for i := range fine + 1 {
			v := (float64(i) + 0.25) / float64(fine+1)
			t.add(polygon(t.place(0, v), t.place(1, v), t.place(1, v+0.5/float64(fine+1)), t.place(0, v+0.5/float64(fine+1))), t.ink)
		}
	case 6: // Two triangles.
		t.add(polygon(t.place(0, 0), t.place(1, 0), t.place(0, 1)), t.ink)
		t.add(polygon(t.place(0, 0), t.place(0.5, 0), t.place(0, 0.5)), t.third)
	case 7: // Four petals.
		for range 4 {
			t.turn++
			t.add(t.leaf(0.5), t.ink)
		}
	default: // Dots.
		for i := range fine {
			for j := range fine {
				c := t.ink
				if i == j {
					c = t.third
				}
				t.add(t.sector((float64(i)+0.5)/float64(fine), (float64(j)+0.5)/float64(fine), 0.27/float64(fine), 0, 1), c)
			}
		}
	}
}

// icon is a sun over waves, bold enough to be read at the size of a favicon, and
// a lighthouse before it if the prompt has one.
func (a *artist) icon() {
	p := a.colours(pick(a.random, inks)...)
	shuffle(a.random, p[1:])
	light, ground, rest := p[0], p[1], p[2:]
	if light.g < ground.g { // The ink's ground is dark: draw on it instead.
		light, ground = ground, light
	}
	if rest[0].g < rest[1].g {
		rest[0], rest[1] = rest[1], rest[0]
	}
	e := emblem{artist: a, ground: ground, light: light, inks: rest, centre: a.at(0.5, 0.5), radius: a.unit * 0.36}
	a.background(a.h, gradient{ground, ground})
	e.downwards(circle(e.centre, e.radius*1.14), mix(ground, light, 0.96), mix(ground, light, 0.86))
	e.add(circle(e.place(a.between(-0.2, 0.2), -0.22), e.radius*0.46), rest[0])
	if a.says("lighthouse") {
		e.lighthouse()
	}
	for i := range 4 {
		t := float64(i) / 3
		e.swell(lerp(0.12, 0.78, t), mix(mix(ground, light, 0.5), ground, t), t*1.7)
	}
	// Around the figure and over its edges.
	e.add(path{arc(e.centre, a.w+a.h, a.w+a.h, 0, 1), arc(e.centre, e.radius*1.14, e.radius*1.14, 1, 0)}, ground)
	e.add(ring(e.centre, e.radius*1.14, e.radius*1.06), light)
	a.sheen()
}

type emblem struct {
	*artist
	ground, light colour
	inks          []colour
	centre        point
	radius        float64
}

// place has the centre as 0 and the rim as 1.
func (e *emblem) place(x, y float64) point { return e.centre.plus(x*e.radius, y*e.radius) }

// swell fills everything below a wavy line.
func (e *emblem) swell(y float64, c colour, phase float64) {
	const n = 64
	outline := []point{e.place(1.3, 1.4), e.place(-1.3, 1.4)}
	for i := range n + 1 {
		x := lerp(-1.3, 1.3, float64(i)/n)
		outline = append(outline, e.place(x, y+float64(0.085*sin(float64(x*0.8)+phase))))
	}
	e.add(path{outline}, c)
}

func (e *emblem) lighthouse() {
	body := e.ground
	for _, c := range e.inks[1:] { // The first is the sun behind the tower.
		if c.g < body.g {
			body = c
		}
	}
	e.blend(polygon(e.place(0, -0.55), e.place(-1.4, -0.95), e.place(-1.4, -0.3)), e.inks[0], 0.45)
	e.blend(polygon(e.place(0, -0.55), e.place(1.4, -0.95), e.place(1.4, -0.3)), e.inks[0], 0.45)
	e.add(polygon(e.place(-0.15, -0.42), e.place(0.15, -0.42), e.place(0.25, 0.6), e.place(-0.25, 0.6)), body)
	e.add(polygon(e.place(-0.175, -0.2), e.place(0.175, -0.2), e.place(0.2, 0.04), e.place(-0.2, 0.04)), e.light)
	e.add(rectangle(e.place(-0.2, 0).x, e.place(0, -0.47).y, e.place(0.2, 0).x, e.place(0, -0.41).y), body)
	e.add(rectangle(e.place(-0.1, 0).x, e.place(0, -0.64).y, e.place(0.1, 0).x, e.place(0, -0.47).y), e.light)
	e.add(polygon(e.place(-0.17, -0.63), e.place(0, -0.83), e.place(0.17, -0.63)), body)
}
