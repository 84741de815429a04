// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
)

// random is the stream of choices behind one picture. It draws on PCG alone,
// whose output is specified; how math/rand/v2 makes numbers from it is not.
type random struct{ source *rand.PCG }

// newRandom starts the stream that belongs to what the picture is of. Steps,
// guidance and size are left out: they render the same composition differently.
func newRandom(s Scene) *random {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %s", s.Seed, s.Index, s.Prompt))
	return &random{rand.NewPCG(binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16]))}
}

// fork is a stream of its own, for things of which there are more with more
// steps: what comes after them stays as it was.
func (r *random) fork() *random {
	return &random{rand.NewPCG(r.source.Uint64(), r.source.Uint64())}
}

// float is in [0, 1).
func (r *random) float() float64 { return float64(float64(r.source.Uint64()>>11) / (1 << 53)) }

func (r *random) between(low, high float64) float64 { return lerp(low, high, r.float()) }

// intn is in [0, n).
func (r *random) intn(n int) int { return int(r.float() * float64(n)) }

func (r *random) chance(p float64) bool { return r.float() < p }

func (r *random) noise() noise { return noise(r.source.Uint64()) }

func pick[T any](r *random, from []T) T { return from[r.intn(len(from))] }

func shuffle[T any](r *random, s []T) {
	for i := len(s) - 1; i > 0; i-- {
		j := r.intn(i + 1)
		s[i], s[j] = s[j], s[i]
	}
}

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
