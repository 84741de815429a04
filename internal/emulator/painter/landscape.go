// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

import "math"

// heaven is the sky behind a landscape with its sun or moon.
func (a *artist) heaven(horizon float64, sunAt point, sunRadius float64) layers {
	ls := layers{newBackdrop(a.height, 0, horizon, a.light[:horizonGlow+1])}
	if a.dark() {
		ls = append(ls, a.starfield(horizon))
	}
	ls = append(ls,
		glow{x: sunAt.x, y: sunAt.y, radius: sunRadius * 9, flatten: 1.2, colour: a.light[halo], strength: 0.55},
		glow{x: sunAt.x, y: sunAt.y, radius: sunRadius * 3.2, flatten: 1, colour: a.light[sun], strength: 0.5},
		disc{x: sunAt.x, y: sunAt.y, radius: sunRadius, tint: plain(a.light[sun])})
	if a.dark() && a.chance(0.5) {
		ls[len(ls)-1] = a.crescent(sunAt, sunRadius)
	}
	return append(ls, a.clouds(horizon))
}

// dark tells whether the sky is one that shows stars.
func (a *artist) dark() bool { return a.light[zenith].g < 0x20<<depth }

func (a *artist) starfield(horizon float64) stars {
	s := stars{colour: mix(a.light[sun], colour{255 << depth, 255 << depth, 255 << depth}, 0.5)}
	for range 170 {
		size := square(square(a.float()))
		s.all = append(s.all, star{
			x: a.float() * a.w, y: square(a.float()) * horizon,
			radius:   max(1.1, a.unit*lerp(0.0016, 0.0045, size)*(1+float64(0.3*a.detail))),
			strength: a.between(0.35, 1),
		})
	}
	return s
}

// crescent is a moon of which one side is in shadow.
func (a *artist) crescent(at point, radius float64) *drawing {
	tilt := a.between(-0.1, 0.1)
	outer := arc(at, radius, radius, tilt-0.25, tilt+0.25)
	inner := arc(at, radius, radius, tilt+0.25, tilt-0.25)
	for i, p := range inner {
		// Press the terminator flat along the line between the horns.
		dx, dy := p.x-at.x, p.y-at.y
		reach := float64(dx*cos(tilt)) + float64(dy*sin(tilt))
		inner[i] = p.plus(float64(-reach*0.55*cos(tilt)), float64(-reach*0.55*sin(tilt)))
	}
	d := &drawing{}
	d.add(path{append(outer, inner...)}, a.light[sun])
	return d
}

// clouds are long banks in the upper sky; on polar nights, an aurora.
func (a *artist) clouds(horizon float64) haze {
	n, octaves := a.noise(), a.octaves(1.5)
	amount, strength := a.between(-0.02, 0.18), a.between(0.3, 0.6)
	cell := max(2, a.h/150)
	h := haze{colour: mix(a.light[horizonGlow], a.light[highlight], 0.5), bottom: horizon}
	if a.dark() {
		strength *= 0.35
	}
	stretchX, stretchY := 1/(a.unit*0.62), 1/(a.unit*0.1)
	value := func(x, y float64) float64 {
		v := n.fractalPlane(x*stretchX, float64(y*stretchY)+float64(x*stretchX*0.4), octaves)
		height := y / horizon
		return step(amount, amount+0.45, v) * strength * step(0, 0.2, height) * step(1, 0.55, height)
	}
	if a.light[accent].g > a.light[accent].r+(60<<depth) && a.dark() {
		h.colour = a.light[accent]
		value = func(x, y float64) float64 {
			fold := float64(n.fractal(x/a.unit*1.3, 3) * 0.5)
			edge := float64((0.6 + float64(fold*0.6)) * horizon)
			rise := (edge - y) / (horizon * 0.58)
			if rise < 0 || rise > 1 {
				return 0
			}
			rays := 0.55 + float64(0.45*(n+9).fractal(x/a.unit*9, octaves))
			return step(0, 0.1, rise) * square(1-rise) * 1.1 * rays * (0.75 + fold)
		}
	}
	h.field = newField(a.width, int(horizon)+1, cell, func(x, y float64) float64 {
		if y > horizon {
			return 0
		}
		return clamp(value(x, y), 0, 1)
	})
	return h
}

// land colours a ridge: its own colour at the crest, mist at the foot.
func (a *artist) land(distance, crest, foot, mist float64) backdrop {
	top := mix(a.light[nearLand], a.light[farLand], distance)
	bottom := mix(top, a.light[horizonGlow], mist)
	return newBackdrop(a.height, crest, foot, gradient{top, mix(top, bottom, 0.35), bottom})
}

// birds are a small flock, far away.
func (a *artist) birds(centre point) *drawing {
	d := &drawing{}
	c := mix(a.light[nearLand], a.light[skyLow], 0.25)
	for range 4 + a.intn(4) {
		at := centre.plus(a.between(-0.12, 0.12)*a.unit, a.between(-0.05, 0.05)*a.unit)
		span := a.between(0.009, 0.017) * a.unit
		lift := a.between(0.25, 0.55)
		wing := func(side float64) {
			points := append([]point{at}, curve(at, at.plus(side*span*0.3, -span*lift), at.plus(side*span*0.7, -span*lift), at.plus(side*span, -span*0.1))...)
			d.add(stroke(points, span*0.16, span*0.03), c)
		}
		wing(-1)
		wing(1)
	}
	return d
}

// firs stand along a ridge.
func (a *artist) firs(r *ridge, c colour, height, spacing, share float64) *drawing {
	d := &drawing{}
	n := a.noise()
	for x := -float64(spacing); x < a.w+float64(spacing); x += float64(spacing * a.between(0.5, 1.5)) {
		size := float64(height * a.between(0.55, 1.15))
		if n.line(x/a.unit*2.5) > float64(share*2)-1 {
			continue
		}
		foot := r.crest[int(clamp(x, 0, a.w-1))] + float64(size*0.12)
		d.add(a.fir(point{x, foot}, size), c)
	}
	return d
}

func (a *artist) fir(foot point, height float64) path {
	tiers := 5 + int(6*a.detail)
	half := height * a.between(0.17, 0.24)
	lean := float64(a.between(-0.02, 0.02) * height)
	n := a.noise()
	var left, right []point
	for k := range tiers {
		t := (float64(k) + 1) / float64(tiers)
		reach := float64(half * t * (1 + float64(0.13*n.lattice(int64(k), 0))))
		y := foot.y - float64(height*(1-float64(t*0.9)))
		x := foot.x + float64(lean*(1-t))
		right = append(right, point{x + reach, y}, point{x + float64(reach*0.52), y - float64(height*0.02)})
		left = append(left, point{x - reach, y + float64(height*0.008)}, point{x - float64(reach*0.52), y - float64(height*0.02)})
	}
	trunk := float64(height * 0.022)
	outline := []point{{foot.x + lean, foot.y - height}}
	outline = append(outline, right...)
	outline = append(outline, point{foot.x + trunk, foot.y - float64(height*0.1)}, point{foot.x + trunk, foot.y}, point{foot.x - trunk, foot.y}, point{foot.x - trunk, foot.y - float64(height*0.1)})
	for i := len(left) - 1; i >= 0; i-- {
		outline = append(outline, left[i])
	}
	return path{outline}
}

// glints are the short bright strokes of a light on water.
func (a *artist) glints(x, horizon float64, count int) *drawing {
	d, r := &drawing{}, a.fork()
	for range count {
		near := square(r.float())
		y := horizon + float64((a.h-horizon)*(0.015+float64(0.97*near)))
		spread := a.unit * lerp(0.05, 0.2, near)
		offset := float64(r.between(-1, 1) * r.float() * spread)
		half := a.unit * lerp(0.006, 0.045, near) * r.between(0.4, 1.2)
		thick := max(0.45, half*lerp(0.05, 0.09, near))
		share := clamp(1.05-math.Abs(offset)/spread, 0.1, 1) * r.between(0.3, 0.85)
		d.blend(ellipse(point{x + offset, y}, half, thick), a.light[sun], a.light[sun], share)
	}
	return d
}
