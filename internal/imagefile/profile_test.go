// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"encoding/binary"
	"errors"
	"image/color"
	"math"
	"testing"
)

func TestLightOfSRGB(t *testing.T) {
	t.Parallel()

	l := lightOfSRGB()
	for value := range 256 {
		x := float64(value) / 255
		want := x / 12.92
		if x > 0.04045 {
			want = math.Pow((x+0.055)/1.055, 2.4)
		}
		if got := float64(l.linear[1][value]); math.Abs(got-want*0xffff) > 0.501 {
			t.Errorf("the light of %d is %v, want %v", value, got, want*0xffff)
		}
		if back := l.encoded[l.linear[1][value]]; int(back) != value {
			t.Errorf("%d becomes %d on its way", value, back)
		}
	}
}

func TestPower(t *testing.T) {
	t.Parallel()

	for _, y := range []float64{0.01, 0.45, 1, 1.8, 2.2, 2.4, 3, 7.5} {
		for x := 1.0 / 4096; x <= 1; x += 1.0 / 4096 {
			if got, want := power(x, y), math.Pow(x, y); math.Abs(got-want) > 1e-14 {
				t.Fatalf("%v^%v is %v, want %v", x, y, got, want)
			}
		}
	}
	for _, x := range []float64{0, -1} {
		if got := power(x, 2.4); got != 0 {
			t.Errorf("%v: %v", x, got)
		}
	}
}

func TestLight_transparency(t *testing.T) {
	t.Parallel()

	// All that is visible comes back.
	l := lightOfSRGB()
	for alpha := range 256 {
		in := []uint8{255, 180, 0, uint8(alpha)} //nolint:gosec // at most 255
		between, out := make([]uint16, 4), make([]uint8, 4)
		l.decode(between, in)
		l.encode(out, channels, between)
		want := [4]uint8{255, 180, 0, uint8(alpha)} //nolint:gosec // at most 255
		if alpha == 0 {
			want = [4]uint8{}
		}
		for c := range want {
			// Of little alpha little is left of colours.
			if off := int(out[c]) - int(want[c]); max(off, -off) > 1+64/max(alpha, 1) {
				t.Errorf("%v becomes %v", in, out)
			}
		}
	}
}

func TestLightOfProfile(t *testing.T) {
	t.Parallel()

	adobe := [3][3]float64{{0.60974, 0.31111, 0.01947}, {0.20528, 0.62567, 0.06087}, {0.14919, 0.06322, 0.74457}}
	gamma := func(of float64) []byte {
		return element("curv", binary.BigEndian.AppendUint16([]byte{0, 0, 0, 1}, uint16(of*256)))
	}
	sampled := []byte{0, 0, 1, 0}
	for value := range 256 {
		sampled = binary.BigEndian.AppendUint16(sampled, lightOfSRGB().linear[0][value])
	}
	sRGB := [3][3]float64{{0.43607, 0.22249, 0.01392}, {0.38515, 0.71687, 0.09708}, {0.14307, 0.06061, 0.71410}}
	for name, test := range map[string]struct {
		profile []byte
		in      color.NRGBA
		want    color.NRGBA
		same    bool
	}{
		"nothing":           {nil, color.NRGBA{1, 2, 3, 255}, color.NRGBA{1, 2, 3, 255}, true},
		"words":             {[]byte("no profile"), color.NRGBA{1, 2, 3, 255}, color.NRGBA{1, 2, 3, 255}, true},
		"sRGB":              {sRGBProfile(), color.NRGBA{1, 200, 3, 255}, color.NRGBA{1, 200, 3, 255}, true},
		"sRGB in points":    {rgbProfile(element("curv", sampled), sRGB[0], sRGB[1], sRGB[2]), color.NRGBA{1, 200, 3, 255}, color.NRGBA{1, 200, 3, 255}, true},
		"Adobe RGB":         {rgbProfile(gamma(563.0/256), adobe[0], adobe[1], adobe[2]), color.NRGBA{150, 150, 150, 255}, color.NRGBA{150, 150, 150, 255}, false},
		"Adobe RGB's green": {rgbProfile(gamma(563.0/256), adobe[0], adobe[1], adobe[2]), color.NRGBA{100, 200, 100, 255}, color.NRGBA{0, 201, 93, 255}, false},
		"linear":            {rgbProfile(element("curv", []byte{0, 0, 0, 0}), sRGB[0], sRGB[1], sRGB[2]), color.NRGBA{55, 55, 55, 255}, color.NRGBA{128, 128, 128, 255}, false},
		"linear, a formula": {rgbProfile(element("para", []byte{0, 0, 0, 0}, 1), sRGB[0], sRGB[1], sRGB[2]), color.NRGBA{55, 55, 55, 255}, color.NRGBA{128, 128, 128, 255}, false},
		"grey":              {profileOf("GRAY", map[string][]byte{"kTRC": gamma(1)}), color.NRGBA{55, 55, 55, 255}, color.NRGBA{128, 128, 128, 255}, false},
		"CIE 122":           {rgbProfile(element("para", []byte{0, 1, 0, 0}, 2.4, 1, 0), sRGB[0], sRGB[1], sRGB[2]), color.NRGBA{128, 128, 128, 255}, color.NRGBA{122, 122, 122, 255}, false},
		"IEC 61966-3":       {rgbProfile(element("para", []byte{0, 2, 0, 0}, 2.4, 1, 0, 0.1), sRGB[0], sRGB[1], sRGB[2]), color.NRGBA{0, 0, 0, 255}, color.NRGBA{89, 89, 89, 255}, false},
		"all parameters":    {rgbProfile(element("para", []byte{0, 4, 0, 0}, 2.4, 1, 0, 0.5, 0.2, 0, 0.1), sRGB[0], sRGB[1], sRGB[2]), color.NRGBA{0, 0, 0, 255}, color.NRGBA{89, 89, 89, 255}, false},
	} {
		l, err := lightOfProfile(test.profile)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if (l == lightOfSRGB()) != test.same {
			t.Errorf("%s: taken for sRGB: %v", name, !test.same)
		}
		between, out := make([]uint16, 4), make([]uint8, 4)
		l.decode(between, []uint8{test.in.R, test.in.G, test.in.B, test.in.A})
		l.encode(out, channels, between)
		for c, want := range []uint8{test.want.R, test.want.G, test.want.B, test.want.A} {
			if off := int(out[c]) - int(want); max(off, -off) > 1 {
				t.Errorf("%s: %v becomes %v, want %v", name, test.in, out, test.want)
				break
			}
		}
	}

	for name, profile := range map[string][]byte{
		"tables only":        profileOf("RGB ", map[string][]byte{"A2B0": element("mft2", nil)}),
		"no primaries":       profileOf("RGB ", map[string][]byte{"rTRC": gamma(1), "gTRC": gamma(1), "bTRC": gamma(1)}),
		"print":              profileOf("CMYK", map[string][]byte{"A2B0": element("mft2", nil)}),
		"an unknown formula": rgbProfile(element("para", []byte{0, 9, 0, 0}, 1), sRGB[0], sRGB[1], sRGB[2]),
		"a flat formula":     rgbProfile(element("para", []byte{0, 1, 0, 0}, 1, 0, 0), sRGB[0], sRGB[1], sRGB[2]),
		"half a curve":       rgbProfile(element("curv", []byte{0, 0, 9, 0, 1, 2}), sRGB[0], sRGB[1], sRGB[2]),
	} {
		_, err := lightOfProfile(profile)
		if !errors.Is(err, ErrNoDecoder) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		wantText(t, err, "colour profile", "save the picture in sRGB")
	}
}
