// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"encoding/binary"
)

// What an ICC profile is read for (ICC.1:2022): three curves and the place of
// three primaries, or one curve for shades of grey. Such profiles describe
// cameras and screens: sRGB, Display P3, Adobe RGB.

// toSRGBPrimaries takes light from XYZ under D50, in which profiles say where
// their primaries are, to those of sRGB, times 2^16.
var toSRGBPrimaries = [3][3]int64{
	{205380, -105963, -32153},
	{-64145, 125576, 2192},
	{4715, -15007, 92094},
}

// lightOfProfile is how a picture with this profile is read. One that is sRGB's
// own, missing or damaged makes no difference: browsers take such pictures for
// sRGB, too.
func lightOfProfile(profile []byte) (*light, error) {
	sRGB := lightOfSRGB()
	tags := tagsOf(profile)
	if tags == nil {
		return sRGB, nil
	}
	l := &light{encoded: sRGB.encoded}
	space := string(profile[16:20])
	curves := [3]string{"rTRC", "gTRC", "bTRC"}
	if space == "GRAY" {
		curves = [3]string{"kTRC", "kTRC", "kTRC"}
	}
	for c, name := range curves {
		if !linearize(&l.linear[c], tags[name]) {
			return nil, fail(ErrNoDecoder, "the source has a colour profile (%s) that can't be converted; save the picture in sRGB first", shownType(space))
		}
	}
	if space == "GRAY" {
		return l, nil
	}
	l.matrix = new([3][3]int64)
	for column, name := range [3]string{"rXYZ", "gXYZ", "bXYZ"} {
		f := fields{rest: tags[name]}
		f.number(8)
		primary := [3]int64{f.fixed(), f.fixed(), f.fixed()}
		if f.err != nil {
			return nil, fail(ErrNoDecoder, "the source has a colour profile (%s) that can't be converted; save the picture in sRGB first", shownType(space))
		}
		for row, factors := range toSRGBPrimaries {
			l.matrix[row][column] = (factors[0]*primary[0] + factors[1]*primary[1] + factors[2]*primary[2]) >> 16
		}
	}
	if l.isSRGB(sRGB) {
		return sRGB, nil
	}
	return l, nil
}

// isSRGB leaves room for the rounding of those who write profiles.
func (l *light) isSRGB(sRGB *light) bool {
	near := func(a, b, tolerance int64) bool { return max(a-b, b-a) <= tolerance }
	for row := range l.matrix {
		for column, factor := range l.matrix[row] {
			var same int64
			if row == column {
				same = 1 << 16
			}
			if !near(factor, same, 1<<16/200) {
				return false
			}
		}
		for value, linear := range l.linear[row] {
			if !near(int64(linear), int64(sRGB.linear[row][value]), 1<<16/200) {
				return false
			}
		}
	}
	return true
}

// tagsOf are the parts of a profile by name; nil if it is none.
func tagsOf(profile []byte) map[string][]byte {
	const head, entry = 128, 12
	if len(profile) < head+4 || string(profile[36:40]) != "acsp" {
		return nil
	}
	tags := make(map[string][]byte)
	entries := profile[head+4:]
	for range binary.BigEndian.Uint32(profile[head:]) {
		if len(entries) < entry {
			return nil
		}
		offset, size := uint64(binary.BigEndian.Uint32(entries[4:])), uint64(binary.BigEndian.Uint32(entries[8:]))
		if offset+size > uint64(len(profile)) {
			return nil
		}
		tags[string(entries[:4])] = profile[offset : offset+size]
		entries = entries[entry:]
	}
	return tags
}

// linearize fills a table from a curve, and tells whether it is one.
func linearize(table *[256]uint16, curve []byte) bool {
	f := fields{rest: curve}
	kind := f.number(4)
	f.number(4)
	var function func(float64) float64
	switch {
	case kind == binary.BigEndian.Uint32([]byte("curv")):
		function = f.sampled()
	case kind == binary.BigEndian.Uint32([]byte("para")):
		function = f.parametric()
	}
	if function == nil || f.err != nil {
		return false
	}
	for value := range table {
		table[value] = to16(function(float64(value) / 255))
	}
	return true
}

// fixed reads a number with 16 bits behind the point.
func (f *fields) fixed() int64 { return int64(int32(f.number(4))) } //nolint:gosec // the sign is meant

// sampled reads a curve that is given by points, or by one exponent.
func (f *fields) sampled() func(float64) float64 {
	count := f.number(4)
	switch {
	case count == 0:
		return func(x float64) float64 { return x }
	case count == 1:
		gamma := float64(f.number(2)) / 256
		return func(x float64) float64 { return power(x, gamma) }
	case uint64(count)*2 > uint64(len(f.rest)):
		return nil
	}
	points := f.rest
	at := func(i uint32) float64 { return float64(binary.BigEndian.Uint16(points[2*i:])) / 0xffff }
	return func(x float64) float64 {
		place := float64(x * float64(count-1))
		i := min(uint32(place), count-2)
		share := place - float64(i)
		return float64(at(i)*(1-share)) + float64(at(i+1)*share)
	}
}

// parametric reads a curve that is given by a formula: (ax + b)^gamma + c from a
// limit on, and a line below.
func (f *fields) parametric() func(float64) float64 {
	kind := f.number(2)
	f.number(2)
	number := func() float64 { return float64(f.fixed()) / (1 << 16) }
	gamma, a, b, c := number(), 1.0, 0.0, 0.0
	limit, slope, start := 0.0, 0.0, 0.0
	switch kind {
	case 0:
	case 1, 2:
		if a, b = number(), number(); a == 0 {
			return nil
		}
		if kind == 2 {
			c = number()
			start = c
		}
		limit = -b / a
	case 3:
		a, b, slope, limit = number(), number(), number(), number()
	case 4:
		a, b, slope, limit, c, start = number(), number(), number(), number(), number(), number()
	default:
		return nil
	}
	if gamma <= 0 {
		return nil
	}
	return func(x float64) float64 {
		if x < limit {
			return float64(slope*x) + start
		}
		return power(float64(a*x)+b, gamma) + c
	}
}

// profileOfJPEG puts the parts of a profile together, of which each begins with
// its number and how many there are.
func profileOfJPEG(parts [][]byte) []byte {
	ordered := make([][]byte, len(parts))
	for _, part := range parts {
		number, count := int(part[0]), int(part[1])
		if count != len(parts) || number < 1 || number > count {
			return nil
		}
		ordered[number-1] = part[2:]
	}
	return bytes.Join(ordered, nil)
}
