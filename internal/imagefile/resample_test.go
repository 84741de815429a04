// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"context"
	"errors"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/draw"
)

// plain is light that is encoded as it is, to compare with scalers that average
// encoded values.
func plain() *light {
	l := &light{encoded: new([1 << 16]uint8)}
	for value := range 256 {
		for c := range l.linear {
			l.linear[c][value] = uint16(value * 0x101) //nolint:gosec // 255 × 257 is 65535
		}
	}
	for i := range l.encoded {
		l.encoded[i] = uint8((i + 128) / 257) //nolint:gosec // 16 bits to 8
	}
	return l
}

func scaled(t *testing.T, colours *light, source image.Image, width, height int) *image.NRGBA {
	t.Helper()
	result, err := resample(t.Context(), colours, source, source.Bounds(), width, height)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// TestResample_isCatmullRom compares with the same kernel in floating point.
func TestResample_isCatmullRom(t *testing.T) {
	t.Parallel()

	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a picture
	source := image.NewNRGBA(image.Rect(0, 0, 37, 29))
	for i := range source.Pix {
		source.Pix[i] = uint8(random.Uint32()) //nolint:gosec // any
		if i%4 == 3 {
			source.Pix[i] = 255
		}
	}
	for _, size := range []image.Point{{10, 8}, {36, 28}, {37, 10}, {5, 29}, {74, 58}, {100, 3}, {3, 100}, {1, 1}} {
		got := scaled(t, plain(), source, size.X, size.Y)
		want := image.NewNRGBA(got.Rect)
		draw.CatmullRom.Scale(want, want.Rect, source, source.Rect, draw.Src, nil)
		clipped := 0
		for i := range got.Pix {
			if off := int(got.Pix[i]) - int(want.Pix[i]); max(off, -off) > 1 {
				clipped++
			}
		}
		// Between the two directions values are clipped here and not there, which
		// only noise shows.
		if clipped > len(got.Pix)/20 {
			t.Errorf("%v: %d of %d values differ", size, clipped, len(got.Pix))
		}
	}
}

func TestResample_keepsWhatIsEven(t *testing.T) {
	t.Parallel()

	colour := color.NRGBA{13, 130, 250, 255}
	source := image.NewNRGBA(image.Rect(0, 0, 31, 17))
	draw.Draw(source, source.Rect, image.NewUniform(colour), image.Point{}, draw.Src)
	for width := 1; width < 100; width += 7 {
		for height := 1; height < 100; height += 9 {
			result := scaled(t, lightOfSRGB(), source, width, height)
			for i := 0; i < len(result.Pix); i += channels {
				if got := (color.NRGBA{result.Pix[i], result.Pix[i+1], result.Pix[i+2], result.Pix[i+3]}); got != colour {
					t.Fatalf("%d × %d: a pixel is %v, want %v", width, height, got, colour)
				}
			}
		}
	}
}

// TestResample_inLight: lines of black and white are as bright, from afar, as a grey
// of 188, not of 128.
func TestResample_inLight(t *testing.T) {
	t.Parallel()

	source := image.NewGray(image.Rect(0, 0, 64, 64))
	for y := range 64 {
		for x := range 64 {
			if (x+y)%2 == 0 {
				source.SetGray(x, y, color.Gray{255})
			}
		}
	}
	result := scaled(t, lightOfSRGB(), source, 8, 8)
	wantPixel(t, result, 4, 4, color.NRGBA{188, 188, 188, 255}, 1)
}

// TestResample_ofAnyPicture reads all kinds that decoders give, at any place.
func TestResample_ofAnyPicture(t *testing.T) {
	t.Parallel()

	area := image.Rect(3, 5, 19, 17)
	colour := color.NRGBA{R: 120, G: 120, B: 120, A: 255}
	for _, source := range []draw.Image{
		image.NewNRGBA(area), image.NewRGBA(area), image.NewGray(area), image.NewGray16(area), image.NewNRGBA64(area), image.NewRGBA64(area),
		image.NewPaletted(area, color.Palette{color.Black, colour}),
	} {
		draw.Draw(source, area, image.NewUniform(colour), image.Point{}, draw.Src)
		for _, size := range []image.Point{{16, 12}, {8, 6}, {16, 1}, {1, 12}} {
			result := scaled(t, lightOfSRGB(), source, size.X, size.Y)
			wantPixel(t, result, 0, 0, colour, 0)
			wantPixel(t, result, size.X-1, size.Y-1, colour, 0)
		}
	}
}

func TestResample_ends(t *testing.T) {
	t.Parallel()

	ended, end := context.WithCancel(t.Context())
	end()
	source := image.NewNRGBA(image.Rect(0, 0, 9, 9))
	if _, err := resample(ended, lightOfSRGB(), source, source.Rect, 4, 4); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestWeights(t *testing.T) {
	t.Parallel()

	for _, lengths := range [][2]int{{1, 1}, {1, 8192}, {2, 1}, {65535, 1}, {65535, 8192}, {65535, 65534}, {65534, 65535}, {1792, 640}, {640, 1792}, {3, 2}, {2, 3}, {longestSide, MaxSide}} {
		from, to := lengths[0], lengths[1]
		weights := weightsOf(from, to)
		if len(weights) != to {
			t.Fatalf("%v: %d weights", lengths, len(weights))
		}
		for i, w := range weights {
			var sum, absolute int64
			for _, factor := range w.factors {
				sum += factor
				absolute += max(factor, -factor)
			}
			if sum != one || w.first < 0 || w.first+len(w.factors) > from {
				t.Fatalf("%v: the pixel %d takes %d from %d on, with a sum of %d", lengths, i, len(w.factors), w.first, sum)
			}
			// So that sums of 16-bit values fit.
			if absolute > 2*one {
				t.Fatalf("%v: the pixel %d weighs %d", lengths, i, absolute)
			}
		}
	}
}

func TestKernel(t *testing.T) {
	t.Parallel()

	for _, unit := range []int64{2, 4, 1000, 2 * longestSide} {
		for i := int64(-25); i <= 25; i++ {
			distance := i * unit / 10
			x := math.Abs(float64(distance) / float64(unit))
			var want float64
			switch {
			case x < 1:
				want = 1.5*x*x*x - 2.5*x*x + 1
			case x < 2:
				want = -0.5*x*x*x + 2.5*x*x - 4*x + 2
			}
			if got := float64(kernel(distance, unit)) / (1 << 30); math.Abs(got-want) > 1e-8 {
				t.Errorf("at %d of %d it is %v, want %v", distance, unit, got, want)
			}
		}
	}
}
