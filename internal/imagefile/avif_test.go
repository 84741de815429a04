// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

func box(kind string, contents ...[]byte) []byte {
	content := slices.Concat(contents...)
	b := binary.BigEndian.AppendUint32(nil, uint32(len(content)+8)) //nolint:gosec // it is short
	return append(append(b, kind...), content...)
}

func size32(numbers ...uint32) []byte {
	var b []byte
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return b
}

// avifHeader is all of an AVIF file but its pixels: two items, of which the second
// is the picture, and the first its thumbnail.
func avifHeader(width, height uint32, pixels ...byte) []byte {
	return slices.Concat(
		box("ftyp", []byte("avif\x00\x00\x00\x00mif1miaf")),
		box("meta", size32(0),
			box("hdlr", make([]byte, 24)),
			box("pitm", size32(0), []byte{0, 2}),
			box("iprp",
				box("ipco", box("ispe", size32(0, 8, 6)), box("pixi", size32(0)), box("ispe", size32(0, width, height))),
				box("ipma", size32(0, 2), []byte{0, 1, 1, 1, 0, 2, 2, 2, 0x83}))),
		box("mdat", pixels))
}

func TestIsAVIF(t *testing.T) {
	t.Parallel()

	for start, want := range map[string]bool{
		"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1miaf": true,
		"\x00\x00\x00\x18ftypavis\x00\x00\x00\x00msf1miaf": true,
		"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00miafavif": true,
		"\x00\x00\x00\x14ftypheic\x00\x00\x00\x00mif1":     false,
		"\x00\x00\x00\x14ftypmif1\x00\x00\x00\x00heicavif": false, // behind the box
		"\x00\x00\x00\x14ftypheicavif....":                 false, // the version
		"\x00\x00\x00\x18moovavif\x00\x00\x00\x00mif1miaf": false,
		"ftypavif": false,
		"":         false,
	} {
		if got := isAVIF([]byte(start)); got != want {
			t.Errorf("%q: %v", start, got)
		}
	}
}

func TestInspect_avif(t *testing.T) {
	t.Parallel()

	// One that an encoder wrote.
	info, err := copyImage(io.Discard, bytes.NewReader(testPicture(t, "photo.avif")), "image/avif", DefaultMaxBytes)
	if err != nil || info.ContentType != "image/avif" || info.Width != 144 || info.Height != 96 {
		t.Errorf("%+v, %v", info, err)
	}
	for name, content := range map[string][]byte{
		"as usual":              avifHeader(2048, 1024),
		"pixels first":          slices.Insert(avifHeader(2048, 1024), 24, box("mdat", make([]byte, 5000))...),
		"a box of 64-bit size":  slices.Insert(avifHeader(2048, 1024), 24, append(size32(1), "free\x00\x00\x00\x00\x00\x00\x00\x14...."...)...),
		"a box to the end":      append(avifHeader(2048, 1024), "\x00\x00\x00\x00mdat........"...),
		"long numbers of items": slices.Concat(box("ftyp", []byte("avif\x00\x00\x00\x00")), box("meta", size32(0), box("pitm", size32(1<<24, 70000)), box("iprp", box("ipco", box("ispe", size32(0, 2048, 1024))), box("ipma", size32(1<<24|1, 1, 70000), []byte{1, 0x80, 1})))),
	} {
		info, err := copyImage(io.Discard, bytes.NewReader(content), "", DefaultMaxBytes)
		if err != nil || info.Width != 2048 || info.Height != 1024 {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
	}
}

func TestInspect_damagedAVIF(t *testing.T) {
	t.Parallel()

	start := box("ftyp", []byte("avif\x00\x00\x00\x00"))
	for name, content := range map[string][]byte{
		"nothing but brands":    start,
		"no items":              append(start, box("meta", size32(0))...),
		"cut":                   avifHeader(2048, 1024)[:100],
		"a size of zero":        avifHeader(0, 1024),
		"a size below zero":     avifHeader(math.MaxUint32, 1024),
		"a box of 7 bytes":      append(start, "\x00\x00\x00\x07meta"...),
		"a box below zero":      append(start, append(size32(1), "free\xff\xff\xff\xff\xff\xff\xff\xff"...)...),
		"a huge part on items":  append(start, append(size32(1<<30), "meta"...)...),
		"properties by the way": append(start, box("meta", size32(0), box("iprp", box("ipco", box("ispe", size32(0, 9, 9))), box("ipma", size32(0, math.MaxUint32))))...),
	} {
		var err error
		if allocated := allocation(func() {
			_, err = copyImage(io.Discard, bytes.NewReader(content), "image/avif", DefaultMaxBytes)
		}); allocated > 64 { // beside what other tests do
			t.Errorf("%s: it took %d MB", name, allocated)
		}
		if !errors.Is(err, ErrNotAnImage) || isPassing(err) || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzDecodeAVIFConfig: whatever the bytes, it ends, and a size is one.
func FuzzDecodeAVIFConfig(f *testing.F) {
	f.Add(avifHeader(40, 30))
	f.Add(testPicture(f, "photo.avif"))
	f.Fuzz(func(t *testing.T, content []byte) {
		config, err := decodeAVIFConfig(bytes.NewReader(content))
		if err == nil && (config.Width < 0 || config.Height < 0 || config.ColorModel == nil) {
			t.Errorf("%+v", config)
		}
	})
}
