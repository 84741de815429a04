// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

// sea is calm water under a low sun, with islands, a sail or a lighthouse.
func (a *artist) sea() layers {
	horizon := float64(a.h * a.between(0.5, 0.6))
	side := a.sign()
	sunAt := point{float64(a.w * (0.5 + float64(side*a.between(0.02, 0.22)))), horizon - float64(a.h*a.between(0.1, 0.26))}
	ls := a.heaven(horizon, sunAt, a.unit*a.between(0.06, 0.1))
	for i := range 3 {
		ls = append(ls, a.island(horizon, -side, lerp(0.85, 0.45, float64(i)/2), lerp(0.35, 0.72, float64(i)/2)))
	}
	ls = append(ls, a.birds(point{sunAt.x - float64(side*a.unit*0.25), sunAt.y - float64(a.unit*0.08)}))
	tint := gradient{mix(a.light[skyLow], a.light[farLand], 0.35), mix(a.light[skyHigh], a.light[nearLand], 0.3), mix(a.light[zenith], a.light[nearLand], 0.6)}
	lighthouse := a.says("lighthouse", "beacon") || (!a.says("boat", "sailboat", "sail", "ship") && a.chance(0.35))
	if lighthouse {
		ls = append(ls, a.headland(horizon, -side)...)
	} else {
		ls = append(ls, a.sail(point{float64(a.w * (0.5 - float64(side*a.between(0.08, 0.3)))), horizon + float64(a.unit*0.006)}, a.unit*a.between(0.14, 0.2)))
	}
	ls = layers{newWater(ls, int(horizon), a.height, a.unit*0.024, a.noise(), tint)}
	ls = append(ls, a.ripples(horizon), a.glints(sunAt.x, horizon, 60+int(60*a.detail)))
	if !lighthouse && a.chance(0.6) {
		ls = append(ls, a.reeds(side))
	}
	return ls
}

// island is a chain of hills that sinks into the sea towards one side.
func (a *artist) island(horizon, side, distance, extent float64) *ridge {
	n, octaves := a.noise(), a.octaves(2)
	height := float64(a.unit * a.between(0.1, 0.17))
	centre := a.w * (0.5 + float64(side*lerp(0.7, 0.35, distance)))
	reach := a.w * extent * 0.6
	crest := func(x float64) float64 {
		from := (x - centre) / reach
		envelope := 1 - float64(from*from)
		return horizon + 2 - float64(height*(envelope+float64(0.55*n.fractal(x/a.unit*3, octaves))-0.25))
	}
	return newRidge(a.width, crest, a.land(distance, horizon-height, horizon, 0.45))
}

// headland carries a lighthouse with its beam.
func (a *artist) headland(horizon, side float64) layers {
	n, octaves := a.noise(), a.octaves(2)
	x := float64(a.w * (0.5 + float64(side*a.between(0.24, 0.3))))
	height := float64(a.unit * 0.11)
	crest := func(at float64) float64 {
		from := (at - x) * side / a.w
		rise := step(-0.22, 0.0, from)
		return horizon + 3 - float64(height*rise*(1+float64(0.35*n.fractal(at/a.unit*4, octaves)))) + float64(8*(1-rise))
	}
	rock := newRidge(a.width, crest, a.land(0.12, horizon-height, horizon+float64(a.h*0.05), 0.15))
	rock.light(-side, 0.8, a.land(0.5, horizon-height, horizon, 0.2), func(y float64) float64 {
		return float64(n.peaks(y/a.unit*30, 3) * a.unit * 0.03)
	})

	foot := crest(x) + float64(a.unit*0.01)
	tall, half := float64(a.unit*0.27), float64(a.unit*0.03)
	wall, shade := mix(a.light[highlight], a.light[sun], 0.5), mix(a.light[nearLand], a.light[farLand], 0.55)
	band, roof := mix(a.light[accent], a.colour(0xb8322a), 0.6), a.light[nearLand]
	var d drawing
	lamp := point{x, foot - float64(tall*1.05)}
	for _, way := range []float64{-1, 1} {
		end := lamp.plus(way*a.unit*0.85, -a.unit*0.02)
		from, to := 0.5, 0.0
		if way < 0 {
			from, to = to, from
		}
		d.beam(polygon(lamp, end.plus(0, -a.unit*0.08), end.plus(0, a.unit*0.08)), a.light[sun], from, to)
	}
	tower := func(from, to float64, left, right colour) {
		y0, y1 := foot-float64(tall*from), foot-float64(tall*to)
		w0, w1 := float64(half*lerp(1, 0.62, from)), float64(half*lerp(1, 0.62, to))
		d.sideways(polygon(point{x - w1, y1}, point{x + w1, y1}, point{x + w0, y0}, point{x - w0, y0}), left, right)
	}
	left, right := wall, mix(wall, shade, 0.75)
	if side < 0 {
		left, right = right, left
	}
	tower(0, 0.93, left, right)
	for i := range 3 {
		from := 0.14 + float64(0.27*float64(i))
		tower(from, from+0.13, mix(band, left, 0.1), mix(band, right, 0.45))
	}
	top := foot - float64(tall*0.93)
	d.add(rectangle(x-float64(half*0.95), top-float64(tall*0.02), x+float64(half*0.95), top), roof)
	d.add(rectangle(x-float64(half*0.45), top-float64(tall*0.16), x+float64(half*0.45), top), mix(a.light[sun], a.light[accent], 0.15))
	d.add(rectangle(x-float64(half*0.06), top-float64(tall*0.16), x+float64(half*0.06), top), roof)
	d.add(polygon(point{x - float64(half*0.7), top - float64(tall*0.15)}, point{x, top - float64(tall*0.27)}, point{x + float64(half*0.7), top - float64(tall*0.15)}), band)
	light := glow{x: x, y: lamp.y, radius: a.unit * 0.16, flatten: 1, colour: a.light[sun], strength: 0.8}
	return layers{&d, light, rock}
}

// sail is a boat seen from the side, its foot at the waterline.
func (a *artist) sail(foot point, height float64) *drawing {
	d := &drawing{}
	at := func(x, y float64) point { return foot.plus(x*height, -y*height) }
	hull := mix(a.light[nearLand], a.light[accent], 0.25)
	cloth := mix(a.light[highlight], a.light[sun], 0.6)
	main := append([]point{at(0.01, 1), at(0.01, 0.14)}, at(0.36, 0.14))
	main = append(main, curve(at(0.36, 0.14), at(0.3, 0.5), at(0.15, 0.8), at(0.01, 1))...)
	jib := append([]point{at(-0.03, 0.9), at(-0.34, 0.13)}, curve(at(-0.34, 0.13), at(-0.2, 0.2), at(-0.1, 0.2), at(-0.03, 0.16))...)
	d.sideways(path{main}, cloth, mix(cloth, a.light[farLand], 0.5))
	d.sideways(path{jib}, mix(a.light[accent], cloth, 0.15), mix(a.light[accent], a.light[nearLand], 0.25))
	d.add(path{append([]point{at(-0.4, 0.1), at(0.42, 0.1)}, curve(at(0.42, 0.1), at(0.36, 0), at(0.3, -0.01), at(-0.28, -0.01))...)}, hull)
	d.add(stroke([]point{at(-0.01, 1.02), at(-0.01, 0.08)}, height*0.012, height*0.018), hull)
	return d
}

// ripples are dark and light strokes all over the water.
func (a *artist) ripples(horizon float64) *drawing {
	d, r := &drawing{}, a.fork()
	for range 50 + int(70*a.detail) {
		near := r.float()
		y := horizon + float64((a.h-horizon)*near*near)
		half := a.unit * lerp(0.012, 0.1, near) * r.between(0.5, 1.3)
		c := a.light[skyLow]
		if r.chance(0.5) {
			c = a.light[nearLand]
		}
		d.blend(ellipse(point{r.float() * a.w, y}, half, max(0.4, half*0.035)), c, c, r.between(0.08, 0.25))
	}
	return d
}

// reeds frame a lower corner.
func (a *artist) reeds(side float64) *drawing {
	d := &drawing{}
	for range 26 {
		near := square(a.float())
		foot := point{a.w * (0.5 + float64(side*(0.5-float64(near*0.22)))), a.h + 2}
		tall := a.unit * lerp(0.36, 0.1, near) * a.between(0.6, 1.1)
		bend := a.between(-0.25, 0.1) * side * tall
		tip := foot.plus(bend, -tall)
		points := append([]point{foot}, curve(foot, foot.plus(0, -tall*0.5), tip.plus(-bend*0.5, tall*0.3), tip)...)
		d.add(stroke(points, a.unit*0.007, a.unit*0.0015), a.light[nearLand])
		if a.chance(0.35) {
			d.add(stroke([]point{tip.plus(-bend*0.12, tall*0.16), tip}, a.unit*0.013, a.unit*0.009), mix(a.light[nearLand], a.light[accent], 0.2))
		}
	}
	return d
}

// waves are sheets of water, one before the other, with foam on their crests.
func (a *artist) waves() layers {
	horizon := float64(a.h * a.between(0.34, 0.44))
	sunAt := point{float64(a.w * a.between(0.28, 0.72)), horizon - float64(a.unit*a.between(0.02, 0.14))}
	ls := a.heaven(horizon, sunAt, a.unit*a.between(0.1, 0.15))
	const sheets = 8
	deep := mix(a.light[zenith], a.light[nearLand], 0.5)
	for i := range sheets {
		t := float64(i) / (sheets - 1)
		n, phase := a.noise(), a.float()
		base := lerp(horizon+float64(a.h*0.015), a.h*0.97, t*(0.55+float64(0.45*t)))
		swell := a.unit * lerp(0.014, 0.095, t)
		frequency := lerp(3.6, 1.1, t)
		octaves := a.octaves(1)
		crest := func(x float64) float64 {
			u := float64(x/a.unit*frequency) + phase
			u += float64(0.12 * sin(u)) // Steeper on one side.
			round := sin(u)
			return base - float64(swell*(float64(round*(0.6+float64(0.4*round)))+float64(0.45*n.fractal(u*1.7, octaves))))
		}
		top := mix(mix(a.light[skyHigh], a.light[skyLow], 0.3), deep, 0.12+float64(0.75*t))
		foot := mix(top, deep, 0.65)
		foam := mix(a.light[highlight], top, lerp(0.45, 0.05, t))
		thick := a.unit * lerp(0.003, 0.017, t)
		ls = append(ls,
			newRidge(a.width, crest, newBackdrop(a.height, 0, a.h, gradient{foam, foam})),
			newRidge(a.width, func(x float64) float64 {
				y := crest(x)
				high := clamp((base-y)/swell+0.25, 0, 1.3) // Foam gathers on crests.
				return y + float64(thick*high*(1.1+float64(0.8*n.line(x/a.unit*22))))
			}, newBackdrop(a.height, base-float64(1.2*swell), base+float64(a.h*lerp(0.05, 0.16, t)), gradient{mix(top, foam, 0.18), top, foot})))
	}
	return append(ls, a.birds(point{sunAt.x + float64(a.unit*0.25), sunAt.y - float64(a.unit*0.1)}))
}
