// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

import "math"

// point is a place on the picture, in pixels from its top left.
type point struct{ x, y float64 }

func (p point) plus(x, y float64) point {
	return point{float64(p.x) + float64(x), float64(p.y) + float64(y)}
}

// along is the point at a share of the way to another.
func (p point) along(to point, t float64) point {
	return point{lerp(p.x, to.x, t), lerp(p.y, to.y, t)}
}

// path is a set of closed outlines. What two outlines of opposite direction
// both enclose is outside.
type path [][]point

func (p path) bounds() (left, top, right, bottom float64) {
	left, top = math.Inf(1), math.Inf(1)
	right, bottom = math.Inf(-1), math.Inf(-1)
	for _, outline := range p {
		for _, at := range outline {
			left, top = min(left, at.x), min(top, at.y)
			right, bottom = max(right, at.x), max(bottom, at.y)
		}
	}
	return left, top, right, bottom
}

func polygon(points ...point) path { return path{points} }

func rectangle(left, top, right, bottom float64) path {
	return polygon(point{left, top}, point{right, top}, point{right, bottom}, point{left, bottom})
}

// arc goes around a centre from one angle to another, in turns.
func arc(centre point, rx, ry, from, to float64) []point {
	n := 2 + int(clamp(math.Sqrt(max(rx, ry))*6*math.Abs(to-from), 3, 90))
	points := make([]point, n+1)
	for i := range points {
		angle := lerp(from, to, float64(i)/float64(n))
		points[i] = centre.plus(float64(rx*cos(angle)), float64(ry*sin(angle)))
	}
	return points
}

func ellipse(centre point, rx, ry float64) path { return path{arc(centre, rx, ry, 0, 1)} }

func circle(centre point, radius float64) path { return ellipse(centre, radius, radius) }

// ring is a circle with a hole.
func ring(centre point, outer, inner float64) path {
	return path{arc(centre, outer, outer, 0, 1), arc(centre, inner, inner, 1, 0)}
}

// curve is a cubic Bézier curve without its first point.
func curve(a, b, c, d point) []point {
	const n = 14
	points := make([]point, n)
	for i := range points {
		t := float64(i+1) / n
		ab, bc, cd := a.along(b, t), b.along(c, t), c.along(d, t)
		points[i] = ab.along(bc, t).along(bc.along(cd, t), t)
	}
	return points
}

// stroke gives a line a width that may change from its start to its end.
func stroke(points []point, start, end float64) path {
	n := len(points)
	outline := make([]point, 2*n) // Down one side and back up the other.
	for i, p := range points {
		before, after := points[max(i-1, 0)], points[min(i+1, n-1)]
		dx, dy := after.x-before.x, after.y-before.y
		half := lerp(start, end, float64(i)/float64(n-1)) / 2 / max(hypot(dx, dy), 1e-9)
		outline[i] = p.plus(float64(-dy*half), float64(dx*half))
		outline[2*n-1-i] = p.plus(float64(dy*half), float64(-dx*half))
	}
	return path{outline}
}

// leaf is the outline of a leaf from its foot to its tip. Fullness is its half
// width against its length; bend moves the tip's side of the blade.
func leaf(foot, tip point, fullness, bend float64) path {
	dx, dy := tip.x-foot.x, tip.y-foot.y
	at := func(t, side float64) point {
		return foot.plus(float64(dx*t)-float64(dy*side), float64(dy*t)+float64(dx*side))
	}
	bend = float64(bend)
	lower, upper := float64(fullness*1.2), float64(fullness*1.1)
	outline := []point{foot}
	outline = append(outline, curve(foot, at(0.25, bend+lower), at(0.7, bend+upper), tip)...)
	outline = append(outline, curve(tip, at(0.7, bend-upper), at(0.25, bend-lower), foot)...)
	return path{outline}
}
