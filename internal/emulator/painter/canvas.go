// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

import (
	"image"
	"math"
)

// canvas is a picture while it is painted.
type canvas struct {
	width, height int
	pixels        []colour
	cover         []float32 // Scratch of fill, all zero between uses.
}

func newCanvas(width, height int) *canvas {
	return &canvas{
		width: width, height: height,
		pixels: make([]colour, width*height),
		cover:  make([]float32, (width+2)*height),
	}
}

func (c *canvas) row(y int) []colour { return c.pixels[y*c.width:][:c.width] }

// background fills the picture with a gradient from the top to a row.
func (c *canvas) background(bottom float64, g gradient) {
	for y, shade := range newColumn(c.height, 0, bottom, g) {
		row := c.row(y)
		for x := range row {
			row[x] = shade
		}
	}
}

// shader is a colour for each pixel, and how much it hides of what was there.
type shader func(x, y int) (colour, int32)

// fill paints everything inside a path.
func (c *canvas) fill(p path, shade shader) {
	left, top, right, bottom := p.bounds()
	if right <= 0 || left >= float64(c.width) {
		return
	}
	for _, outline := range p {
		for i, from := range outline {
			c.edge(from, outline[(i+1)%len(outline)])
		}
	}
	from, to := c.columns(left, right)
	for y := int(clamp(top, 0, float64(c.height))); y < c.height && float64(y) < bottom; y++ {
		row, cover := c.row(y), c.coverOf(y)
		sum := float32(0)
		for x := from; x < to; x++ {
			sum += cover[x]
			cover[x] = 0
			share := min(max(sum, -sum), 1)
			if share < 1.0/256 {
				continue
			}
			over, alpha := shade(x, y)
			if share > 255.0/256 && alpha == opaque {
				row[x] = over
				continue
			}
			row[x].blend(over, int32(share*float32(alpha)))
		}
		cover[to], cover[min(to+1, len(cover)-1)] = 0, 0
	}
}

// columns is the part of a row between two coordinates, a pixel to spare.
func (c *canvas) columns(left, right float64) (from, to int) {
	width := float64(c.width)
	return int(clamp(left-1, 0, width)), int(clamp(right+2, 0, width))
}

func (c *canvas) coverOf(y int) []float32 { return c.cover[y*(c.width+2):][:c.width+2] }

// scanlines of a row: a pixel's cover is the mean over them.
const scanlines = 16

// edge adds to the cover what lies to the right of an edge, as differences
// between neighbours: their running sum is how much of a pixel is inside. Edges
// that go up take away what others have added.
func (c *canvas) edge(from, to point) {
	wind := 1.0 / scanlines
	if from.y > to.y {
		from, to, wind = to, from, -wind
	}
	slope := (to.x - from.x) / (to.y - from.y)
	first := int(math.Ceil(max(float64(from.y*scanlines)-0.5, 0)))
	for line := first; line < c.height*scanlines; line++ {
		y := float64((float64(line) + 0.5) / scanlines)
		if y >= to.y {
			break
		}
		// Beyond the sides of the picture only the height counts.
		x := clamp(from.x+float64((y-from.y)*slope), 0, float64(c.width))
		column := int(x)
		part := float64(wind * (x - float64(column)))
		cover := c.coverOf(line / scanlines)
		cover[column] += float32(wind - part)
		cover[column+1] += float32(part)
	}
}

func (c *canvas) add(p path, shade colour) { c.blend(p, shade, 1) }

// blend lets through what its share doesn't cover.
func (c *canvas) blend(p path, shade colour, share float64) {
	a := alpha(share)
	c.fill(p, func(int, int) (colour, int32) { return shade, a })
}

// downwards fills with a gradient from the top of the path to its bottom.
func (c *canvas) downwards(p path, top, bottom colour) {
	_, from, _, to := p.bounds()
	rows := newColumn(c.height, from-0.5, to-0.5, gradient{top, bottom})
	c.fill(p, func(_, y int) (colour, int32) { return rows[y], opaque })
}

// sideways fills with a gradient from the left of the path to its right.
func (c *canvas) sideways(p path, left, right colour) {
	from, _, to, _ := p.bounds()
	c.fill(p, func(x, _ int) (colour, int32) {
		return mix(left, right, (float64(x)+0.5-from)/(to-from)), opaque
	})
}

// glow is light that fades out to radius. Flatten 1 is round, 2 is twice as wide
// as high.
func (c *canvas) glow(at point, radius, flatten float64, light colour, strength float64) {
	high := radius / flatten
	for y := int(clamp(at.y-high, 0, float64(c.height))); y < c.height && float64(y) < at.y+high; y++ {
		rest := max(1-square((float64(y)-at.y)/high), 0)
		row, half := c.row(y), float64(math.Sqrt(rest)*radius)
		from, to := c.columns(at.x-half, at.x+half)
		for x := from; x < to; x++ {
			if t := rest - square((float64(x)-at.x)/radius); t > 0 {
				row[x].blend(light, int32(t*t*t*strength*opaque))
			}
		}
	}
}

// dither is an ordered 4×4 matrix of thresholds below 1<<depth. It hides the
// steps of a slow gradient and still compresses well, which noise would not.
var dither = [4][4]int32{
	{2, 34, 10, 42},
	{50, 18, 58, 26},
	{14, 46, 6, 38},
	{62, 30, 54, 22},
}

// picture brings the canvas down to 8 bits.
func (c *canvas) picture() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, c.width, c.height))
	for y := range c.height {
		thresholds, line := dither[y&3], img.Pix[y*img.Stride:]
		for x, p := range c.row(y) {
			t := thresholds[x&3]
			to := line[4*x : 4*x+4 : 4*x+4]
			to[0] = uint8((p.r + t) >> depth) //nolint:gosec // Channels end at 255<<depth.
			to[1] = uint8((p.g + t) >> depth) //nolint:gosec // As above.
			to[2] = uint8((p.b + t) >> depth) //nolint:gosec // As above.
			to[3] = 0xff
		}
	}
	return img
}
