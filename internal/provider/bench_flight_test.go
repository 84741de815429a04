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

// benchFlight measures the memory of a provider that waits for 200 images at
// the same time. The emulator's clock stands still until all are waited for.
func benchFlight(t *testing.T, table *figures) {
	t.Helper()

	const images = 200
	arguments := []string{"apply", "-auto-approve", "-no-color", fmt.Sprintf("-parallelism=%d", images)}
	idle := acctest.FloorWorkspace(t)
	idle.Write("provider \"flux2\" {\n}\n" + benchMany(images))
	floor := idle.Start(arguments...).Cost()

	clock := emulator.NewFakeClock(time.Now())
	env := acctest.New(t, emulator.WithClock(clock), emulator.WithRunTime(time.Second), emulator.WithPainting(emulator.PaintOnDemand))
	workspace := env.Workspace(t)
	workspace.Write(env.Config(benchMany(images)))
	run := workspace.Start(arguments...)
	if err := env.Emulator.WaitFor(run.Context(), func() bool { return len(env.Emulator.LogOf(emulator.RouteStream)) == images }); err != nil {
		_, output := run.Wait()
		t.Fatalf("not all are waited for at once:\n%s", output)
	}
	clock.Advance(2 * time.Second)
	measured := run.Cost()
	env.ExpectSubmissions(t, images)
	table.tell("memory of the provider, 200 creates in flight", megabytes(floor.Memory), megabytes(measured.Memory),
		quotient(float64(measured.Memory), float64(floor.Memory)))
	table.tell("apply of these 200, CPU of engine and provider", seconds(floor.CPU), seconds(measured.CPU),
		quotient(measured.CPU.Seconds(), floor.CPU.Seconds()))
}
