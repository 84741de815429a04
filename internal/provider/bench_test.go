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

// A run costs what the engine, the framework and the model take, and next to
// nothing more. The figures are ratios within one run, against a provider that
// has the same schemas and does nothing. The build tag keeps it out of other
// runs: it wants the machine for itself.
func TestAccBench(t *testing.T) {
	model := benchQueueTime + benchRunTime
	for _, row := range []struct { //nolint:paralleltest // it measures time
		name      string
		images    int
		split     bool
		arguments []string
		// budget is the allowed ratio to floor and model together, or, if
		// margin is set, the time that may come on top of them.
		budget float64
		margin time.Duration
	}{
		{name: "one image", images: 1, margin: 60 * time.Millisecond},
		{name: "50 images, submit and wait split", images: 50, split: true, budget: 1.25},
		{name: "50 images, blocking, -parallelism=50", images: 50, arguments: []string{"-parallelism=50"}, budget: 1.25},
	} {
		t.Run(row.name, func(t *testing.T) {
			config := benchImages(row.images, row.split)
			floor := best(t, row.arguments, func() (*acctest.Workspace, *acctest.Environment) {
				workspace := acctest.FloorWorkspace(t)
				workspace.Write("provider \"flux2\" {\n}\n" + config)
				return workspace, nil
			}, 0)
			measured := best(t, row.arguments, func() (*acctest.Workspace, *acctest.Environment) {
				env := acctest.New(t, emulator.WithQueueTime(benchQueueTime), emulator.WithRunTime(benchRunTime), emulator.WithPainting(emulator.PaintOnDemand))
				workspace := env.Workspace(t)
				workspace.Write(env.Config(config))
				return workspace, env
			}, row.images)

			ideal := floor + model
			over := measured - ideal
			t.Logf("%s: floor %.2f s, with the model's %.1f s %.2f s; measured %.2f s: ratio %.3f, %d ms on top",
				row.name, floor.Seconds(), model.Seconds(), ideal.Seconds(), measured.Seconds(), measured.Seconds()/ideal.Seconds(), over.Milliseconds())
			if row.margin > 0 && over > row.margin {
				t.Errorf("the budget is %d ms on top", row.margin.Milliseconds())
			}
			if row.budget > 0 && measured.Seconds() > row.budget*ideal.Seconds() {
				t.Errorf("the budget is a ratio of %.2f", row.budget)
			}
		})
	}
}

// best is the shortest of several applies from nothing: other work on the
// machine only ever adds to a time.
func best(t *testing.T, arguments []string, prepare func() (*acctest.Workspace, *acctest.Environment), submissions int) time.Duration {
	t.Helper()

	var shortest time.Duration
	for range 5 {
		workspace, env := prepare()
		began := time.Now()
		workspace.MustRun(append([]string{"apply", "-auto-approve", "-no-color"}, arguments...)...)
		took := time.Since(began)
		if env != nil {
			env.ExpectSubmissions(t, submissions)
		}
		if shortest == 0 || took < shortest {
			shortest = took
		}
	}
	return shortest
}
