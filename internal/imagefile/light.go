// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"math"
	"sync"
)

// light converts between encoded colours of 8 bits and the light they stand for,
// in 16 bits of sRGB's primaries and already multiplied with alpha.
type light struct {
	// linear is the light of each encoded red, green and blue of the source.
	linear [3][256]uint16
	// matrix, times 2^16, takes light of the source's primaries to sRGB's. Nil:
	// they are the same.
	matrix *[3][3]int64
	// encoded is the nearest value of sRGB for each light.
	encoded *[1 << 16]uint8
}

// lightOfSRGB is that of IEC 61966-2-1.
var lightOfSRGB = sync.OnceValue(func() *light {
	curve := func(x float64) float64 {
		if x <= 0.04045 {
			return x / 12.92
		}
		return power((x+0.055)/1.055, 2.4)
	}
	l := &light{encoded: new([1 << 16]uint8)}
	value := 0
	for i := range l.encoded {
		for value < 255 && i > int(to16(curve((float64(value)+0.5)/255))) {
			value++
		}
		l.encoded[i] = uint8(value) //nolint:gosec // at most 255
	}
	for c := range l.linear {
		for value := range l.linear[c] {
			l.linear[c][value] = to16(curve(float64(value) / 255))
		}
	}
	return l
})

func to16(x float64) uint16 {
	return uint16(max(0, min(math.Floor(float64(x*0xffff)+0.5), 0xffff)))
}

// power is x^y for x from 0 to 1 and y above 0. Unlike math.Pow it has the same
// result on every processor: conversions keep the compiler from fusing a product
// with a sum, which is rounded differently.
func power(x, y float64) float64 {
	if x <= 0 {
		return 0
	}
	// The logarithm: that of the exponent, and a series for the fraction.
	fraction, exponent := math.Frexp(x)
	z := (fraction - 1) / (fraction + 1)
	term, sum := z, 0.0
	for n := 1.0; n < 40; n += 2 {
		sum += float64(term / n)
		term = float64(term * float64(z*z))
	}
	logarithm := float64(y * (float64(2*sum) + float64(float64(exponent)*math.Ln2)))
	// Back: a power of two, and a series for the rest.
	whole := math.Floor(logarithm / math.Ln2)
	rest := logarithm - float64(whole*math.Ln2)
	term, sum = 1, 0
	for n := 1.0; n < 25; n++ {
		sum += term
		term = float64(term*rest) / n
	}
	return math.Ldexp(sum, int(whole))
}

// decode turns a line of encoded pixels, not multiplied with alpha, into light.
func (l *light) decode(target []uint16, pixels []uint8) {
	for i := 0; i+channels <= len(pixels); i += channels {
		alpha := uint32(pixels[i+3])
		colour := [3]uint16{l.linear[0][pixels[i]], l.linear[1][pixels[i+1]], l.linear[2][pixels[i+2]]}
		if l.matrix != nil {
			colour = l.toSRGB(colour)
		}
		for c, value := range colour {
			target[i+c] = uint16((uint32(value)*alpha + 127) / 255) //nolint:gosec // alpha is at most 255
		}
		target[i+3] = uint16(alpha * 0x101) //nolint:gosec // 255 × 257 is 65535
	}
}

// toSRGB clips what is outside.
func (l *light) toSRGB(colour [3]uint16) [3]uint16 {
	var converted [3]uint16
	for c, row := range l.matrix {
		sum := row[0]*int64(colour[0]) + row[1]*int64(colour[1]) + row[2]*int64(colour[2])
		converted[c] = uint16(max(0, min((sum+1<<15)>>16, 0xffff)))
	}
	return converted
}

// encode turns a line of light back. The pixels of the target are step bytes
// apart.
func (l *light) encode(target []uint8, step int, line []uint16) {
	for i, at := 0, 0; i < len(line); i, at = i+channels, at+step {
		pixel := target[at:][:channels]
		alpha := uint32(line[i+3])            //nolint:gosec // i is below its length
		pixel[3] = uint8((alpha + 128) / 257) //nolint:gosec // 16 bits to 8
		if pixel[3] == 0 {
			clear(pixel)
			continue
		}
		for c := range 3 {
			pixel[c] = l.encoded[min((uint32(line[i+c])*0xffff+alpha/2)/alpha, 0xffff)]
		}
	}
}
