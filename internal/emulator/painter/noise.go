// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

import "math"

// noise is a key to smooth random values over a line or a plane, in [-1, 1],
// varying over a distance of 1.
type noise uint64

// lattice is the value at a whole point (SplitMix64's finaliser over both).
func (n noise) lattice(i, j int64) float64 {
	z := uint64(n) + uint64(i)*0x9e3779b97f4a7c15 + uint64(j)*0xd1b54a32d192ed03 //nolint:gosec // Wrapping is meant.
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	return float64(float64(z>>11)/(1<<52)) - 1
}

func (n noise) line(x float64) float64 {
	floor := math.Floor(x)
	i := int64(floor)
	return lerp(n.lattice(i, 0), n.lattice(i+1, 0), smooth(x-floor))
}

func (n noise) plane(x, y float64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	i, j := int64(fx), int64(fy)
	tx, ty := smooth(x-fx), smooth(y-fy)
	return lerp(
		lerp(n.lattice(i, j), n.lattice(i+1, j), tx),
		lerp(n.lattice(i, j+1), n.lattice(i+1, j+1), tx),
		ty)
}

// fractal sums octaves of the line, each half as high and twice as fine. A
// fraction of an octave adds that fraction of its height.
func (n noise) fractal(x, octaves float64) float64 {
	return octaveSum(octaves, func(k noise, scale float64) float64 { return (n + k).line(x * scale) })
}

// fractalPlane is fractal over the plane.
func (n noise) fractalPlane(x, y, octaves float64) float64 {
	return octaveSum(octaves, func(k noise, scale float64) float64 { return (n + k).plane(x*scale, y*scale) })
}

func octaveSum(octaves float64, value func(k noise, scale float64) float64) float64 {
	sum, height, scale := 0.0, 0.5, 1.0
	for k := noise(0); octaves > 0; k++ {
		sum += float64(height * min(octaves, 1) * value(k, scale))
		octaves--
		height /= 2
		scale *= 2.03 // Not 2: lattice points of the octaves must not coincide.
	}
	return sum
}

// peaks is fractal with straight lines between its points: the outline of rock.
func (n noise) peaks(x, octaves float64) float64 {
	return octaveSum(octaves, func(k noise, scale float64) float64 {
		floor := math.Floor(x * scale)
		i := int64(floor)
		return lerp((n+k).lattice(i, 0), (n+k).lattice(i+1, 0), float64(x*scale)-floor)
	})
}
