// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"image"
	"image/jpeg"
	"image/png"
	"io"
)

// encode writes a picture in a format for which CheckEncoder had no objection.
func encode(w io.Writer, picture *image.NRGBA, format string, quality int) error {
	switch format {
	case FormatPNG:
		return png.Encode(w, picture)
	case FormatJPEG:
		return jpeg.Encode(w, onWhite(picture), &jpeg.Options{Quality: quality})
	case FormatWebP:
		return encodeWebP(w, picture, quality)
	case FormatAVIF:
		return encodeAVIF(w, withAlpha(picture), quality)
	}
	return fail(ErrNoEncoder, "there is no format %q; the formats are png, jpeg, webp and avif", format)
}

// onWhite lays the picture on a white ground, in its own pixels. The values are
// mixed as they are encoded, which is what browsers do.
func onWhite(picture *image.NRGBA) *image.RGBA {
	pix := picture.Pix
	for i := 0; i < len(pix); i += channels {
		alpha := uint32(pix[i+3])
		for c := range 3 {
			pix[i+c] = uint8((uint32(pix[i+c])*alpha + 255*(255-alpha) + 127) / 255) //nolint:gosec // a mean of 8-bit values
		}
		pix[i+3] = 255
	}
	return &image.RGBA{Pix: pix, Stride: picture.Stride, Rect: picture.Rect}
}

// withAlpha multiplies the colours with alpha, in the picture's own pixels.
func withAlpha(picture *image.NRGBA) *image.RGBA {
	pix := picture.Pix
	for i := 0; i < len(pix); i += channels {
		alpha := uint32(pix[i+3])
		for c := range 3 {
			pix[i+c] = uint8((uint32(pix[i+c])*alpha + 127) / 255) //nolint:gosec // not more than it was
		}
	}
	return &image.RGBA{Pix: pix, Stride: picture.Stride, Rect: picture.Rect}
}
