// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// secondLost has the reply to the second submission lost.
func secondLost() emulator.Fault {
	second := lost
	second.Skip = 1
	return second
}

// A reply is lost just after an equal image was made with another alias. Each
// image has a request of its own.
func TestEvidence_lostBesideAnotherAlias(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(secondLost()))
	config := env.Config(fmt.Sprintf("provider \"flux2\" {\n  alias = \"other\"\n  emulator_url = %q\n}\n", env.URL) +
		image(lighthouse, "depends_on = [flux2_image.other]") +
		"resource \"flux2_image\" \"other\" {\n  provider = flux2.other\n  " + lighthouse + "\n}\n")
	env.Test(t, 2, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ConfigStateChecks: []statecheck.StateCheck{
			statecheck.CompareValuePairs(art, at("request_id"), "flux2_image.other", at("request_id"), compare.ValuesDiffer()),
		}},
		emptyPlan(config),
	}})
	sent(t, env, 2)
}

// The reply of a replacement is lost, while its predecessor has sent the same.
func TestEvidence_lostBesideThePredecessor(t *testing.T) {
	t.Parallel()

	for _, ago := range []time.Duration{2 * time.Second, time.Minute} {
		t.Run(ago.String(), func(t *testing.T) {
			t.Parallel()

			env, clock := onSteppedClock(t, emulator.WithFaults(secondLost()))
			clock.flow()
			running := env.Engine(t)
			config := func(edition int) string {
				return env.Config(image(lighthouse, "seed = 7", fmt.Sprintf("keepers = { edition = %d }", edition), "lifecycle {\n    create_before_destroy = true\n  }"))
			}
			running.MustApply(config(1))
			predecessor := running.Objects()[art].AttributeValues["request_id"]
			clock.Advance(ago)
			running.MustApply(config(2))
			sent(t, env, 2)
			env.ExpectSubmissions(t, 2)
			if values := running.Objects()[art].AttributeValues; values["request_id"] == predecessor || values["url"] == nil {
				t.Errorf("the replacement has %v", values)
			}
			if plan, _ := running.MustPlan(config(2), engine.PlanOptions{}); !plan.Empty() {
				t.Errorf("the plan is %s", plan)
			}
		})
	}
}

// Results are dated when the work began, which is not the time at fal. A reply
// that is lost after one isn't looked for among the requests of that time.
func TestEvidence_lostAfterADateOfThePast(t *testing.T) {
	t.Parallel()

	for name, arrived := range map[string]bool{"arrived": true, "not arrived": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env, clock := onSteppedClock(t, emulator.WithEveryJob(emulator.JobFault{ResultDate: "-30m"}), emulator.WithFaults(
				emulator.Fault{Route: emulator.RouteSubmit, Skip: 1, ResetAfter: arrived, ResetBefore: !arrived}))
			clock.flow()
			stranger := seedLighthouse(t, env, emulator.SeededRequest{Input: sentLighthouse(t), SentAt: clock.Now().Add(-29 * time.Minute)})
			running := env.Engine(t)
			diags := running.Run(t.Context(), env.Config(image(lighthouse, "depends_on = [flux2_image.first]")+
				"resource \"flux2_image\" \"first\" {\n  prompt = \"a heron\"\n}\n"), engine.PlanOptions{})
			own := running.Objects()[art]
			if !arrived {
				if own != nil || !said("Submission Outcome Unknown").MatchString(diags.String()) {
					t.Errorf("the state has %+v, and the run said %s", own, diags)
				}
				env.ExpectSubmissions(t, 1)
				return
			}
			env.ExpectSubmissions(t, 2)
			if err := diags.Err(); err != nil {
				t.Fatal(err)
			}
			if id := own.AttributeValues["request_id"]; id == stranger || id != env.Emulator.Submissions()[1].RequestID {
				t.Errorf("the image has request %s, its own is %s", id, env.Emulator.Submissions()[1].RequestID)
			}
		})
	}
}

// What one refresh does not find is asked for again by the next.
func TestEvidence_oneRefreshElsewhere(t *testing.T) {
	t.Parallel()

	notFound := emulator.Fault{Path: "/queue", Status: http.StatusNotFound}
	for name, faults := range map[string][]emulator.Fault{
		"another account's key": {notFound, emptyHistory},
		"another emulator":      nil,
		"the history is down":   {notFound, {Route: emulator.RouteHistory, Status: http.StatusServiceUnavailable}},
		"the history is closed": {notFound, {Route: emulator.RouteHistory, Status: http.StatusForbidden}},
	} {
		for _, waits := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, waited for %t", name, waits), func(t *testing.T) {
				t.Parallel()

				env, clock := onSteppedClock(t, emulator.WithRunTime(time.Hour))
				running := env.Engine(t)
				submits := image(lighthouse, "wait_for_completion = false")
				running.MustApply(env.Config(submits))
				clock.Advance(2 * time.Hour)
				clock.flow()
				stored := fmt.Sprint(running.Objects()[art].AttributeValues)

				config := env.Config(submits)
				if waits {
					config = env.Config(image(lighthouse))
				}
				there := env
				if faults == nil {
					there = acctest.New(t, emulator.WithClock(clock))
				}
				env.Emulator.Inject(faults...)
				plan, said := running.MustPlan(there.Config(submits), engine.PlanOptions{})
				if !plan.Empty() || !saidInOrder("Request Not Known to fal", "asked again at each refresh").MatchString(said.String()) {
					t.Errorf("the plan is %q, and says %s", plan, said)
				}
				running.MustRun(there.Config(submits), engine.PlanOptions{RefreshOnly: true})
				if now := fmt.Sprint(running.Objects()[art].AttributeValues); now != stored {
					t.Errorf("the refresh has stored %s instead of %s", now, stored)
				}

				env.Emulator.ClearFaults()
				running.MustApply(config)
				values := running.Objects()[art].AttributeValues
				if (values["url"] != nil) != waits || values["status"] != "COMPLETED" || values["error"] != nil {
					t.Errorf("the state has %v", values)
				}
				env.ExpectSubmissions(t, 1)
			})
		}
	}
}

// A history that is down is not asked again for each of hundreds of images.
func TestEvidence_reuseWhileTheHistoryIsDown(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		fault   emulator.Fault
		images  int
		timeout string
		// calls and time are what all of them take together.
		calls int
		time  time.Duration
	}{
		"down":              {emulator.Fault{Status: http.StatusServiceUnavailable}, 200, "30m", 8, 2 * time.Minute},
		"down, little time": {emulator.Fault{Status: http.StatusServiceUnavailable}, 30, "10s", 8, 15 * time.Second},
		"reset":             {emulator.Fault{ResetBefore: true}, 20, "30m", 8, 2 * time.Minute},
		"forbidden":         {emulator.Fault{Status: http.StatusForbidden}, 20, "30m", 1, 0},
		"limited":           {emulator.Fault{Status: http.StatusTooManyRequests}, 20, "30m", 100, 11 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			test.fault.Route = emulator.RouteHistory
			env, clock := onSteppedClock(t, emulator.WithFaults(test.fault))
			clock.flow()
			began := clock.Now()
			running := env.Engine(t)
			config := emulated(env, reuse, image(lighthouse, fmt.Sprintf("count = %d", test.images), "keepers = { i = count.index }",
				fmt.Sprintf("timeouts = { create = %q }", test.timeout)))
			diags := running.Run(t.Context(), config, engine.PlanOptions{})
			failed := 0
			for _, diag := range diags {
				if saidInOrder("Request History Not Read").MatchString(diag.Summary) {
					failed++
				}
			}
			if failed != test.images {
				t.Errorf("%d images failed, want %d:\n%.2000s", failed, test.images, diags)
			}
			if calls := len(env.Emulator.LogOf(emulator.RouteHistory)); calls > test.calls || clock.Now().Sub(began) > test.time {
				t.Errorf("the history was asked %d times in %s", calls, clock.Now().Sub(began))
			}
			env.ExpectSubmissions(t, 0)
		})
	}
}
