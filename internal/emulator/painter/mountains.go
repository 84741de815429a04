// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

// mountains stand in layers of mist, with firs in front and often a lake.
func (a *artist) mountains() layers {
	lake := a.says("lake", "lakes", "reflection", "river", "water", "fjord") || a.chance(0.35)
	horizon := float64(a.h * a.between(0.6, 0.68))
	if !lake {
		horizon = float64(a.h * a.between(0.66, 0.76))
	}
	side := a.sign()
	sunAt := point{float64(a.w * (0.5 + float64(side*a.between(0.1, 0.3)))), horizon - float64(a.h*a.between(0.28, 0.42))}
	ls := a.heaven(horizon, sunAt, a.unit*a.between(0.035, 0.065))
	ls = append(ls, a.chains(horizon, side)...)
	ls = append(ls, a.birds(point{sunAt.x - float64(side*a.unit*a.between(0.15, 0.3)), sunAt.y + float64(a.unit*a.between(0, 0.1))}))

	if lake {
		tint := gradient{mix(a.light[skyLow], a.light[farLand], 0.5), mix(a.light[zenith], a.light[nearLand], 0.45)}
		bank := a.hill(horizon+float64(a.h*0.003), 0.016, 0.75, 0.42, 0.1)
		ls = append(ls, bank, a.firs(bank, mix(a.light[nearLand], a.light[farLand], 0.3), a.unit*0.05, a.unit*0.013, 0.66))
		ls = layers{newWater(ls, int(horizon+float64(a.h*0.012)), a.height, a.unit*0.016, a.noise(), tint)}
		ls = append(ls, a.glints(sunAt.x, horizon+float64(a.h*0.012), 45))
	} else {
		for i := range 3 {
			t := float64(i) / 2
			bank := a.hill(horizon+float64(a.h*lerp(0.0, 0.13, t)), lerp(0.05, 0.06, t), 1.1, lerp(0.5, 0.12, t), lerp(0.6, 0.15, t))
			firs := a.firs(bank, bank.rows[int(clamp(bank.top, 0, a.h-1))], a.unit*lerp(0.045, 0.1, t), a.unit*lerp(0.012, 0.03, t), lerp(0.55, 0.7, t))
			ls = append(ls, firs, bank)
		}
	}
	front := a.hill(a.h*0.985, 0.09, 0.9, 0, 0)
	return append(ls, a.firs(front, a.light[nearLand], a.unit*0.24, a.unit*0.06, 0.42), front)
}

// hill is a soft ridge around a row, as high as a share of the unit.
func (a *artist) hill(base, height, frequency, distance, mist float64) *ridge {
	n, octaves := a.noise(), a.octaves(1.6)
	crest := func(x float64) float64 {
		return base - float64(a.unit*height*n.fractal(float64(x/a.unit*frequency)*2, octaves)*1.6)
	}
	top := base - float64(a.unit*height)
	return newRidge(a.width, crest, a.land(distance, top, base+float64(a.unit*max(0.12, height*2)), mist))
}

// chains are three chains of rocky peaks, the middle one the hero.
func (a *artist) chains(horizon, side float64) layers {
	var ls layers
	hero := a.w * (0.5 - float64(side*a.between(0.05, 0.25)))
	snowy := a.says("snow", "snowy", "alps", "alpine", "winter", "glacier", "himalaya", "summit", "peak", "peaks") || a.chance(0.6)
	for i, peak := range []struct{ height, hero, distance, mist, relief float64 }{
		{0.2, 0.08, 0.95, 0.6, 0.35},
		{0.16, 0.34, 0.72, 0.75, 1},
		{0.17, -0.06, 0.5, 0.6, 0.6},
	} {
		n, zig := a.noise(), a.noise()
		octaves := a.octaves(2.5)
		frequency := a.between(1.6, 2.2)
		width := float64(a.unit * a.between(0.5, 0.62))
		base := horizon - float64(a.h*0.02)
		crest := func(x float64) float64 {
			from := (x - hero) / width
			rise := float64(peak.hero * max(0, 1-max(from, -from)))
			rough := n.peaks(x/a.unit*frequency, octaves)
			return base - float64(a.unit*(rise+float64(peak.height*(0.5+rough))))
		}
		top := base - float64(a.unit*(peak.height+max(peak.hero, 0)))
		shades := a.land(peak.distance, top, base+float64(a.h*0.06), peak.mist)
		r := newRidge(a.width, crest, shades)
		lights := make(backdrop, len(shades))
		for y, c := range shades {
			fade := clamp((horizon-float64(y))/(horizon-top), 0, 1)
			lights[y] = mix(c, a.light[highlight], float64(peak.relief*0.62*fade))
		}
		r.light(side, 0.5, lights, func(y float64) float64 {
			return float64(zig.peaks(y/a.unit*14, a.octaves(1)) * a.unit * 0.05)
		})
		if snowy && i == 1 {
			r.snow(mix(a.light[highlight], a.light[horizonGlow], 0.25), func(x float64) float64 {
				return lerp(top, base, 0.42) + float64(a.unit*0.13*zig.peaks(x/a.unit*18, octaves-2)) - float64(a.unit*0.03)
			})
		}
		ls = append(ls, r)
	}
	return ls
}
