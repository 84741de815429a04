// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import "testing"

// TestRequests lives lives of requests alone.
func TestRequests(t *testing.T) {
	t.Parallel()
	simulate(t, amountOf(t, "FLUX2_SIMULATE_REQUESTS_LIVES", amount{seeds: 10, lives: 150}), drawRequestsLife, liveRequests)
}
