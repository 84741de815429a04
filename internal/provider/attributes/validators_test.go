// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package attributes

import "testing"

func TestNearestTo(t *testing.T) {
	t.Parallel()

	sizes := []string{"square_hd", "square", "portrait_4_3", "portrait_16_9", "landscape_4_3", "landscape_16_9"}
	for value, want := range map[string]string{
		"landscape-4-3": "landscape_4_3",
		"Square":        "square",
		"landscape_169": "landscape_16_9",
		"potrait_4_3":   "portrait_4_3",
		"panorama":      "",
		"":              "",
	} {
		if got := nearestTo(value, sizes); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
}
