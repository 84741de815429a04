// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build !nodynamic

package imagefile

import (
	"errors"
	"testing"
)

func TestCheckEncoder_withoutTag(t *testing.T) {
	t.Parallel()

	for _, format := range []string{FormatWebP, FormatAVIF} {
		_, err := Transform{Width: 10, Format: format}.Apply(t.Context(), testPicture(t, "photo.jpg"))
		if !errors.Is(err, ErrNoEncoder) || !errors.Is(CheckEncoder(format), ErrNoEncoder) {
			t.Errorf("%s: %v", format, err)
			continue
		}
		wantText(t, err, format, "-tags nodynamic", "make build")
	}
	for _, format := range []string{FormatPNG, FormatJPEG} {
		if _, err := (Transform{Width: 10, Format: format}).Apply(t.Context(), testPicture(t, "photo.jpg")); err != nil {
			t.Errorf("%s: %v", format, err)
		}
	}
}
