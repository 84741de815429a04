// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import "testing"

func TestTransform_Size(t *testing.T) {
	t.Parallel()

	for _, test := range []struct {
		transform     Transform
		width, height int
		want          [2]int
	}{
		{Transform{}, 1792, 768, [2]int{1792, 768}},
		// One side keeps the ratio: 640 × 768 / 1792 = 274.29.
		{Transform{Width: 640}, 1792, 768, [2]int{640, 274}},
		{Transform{Height: 274}, 1792, 768, [2]int{639, 274}},
		// Halves are rounded up, and nothing vanishes.
		{Transform{Width: 1}, 2, 3, [2]int{1, 2}},
		{Transform{Width: 1}, 2, 1, [2]int{1, 1}},
		{Transform{Width: 10}, 65535, 1, [2]int{10, 1}},
		{Transform{Height: 10}, 1, 65535, [2]int{1, 10}},
		// Nothing is enlarged unless that is asked for.
		{Transform{Width: 2000}, 1792, 768, [2]int{1792, 768}},
		{Transform{Height: 800}, 1792, 768, [2]int{1792, 768}},
		{Transform{Width: 2688, Enlarge: true}, 1792, 768, [2]int{2688, 1152}},
		{Transform{Width: 8192, Enlarge: true}, 1, 65535, [2]int{8192, 536862720}},
		// A box is filled,
		{Transform{Width: 1200, Height: 630}, 1792, 768, [2]int{1200, 630}},
		{Transform{Width: 1200, Height: 630, Fit: FitCover}, 1792, 768, [2]int{1200, 630}},
		{Transform{Width: 1200, Height: 630, Fit: FitFill}, 1792, 768, [2]int{1200, 630}},
		// or as much of it as the picture's ratio allows.
		{Transform{Width: 1200, Height: 630, Fit: FitContain}, 1792, 768, [2]int{1200, 514}},
		{Transform{Width: 1200, Height: 400, Fit: FitContain}, 1792, 768, [2]int{933, 400}},
		{Transform{Width: 4000, Height: 4000, Fit: FitContain}, 1792, 768, [2]int{1792, 768}},
		{Transform{Width: 4000, Height: 4000, Fit: FitContain, Enlarge: true}, 1792, 768, [2]int{4000, 1714}},
		// A box that is larger than the picture shrinks in its own ratio.
		{Transform{Width: 2000, Height: 1000}, 1792, 768, [2]int{1536, 768}},
		{Transform{Width: 2000, Height: 500}, 1792, 768, [2]int{1792, 448}},
		{Transform{Width: 100, Height: 1000}, 1792, 768, [2]int{77, 768}},
		{Transform{Width: 1000, Height: 1000, Fit: FitFill}, 500, 2000, [2]int{500, 500}},
		{Transform{Width: 2000, Height: 1000, Enlarge: true}, 1792, 768, [2]int{2000, 1000}},
		{Transform{Width: 8192, Height: 8192}, 65535, 1, [2]int{1, 1}},
		// Nothing is known of such a picture.
		{Transform{Width: 10}, 0, 5, [2]int{0, 5}},
	} {
		width, height := test.transform.Size(test.width, test.height)
		if got := [2]int{width, height}; got != test.want {
			t.Errorf("%+v makes %d × %d into %v, want %v", test.transform, test.width, test.height, got, test.want)
		}
	}
}
