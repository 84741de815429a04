// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package attributes

import "testing"

// FuzzDuration reads durations. What is shown for one is the same duration.
func FuzzDuration(f *testing.F) {
	for _, text := range []string{"90s", "1h30m", "7d", "1d12h", "d", "-1d", "1d-1h", "65535d", "65535d2562047h", "1e9d", "0.5d", "1d1d"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		duration, err := ParseDuration(text)
		if err != nil || duration < 0 {
			return
		}
		if again, err := ParseDuration(ShowDuration(duration)); err != nil || again != duration {
			t.Errorf("%q is %s, and that is %s (%v)", text, ShowDuration(duration), again, err)
		}
	})
}
