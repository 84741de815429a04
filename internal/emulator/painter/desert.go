// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

// desert is dunes with a sharp line between light and shade.
func (a *artist) desert() layers {
	horizon := float64(a.h * a.between(0.5, 0.6))
	side := a.sign()
	sunAt := point{float64(a.w * (0.5 + float64(side*a.between(0.1, 0.3)))), horizon - float64(a.unit*a.between(0.08, 0.26))}
	ls := a.heaven(horizon, sunAt, a.unit*a.between(0.08, 0.13))
	if a.chance(0.55) {
		ls = append(ls, a.mesas(horizon))
	}
	const dunes = 6
	for i := range dunes {
		t := float64(i) / (dunes - 1)
		ls = append(ls, a.dune(lerp(horizon+float64(a.h*0.01), a.h*0.9, t*(0.45+float64(0.55*t))), t, side))
	}
	return append(ls, a.birds(sunAt.plus(-side*a.unit*0.22, -a.unit*0.06)))
}

func (a *artist) dune(base, t, side float64) *ridge {
	n, wander := a.noise(), a.noise()
	height := float64(a.unit * lerp(0.045, 0.13, t))
	frequency := lerp(2.6, 1.1, t)
	octaves := a.octaves(0.5)
	crest := func(x float64) float64 {
		u := x / a.unit * frequency
		// Straight flanks with a rounded top, as the wind leaves them.
		sharp := n.peaks(u, 1)
		soft := n.fractal(u, min(octaves, 3))
		return base - float64(height*(float64(sharp*1.15)+float64(soft*0.5)))
	}
	ground := mix(a.light[highlight], a.light[farLand], lerp(0.75, 0.5, t))
	shade := mix(a.light[nearLand], a.light[farLand], lerp(0.65, 0.22, t))
	top, foot := base-height, base+float64(height*2.4)
	shades := newBackdrop(a.height, top, foot, gradient{shade, mix(shade, ground, 0.3), mix(shade, ground, 0.72)})
	lights := newBackdrop(a.height, top, foot, gradient{mix(ground, a.light[sun], 0.3), ground, mix(ground, shade, 0.3)})
	r := newRidge(a.width, crest, shades)
	lean := a.between(0.5, 1.2)
	r.light(side, 0.12, lights, func(y float64) float64 {
		below := clamp((y-top)/(foot-top), 0, 1)
		return side * float64(a.unit*lerp(0.08, 0.26, t)*(float64(below*lean)+float64(0.25*wander.fractal(y/a.unit*lerp(9, 4, t), octaves))))
	})
	return r
}

// mesas are flat-topped rocks on the horizon.
func (a *artist) mesas(horizon float64) *ridge {
	n := a.noise()
	octaves := a.octaves(2)
	crest := func(x float64) float64 {
		v := n.fractal(x/a.unit*2.6, 2)
		steps := float64(0.55*step(0.02, 0.06, v)) + float64(0.45*step(0.2, 0.23, v))
		rubble := float64(0.12 * (n+7).peaks(x/a.unit*12, octaves))
		return horizon + float64(a.unit*(0.012-float64(0.14*(steps+float64(rubble*steps)))))
	}
	rows := a.land(0.78, horizon-float64(a.unit*0.15), horizon, 0.4)
	return newRidge(a.width, crest, rows)
}
