// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

import "math"

// water mirrors the layers above a horizon in everything below it.
type water struct {
	above   layers
	horizon int
	tint    backdrop // What the water adds to the mirror image, by row,
	depth   []int32  // and how much of it.
	shift   []int    // How far ripples move each row sideways,
	rows    []int    // and which row it mirrors.
}

// newWater is still at the horizon and ripples towards the viewer by up to
// ripple pixels.
func newWater(above layers, horizon, height int, ripple float64, n noise, tint gradient) *water {
	horizon = max(horizon, 1) // There is always a row to mirror.
	w := &water{
		above: above, horizon: horizon,
		tint:  make(backdrop, height),
		depth: make([]int32, height),
		shift: make([]int, height),
		rows:  make([]int, height),
	}
	for y := horizon; y < height; y++ {
		below := float64(y - horizon)
		near := below / float64(height-horizon)
		// Ripples look longer the nearer they are.
		phase := math.Sqrt(float64(near*float64(height-horizon))) * 3.1
		swing := float64(n.fractal(phase, 3) * ripple * (0.15 + near))
		w.tint[y] = tint.at(near)
		w.depth[y] = alpha(0.18 + float64(0.5*near))
		w.shift[y] = int(math.Floor(swing * 1.5))
		w.rows[y] = int(clamp(float64(horizon-1)-float64(below*0.9)-float64(swing*0.8), 0, float64(horizon-1)))
	}
	return w
}

func (w *water) hides(y int) bool { return y >= w.horizon }

func (w *water) paint(l *line) {
	if l.y < w.horizon {
		w.above.paint(l)
		return
	}
	if l.other == nil {
		l.other = newLine(len(l.pixels))
	}
	l.other.y = w.rows[l.y]
	w.above.paint(l.other)
	last := len(l.pixels) - 1
	tint, depth, shift := w.tint[l.y], w.depth[l.y], w.shift[l.y]
	for x := range l.pixels {
		c := l.other.pixels[min(max(x+shift, 0), last)]
		c.blend(tint, depth)
		l.pixels[x] = c
	}
}
