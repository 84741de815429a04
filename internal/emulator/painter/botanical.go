// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

// botanical is a print of stems, leaves and flowers before simple shapes.
func (a *artist) botanical() {
	p := a.colours(pick(a.random, [][]uint32{inks[0], inks[1], inks[4], inks[7], inks[1]})...)
	plant := botany{artist: a, ground: p[0], inks: p[1:]}
	shuffle(a.random, plant.inks)
	plant.green = a.colours(pick(a.random, [][]uint32{{0x2f4f3f, 0x6f8f63}, {0x24505a, 0x6ba292}, {0x4b5a36, 0xa0a66a}, {0x1f3d36, 0x4f8a6b}})...)
	a.background(a.h, gradient{plant.ground, mix(plant.ground, plant.inks[0], 0.1)})
	a.sheen()
	plant.setting()
	foot := a.at(0.5, 0.94)
	stems := 5
	if !a.chance(0.3) && a.w > a.h*1.2 {
		stems = 7
	}
	spread := min(a.w, a.h*1.5) * 0.34
	kinds := []func(root, tip point, bend float64){plant.branch, plant.flower, plant.fern, plant.flower, plant.berries}
	shuffle(a.random, kinds)
	for i := range stems {
		t := float64(2*i)/float64(stems-1) - 1
		tip := point{float64(a.w/2) + float64(t*spread) + float64(a.between(-0.03, 0.03)*a.unit), a.h * (a.between(0.13, 0.26) + float64(0.2*t*t))}
		root := foot.plus(t*a.unit*0.03, 0)
		kinds[i%len(kinds)](root, tip, t)
	}
}

type botany struct {
	*artist
	ground colour
	inks   []colour
	green  gradient
}

// setting is the sun, the arch or the pebble behind the plants.
func (b *botany) setting() {
	u := b.unit
	centre := b.at(0.5, 0.47).plus(b.between(-0.08, 0.08)*u, 0)
	soft := mix(b.ground, b.inks[0], 0.55)
	other := mix(b.ground, b.inks[1], 0.5)
	switch b.intn(3) {
	case 0:
		b.downwards(circle(centre, u*0.35), soft, mix(soft, b.ground, 0.35))
		b.add(ring(centre, u*0.405, u*0.4), other)
	case 1:
		for i, c := range []colour{other, mix(b.ground, soft, 0.45), soft} {
			r := float64(u * (0.38 - float64(0.065*float64(i))))
			outline := arc(centre.plus(0, -u*0.02), r, r, 0.5, 1)
			outline = append(outline, point{centre.x + r, b.h * 0.94}, point{centre.x - r, b.h * 0.94})
			b.downwards(path{outline}, c, mix(c, b.ground, 0.3))
		}
	default:
		n := b.noise()
		for i, c := range []colour{other, soft} {
			shift := float64(float64(i)*0.24) - 0.12
			middle := centre.plus(shift*u, -shift*u*0.5)
			outline := make([]point, 96)
			for j := range outline {
				angle := float64(j) / float64(len(outline))
				reach := u * (0.3 + float64(0.08*n.plane(float64(cos(angle)*0.9)+float64(i*5), sin(angle)*0.9)))
				outline[j] = middle.plus(reach*cos(angle), reach*sin(angle))
			}
			b.blend(path{outline}, c, 0.85)
		}
	}
	// A few specks, like paper.
	r := b.fork()
	for range 24 + int(30*b.detail) {
		at := point{r.float() * b.w, r.float() * b.h}
		b.blend(circle(at, u*r.between(0.0012, 0.003)), b.inks[2], 0.35)
	}
}

// stem draws the line all plants share and returns its points.
func (b *botany) stem(root, tip point, bend float64) []point {
	middle := root.along(tip, 0.5)
	points := append([]point{root}, curve(root, root.plus(bend*b.unit*0.01, -b.unit*0.12), middle.plus(bend*b.unit*0.05, 0), tip)...)
	b.add(stroke(points, b.unit*0.009, b.unit*0.004), b.green[0])
	return points
}

// aside is a unit step from a point of a stem, turned away from its direction.
func aside(points []point, i int, turn float64) (dx, dy float64) {
	before, after := points[max(i-1, 0)], points[min(i+1, len(points)-1)]
	length := max(hypot(after.x-before.x, after.y-before.y), 1e-9)
	dx, dy = (after.x-before.x)/length, (after.y-before.y)/length
	c, s := cos(turn), sin(turn)
	return float64(dx*c) - float64(dy*s), float64(dx*s) + float64(dy*c)
}

// blade is a leaf with a lighter half and a vein.
func (b *botany) blade(foot point, dx, dy, length, fullness, bend float64, c colour) {
	tip := foot.plus(dx*length, dy*length)
	whole := leaf(foot, tip, fullness, bend)
	b.add(whole, c)
	half := whole[0][: len(whole[0])/2+1 : len(whole[0])/2+1]
	b.blend(path{append(half, foot)}, b.ground, 0.16)
	if b.detail > 0.2 {
		b.blend(stroke([]point{foot, foot.along(tip, 0.9)}, length*0.016, length*0.005), b.ground, 0.55)
	}
}

func (b *botany) branch(root, tip point, bend float64) {
	points := b.stem(root, tip, bend)
	fullness := b.between(0.16, 0.26)
	for i := 4; i < len(points); i++ {
		t := float64(i) / float64(len(points)-1)
		for _, side := range []float64{-1, 1} {
			dx, dy := aside(points, i, side*lerp(0.17, 0.08, t))
			c := mix(b.green[0], b.green[1], b.float())
			b.blade(points[i], dx, dy, b.unit*lerp(0.14, 0.07, t)*b.between(0.85, 1.1), fullness, -side*0.05, c)
		}
	}
	dx, dy := aside(points, len(points)-1, 0)
	b.blade(tip, dx, dy, b.unit*0.08, fullness, 0, b.green[1])
}

func (b *botany) fern(root, tip point, bend float64) {
	points := b.stem(root, tip, bend)
	for i := 3; i < len(points)-1; i++ {
		for k := range 2 {
			t := (float64(i) + float64(float64(k)/2)) / float64(len(points)-1)
			from := points[i].along(points[i+1], float64(k)/2)
			for _, side := range []float64{-1, 1} {
				dx, dy := aside(points, i, side*0.17)
				length := b.unit * 0.11 * sin(0.08+float64(0.4*t)) * 1.05
				b.add(leaf(from, from.plus(dx*length, dy*length), 0.1, side*0.06), mix(b.green[1], b.green[0], t))
			}
		}
	}
}

func (b *botany) berries(root, tip point, bend float64) {
	points := b.stem(root, tip, bend)
	c := pick(b.random, b.inks[:2])
	for i := 5; i < len(points); i++ {
		side := float64(2*(i&1) - 1)
		dx, dy := aside(points, i, side*b.between(0.08, 0.16))
		length := b.unit * b.between(0.04, 0.075)
		end := points[i].plus(dx*length, dy*length)
		b.add(stroke([]point{points[i], end}, b.unit*0.004, b.unit*0.003), b.green[0])
		radius := b.unit * b.between(0.013, 0.019)
		b.sideways(circle(end, radius), mix(c, b.ground, 0.2), mix(c, b.green[0], 0.2))
		b.blend(circle(end.plus(-radius*0.35, -radius*0.35), radius*0.25), b.ground, 0.8)
	}
}

func (b *botany) flower(root, tip point, bend float64) {
	points := b.stem(root, tip, bend)
	for _, i := range []int{4, 6, 8} {
		side := float64(i&2) - 1
		dx, dy := aside(points, i, side*0.11)
		b.blade(points[i], dx, dy, b.unit*b.between(0.12, 0.17), 0.15, -side*0.1, mix(b.green[0], b.green[1], b.float()))
	}
	b.rosette(tip, b.unit*b.between(0.075, 0.105), b.inks[b.intn(len(b.inks)-1)])
}

// rosette is a flower from above: rings of petals around a heart.
func (b *botany) rosette(at point, radius float64, c colour) {
	petals := 7 + b.intn(6)
	turn := b.float()
	heart := pick(b.random, b.inks)
	for ringNo, reach := range []float64{1, 0.72, 0.45} {
		shade := mix(c, b.ground, 0.18*float64(ringNo))
		for k := range petals {
			angle := turn + (float64(k)+float64(0.5*float64(ringNo&1)))/float64(petals)
			tip := at.plus(cos(angle)*radius*reach, sin(angle)*radius*reach)
			petal := leaf(at, tip, 1.9/float64(petals), 0)
			b.add(petal, mix(shade, b.green[0], 0.08*float64(k&1)))
			if b.detail > 0.3 {
				b.blend(stroke([]point{at.along(tip, 0.3), at.along(tip, 0.85)}, radius*0.02, radius*0.008), b.green[0], 0.25)
			}
		}
	}
	b.add(circle(at, radius*0.2), heart)
	b.blend(ring(at, radius*0.2, radius*0.14), b.ground, 0.5)
}
