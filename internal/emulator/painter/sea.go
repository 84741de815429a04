// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

import "math"

// sea is calm water under a low sun, with islands and a lighthouse or a sail.
func (a *artist) sea() {
	horizon := float64(a.h * a.between(0.5, 0.6))
	side := pick(a.random, []float64{-1, 1})
	sunAt := point{float64(a.w * (0.5 + float64(side*a.between(0.02, 0.22)))), horizon - float64(a.h*a.between(0.1, 0.26))}
	a.heaven(horizon, sunAt, a.unit*a.between(0.06, 0.1))
	for i := range 3 {
		a.island(horizon, -side, lerp(0.85, 0.45, float64(i)/2), lerp(0.35, 0.72, float64(i)/2))
	}
	a.birds(point{sunAt.x - float64(side*a.unit*0.25), sunAt.y - float64(a.unit*0.08)})
	if a.says("lighthouse", "beacon") || (!a.says("boat", "sailboat", "sail", "ship") && a.chance(0.35)) {
		a.headland(horizon, -side)
	} else {
		a.sail(point{float64(a.w * (0.5 - float64(side*a.between(0.08, 0.3)))), horizon + float64(a.unit*0.006)}, a.unit*a.between(0.14, 0.2))
	}
	a.mirror(int(horizon), a.unit*0.024, gradient{
		mix(a.light[skyLow], a.light[farLand], 0.35),
		mix(a.light[skyHigh], a.light[nearLand], 0.3),
		mix(a.light[zenith], a.light[nearLand], 0.6),
	})
	a.ripples(horizon)
	a.glints(sunAt.x, horizon, 60+int(60*a.detail))
}

// island is a chain of hills that sinks into the sea towards one side.
func (a *artist) island(horizon, side, distance, extent float64) {
	n, octaves := a.noise(), a.octaves(2)
	height := float64(a.unit * a.between(0.1, 0.17))
	centre := a.w * (0.5 + float64(side*lerp(0.7, 0.35, distance)))
	reach := a.w * extent * 0.6
	crest := func(x float64) float64 {
		from := (x - centre) / reach
		envelope := 1 - float64(from*from)
		return horizon + 2 - float64(height*(envelope+float64(0.55*n.fractal(x/a.unit*3, octaves))-0.25))
	}
	a.raise(newRidge(a.width, crest, a.land(distance, horizon-height, horizon, 0.45)))
}

// headland carries a lighthouse.
func (a *artist) headland(horizon, side float64) {
	n, octaves := a.noise(), a.octaves(2)
	x := float64(a.w * (0.5 + float64(side*a.between(0.24, 0.3))))
	height := float64(a.unit * 0.11)
	crest := func(at float64) float64 {
		from := (at - x) * side / a.w
		rise := step(-0.22, 0.0, from)
		return horizon + 3 - float64(height*rise*(1+float64(0.35*n.fractal(at/a.unit*4, octaves)))) + float64(8*(1-rise))
	}
	a.lighthouse(point{x, crest(x) + float64(a.unit*0.01)}, side)
	rock := newRidge(a.width, crest, a.land(0.12, horizon-height, horizon+float64(a.h*0.05), 0.15))
	rock.relief(-side, 0.8, a.land(0.5, horizon-height, horizon, 0.2), func(y float64) float64 {
		return float64(n.peaks(y/a.unit*30, 3) * a.unit * 0.03)
	})
	a.raise(rock)
}

// lighthouse is a striped tower with a beam to either side.
func (a *artist) lighthouse(foot point, side float64) {
	tall, half := float64(a.unit*0.27), float64(a.unit*0.03)
	wall, shade := mix(a.light[highlight], a.light[sun], 0.5), mix(a.light[nearLand], a.light[farLand], 0.55)
	band, roof := mix(a.light[accent], a.colour(0xb8322a), 0.6), a.light[nearLand]
	lamp := foot.plus(0, -tall*1.05)
	for _, way := range []float64{-1, 1} {
		reach := a.unit * 0.85
		end := lamp.plus(way*reach, -a.unit*0.02)
		a.fill(polygon(lamp, end.plus(0, -a.unit*0.08), end.plus(0, a.unit*0.08)), func(x, _ int) (colour, int32) {
			return a.light[sun], alpha(0.5 - float64(0.5*math.Abs(float64(x)+0.5-lamp.x)/reach))
		})
	}
	left, right := wall, mix(wall, shade, 0.75)
	if side < 0 {
		left, right = right, left
	}
	// The tower between two shares of its height: it is wider at its foot.
	tower := func(from, to float64, left, right colour) {
		w0, w1 := float64(half*lerp(1, 0.62, from)), float64(half*lerp(1, 0.62, to))
		low, high := foot.plus(0, -tall*from), foot.plus(0, -tall*to)
		a.sideways(polygon(high.plus(-w1, 0), high.plus(w1, 0), low.plus(w0, 0), low.plus(-w0, 0)), left, right)
	}
	tower(0, 0.93, left, right)
	for i := range 3 {
		from := 0.14 + float64(0.27*float64(i))
		tower(from, from+0.13, mix(band, left, 0.1), mix(band, right, 0.45))
	}
	// The gallery, the lantern with its post, and the roof.
	top := foot.plus(0, -tall*0.93)
	box := func(wide, low, high float64, c colour) {
		a.add(rectangle(top.x-float64(half*wide), top.y-float64(tall*high), top.x+float64(half*wide), top.y-float64(tall*low)), c)
	}
	box(0.95, 0, 0.02, roof)
	box(0.45, 0, 0.16, mix(a.light[sun], a.light[accent], 0.15))
	box(0.06, 0, 0.16, roof)
	a.add(polygon(top.plus(-half*0.7, -tall*0.15), top.plus(0, -tall*0.27), top.plus(half*0.7, -tall*0.15)), band)
	a.glow(lamp, a.unit*0.16, 1, a.light[sun], 0.8)
}

// sail is a boat seen from the side, its foot at the waterline.
func (a *artist) sail(foot point, height float64) {
	at := func(x, y float64) point { return foot.plus(x*height, -y*height) }
	hull := mix(a.light[nearLand], a.light[accent], 0.25)
	cloth := mix(a.light[highlight], a.light[sun], 0.6)
	mainsail := append([]point{at(0.01, 1), at(0.01, 0.14), at(0.36, 0.14)}, curve(at(0.36, 0.14), at(0.3, 0.5), at(0.15, 0.8), at(0.01, 1))...)
	jib := append([]point{at(-0.03, 0.9), at(-0.34, 0.13)}, curve(at(-0.34, 0.13), at(-0.2, 0.2), at(-0.1, 0.2), at(-0.03, 0.16))...)
	a.sideways(path{mainsail}, cloth, mix(cloth, a.light[farLand], 0.5))
	a.sideways(path{jib}, mix(a.light[accent], cloth, 0.15), mix(a.light[accent], a.light[nearLand], 0.25))
	a.add(path{append([]point{at(-0.4, 0.1), at(0.42, 0.1)}, curve(at(0.42, 0.1), at(0.36, 0), at(0.3, -0.01), at(-0.28, -0.01))...)}, hull)
	a.add(stroke([]point{at(-0.01, 1.02), at(-0.01, 0.08)}, height*0.012, height*0.018), hull)
}

// mirror turns everything below a horizon into water that mirrors what is above
// it: still at the horizon, and rippled by up to ripple pixels in front.
func (a *artist) mirror(horizon int, ripple float64, tint gradient) {
	n := a.noise()
	horizon = max(horizon, 1) // There is always a row to mirror.
	for y := horizon; y < a.height; y++ {
		below := float64(y - horizon)
		near := below / float64(a.height-horizon)
		// Ripples look longer the nearer they are.
		swing := float64(n.fractal(math.Sqrt(below)*3.1, 3) * ripple * (0.15 + near))
		mirrored := a.row(int(clamp(float64(horizon-1)-float64(below*0.9)-float64(swing*0.8), 0, float64(horizon-1))))
		shift := int(math.Floor(swing * 1.5))
		tone, depth := tint.at(near), alpha(0.18+float64(0.5*near))
		row := a.row(y)
		for x := range row {
			row[x] = mirrored[min(max(x+shift, 0), a.width-1)]
			row[x].blend(tone, depth)
		}
	}
}

// glints are the short bright strokes of a light on water.
func (a *artist) glints(x, horizon float64, count int) {
	r := a.fork()
	for range count {
		near := square(r.float())
		y := horizon + float64((a.h-horizon)*(0.015+float64(0.97*near)))
		spread := a.unit * lerp(0.05, 0.2, near)
		offset := float64(r.between(-1, 1) * r.float() * spread)
		half := a.unit * lerp(0.006, 0.045, near) * r.between(0.4, 1.2)
		thick := max(0.45, half*lerp(0.05, 0.09, near))
		share := clamp(1.05-math.Abs(offset)/spread, 0.1, 1) * r.between(0.3, 0.85)
		a.blend(ellipse(point{x + offset, y}, half, thick), a.light[sun], share)
	}
}

// ripples are dark and light strokes all over the water.
func (a *artist) ripples(horizon float64) {
	r := a.fork()
	for range 50 + int(70*a.detail) {
		near := r.float()
		y := horizon + float64((a.h-horizon)*near*near)
		half := a.unit * lerp(0.012, 0.1, near) * r.between(0.5, 1.3)
		c := a.light[skyLow]
		if r.chance(0.5) {
			c = a.light[nearLand]
		}
		a.blend(ellipse(point{r.float() * a.w, y}, half, max(0.4, half*0.035)), c, r.between(0.08, 0.25))
	}
}
