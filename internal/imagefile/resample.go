// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"context"
	"image"
	"image/draw"
	"math/bits"
)

// resample makes a picture of width × height in sRGB from a part of another, whose
// colours are read in their own way, with the
// kernel of Catmull and Rom, as wide as the shrinking needs. It weighs light,
// not its encoding: fine bright detail on a dark ground keeps its brightness,
// which it loses where encoded values are averaged.
//
// golang.org/x/image/draw has the same kernel. It isn't used since it keeps four
// float64 for each pixel of an intermediate picture as wide as the result and as
// high as the source: 17 GB for a source of 1 × 65,535 and a width of 8,192.
// Here the cheaper direction goes first, and a pixel between the two takes eight
// bytes.
func resample(ctx context.Context, colours *light, source image.Image, part image.Rectangle, width, height int) (*image.NRGBA, error) {
	target := image.NewNRGBA(image.Rect(0, 0, width, height))
	if part.Dx() == width && part.Dy() == height && colours == lightOfSRGB() {
		copyPixels(target, target.Rect, source, part.Min)
		return target, nil
	}
	// Rows first, unless the picture between would be the larger one.
	if width*part.Dy() <= height*part.Dx() {
		return target, lines{source, part, false}.scale(ctx, colours, target, width, height)
	}
	return target, lines{source, part, true}.scale(ctx, colours, target, height, width)
}

// lines are the rows of a part of a picture, or its columns.
type lines struct {
	source  image.Image
	part    image.Rectangle
	columns bool
}

// scale scales each line to the given length, then their number.
func (l lines) scale(ctx context.Context, colours *light, target *image.NRGBA, length, number int) error {
	oldLength, oldNumber := l.part.Dx(), l.part.Dy()
	if l.columns {
		oldLength, oldNumber = oldNumber, oldLength
	}
	between := make([]uint16, oldNumber*length*channels)
	encoded := l.buffer()
	decoded := make([]uint16, oldLength*channels)
	weights := weightsOf(oldLength, length)
	for i := range oldNumber {
		if err := ctx.Err(); err != nil {
			return err
		}
		l.read(i, encoded)
		colours.decode(decoded, encoded.Pix)
		out := between[i*length*channels:][:length*channels]
		for x, w := range weights {
			var sums [channels]int64
			for k, factor := range w.factors {
				pixel := decoded[(w.first+k)*channels:][:channels]
				for c := range sums {
					sums[c] += factor * int64(pixel[c])
				}
			}
			for c, sum := range sums {
				out[x*channels+c] = rounded(sum)
			}
		}
	}

	sums := make([]int64, length*channels)
	line := make([]uint16, length*channels)
	for i, w := range weightsOf(oldNumber, number) {
		if err := ctx.Err(); err != nil {
			return err
		}
		clear(sums)
		for k, factor := range w.factors {
			for c, value := range between[(w.first+k)*length*channels:][:length*channels] {
				sums[c] += factor * int64(value)
			}
		}
		for c, sum := range sums {
			line[c] = rounded(sum)
		}
		if l.columns {
			colours.encode(target.Pix[i*channels:], target.Stride, line)
		} else {
			colours.encode(target.Pix[i*target.Stride:], channels, line)
		}
	}
	return nil
}

// buffer holds one line.
func (l lines) buffer() *image.NRGBA {
	if l.columns {
		return image.NewNRGBA(image.Rect(0, 0, 1, l.part.Dy()))
	}
	return image.NewNRGBA(image.Rect(0, 0, l.part.Dx(), 1))
}

func (l lines) read(i int, into *image.NRGBA) {
	from := l.part.Min.Add(image.Pt(0, i))
	if l.columns {
		from = l.part.Min.Add(image.Pt(i, 0))
	}
	copyPixels(into, into.Rect, l.source, from)
}

// copyPixels is draw.Draw with a short way for what decoders give most.
func copyPixels(target *image.NRGBA, area image.Rectangle, source image.Image, from image.Point) {
	switch s := source.(type) {
	case *image.NRGBA:
		for y := range area.Dy() {
			start := s.PixOffset(from.X, from.Y+y)
			copy(target.Pix[target.PixOffset(area.Min.X, area.Min.Y+y):], s.Pix[start:start+area.Dx()*channels])
		}
	case *image.YCbCr:
		// Nothing is transparent, so that the two kinds of pixel are one.
		opaque := &image.RGBA{Pix: target.Pix, Stride: target.Stride, Rect: target.Rect}
		draw.Draw(opaque, area, s, from, draw.Src)
	default:
		draw.Draw(target, area, s, from, draw.Src)
	}
}

// channels of a pixel: red, green, blue and alpha.
const channels = 4

// one is a weight of 1.
const one = 1 << 32

// rounded brings a weighted sum back to 16 bits. The kernel has negative parts,
// so it may be beyond either end.
func rounded(sum int64) uint16 {
	return uint16(max(0, min((sum+one/2)>>32, 0xffff)))
}

// weight says what one pixel of a result is made of: the pixels from first on,
// each times its factor. The factors sum up to one.
type weight struct {
	first   int
	factors []int64
}

// weightsOf is how a line of some length becomes one of another.
func weightsOf(from, to int) []weight {
	weights := make([]weight, to)
	if from == to {
		for i := range weights {
			weights[i] = weight{first: i, factors: []int64{one}}
		}
		return weights
	}
	// Distances are counted in 2 × to parts of a pixel of the source, in which
	// middles of pixels of both lines are whole numbers. The kernel reaches two
	// units to each side: a unit is a pixel of the source, or of the result if
	// that has the larger ones.
	n, unit := int64(2*to), int64(2*max(from, to))
	for i := range weights {
		middle := (2*int64(i) + 1) * int64(from)
		first := max(0, (middle-2*unit)/n)
		last := min(int64(from)-1, (middle+2*unit)/n)
		factors := make([]int64, 0, last-first+1)
		var sum int64
		for j := first; j <= last; j++ {
			factor := kernel(middle-(2*j+1)*int64(to), unit)
			factors = append(factors, factor)
			sum += factor
		}
		weights[i] = weight{first: int(first), factors: factors}
		weights[i].normalize(sum)
	}
	return weights
}

// normalize makes the factors sum up to one: an even area stays as it is. The
// largest takes what rounding has left.
func (w *weight) normalize(sum int64) {
	rest, largest := int64(one), 0
	for k, factor := range w.factors {
		w.factors[k] = factor * one / sum
		rest -= w.factors[k]
		if w.factors[k] > w.factors[largest] {
			largest = k
		}
	}
	w.factors[largest] += rest
}

// kernel is Catmull's and Rom's at distance/unit, times 2^30. A unit is at most
// twice the longest side, so that third powers fit.
func kernel(distance, unit int64) int64 {
	d, u := distance, unit
	if d < 0 {
		d = -d
	}
	var value int64 // times 2 × unit³
	switch {
	case d < u:
		value = 3*d*d*d - 5*d*d*u + 2*u*u*u
	case d < 2*u:
		value = -d*d*d + 5*d*d*u - 8*d*u*u + 4*u*u*u
	default:
		return 0
	}
	// Products have up to 83 bits, quotients up to 30.
	high, low := bits.Mul64(uint64(max(value, -value)), 1<<30) //nolint:gosec // not negative
	quotient, _ := bits.Div64(high, low, uint64(2*u*u*u))      //nolint:gosec // not negative
	if value < 0 {
		return -int64(quotient) //nolint:gosec // see above
	}
	return int64(quotient) //nolint:gosec // see above
}
