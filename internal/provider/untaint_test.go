// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"net/http"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// An image that was given up and untainted, as its error says, and of which fal
// has made nothing: the run that finds that out fails, and the next one makes it
// anew. No run after that finds an image that was given up.
func TestUntaint_failedRequestIsMadeAnew(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(
		emulator.Fault{Times: 1, Job: &emulator.JobFault{ErrorType: "internal_error"}},
		emulator.Fault{Route: emulator.RouteHistory, Status: http.StatusServiceUnavailable},
	))
	onClock(env, acctest.NewClock(untilSilence))
	config := env.Config(image(lighthouse))
	running := env.Engine(t)
	if err := running.Run(t.Context(), config, engine.PlanOptions{}).Err(); err == nil || !saidInOrder("Image Not Collected").MatchString(err.Error()) {
		t.Fatalf("the first run says %v", err)
	}
	env.Emulator.ClearFaults()
	if !running.Untaint(art) {
		t.Fatal("there is no image to untaint")
	}
	if err := running.Run(t.Context(), config, engine.PlanOptions{}).Err(); err == nil || !saidInOrder("Image Generation Failed", "Apply again").MatchString(err.Error()) {
		t.Fatalf("the second run says %v", err)
	}
	env.ExpectSubmissions(t, 1)
	running.MustApply(config)
	if values := running.Objects()[art].AttributeValues; values["url"] == nil || values["wait_abandoned"] != false {
		t.Errorf("the state has %v", values)
	}
	env.ExpectSubmissions(t, 2)
}
