// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

// heaven is the sky behind a landscape with its sun or moon.
func (a *artist) heaven(horizon float64, sunAt point, sunRadius float64) {
	a.background(horizon, a.light[:horizonGlow+1])
	if a.dark() {
		a.stars(horizon)
	}
	a.glow(sunAt, sunRadius*9, 1.2, a.light[halo], 0.55)
	a.glow(sunAt, sunRadius*3.2, 1, a.light[sun], 0.5)
	if a.dark() && a.chance(0.5) {
		a.crescent(sunAt, sunRadius)
	} else {
		a.add(circle(sunAt, sunRadius), a.light[sun])
	}
	a.clouds(horizon)
}

// dark tells whether the sky is one that shows stars.
func (a *artist) dark() bool { return a.light[zenith].g < 0x20<<depth }

func (a *artist) stars(horizon float64) {
	white := mix(a.light[sun], colour{255 << depth, 255 << depth, 255 << depth}, 0.5)
	for range 170 {
		size := square(square(a.float()))
		at := point{a.float() * a.w, square(a.float()) * horizon}
		radius := max(1.1, a.unit*lerp(0.0016, 0.0045, size)*(1+float64(0.3*a.detail)))
		a.glow(at, radius, 1, white, a.between(0.35, 1))
	}
}

// crescent is a moon of which one side is in shadow.
func (a *artist) crescent(at point, radius float64) {
	tilt := a.between(-0.1, 0.1)
	outer := arc(at, radius, radius, tilt-0.25, tilt+0.25)
	inner := arc(at, radius, radius, tilt+0.25, tilt-0.25)
	for i, p := range inner {
		// Press the terminator flat along the line between the horns.
		dx, dy := p.x-at.x, p.y-at.y
		reach := float64(dx*cos(tilt)) + float64(dy*sin(tilt))
		inner[i] = p.plus(float64(-reach*0.55*cos(tilt)), float64(-reach*0.55*sin(tilt)))
	}
	a.add(path{append(outer, inner...)}, a.light[sun])
}

// clouds are long banks in the upper sky. How thick they are is found for the
// corners of cells and evened out between them.
func (a *artist) clouds(horizon float64) {
	n, octaves := a.noise(), a.octaves(1.5)
	amount, strength := a.between(-0.02, 0.18), a.between(0.3, 0.6)
	if a.dark() {
		strength *= 0.35
	}
	c := mix(a.light[horizonGlow], a.light[highlight], 0.5)
	cell := max(2, a.h/150)
	corners := func(row int) []float64 {
		values := make([]float64, int(a.w/cell)+2)
		y := float64(row) * cell
		height := y / horizon
		edges := float64(strength * step(0, 0.2, height) * step(1, 0.55, height))
		for i := range values {
			across := float64(i) * cell / (a.unit * 0.62)
			v := n.fractalPlane(across, y/(a.unit*0.1)+float64(across*0.4), octaves)
			values[i] = float64(step(amount, amount+0.45, v) * edges)
		}
		return values
	}
	current, upper, lower := 0, corners(0), corners(1)
	for y := 0; y < a.height && float64(y) < horizon; y++ {
		if float64(y) >= float64(current+1)*cell {
			current++
			upper, lower = lower, corners(current+1)
		}
		down := float64(y)/cell - float64(current)
		row := a.row(y)
		for x := range row {
			across := (float64(x) + 0.5) / cell
			i := int(across)
			across -= float64(i)
			thick := lerp(lerp(upper[i], upper[i+1], across), lerp(lower[i], lower[i+1], across), down)
			row[x].blend(c, alpha(thick))
		}
	}
}

// sheen is a soft light from the upper left on things that are otherwise flat.
// It comes out with the steps.
func (a *artist) sheen() {
	a.glow(a.at(0.3, 0.2), max(a.w, a.h)*0.8, 1, a.colour(0xfffaf0), 0.08+float64(0.1*a.detail))
}

// birds are a small flock, far away.
func (a *artist) birds(centre point) {
	c := mix(a.light[nearLand], a.light[skyLow], 0.25)
	for range 4 + a.intn(4) {
		at := centre.plus(a.between(-0.12, 0.12)*a.unit, a.between(-0.05, 0.05)*a.unit)
		span := a.between(0.009, 0.017) * a.unit
		lift := a.between(0.25, 0.55)
		for _, side := range []float64{-span, span} {
			wing := curve(at, at.plus(side*0.3, -span*lift), at.plus(side*0.7, -span*lift), at.plus(side, -span*0.1))
			a.add(stroke(append([]point{at}, wing...), span*0.16, span*0.03), c)
		}
	}
}
