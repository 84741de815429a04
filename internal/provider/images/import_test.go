// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import "testing"

func TestSplitImportID(t *testing.T) {
	t.Parallel()

	for id, want := range map[string][2]string{
		"abc":                        {"", "abc"},
		" abc\n":                     {"", "abc"},
		"fal-ai/flux-2-dev/abc":      {"fal-ai/flux-2-dev", "abc"},
		"fal-ai/flux-2/lora/abc":     {"fal-ai/flux-2/lora", "abc"},
		"workflows/me/some/path/abc": {"workflows/me/some/path", "abc"},
		"fal-ai/flux-2-dev/":         {"fal-ai/flux-2-dev", ""},
		"":                           {"", ""},
	} {
		endpointID, requestID := splitImportID(id)
		if endpointID != want[0] || requestID != want[1] {
			t.Errorf("%q: %q and %q", id, endpointID, requestID)
		}
	}
}
