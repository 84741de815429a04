// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

import "math"

// A compiler may fuse x*y+z into one instruction with one rounding, and on
// arm64 Go's does. An explicit conversion of the product forbids it: hence the
// many float64(…) in this package. To see that none is missing, look for FMADD
// and FMSUB in what GOARCH=arm64 go build -gcflags=-S prints. For the same
// reason the package uses nothing of package math but what is exact everywhere:
// Sqrt, Floor, Abs, Ceil.

func lerp(a, b, t float64) float64 { return float64(a) + float64((float64(b)-float64(a))*t) }

func clamp(x, low, high float64) float64 { return min(max(x, low), high) }

// smooth eases t from 0 to 1 with level ends.
func smooth(t float64) float64 {
	t = clamp(t, 0, 1)
	return float64(t * t * (3 - float64(2*t)))
}

// step eases from 0 at low to 1 at high.
func step(low, high, x float64) float64 { return smooth((x - low) / (high - low)) }

func square(x float64) float64 { return float64(x * x) }

func hypot(x, y float64) float64 { return math.Sqrt(float64(x*x) + float64(y*y)) }

// sin is the sine of an angle in turns.
func sin(turns float64) float64 {
	t := turns - math.Floor(turns)
	sign := 1.0
	if t >= 0.5 {
		t, sign = t-0.5, -1
	}
	if t > 0.25 {
		t = 0.5 - t
	}
	x := float64(t * 2 * math.Pi)
	x2 := float64(x * x)
	// The Taylor series to x¹¹, right to 8 digits on a quarter turn.
	sum := 1 - float64(x2/110)
	for _, n := range [...]float64{72, 42, 20, 6} {
		sum = 1 - float64(float64(x2/n)*sum)
	}
	return float64(sign * x * sum)
}

func cos(turns float64) float64 { return sin(turns + 0.25) }
