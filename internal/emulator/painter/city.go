// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

// city is seen from above at the angle of an isometric drawing, to its edges.
func (a *artist) city() layers {
	dusk := a.light[zenith].r+a.light[zenith].g < 0xa0<<depth
	c := cityscape{artist: a, tile: a.unit * a.between(0.17, 0.21), lit: dusk}
	ground := mix(a.light[nearLand], a.light[farLand], 0.55)
	if !dusk {
		ground = mix(a.light[horizonGlow], a.light[farLand], 0.55)
	}
	c.street = ground
	c.walls = gradient{a.light[farLand], mix(a.light[highlight], a.light[skyLow], 0.4), a.light[skyHigh], mix(a.light[accent], a.light[highlight], 0.35), a.light[horizonGlow]}
	if dusk {
		for i, wall := range c.walls {
			c.walls[i] = mix(wall, a.light[nearLand], 0.45)
		}
	}
	c.noise = a.noise()
	// Rows of tiles from the back, two to a tile's height, and some below the
	// picture whose towers reach into it.
	across, down := int(a.w/c.tile)+2, int(a.h/(c.tile/4))+14
	river := a.between(-0.3, 0.3) * a.w
	for row := -2; row < down; row++ {
		for column := -1; column <= across; column++ {
			at := point{float64((float64(column) + float64(0.5*float64(row&1))) * c.tile), float64(float64(row) * c.tile / 4)}
			stream := at.x - float64(a.w/2) - float64(river) - float64((at.y-float64(a.h/2))*0.9) - float64(a.unit*0.12*sin(at.y/a.h*0.8))
			c.block(at, max(stream, -stream) < c.tile*0.75, float64(row)/float64(down))
		}
	}
	air := a.light[skyLow]
	return layers{
		newBackdrop(a.height, 0, a.h, gradient{ground, ground}),
		&c.drawing,
		glow{x: a.w * a.between(0.2, 0.8), y: -a.h * 0.15, radius: a.h * 0.95, flatten: 0.9, colour: air, strength: 0.68 + float64(0.12*a.detail)},
		glow{x: a.w * 0.5, y: -a.h * 0.25, radius: max(a.w, a.h) * 0.9, flatten: 1.6, colour: a.light[horizonGlow], strength: 0.6},
	}
}

type cityscape struct {
	*artist
	drawing drawing
	noise   noise
	tile    float64
	lit     bool
	street  colour
	walls   gradient
}

// block fills one tile around its centre.
func (c *cityscape) block(at point, water bool, front float64) {
	half := c.tile * 0.5
	diamond := func(scale float64) path {
		return polygon(at.plus(-half*scale, 0), at.plus(0, -half/2*scale), at.plus(half*scale, 0), at.plus(0, half/2*scale))
	}
	kind := c.float()
	density := c.noise.plane(at.x/c.unit*1.6, at.y/c.unit*3.2)
	switch {
	case water:
		c.drawing.add(diamond(1.02), mix(c.light[skyHigh], c.light[zenith], 0.45))
		if kind < 0.3 {
			c.drawing.blend(ellipse(at, half*0.4, half*0.03), c.light[horizonGlow], c.light[horizonGlow], 0.4)
		}
	case kind < 0.13:
		c.park(at, half, diamond(0.86))
	default:
		height := float64(c.tile * (0.25 + float64(c.between(0.1, 0.9)*(0.65+float64(0.7*density)))))
		if density > 0.2 && kind > 0.7 {
			height += float64(c.tile * c.between(0.5, 1.1))
		}
		c.tower(at, half*c.between(0.66, 0.8), height, pick(c.random, c.walls), front)
		if kind > 0.82 {
			c.tower(at.plus(0, -height), half*0.36, height*0.4, pick(c.random, c.walls), front)
		}
	}
}

func (c *cityscape) park(at point, half float64, lawn path) {
	green := mix(mix(colour{70 << depth, 140 << depth, 90 << depth}, c.light[farLand], 0.4), c.light[nearLand], 0.1)
	if c.lit {
		green = mix(green, c.light[nearLand], 0.5)
	}
	c.drawing.add(lawn, mix(green, c.street, 0.4))
	for range 5 {
		foot := at.plus(c.between(-0.4, 0.4)*half, c.between(-0.2, 0.2)*half)
		radius := half * c.between(0.12, 0.2)
		c.drawing.blend(ellipse(foot.plus(radius*0.4, 0), radius*1.1, radius*0.5), c.light[nearLand], c.light[nearLand], 0.25)
		c.drawing.sideways(circle(foot.plus(0, -radius), radius), mix(green, c.light[highlight], 0.35), mix(green, c.light[nearLand], 0.4))
	}
}

// tower is a box on a diamond: two walls with windows, and a roof.
func (c *cityscape) tower(at point, half, height float64, wall colour, front float64) {
	wall = mix(wall, c.street, 0.25*(1-front))
	left, right := mix(wall, c.light[nearLand], 0.12), mix(wall, c.light[nearLand], 0.45)
	roof := mix(wall, c.light[highlight], 0.4)
	if c.lit {
		roof = mix(wall, c.light[highlight], 0.12)
	}
	west, east, south := at.plus(-half, 0), at.plus(half, 0), at.plus(0, half/2)
	north := at.plus(0, -half/2)
	up := func(p point) point { return p.plus(0, -height) }
	c.drawing.blend(polygon(south, east, east.plus(half*0.5, half*0.1), south.plus(half*0.55, half*0.12)), c.light[nearLand], c.light[nearLand], 0.2)
	c.drawing.shade(polygon(up(west), up(south), south, west), left, mix(left, c.light[nearLand], 0.3))
	c.drawing.shade(polygon(up(south), up(east), east, south), right, mix(right, c.light[nearLand], 0.3))
	c.drawing.add(polygon(up(west), up(north), up(east), up(south)), roof)
	inner := func(p point) point { return up(at).along(up(p), 0.78) }
	c.drawing.add(polygon(inner(west), inner(north), inner(east), inner(south)), mix(roof, wall, 0.55))
	c.windows(west, south, height, mix(left, c.light[nearLand], 0.3))
	c.windows(south, east, height, mix(right, c.light[nearLand], 0.3))
}

// windows are rows of panes on the wall over the line from one foot to another.
func (c *cityscape) windows(from, to point, height float64, pane colour) {
	floor := c.tile * 0.105
	floors := int(height / floor)
	columns := 2 + int(2.4*c.detail)
	ribbons := c.chance(0.3)
	r := c.fork()
	lamp := mix(c.light[accent], c.light[sun], 0.5)
	var dark, bright path
	for i := range floors {
		base := (float64(i) + 0.3) * floor
		for j := range columns {
			left, right := (float64(j)+0.25)/float64(columns), (float64(j)+0.8)/float64(columns)
			if ribbons {
				left, right = 0.08, 0.92
			}
			a, b := from.along(to, left).plus(0, -base), from.along(to, right).plus(0, -base)
			window := []point{a.plus(0, -floor*0.5), b.plus(0, -floor*0.5), b, a}
			if on := r.float(); (c.lit && on < 0.5) || on < 0.06 {
				bright = append(bright, window)
			} else {
				dark = append(dark, window)
			}
			if ribbons {
				break
			}
		}
	}
	if len(dark) > 0 {
		c.drawing.blend(dark, pane, pane, 0.75)
	}
	if len(bright) > 0 {
		c.drawing.blend(bright, lamp, lamp, 0.92)
	}
}
