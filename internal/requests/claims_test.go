// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package requests

import "testing"

// What a request is to this process decides who may have it, and whether the
// image that is deleted lets go of it.
func TestClaims(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		whose claim
		// free says whether another image may take it, releases whether a healthy
		// image that is deleted lets go of it, and a given up one.
		free, releases, releasesGivenUp bool
		// givenUp is what it is once a state shows it as given up.
		givenUp claim
	}{
		"unknown":         {unclaimed, true, true, true, givenUp},
		"submitted here":  {submitted, false, true, true, givenUp},
		"taken here":      {taken, false, false, false, givenUp},
		"given up":        {givenUp, true, true, true, givenUp},
		"in state":        {inState, false, true, false, inState},
		"of what is gone": {released, false, true, true, released},
	} {
		held := func() *claims { return &claims{of: map[string]claim{"a": test.whose}} }
		if got := held().free("a"); got != test.free {
			t.Errorf("%s: free is %t", name, got)
		}
		c := held()
		if got := c.take("a"); got != test.free || got && c.of["a"] != taken || !got && c.of["a"] != test.whose {
			t.Errorf("%s: taking is %t, and leaves %d", name, got, c.of["a"])
		}
		for wasGivenUp, want := range map[bool]bool{false: test.releases, true: test.releasesGivenUp} {
			c := held()
			if got := c.release("a", wasGivenUp); got != want || got && c.of["a"] != released || !got && c.of["a"] != test.whose {
				t.Errorf("%s: releasing, given up %t, is %t, and leaves %d", name, wasGivenUp, got, c.of["a"])
			}
		}
		c = held()
		if got := c.giveUp("a"); c.of["a"] != test.givenUp || got != (test.givenUp == givenUp) {
			t.Errorf("%s: shown as given up, it is %d", name, c.of["a"])
		}
		if c.set("a", inState); c.of["a"] != inState || c.free("a") {
			t.Errorf("%s: shown in state, it is %d", name, c.of["a"])
		}
	}
}
