// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build !nodynamic

// The encoders of WebP and AVIF would look for libraries of this machine while
// the program starts, and use them: other versions, other bytes. Only the build
// tag keeps them from that, so without it they aren't built in.

package imagefile

import (
	"image"
	"io"
)

// The modules of the encoders: none.
const encoderWebP, encoderAVIF = "", ""

// CheckEncoder tells whether this program can write the format; the error is an
// ErrNoEncoder.
func CheckEncoder(format string) error {
	if format != FormatWebP && format != FormatAVIF {
		return nil
	}
	return fail(ErrNoEncoder, "this provider was built without its encoder for %s; build it with the tag nodynamic (go build -tags nodynamic, or make build), or take a released one", format)
}

func encodeWebP(io.Writer, *image.NRGBA, int) error { return CheckEncoder(FormatWebP) }

func encodeAVIF(io.Writer, *image.RGBA, int) error { return CheckEncoder(FormatAVIF) }
