// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

import (
	"image"
	"runtime"
	"sync"
)

// line is one row of the picture while it is painted.
type line struct {
	y      int
	pixels []colour
	cover  []float32 // Scratch of the shapes, all zero between uses.
	values []float32 // Scratch of the fields.
	other  *line     // The row that this one mirrors, made when needed.
}

func newLine(width int) *line {
	return &line{
		pixels: make([]colour, width),
		cover:  make([]float32, width+2),
		values: make([]float32, width),
	}
}

// layer is one coat of paint. Painting a row must depend on nothing but the
// layer and the row's number: rows are painted in any order and at once.
type layer interface {
	paint(l *line)
	// hides tells whether nothing of the layers below is seen in row y.
	hides(y int) bool
}

// translucent is embedded by layers that always let something through.
type translucent struct{}

func (translucent) hides(int) bool { return false }

// layers are coats from the back to the front.
type layers []layer

func (ls layers) paint(l *line) {
	first := len(ls) - 1
	for first > 0 && !ls[first].hides(l.y) {
		first--
	}
	for _, layer := range ls[first:] {
		layer.paint(l)
	}
}

// render paints every row, on as many threads as there are.
func (ls layers) render(width, height int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	workers := runtime.GOMAXPROCS(0)
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			l := newLine(width)
			for y := worker; y < height; y += workers {
				l.y = y
				ls.paint(l)
				quantise(img.Pix[y*img.Stride:][:4*width], l.pixels, y)
			}
		})
	}
	group.Wait()
	return img
}

// dither is an ordered 4×4 matrix of thresholds below 1<<depth. It hides the
// steps of a slow gradient and still compresses well, which noise would not.
var dither = [4][4]int32{
	{2, 34, 10, 42},
	{50, 18, 58, 26},
	{14, 46, 6, 38},
	{62, 30, 54, 22},
}

func quantise(to []uint8, from []colour, y int) {
	thresholds := &dither[y&3]
	for x, c := range from {
		t := thresholds[x&3]
		p := to[4*x : 4*x+4 : 4*x+4]
		p[0] = uint8((c.r + t) >> depth) //nolint:gosec // Channels end at 255<<depth.
		p[1] = uint8((c.g + t) >> depth) //nolint:gosec // As above.
		p[2] = uint8((c.b + t) >> depth) //nolint:gosec // As above.
		p[3] = 0xff
	}
}
