// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build nodynamic

package imagefile

import (
	"bytes"
	"image/color"
	"testing"

	"github.com/gen2brain/avif"
)

// TestEncodeAVIF_asOthersRead decodes what is only encoded here: colours and
// transparency are what they were. It is not parallel to other tests, since the
// module's encoder and decoder can't be prepared at the same time.
func TestEncodeAVIF_asOthersRead(t *testing.T) { //nolint:paralleltest // see above
	for _, colour := range []color.NRGBA{{0, 0, 0, 255}, {255, 255, 255, 255}, {200, 30, 90, 255}, {10, 200, 60, 128}} {
		derived, _ := apply(t, Transform{Width: 32, Format: FormatAVIF, Quality: 90}, even(t, 64, 64, colour))
		picture, err := avif.Decode(bytes.NewReader(derived))
		if err != nil {
			t.Fatal(err)
		}
		wantPixel(t, picture, 16, 16, colour, 3)
	}
}
