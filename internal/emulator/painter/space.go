// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

import "math"

// space is a planet before a nebula, with a ring or a moon.
func (a *artist) space() layers {
	tones := a.colours(pick(a.random, ramps)...)
	void := a.colours(0x05060f, 0x0a0d22, 0x120f2e)
	ls := layers{newBackdrop(a.height, 0, a.h, void)}
	for i := range 3 {
		ls = append(ls, a.nebula(tones[1+2*i-i/2]))
	}
	ls = append(ls, a.farStars(), a.brightStars())

	side := a.sign()
	at := point{float64(a.w * (0.5 + float64(side*a.between(0.06, 0.2)))), float64(a.h * a.between(0.42, 0.6))}
	radius := a.unit * a.between(0.22, 0.3)
	lightX, lightY := -side*0.62, -0.5
	ls = append(ls,
		glow{x: at.x + float64(lightX*radius*0.2), y: at.y + float64(lightY*radius*0.2), radius: radius * 1.5, flatten: 1, colour: tones[4], strength: 0.8},
	)
	ringed := a.says("saturn", "ring", "rings") || a.chance(0.6)
	tilt := a.between(0.02, 0.07) * side
	if ringed {
		ls = append(ls, a.rings(at, radius, tilt, tones, 0.5, 1))
	}
	ls = append(ls, disc{x: at.x, y: at.y, radius: radius, tint: a.planet(tones, lightX, lightY, tilt, a.chance(0.7))})
	if ringed {
		ls = append(ls, a.rings(at, radius, tilt, tones, 0, 0.5))
	}
	moon := at.plus(-side*radius*a.between(1.5, 1.9), -radius*a.between(0.4, 0.9))
	grey := a.colours(0x2a2a3a, 0x6f6f80, 0xb9b6b8, 0xe6e0d6, 0xf6efe2)
	ls = append(ls, disc{x: moon.x, y: moon.y, radius: radius * a.between(0.1, 0.2), tint: a.planet(grey, lightX, lightY, 0, false)})
	if a.chance(0.4) {
		ground := a.hill(a.h*0.95, 0.09, 0.8, 0, 0)
		c := mix(tones[0], void[0], 0.55)
		ground.rows = newBackdrop(a.height, a.h*0.8, a.h, gradient{mix(c, tones[2], 0.25), c})
		ls = append(ls, ground)
	}
	return ls
}

func (a *artist) farStars() stars {
	s := stars{colour: a.colour(0xfdf8ee)}
	for range 200 {
		size := square(square(a.float()))
		s.all = append(s.all, star{a.float() * a.w, a.float() * a.h, max(1.05, a.unit*lerp(0.0014, 0.005, size)), a.between(0.3, 1)})
	}
	return s
}

// brightStars have four rays.
func (a *artist) brightStars() *drawing {
	d := &drawing{}
	c := a.colour(0xfffaf0)
	for range 6 {
		at, reach := point{a.float() * a.w, a.float() * a.h}, a.unit*a.between(0.012, 0.03)
		thin := reach * 0.09
		d.add(polygon(at.plus(0, -reach), at.plus(thin, -thin), at.plus(reach, 0), at.plus(thin, thin), at.plus(0, reach), at.plus(-thin, thin), at.plus(-reach, 0), at.plus(-thin, -thin)), c)
	}
	return d
}

func (a *artist) nebula(c colour) haze {
	n, bend := a.noise(), a.noise()
	octaves := a.octaves(2)
	scale := 1 / (a.unit * a.between(0.4, 0.6))
	slope := a.sign() * a.between(0.3, 0.9)
	centre := a.between(0.3, 0.7)
	return haze{colour: c, bottom: a.h, field: newField(a.width, a.height, max(3, a.unit/72), func(x, y float64) float64 {
		across := y/a.h - centre + float64(slope*(x/a.w-0.5))
		band := smooth(1 - float64(math.Abs(across)*1.7))
		if band == 0 {
			return 0
		}
		u, v := float64(x*scale), float64(y*scale)
		warp := bend.fractalPlane(u, v, 2)
		cloud := n.fractalPlane(u+float64(warp*1.2), v-float64(warp*0.8), octaves)
		return step(-0.1, 0.65, cloud) * band * 0.75
	})}
}

// planet is a lit ball: bands of cloud, or patches.
func (a *artist) planet(tones gradient, lightX, lightY, tilt float64, banded bool) func(x, y float64) colour {
	n, octaves := a.noise(), a.octaves(1)
	lightZ := math.Sqrt(1 - float64(lightX*lightX) - float64(lightY*lightY))
	c, s := cos(tilt), sin(tilt)
	const grain = 144 // The surface is looked up, not computed, for each pixel.
	surface := make([]colour, grain*grain)
	for i := range surface {
		u, v := float64(i%grain)/(grain/2)-1, float64(i/grain)/(grain/2)-1
		var t float64
		if banded {
			wave := v + float64(0.1*n.fractalPlane(u*1.5, v*5, octaves))
			t = 0.55 + float64(0.62*n.fractal(float64(wave*4.2)+40, octaves+1))
		} else {
			t = 0.55 + float64(0.8*n.fractalPlane(float64(u*2.4)+9, v*2.4, octaves+1))
		}
		surface[i] = tones.at(clamp(t, 0.12, 0.95))
	}
	night := mix(tones[0], colour{}, 0.72)
	return func(x, y float64) colour {
		z := math.Sqrt(max(0, 1-float64(x*x)-float64(y*y)))
		lit := float64(x*lightX) + float64(y*lightY) + float64(z*lightZ)
		u, v := float64(x*c)+float64(y*s), float64(y*c)-float64(x*s)
		bulge := 1 + float64(0.35*(1-z)) // A ball shows more towards its rim.
		u = clamp((float64(u*bulge)/1.36+1)*grain/2, 0, grain-2)
		v = clamp((float64(v*bulge)/1.36+1)*grain/2, 0, grain-2)
		i, j := int(u), int(v)
		across, down := alpha(u-float64(i)), alpha(v-float64(j))
		patch := surface[j*grain+i:]
		out, below := patch[0], patch[grain]
		out.blend(patch[1], across)
		below.blend(patch[grain+1], across)
		out.blend(below, down)
		out.blend(night, alpha(1-step(-0.12, 0.75, lit)))
		rim := square(1-z) * clamp(lit+0.25, 0, 1)
		out.blend(tones[len(tones)-2], alpha(rim*0.7))
		return out
	}
}

// rings go around a planet between two angles, in turns: the back or the front.
func (a *artist) rings(at point, radius, tilt float64, tones gradient, from, to float64) *drawing {
	d := &drawing{}
	const flat = 0.27
	turn := func(points []point) []point {
		out := make([]point, len(points))
		for i, p := range points {
			dx, dy := p.x-at.x, p.y-at.y
			out[i] = at.plus(float64(dx*cos(tilt))-float64(dy*sin(tilt)), float64(dx*sin(tilt))+float64(dy*cos(tilt)))
		}
		return out
	}
	for _, band := range []struct{ inner, outer, tone, alpha float64 }{
		{1.28, 1.46, 0.6, 0.5}, {1.48, 1.72, 0.85, 0.85}, {1.76, 1.92, 0.7, 0.6}, {1.95, 1.99, 0.9, 0.5},
	} {
		outline := append(turn(arc(at, radius*band.outer, radius*band.outer*flat, from, to)), turn(arc(at, radius*band.inner, radius*band.inner*flat, to, from))...)
		c := tones.at(band.tone)
		d.blend(path{outline}, c, c, band.alpha)
	}
	return d
}
