// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

import "math"

// mountains stand in layers of mist, with firs in front and often a lake.
func (a *artist) mountains() {
	lake := a.says("lake", "lakes", "reflection", "river", "water", "fjord") || a.chance(0.35)
	horizon := float64(a.h * a.between(0.6, 0.68))
	if !lake {
		horizon = float64(a.h * a.between(0.66, 0.76))
	}
	side := pick(a.random, []float64{-1, 1})
	sunAt := point{float64(a.w * (0.5 + float64(side*a.between(0.1, 0.3)))), horizon - float64(a.h*a.between(0.28, 0.42))}
	a.heaven(horizon, sunAt, a.unit*a.between(0.035, 0.065))
	a.chains(horizon, side)
	a.birds(point{sunAt.x - float64(side*a.unit*a.between(0.15, 0.3)), sunAt.y + float64(a.unit*a.between(0, 0.1))})

	if lake {
		shore := horizon + float64(a.h*0.012)
		bank := a.hill(horizon+float64(a.h*0.003), 0.016, 0.75, 0.42, 0.1)
		a.raise(bank)
		a.firs(bank, mix(a.light[nearLand], a.light[farLand], 0.3), a.unit*0.05, a.unit*0.013, 0.66)
		a.mirror(int(shore), a.unit*0.016, gradient{
			mix(a.light[skyLow], a.light[farLand], 0.5),
			mix(a.light[zenith], a.light[nearLand], 0.45),
		})
		a.glints(sunAt.x, shore, 45)
	} else {
		for i := range 3 {
			t := float64(i) / 2
			bank := a.hill(horizon+float64(a.h*lerp(0.0, 0.13, t)), lerp(0.05, 0.06, t), 1.1, lerp(0.5, 0.12, t), lerp(0.6, 0.15, t))
			a.firs(bank, bank.rows[int(clamp(bank.top, 0, a.h-1))], a.unit*lerp(0.045, 0.1, t), a.unit*lerp(0.012, 0.03, t), lerp(0.55, 0.7, t))
			a.raise(bank)
		}
	}
	front := a.hill(a.h*0.985, 0.09, 0.9, 0, 0)
	a.firs(front, a.light[nearLand], a.unit*0.24, a.unit*0.06, 0.42)
	a.raise(front)
}

// chains are three chains of rocky peaks, the middle one the hero.
func (a *artist) chains(horizon, side float64) {
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
		chain := newRidge(a.width, crest, shades)
		lights := make(column, len(shades))
		for y, c := range shades {
			fade := clamp((horizon-float64(y))/(horizon-top), 0, 1)
			lights[y] = mix(c, a.light[highlight], float64(peak.relief*0.62*fade))
		}
		chain.relief(side, 0.5, lights, func(y float64) float64 {
			return float64(zig.peaks(y/a.unit*14, a.octaves(1)) * a.unit * 0.05)
		})
		if snowy && i == 1 {
			chain.snow(mix(a.light[highlight], a.light[horizonGlow], 0.25), func(x float64) float64 {
				return lerp(top, base, 0.42) + float64(a.unit*0.13*zig.peaks(x/a.unit*18, octaves-2)) - float64(a.unit*0.03)
			})
		}
		a.raise(chain)
	}
}

// ridge is land seen from the side: everything below a height for each column.
type ridge struct {
	crest []float64 // Row of the crest in each column.
	top   float64   // Of the crest.
	rows  column

	// Lit and shaded faces that follow the crest downwards; lit is nil for a
	// silhouette.
	lit   []float64 // How lit each column is, from 0 to 1.
	shift []float64 // How far the faces have moved sideways in each row.
	light column

	snowColour colour
	snowed     []float64 // Down to which row snow lies, by column; nil without.
}

// newRidge takes the crest as a function of the column.
func newRidge(width int, crest func(x float64) float64, rows column) *ridge {
	r := &ridge{crest: make([]float64, width), top: math.Inf(1), rows: rows}
	for x := range r.crest {
		r.crest[x] = crest(float64(x) + 0.5)
		r.top = min(r.top, r.crest[x])
	}
	return r
}

// relief lights the faces from the left for direction -1, from the right for 1.
// Their boundaries wander by shift.
func (r *ridge) relief(direction, softness float64, light column, shift func(y float64) float64) {
	width := len(r.crest)
	reach := max(1, width/160)
	r.lit, r.shift, r.light = make([]float64, width), make([]float64, len(r.rows)), light
	for x := range r.lit {
		from, to := max(x-reach, 0), min(x+reach, width-1)
		slope := (r.crest[to] - r.crest[from]) / float64(to-from)
		r.lit[x] = step(-softness, softness, float64(slope*direction))
	}
	for y := range r.shift {
		r.shift[y] = shift(float64(y))
	}
}

// snow lies from the crest down to a row for each column. It needs relief.
func (r *ridge) snow(c colour, until func(x float64) float64) {
	r.snowColour, r.snowed = c, make([]float64, len(r.crest))
	for x := range r.snowed {
		r.snowed[x] = until(float64(x))
	}
}

func (r *ridge) shade(x, y int) (colour, int32) {
	c := r.rows[y]
	if r.lit == nil {
		return c, opaque
	}
	// The further below the crest, the more the face has moved.
	below := float64(y) + 0.5 - r.crest[x]
	place := min(max(x+int(r.shift[y]*clamp(below/40, 0, 1)), 0), len(r.crest)-1)
	c.blend(r.light[y], alpha(r.lit[place]))
	if r.snowed != nil {
		snow := clamp((r.snowed[place]-float64(y))*0.5, 0, 1)
		c.blend(r.snowColour, alpha(snow*(0.45+float64(0.55*r.lit[place]))))
	}
	return c, opaque
}

func (a *artist) raise(r *ridge) {
	last := len(r.crest) - 1
	outline := []point{{a.w + 1, r.crest[last]}, {a.w + 1, a.h + 1}, {-1, a.h + 1}, {-1, r.crest[0]}}
	for x, y := range r.crest {
		outline = append(outline, point{float64(x) + 0.5, y})
	}
	a.fill(path{outline}, r.shade)
}

// land colours a ridge: its own colour at the crest, mist at the foot.
func (a *artist) land(distance, crest, foot, mist float64) column {
	top := mix(a.light[nearLand], a.light[farLand], distance)
	bottom := mix(top, a.light[horizonGlow], mist)
	return newColumn(a.height, crest, foot, gradient{top, mix(top, bottom, 0.35), bottom})
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

// firs stand along a ridge.
func (a *artist) firs(r *ridge, c colour, height, spacing, share float64) {
	n := a.noise()
	for x := -float64(spacing); x < a.w+float64(spacing); x += float64(spacing * a.between(0.5, 1.5)) {
		size := float64(height * a.between(0.55, 1.15))
		if n.line(x/a.unit*2.5) > float64(share*2)-1 {
			continue
		}
		foot := r.crest[int(clamp(x, 0, a.w-1))] + float64(size*0.12)
		a.add(a.fir(point{x, foot}, size), c)
	}
}

// fir is a trunk and a stack of triangles.
func (a *artist) fir(foot point, height float64) path {
	tiers := 5 + int(6*a.detail)
	half := height * a.between(0.17, 0.24)
	lean := float64(a.between(-0.02, 0.02) * height)
	n := a.noise()
	trunk := float64(height * 0.022)
	tree := rectangle(foot.x-trunk, foot.y-float64(height*0.15), foot.x+trunk, foot.y)
	for k := range tiers {
		t := (float64(k) + 1) / float64(tiers)
		reach := float64(half * t * (1 + float64(0.13*n.lattice(int64(k), 0))))
		middle := foot.plus(lean*(1-t), -height*(1-float64(t*0.9)))
		tip := middle.plus(0, -height*min(1.7/float64(tiers), float64(t*0.9)))
		tree = append(tree, []point{tip, middle.plus(reach, 0), middle.plus(-reach, 0)})
	}
	return tree
}
