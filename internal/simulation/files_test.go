// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import "testing"

// TestFiles lives lives of image files.
func TestFiles(t *testing.T) {
	t.Parallel()

	simulate(t, amountOf(t, "FLUX2_SIMULATE_FILES_LIVES", amount{seeds: 10, lives: 5}), drawFilesLife, liveFiles)
}
