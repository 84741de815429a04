// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import "testing"

// TestProvider lives lives of the whole provider.
func TestProvider(t *testing.T) {
	t.Parallel()

	simulate(t, amountOf(t, "FLUX2_SIMULATE_PROVIDER_LIVES", amount{seeds: 10, lives: 4}), drawProviderLife, liveProvider)
}
