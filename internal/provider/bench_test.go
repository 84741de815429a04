// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build bench

package provider_test

import (
	"testing"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
)

// What the emulated model takes for one image.
const (
	benchQueueTime = 200 * time.Millisecond
	benchRunTime   = 1200 * time.Millisecond
)

// A run costs what the engine, the framework and the model take, and next to
// nothing more. The figures are ratios within one run, against a provider that
// has the same schemas and does nothing. The build tag keeps it out of other
// runs: it wants the machine for itself.
func TestAccBench(t *testing.T) { //nolint:paralleltest // it measures time
	acctest.FloorWorkspace(t) // skips the test where there is no engine
	t.Run("applies", benchRuns)
	t.Run("parts", func(t *testing.T) {
		table := newFigures(t, "figure", "floor", "measured", "ratio", "budget", "ok")
		benchDelivery(t, table)
		benchPlans(t, table)
		benchStart(t, table)
		benchFlight(t, table)
	})
}
