// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

// forest is rows of firs that fade into mist, with light falling between.
func (a *artist) forest() layers {
	horizon := float64(a.h * 0.8)
	sunAt := point{a.w * a.between(0.3, 0.7), a.h * a.between(0.2, 0.36)}
	ls := a.heaven(horizon, sunAt, a.unit*a.between(0.05, 0.08))
	const rows = 6
	for i := range rows {
		t := float64(i) / (rows - 1)
		slope := a.between(-0.1, 0.1) * a.unit
		base := lerp(a.h*0.5, a.h*1.02, t*(0.5+float64(0.5*t)))
		hill := a.hill(base, lerp(0.1, 0.05, t), 0.8, square(1-t), lerp(0.75, 0.1, t))
		for x := range hill.crest {
			hill.crest[x] += float64(slope * (float64(x)/a.w - 0.5))
		}
		hill.top, hill.lowest = hill.top-float64(a.unit*0.05), hill.lowest+float64(a.unit*0.05)
		c := hill.rows[int(clamp(base-float64(a.unit*0.06), 0, a.h-1))]
		ls = append(ls,
			a.firs(hill, c, a.unit*lerp(0.07, 0.42, t*t), a.unit*lerp(0.014, 0.085, t), lerp(0.95, 0.62, t)),
			hill)
		if i < rows-1 {
			ls = append(ls, a.fog(base+float64(a.h*0.03), a.h*lerp(0.09, 0.13, t), lerp(0.65, 0.25, t)))
		}
		if i == 2 {
			ls = append(ls, a.beams(sunAt))
		}
	}
	return append(ls, a.birds(sunAt.plus(a.unit*a.between(-0.2, 0.2), -a.unit*0.06)))
}

// fog is a soft bank around a row.
func (a *artist) fog(y, height, strength float64) haze {
	n, octaves := a.noise(), a.octaves(1)
	top, bottom := max(y-height, 0), min(y+height, a.h)
	return haze{
		colour: mix(a.light[horizonGlow], a.light[farLand], 0.2), top: top, bottom: bottom,
		field: newField(a.width, int(bottom)+1, max(3, a.h/90), func(px, py float64) float64 {
			t := (py - y) / height
			if t < -1.2 || t > 1.2 {
				return 0
			}
			v := 0.6 + float64(0.8*n.fractalPlane(px/a.unit*1.8, py/a.unit*7, octaves))
			return clamp(v*strength*smooth(1-max(t, -t)), 0, 1)
		}),
	}
}

// beams fan out below the sun.
func (a *artist) beams(from point) *drawing {
	d := &drawing{}
	for range 7 {
		angle := 0.25 + a.between(-0.13, 0.13)
		width := a.between(0.006, 0.018)
		reach := a.h * 1.2
		d.blend(polygon(from,
			from.plus(reach*cos(angle-width), reach*sin(angle-width)),
			from.plus(reach*cos(angle+width), reach*sin(angle+width))),
			a.light[halo], a.light[halo], a.between(0.05, 0.12))
	}
	return d
}
