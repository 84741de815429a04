// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

// icon is one bold figure that still reads at the size of a favicon.
func (a *artist) icon() layers {
	p := a.colours(pick(a.random, inks)...)
	if a.says("dark", "night") {
		p = a.colours(inks[2]...)
	}
	ground := p[1+a.intn(len(p)-1)]
	light := p[0]
	if light.g < 0x80<<depth { // The ink's ground is dark: draw on it instead.
		ground, light = p[0], p[4]
	}
	rest := make([]colour, 0, len(p))
	for _, c := range p[1:] {
		if c != ground && c != light {
			rest = append(rest, c)
		}
	}
	shuffle(a.random, rest)
	i := emblem{artist: a, ground: ground, light: light, inks: rest, centre: a.at(0.5, 0.5), radius: a.unit * 0.36}
	i.drawing.shade(circle(i.centre, i.radius*1.14), mix(ground, light, 0.96), mix(ground, light, 0.86))
	figures := []struct {
		words string
		draw  func()
	}{
		{"mountain mountains peak alps hill outdoor hiking", i.peaks},
		{"sea wave waves ocean water surf lighthouse harbour boat", i.waves},
		{"flower flowers botanical floral garden bloom rose", i.bloom},
		{"leaf plant forest tree eco green tea", i.sprout},
		{"abstract geometric music sound bauhaus", i.rings},
		{"vase ceramic ceramics pottery studio clay", i.pot},
	}
	draw := figures[a.intn(len(figures))].draw
	for _, figure := range figures {
		for word := range a.words {
			if contains(figure.words, word) {
				draw = figure.draw
			}
		}
	}
	draw()
	// Around the figure and over its edges.
	i.drawing.add(path{arc(i.centre, a.w+a.h, a.w+a.h, 0, 1), arc(i.centre, i.radius*1.14, i.radius*1.14, 1, 0)}, ground)
	i.drawing.add(ring(i.centre, i.radius*1.14, i.radius*1.06), light)
	return layers{newBackdrop(a.height, 0, a.h, gradient{ground, ground}), &i.drawing, a.sheen()}
}

type emblem struct {
	*artist
	drawing       drawing
	ground, light colour
	inks          []colour
	centre        point
	radius        float64
}

// at is a place with the centre as 0 and the rim as 1.
func (e *emblem) at(x, y float64) point { return e.centre.plus(x*e.radius, y*e.radius) }

func (e *emblem) peaks() {
	sunAt := e.at(e.sign()*0.32, -0.38)
	e.drawing.add(circle(sunAt, e.radius*0.24), e.inks[0])
	apex := e.between(-0.25, 0.05)
	back, front := e.inks[1], mix(e.ground, e.inks[1], 0.15)
	e.drawing.shade(polygon(e.at(-0.35, 1.2), e.at(apex+0.62, -0.18), e.at(1.6, 1.2)), back, mix(back, e.light, 0.25))
	tip, left, right := e.at(apex-0.1, -0.5), e.at(-1.5, 1.2), e.at(1.0, 1.2)
	e.drawing.shade(polygon(left, tip, right), front, mix(front, e.light, 0.18))
	fold := tip.along(e.at(apex-0.2, 1.2), 0.28)
	e.drawing.add(polygon(tip, tip.along(right, 0.3), fold.plus(e.radius*0.1, -e.radius*0.13), fold, tip.along(left, 0.3).plus(e.radius*0.12, -e.radius*0.1), tip.along(left, 0.27)), e.light)
	e.swell(0.66, e.inks[0], 0)
	e.swell(0.82, e.inks[min(2, len(e.inks)-1)], 0.4)
}

// swell fills everything below a wavy line.
func (e *emblem) swell(y float64, c colour, phase float64) {
	const n = 64
	outline := []point{e.at(1.3, 1.4), e.at(-1.3, 1.4)}
	for i := range n + 1 {
		x := lerp(-1.3, 1.3, float64(i)/n)
		outline = append(outline, e.at(x, y+float64(0.085*sin(float64(x*0.8)+phase))))
	}
	e.drawing.add(path{outline}, c)
}

func (e *emblem) waves() {
	if e.inks[0].g < e.inks[1].g {
		e.inks[0], e.inks[1] = e.inks[1], e.inks[0]
	}
	e.drawing.add(circle(e.at(e.between(-0.2, 0.2), -0.22), e.radius*0.46), e.inks[0])
	if e.says("lighthouse") {
		e.lighthouse()
	}
	for i := range 4 {
		t := float64(i) / 3
		e.swell(lerp(0.12, 0.78, t), mix(mix(e.ground, e.light, 0.5), e.ground, t), t*1.7)
	}
}

func (e *emblem) lighthouse() {
	body := e.ground
	for _, c := range e.inks[1:] { // The first is the sun behind the tower.
		if c.g < body.g {
			body = c
		}
	}
	e.drawing.blend(polygon(e.at(0, -0.55), e.at(-1.4, -0.95), e.at(-1.4, -0.3)), e.inks[0], e.inks[0], 0.45)
	e.drawing.blend(polygon(e.at(0, -0.55), e.at(1.4, -0.95), e.at(1.4, -0.3)), e.inks[0], e.inks[0], 0.45)
	e.drawing.add(polygon(e.at(-0.15, -0.42), e.at(0.15, -0.42), e.at(0.25, 0.6), e.at(-0.25, 0.6)), body)
	e.drawing.add(polygon(e.at(-0.175, -0.2), e.at(0.175, -0.2), e.at(0.2, 0.04), e.at(-0.2, 0.04)), e.light)
	e.drawing.add(rectangle(e.at(-0.2, 0).x, e.at(0, -0.47).y, e.at(0.2, 0).x, e.at(0, -0.41).y), body)
	e.drawing.add(rectangle(e.at(-0.1, 0).x, e.at(0, -0.64).y, e.at(0.1, 0).x, e.at(0, -0.47).y), e.light)
	e.drawing.add(polygon(e.at(-0.17, -0.63), e.at(0, -0.83), e.at(0.17, -0.63)), body)
}

func (e *emblem) bloom() {
	petals := 6 + 2*e.intn(3)
	turn := e.float()
	for layer, reach := range []float64{0.92, 0.66, 0.4} {
		c := e.inks[layer%len(e.inks)]
		for k := range petals {
			angle := turn + (float64(k)+float64(0.5*float64(layer)))/float64(petals)
			tip := e.at(reach*cos(angle), reach*sin(angle))
			e.drawing.add(leaf(e.centre, tip, 1.75/float64(petals), 0), mix(c, e.ground, 0.1*float64(k&1)))
		}
	}
	e.drawing.add(circle(e.centre, e.radius*0.16), e.light)
}

func (e *emblem) sprout() {
	e.drawing.add(circle(e.at(0, 1.15), e.radius*0.75), e.inks[0])
	e.drawing.add(stroke([]point{e.at(0, 0.7), e.at(0, -0.2)}, e.radius*0.07, e.radius*0.05), e.ground)
	for i, y := range []float64{0.35, 0.02, -0.25} {
		size := 0.66 - float64(0.12*float64(i))
		for _, side := range []float64{-1, 1} {
			foot, tip := e.at(0, y), e.at(side*size, y-float64(size*0.62))
			e.drawing.add(leaf(foot, tip, 0.26, 0), mix(e.ground, e.inks[1], 0.35*(1-side)))
		}
	}
	e.drawing.add(leaf(e.at(0, -0.2), e.at(0, -0.82), 0.24, 0), e.inks[1])
}

func (e *emblem) rings() {
	turn := float64(0.25 * float64(e.intn(4)))
	for k, reach := range []float64{0.9, 0.68, 0.46, 0.24} {
		c := e.inks[k%len(e.inks)]
		from := turn + float64(0.25*float64(k))
		e.drawing.add(path{append(arc(e.centre, e.radius*reach, e.radius*reach, from, from+0.75), e.centre)}, c)
		e.drawing.add(circle(e.centre, e.radius*(reach-0.12)), mix(e.ground, e.light, 0.93))
	}
	e.drawing.add(circle(e.centre, e.radius*0.13), e.ground)
}

func (e *emblem) pot() {
	e.drawing.add(circle(e.at(0, -0.1), e.radius*0.72), mix(e.inks[0], e.light, 0.35))
	for i, turn := range []float64{-0.1, -0.04, 0.03, 0.09} {
		angle := 0.75 + turn
		foot, tip := e.at(0, 0), e.at(0.95*cos(angle), 0.9*sin(angle))
		e.drawing.add(leaf(foot, tip, 0.13, 0), mix(e.ground, e.inks[1], 0.25*float64(i)))
	}
	right := curve(e.at(0.2, -0.08), e.at(0.06, 0.2), e.at(0.72, 0.25), e.at(0.26, 0.86))
	outline := append([]point{e.at(-0.2, -0.08), e.at(0.2, -0.08)}, right...)
	for i := len(right) - 1; i >= 0; i-- {
		outline = append(outline, point{2*e.centre.x - right[i].x, right[i].y})
	}
	glaze := e.inks[len(e.inks)-1]
	e.drawing.sideways(path{outline}, mix(glaze, e.light, 0.2), mix(glaze, e.ground, 0.3))
}
