// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build bench

package provider_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
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
	table := newFigures(t)
	acctest.FloorWorkspace(t) // skips the test where there is no engine

	benchDelivery(t, table)
	benchApplies(t, table)
	benchPlans(t, table)
	benchStart(t, table)
	benchFlight(t, table)
}

// benchImages declares so many images; split says that another resource waits
// for them.
func benchImages(count int, split bool) string {
	config := fmt.Sprintf(`
resource "flux2_image" "art" {
  for_each = toset([for i in range(%d) : tostring(i)])

  prompt              = "a lighthouse at dusk"
  image_size          = "square"
  keepers             = { i = each.key }
  wait_for_completion = %t
}
`, count, !split)
	if split {
		config += `
resource "flux2_image_result" "art" {
  for_each = flux2_image.art

  request_id  = each.value.request_id
  endpoint_id = each.value.endpoint_id
}
`
	}
	return config
}

// benchApplies measures what comes on top of the floor and the model.
func benchApplies(t *testing.T, table *figures) {
	t.Helper()

	model := benchQueueTime + benchRunTime
	for _, row := range []struct {
		name      string
		images    int
		split     bool
		arguments []string
		budget    string
		// within is the budget, for what was measured and for floor and model.
		within func(measured, ideal time.Duration) bool
	}{
		{
			name: "one image, apply", images: 1,
			budget: "floor + 1.4 s + 60 ms",
			within: func(measured, ideal time.Duration) bool { return measured <= ideal+60*time.Millisecond },
		},
		{
			name: "50 images, apply, submit and wait split", images: 50, split: true,
			budget: "1.25 × (floor + 1.4 s)",
			within: func(measured, ideal time.Duration) bool { return measured <= ideal*5/4 },
		},
		{
			name: "50 images, apply, -parallelism=50", images: 50, arguments: []string{"-parallelism=50"},
			budget: "1.25 × (floor + 1.4 s)",
			within: func(measured, ideal time.Duration) bool { return measured <= ideal*5/4 },
		},
	} {
		arguments := append([]string{"apply", "-auto-approve", "-no-color"}, row.arguments...)
		config := benchImages(row.images, row.split)
		var calls int
		least := alternate(3, func() acctest.Cost {
			workspace := acctest.FloorWorkspace(t)
			workspace.Write("provider \"flux2\" {\n}\n" + config)
			return workspace.Start(arguments...).Cost()
		}, func() acctest.Cost {
			env := acctest.New(t, emulator.WithQueueTime(benchQueueTime), emulator.WithRunTime(benchRunTime), emulator.WithPainting(emulator.PaintOnDemand))
			workspace := env.Workspace(t)
			workspace.Write(env.Config(config))
			cost := workspace.Start(arguments...).Cost()
			env.ExpectSubmissions(t, row.images)
			calls = len(env.Emulator.Log())
			return cost
		}, func(least pair) bool { return row.within(least.product.Wall, least.floor.Wall+model) })

		if row.images == 1 {
			table.judge(t, "HTTP calls for one image", "–", fmt.Sprint(calls), "–", "3", calls == 3)
		}
		ideal := least.floor.Wall + model
		table.judge(t, row.name, seconds(least.floor.Wall)+" + 1.4 s", seconds(least.product.Wall),
			quotient(least.product.Wall.Seconds(), ideal.Seconds()), row.budget, row.within(least.product.Wall, ideal))
	}
}
