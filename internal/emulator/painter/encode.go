// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"github.com/HugoSmits86/nativewebp"
)

// jpegQuality is high enough that the artefacts of the format do not show.
const jpegQuality = 95

// Encode writes img in a format, one of "png", "jpeg" and "webp", with the same
// bytes every time. WebP is lossless. Another format is an error.
func Encode(w io.Writer, img image.Image, format string) error {
	switch format {
	case "png":
		encoder := png.Encoder{CompressionLevel: png.BestSpeed}
		return encoder.Encode(w, img)
	case "jpeg":
		return jpeg.Encode(w, img, &jpeg.Options{Quality: jpegQuality})
	case "webp":
		// The encoder doesn't look whether its writes succeed: give it memory.
		var buffer bytes.Buffer
		if err := nativewebp.Encode(&buffer, img, nil); err != nil {
			return err
		}
		_, err := buffer.WriteTo(w)
		return err
	default:
		return fmt.Errorf("no encoder for the image format %q: png, jpeg and webp are known", format)
	}
}
