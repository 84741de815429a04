// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/image/webp"
)

// testPicture is a file in testdata, or made of one: all have 144 × 96 pixels.
func testPicture(tb testing.TB, name string) []byte {
	tb.Helper()
	switch name {
	case "turned.jpg":
		return withOrientation(testPicture(tb, "photo.jpg"), 6)
	case "wide-gamut.png":
		return withChunk(testPicture(tb, "cutout.png"), "iCCP", packedProfile(displayP3()))
	}
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return content
}

// exif has an orientation and nothing else.
func exif(order binary.AppendByteOrder, orientation uint16) []byte {
	head := "II*\x00"
	if order == binary.AppendByteOrder(binary.BigEndian) {
		head = "MM\x00*"
	}
	data := order.AppendUint32([]byte(head), 8)
	for _, value := range []uint16{1, 0x0112, 3} {
		data = order.AppendUint16(data, value)
	}
	data = order.AppendUint32(data, 1)
	data = order.AppendUint16(data, orientation)
	return append(data, 0, 0, 0, 0, 0, 0)
}

// withSegment puts a segment into a JPEG, behind its first two bytes.
func withSegment(picture []byte, kind byte, content []byte) []byte {
	segment := binary.BigEndian.AppendUint16([]byte{0xff, kind}, uint16(len(content)+2)) //nolint:gosec // it is short
	return slices.Insert(slices.Clone(picture), 2, append(segment, content...)...)
}

func withOrientation(picture []byte, orientation uint16) []byte {
	return withSegment(picture, 0xe1, append([]byte("Exif\x00\x00"), exif(binary.LittleEndian, orientation)...))
}

// withChunk puts a chunk into a PNG, behind its header.
func withChunk(picture []byte, kind string, content []byte) []byte {
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(content))) //nolint:gosec // it is short
	chunk = append(append(chunk, kind...), content...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	return slices.Insert(slices.Clone(picture), 33, chunk...)
}

func packedProfile(profile []byte) []byte {
	var packed bytes.Buffer
	packed.WriteString("name\x00\x00")
	w := zlib.NewWriter(&packed)
	_, _ = w.Write(profile)
	_ = w.Close()
	return packed.Bytes()
}

// profileOf makes an ICC profile of parts by name.
func profileOf(space string, tags map[string][]byte) []byte {
	profile := make([]byte, 128, 1024)
	copy(profile[16:], space)
	copy(profile[36:], "acsp")
	profile = binary.BigEndian.AppendUint32(profile, uint32(len(tags))) //nolint:gosec // some
	offset := len(profile) + 12*len(tags)
	var contents []byte
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		content := tags[name]
		profile = append(profile, name...)
		profile = binary.BigEndian.AppendUint32(profile, uint32(offset+len(contents))) //nolint:gosec // it is short
		profile = binary.BigEndian.AppendUint32(profile, uint32(len(content)))         //nolint:gosec // it is short
		contents = append(contents, content...)
	}
	return append(profile, contents...)
}

// element is a part of a profile: its kind, and numbers with 16 bits behind the
// point.
func element(kind string, head []byte, numbers ...float64) []byte {
	content := append([]byte(kind), 0, 0, 0, 0)
	content = append(content, head...)
	for _, number := range numbers {
		content = binary.BigEndian.AppendUint32(content, uint32(int32(math.Round(number*(1<<16))))) //nolint:gosec // the sign is meant
	}
	return content
}

var curveOfSRGB = element("para", []byte{0, 3, 0, 0}, 2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045)

func rgbProfile(curve []byte, red, green, blue [3]float64) []byte {
	return profileOf("RGB ", map[string][]byte{
		"rTRC": curve, "gTRC": curve, "bTRC": curve,
		"rXYZ": element("XYZ ", nil, red[:]...), "gXYZ": element("XYZ ", nil, green[:]...), "bXYZ": element("XYZ ", nil, blue[:]...),
	})
}

// displayP3 has the primaries of Apple's screens and the curve of sRGB.
func displayP3() []byte {
	return rgbProfile(curveOfSRGB, [3]float64{0.51512, 0.24120, -0.00105}, [3]float64{0.29198, 0.69225, 0.04189}, [3]float64{0.15710, 0.06657, 0.78407})
}

func sRGBProfile() []byte {
	return rgbProfile(curveOfSRGB, [3]float64{0.43607, 0.22249, 0.01392}, [3]float64{0.38515, 0.71687, 0.09708}, [3]float64{0.14307, 0.06061, 0.71410})
}

// even is a PNG of one colour.
func even(tb testing.TB, width, height int, of color.Color) []byte {
	tb.Helper()
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			picture.Set(x, y, of)
		}
	}
	return encoded(tb, picture)
}

func encoded(tb testing.TB, picture image.Image) []byte {
	tb.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// apply derives a picture, and returns its pixels, too, unless it is AVIF.
func apply(tb testing.TB, transform Transform, source []byte) ([]byte, image.Image) {
	tb.Helper()
	derived, err := transform.Apply(tb.Context(), source)
	if err != nil {
		tb.Fatalf("%+v: %v", transform, err)
	}
	read, err := readHeader(derived)
	if err != nil {
		tb.Fatalf("%+v: %v", transform, err)
	}
	var picture image.Image
	switch read.format {
	case FormatPNG:
		picture, err = png.Decode(bytes.NewReader(derived))
	case FormatJPEG:
		picture, err = jpeg.Decode(bytes.NewReader(derived))
	case FormatWebP:
		picture, err = webp.Decode(bytes.NewReader(derived))
	}
	if err != nil {
		tb.Fatalf("%+v: %v", transform, err)
	}
	return derived, picture
}

func pixel(picture image.Image, x, y int) color.NRGBA {
	c, _ := color.NRGBAModel.Convert(picture.At(x, y)).(color.NRGBA)
	return c
}

// wantPixel allows each channel to be off by some.
func wantPixel(tb testing.TB, picture image.Image, x, y int, want color.NRGBA, tolerance int) {
	tb.Helper()
	got := pixel(picture, x, y)
	for _, channel := range [][2]uint8{{got.R, want.R}, {got.G, want.G}, {got.B, want.B}, {got.A, want.A}} {
		if off := int(channel[0]) - int(channel[1]); max(off, -off) > tolerance {
			tb.Errorf("the pixel at %d, %d is %v, want %v", x, y, got, want)
			return
		}
	}
}

func bigOrLittle(n int) binary.AppendByteOrder {
	if n%2 == 0 {
		return binary.BigEndian
	}
	return binary.LittleEndian
}
