// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"runtime"
	"testing"
)

// largest is a JPEG of 2048 × 2048 pixels, FLUX.2's largest, with detail of every
// size.
func largest(b *testing.B) []byte {
	b.Helper()
	picture := image.NewNRGBA(image.Rect(0, 0, 2048, 2048))
	for y := range 2048 {
		for x := range 2048 {
			wave := (x*x + y*y) >> 11
			picture.SetNRGBA(x, y, color.NRGBA{uint8(wave), uint8(x >> 3), uint8(y>>3 ^ wave&15), 255}) //nolint:gosec // any colour
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, picture, &jpeg.Options{Quality: 90}); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

// BenchmarkTransform makes what a site wants of the largest picture: all of it in
// each format, and a card. An encoder is compiled once in the life of a process,
// which "first" has in it.
func BenchmarkTransform(b *testing.B) {
	source := largest(b)
	for _, run := range []struct {
		name      string
		transform Transform
	}{
		{"2048x2048/avif/first", Transform{Format: FormatAVIF}},
		{"2048x2048/avif", Transform{Format: FormatAVIF}},
		{"2048x2048/webp/first", Transform{Format: FormatWebP}},
		{"2048x2048/webp", Transform{Format: FormatWebP}},
		{"2048x2048/png", Transform{Format: FormatPNG}},
		{"1200x630/jpeg", Transform{Width: 1200, Height: 630}},
		{"640x640/avif", Transform{Width: 640, Format: FormatAVIF}},
		{"640x640/webp", Transform{Width: 640, Format: FormatWebP}},
	} {
		b.Run(run.name, func(b *testing.B) {
			if err := CheckEncoder(run.transform.Format); err != nil {
				b.Skip(err)
			}
			var size int
			for b.Loop() {
				derived, err := run.transform.Apply(b.Context(), source)
				if err != nil {
					b.Fatal(err)
				}
				size = len(derived)
			}
			b.ReportMetric(float64(size)/1000, "kB")
			var memory runtime.MemStats
			runtime.ReadMemStats(&memory)
			b.ReportMetric(float64(memory.Sys)/1e6, "MB-of-process")
		})
	}
}
