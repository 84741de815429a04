// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build nodynamic

package imagefile

import (
	"image"
	"io"

	"github.com/gen2brain/avif"
	"github.com/gen2brain/webp"
)

// The modules of the encoders, with their versions in go.mod.
const (
	encoderWebP = " webp v0.5.5"
	encoderAVIF = " avif v0.4.4"
)

// CheckEncoder tells whether this program can write the format; the error is an
// ErrNoEncoder.
func CheckEncoder(string) error { return nil }

func encodeWebP(w io.Writer, picture *image.NRGBA, quality int) error {
	return webp.Encode(w, picture, webp.Options{Quality: quality, Method: webp.DefaultMethod})
}

func encodeAVIF(w io.Writer, picture *image.RGBA, quality int) error {
	return avif.Encode(w, picture, avif.Options{
		Quality: quality, QualityAlpha: quality, Speed: avif.DefaultSpeed, ChromaSubsampling: image.YCbCrSubsampleRatio420,
	})
}
