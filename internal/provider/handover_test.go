// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// emulated puts a provider block with arguments of its own before a
// configuration.
func emulated(env *acctest.Environment, arguments, configuration string) string {
	return fmt.Sprintf("provider \"flux2\" {\n  emulator_url = %q\n  %s\n}\n\n%s", env.URL, arguments, configuration)
}

// unreadable keeps what became of a request from being read, as a locked
// account may.
func unreadable(routes ...emulator.Route) []emulator.Fault {
	var faults []emulator.Fault
	for _, route := range routes {
		faults = append(faults, emulator.Fault{Route: route, Status: http.StatusForbidden})
	}
	return faults
}

// before checks what stands in state at the time of a plan.
type before map[string]any

func (want before) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	for _, change := range req.Plan.ResourceChanges {
		if change.Address != art {
			continue
		}
		stands, _ := change.Change.Before.(map[string]any)
		for attribute, value := range want {
			if stands[attribute] != value {
				resp.Error = fmt.Errorf("%s is %v in state, want %v", attribute, stands[attribute], value)
			}
		}
		return
	}
	resp.Error = fmt.Errorf("%s is not in the plan", art)
}

func expectCancellations(t *testing.T, env *acctest.Environment, outcomes ...string) {
	t.Helper()

	var got []string
	for _, cancellation := range env.Emulator.Cancellations() {
		got = append(got, cancellation.Outcome)
	}
	if strings.Join(got, " ") != strings.Join(outcomes, " ") {
		t.Errorf("cancellations ended with %v, want %v", got, outcomes)
	}
}

// complete is what an image has that was generated for this configuration.
func complete() []statecheck.StateCheck {
	return []statecheck.StateCheck{
		expect("status", knownvalue.StringExact("COMPLETED")),
		expect("url", knownvalue.NotNull()),
		expect("error", knownvalue.Null()),
		expect("adopted", knownvalue.Bool(false)),
		expect("wait_abandoned", knownvalue.Bool(false)),
	}
}

// A create that gave up on a request it has paid for leaves a tainted object.
// The replacement takes the request over, whether it has finished in the
// meantime or not.
func TestAccHandover_abandonedRequestIsPaidOnce(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		faults []emulator.Fault
		// finished says that the request is over when the next run begins.
		finished bool
	}{
		"still running":                 {faults: unreadable(emulator.RouteStream, emulator.RouteStatus)},
		"finished in the meantime":      {faults: unreadable(emulator.RouteStream, emulator.RouteStatus), finished: true},
		"finished but result not given": {faults: unreadable(emulator.RouteResult, emulator.RouteHistory), finished: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			clock := emulator.NewFakeClock(time.Now())
			run := time.Hour
			if test.finished {
				run = 0
			}
			env := acctest.New(t, emulator.WithClock(clock), emulator.WithRunTime(run), emulator.WithFaults(test.faults...))
			config := env.Config(image(lighthouse))
			env.TestAcc(t, 1, resource.TestCase{Steps: []resource.TestStep{
				{
					Config: config,
					ExpectError: saidInOrder("Image Not Collected", "fal accepted request", "User is locked", "fal has locked the account",
						"Apply again to collect the image; nothing is submitted or paid a second time"),
				},
				{
					PreConfig: func() {
						env.Emulator.ClearFaults()
						go func() {
							followed := following(env)
							if env.Emulator.WaitFor(t.Context(), func() bool { return following(env) > followed }) == nil {
								clock.Advance(time.Hour)
							}
						}()
					},
					Config: config,
					ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(art, plancheck.ResourceActionDestroyBeforeCreate),
						before{"wait_abandoned": true},
					}},
					ConfigStateChecks: complete(),
				},
				emptyPlan(config),
			}})
			expectCancellations(t, env)
		})
	}
}

// Who asks for something else in the meantime gets that, and pays for it.
func TestHandover_changedInputIsAnotherRequest(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(unreadable(emulator.RouteResult, emulator.RouteHistory)...))
	env.Test(t, 2, resource.TestCase{Steps: []resource.TestStep{
		{Config: env.Config(image(lighthouse)), ExpectError: said("Image Not Collected")},
		{
			PreConfig:         env.Emulator.ClearFaults,
			Config:            env.Config(image(lighthouse, `guidance_scale = 3`)),
			ConfigStateChecks: complete(),
		},
	}})
}

// Under create_before_destroy, no deletion hands an abandoned request over in
// time: the journal does.
func TestAccHandover_underCreateBeforeDestroy(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(unreadable(emulator.RouteStream, emulator.RouteStatus)...))
	config := env.Config(image(lighthouse, "lifecycle {\n    create_before_destroy = true\n  }"))
	env.TestAcc(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ExpectError: said("Image Not Collected")},
		{
			PreConfig:         env.Emulator.ClearFaults,
			Config:            config,
			ConfigPlanChecks:  plans(plancheck.ResourceActionCreateBeforeDestroy),
			ConfigStateChecks: append(complete(), expect("adopted", knownvalue.Bool(false))),
		},
		emptyPlan(config),
	}})
	expectCancellations(t, env)
}

// An abandoned request that nothing takes over is cancelled like any other that
// has not finished.
func TestHandover_destroyedRequestIsCancelled(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		queue   time.Duration
		outcome string
	}{
		"queued":  {time.Hour, "OK"},
		"running": {0, "CANCELLATION_REQUESTED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithQueueTime(test.queue), emulator.WithRunTime(time.Hour),
				emulator.WithFaults(unreadable(emulator.RouteStream, emulator.RouteStatus)...))
			config := env.Config(image(lighthouse))
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
				{Config: config, ExpectError: said("Image Not Collected")},
				{Config: config, Destroy: true},
			}})
			expectCancellations(t, env, test.outcome)
		})
	}
}

// -replace means a new image, not the old one once more, even where requests
// are reused.
func TestAccHandover_healthyImageIsReplacedByAnother(t *testing.T) {
	t.Parallel()

	for name, arguments := range map[string]string{"by itself": "", "where requests are reused": `reuse_requests_within = "1d"`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			workspace := env.Workspace(t)
			workspace.Write(emulated(env, arguments, image(lighthouse)))
			workspace.MustRun("apply", "-auto-approve", "-no-color")
			first := workspace.State()[art].AttributeValues["request_id"]
			workspace.MustRun("apply", "-auto-approve", "-no-color", "-replace="+art)
			if second := workspace.State()[art].AttributeValues["request_id"]; second == first || second == nil {
				t.Errorf("the request was %v before and %v after", first, second)
			}
			env.ExpectSubmissions(t, 2)
		})
	}
}

// Who untaints the object instead keeps it, and the next run collects.
func TestAccHandover_untaintedObjectIsCollectedInPlace(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(unreadable(emulator.RouteStream, emulator.RouteStatus)...))
	workspace := env.Workspace(t)
	workspace.Write(env.Config(image(lighthouse) + `
resource "terraform_data" "page" {
  input = "picture at ${flux2_image.art.url}"
}
`))
	if code, output := workspace.Run("apply", "-auto-approve", "-no-color"); code != 1 || !strings.Contains(output, "Image Not Collected") {
		t.Fatalf("ended with %d:\n%s", code, output)
	}
	abandoned := workspace.State()[art]
	if abandoned == nil || !abandoned.Tainted || abandoned.AttributeValues["wait_abandoned"] != true {
		t.Fatalf("the state has %+v", abandoned)
	}

	env.Emulator.ClearFaults()
	workspace.MustRun("untaint", art)
	output := workspace.MustRun("apply", "-auto-approve", "-no-color")
	if !strings.Contains(output, "0 destroyed") {
		t.Errorf("said\n%s", output)
	}
	collected := workspace.State()
	url, _ := collected[art].AttributeValues["url"].(string)
	if url == "" || collected["terraform_data.page"].AttributeValues["output"] != "picture at "+url {
		t.Errorf("the URL is %q, and the page says %v", url, collected["terraform_data.page"].AttributeValues["output"])
	}
	if code, output := workspace.Run("plan", "-detailed-exitcode", "-no-color"); code != 0 {
		t.Errorf("the next plan is not empty (%d):\n%s", code, output)
	}
	// It is as healthy as any other now.
	workspace.MustRun("apply", "-auto-approve", "-no-color", "-replace="+art)
	env.ExpectSubmissions(t, 2)
}

// Create's own deadline is for fal's queue: what has not started by then is
// taken back.
func TestCreateTimeout_queuedRequestIsCancelled(t *testing.T) {
	t.Parallel()

	slow := emulator.Duration(time.Hour)
	env := acctest.New(t, emulator.WithFaults(emulator.Fault{Route: emulator.RouteSubmit, Times: 1, Job: &emulator.JobFault{QueueTime: &slow}}))
	config := env.Config(image(lighthouse, `timeouts = { create = "1s" }`))
	env.Test(t, 2, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: config,
			ExpectError: saidInOrder("Image Generation Timed Out", "had not started request", "was cancelled in the queue; it is not billed",
				"Apply again later", `To allow more time, set timeouts = { create = "2s" }`),
		},
		{Config: config, ConfigPlanChecks: plans(plancheck.ResourceActionCreate), ConfigStateChecks: complete()},
	}})
	expectCancellations(t, env, "OK")
}

// To give up on a running request saves nothing, so it is waited for.
func TestCreateTimeout_runningRequestIsWaitedFor(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithRunTime(2*time.Second))
	config := env.Config(image(lighthouse, `timeouts = { create = "1s" }`))
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ConfigStateChecks: complete()},
		emptyPlan(config),
	}})
	expectCancellations(t, env)
}

// A cancellation that fal does not confirm may come too late: then the request
// stays, and is waited for.
func TestCreateTimeout_cancellationTooLate(t *testing.T) {
	t.Parallel()

	queue := emulator.Duration(3 * time.Second)
	env := acctest.New(t, emulator.WithFaults(
		emulator.Fault{Route: emulator.RouteSubmit, Times: 1, Job: &emulator.JobFault{QueueTime: &queue}},
		emulator.Fault{Route: emulator.RouteCancel, Status: http.StatusBadRequest, Body: ptr(`{"status":"ALREADY_COMPLETED"}`)},
	))
	config := env.Config(image(lighthouse, `timeouts = { create = "1s" }`))
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ConfigStateChecks: complete()},
		emptyPlan(config),
	}})
}

// A request that somebody else may have made is never cancelled, not even when
// it was given up, handed over and destroyed.
func TestHandover_adoptedRequestStaysAdopted(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithHistory(emulator.History{ListsUnstarted: true}))
	seedLighthouse(t, env, emulator.SeededRequest{QueueTime: time.Hour})
	config := emulated(env, `reuse_requests_within = "1d"`, image(lighthouse, `timeouts = { create = "1s" }`))
	given := saidInOrder("Image Not Collected", "fal had not started the request by the end of the timeout")
	stands := resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
		before{"wait_abandoned": true, "adopted": true, "request_id": knownRequest},
	}}
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ExpectError: given},
		{Config: config, ExpectError: given, ConfigPlanChecks: stands},
		{Config: config, ExpectError: given, ConfigPlanChecks: stands},
	}})
	expectCancellations(t, env)
}
