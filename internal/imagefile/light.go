// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"math/big"
	"sync"
)

// light converts between encoded colours of 8 bits and the light they stand for,
// in 16 bits and already multiplied with alpha.
type light struct {
	// linear is the light of each encoded value.
	linear [256]uint16
	// encoded is the nearest encoded value for each light.
	encoded [1 << 16]uint8
}

// linearLight is sRGB's (IEC 61966-2-1).
var linearLight = sync.OnceValue(func() *light {
	l := new(light)
	for value := range l.linear {
		l.linear[value] = lightOf(2 * value)
	}
	value := 0
	for i := range l.encoded {
		for value < 255 && i > int(lightOf(2*value+1)) {
			value++
		}
		l.encoded[i] = uint8(value) //nolint:gosec // at most 255
	}
	return l
})

// lightOf is the light of an encoded value, given in halves, so that what is
// half way between two can be asked for. Computed without floating point: powers
// may differ in their last bits from processor to processor.
func lightOf(halves int) uint16 {
	const full = 0xffff
	// x/12.92 up to x = 0.04045, where x is halves/510.
	if halves*100000 <= 4045*510 {
		return uint16((halves*full*100 + 510*1292/2) / (510 * 1292)) //nolint:gosec // at most 16 bits, by the standard
	}
	// y = ((x + 0.055) / 1.055)^2.4, so y^5 = ((halves + 28.05) / 538.05)^12:
	// the largest y of 16 bits, rounded to the nearest with a bit more.
	power := func(base int64, exponent int64) *big.Int {
		return new(big.Int).Exp(big.NewInt(base), big.NewInt(exponent), nil)
	}
	right := new(big.Int).Mul(power(int64(100*halves+2805), 12), power(2*full, 5))
	left := power(53805, 12)
	low, high := int64(0), int64(2*full) // low fits, and all above high don't
	for low < high {
		middle := (low + high + 1) / 2
		if new(big.Int).Mul(left, power(middle, 5)).Cmp(right) <= 0 {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return uint16((low + 1) / 2) //nolint:gosec // at most 16 bits
}

// decode turns a line of encoded pixels, not multiplied with alpha, into light.
func (l *light) decode(target []uint16, pixels []uint8) {
	for i := 0; i+channels <= len(pixels); i += channels {
		alpha := uint32(pixels[i+3])
		for c := range 3 {
			target[i+c] = uint16((uint32(l.linear[pixels[i+c]])*alpha + 127) / 255) //nolint:gosec // alpha is at most 255
		}
		target[i+3] = uint16(alpha * 0x101) //nolint:gosec // 255 × 257 is 65535
	}
}

// encode turns a line of light back. The pixels of the target are step bytes
// apart.
func (l *light) encode(target []uint8, step int, line []uint16) {
	for i, at := 0, 0; i < len(line); i, at = i+channels, at+step {
		pixel := target[at:][:channels]
		alpha := uint32(line[i+3])
		pixel[3] = uint8((alpha + 128) / 257) //nolint:gosec // 16 bits to 8
		if pixel[3] == 0 {
			clear(pixel)
			continue
		}
		for c := range 3 {
			value := min((uint32(line[i+c])*0xffff+alpha/2)/alpha, 0xffff)
			pixel[c] = l.encoded[value]
		}
	}
}
