// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// A result that fal can't deliver, while the key may not read the history, is
// one sign: the request stays, and the next run collects the image.
func TestEvidence_faultBesideAClosedHistory(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(
		emulator.Fault{Route: emulator.RouteResult, Status: http.StatusServiceUnavailable, ErrorType: "runner_disconnected"},
		emulator.Fault{Route: emulator.RouteHistory, Status: http.StatusForbidden},
	))
	onClock(env, acctest.NewClock(untilSilence))
	config := env.Config(image(lighthouse))
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ExpectError: saidInOrder("Image Not Collected", "fal accepted request", "nothing is submitted or paid a second time")},
		{PreConfig: env.Emulator.ClearFaults, Config: config, ConfigStateChecks: complete()},
		emptyPlan(config),
	}})
}

// The same while an image is not waited for: a refresh drops nothing.
func TestEvidence_refreshBesideAClosedHistory(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	onClock(env, acctest.NewClock(untilSilence))
	config := env.Config(image(lighthouse, "wait_for_completion = false"))
	running := env.Engine(t)
	running.MustApply(config)
	env.Emulator.Inject(
		emulator.Fault{Route: emulator.RouteResult, Status: http.StatusServiceUnavailable, ErrorType: "runner_disconnected"},
		emulator.Fault{Route: emulator.RouteHistory, Status: http.StatusForbidden},
	)
	plan, said := running.MustPlan(config, engine.PlanOptions{})
	if !plan.Empty() || !saidInOrder("Image Not Collected Yet", "fal's request history could not confirm it", "The image stays in the state").MatchString(said.String()) {
		t.Errorf("the plan is %q, and says %s", plan, said)
	}
	env.ExpectSubmissions(t, 1)
}

// A wait that is finished with a fault of fal's, without a history, is an error once.
// The next run finds the same, and that is enough to make the image anew.
func TestEvidence_faultWhileFinishingWithoutAHistory(t *testing.T) {
	t.Parallel()

	failing := func(kind string) emulator.Fault {
		return emulator.Fault{Route: emulator.RouteSubmit, Times: 1, Job: &emulator.JobFault{ErrorType: kind}}
	}
	for name, test := range map[string]struct {
		arguments string
		closed    []emulator.Fault
	}{
		"closed":   {"", unreadable(emulator.RouteHistory)},
		"not kept": {"store_payloads = false", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithFaults(append(test.closed, failing("runner_disconnected"))...))
			onClock(env, acctest.NewClock(untilSilence))
			running := env.Engine(t)
			running.MustApply(emulated(env, test.arguments, image(lighthouse, "wait_for_completion = false")))
			config := emulated(env, test.arguments, image(lighthouse))
			diags := running.Run(t.Context(), config, engine.PlanOptions{})
			if !saidInOrder("Image Generation Failed", "Apply again to submit a new request").MatchString(diags.String()) {
				t.Errorf("it says %s", diags)
			}
			env.ExpectSubmissions(t, 1)
			if diags := running.MustApply(config); !said("Image Not Generated").MatchString(diags.String()) {
				t.Errorf("the next run says %s", diags)
			}
			if values := running.Objects()[art].AttributeValues; values["url"] == nil || values["status"] != "COMPLETED" {
				t.Errorf("the state has %v", values)
			}
			if plan, _ := running.MustPlan(config, engine.PlanOptions{}); !plan.Empty() {
				t.Errorf("the plan is %s", plan)
			}
			env.ExpectSubmissions(t, 2)
		})
	}
}

// Nor is what fal says then anything else than it said before: another answer is a
// first sign again.
func TestEvidence_anotherFaultInTheNextRun(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(append(unreadable(emulator.RouteHistory),
		emulator.Fault{Route: emulator.RouteSubmit, Job: &emulator.JobFault{ErrorType: "runner_disconnected"}})...))
	onClock(env, acctest.NewClock(untilSilence))
	running := env.Engine(t)
	running.MustApply(env.Config(image(lighthouse, "wait_for_completion = false")))
	config := env.Config(image(lighthouse))
	_ = running.Run(t.Context(), config, engine.PlanOptions{})
	env.Emulator.Inject(emulator.Fault{Route: emulator.RouteResult, ErrorType: "runner_connection_timeout"})
	plan, diags := running.MustPlan(env.Config(image(lighthouse, "wait_for_completion = false")), engine.PlanOptions{})
	if !saidInOrder("Image Not Collected Yet", "If fal says the same in a later run").MatchString(diags.String()) || strings.Contains(plan.String(), "create") {
		t.Errorf("the plan is %s, and says %s", plan, diags)
	}
	env.ExpectSubmissions(t, 1)
}

// An image that is not waited for hears in two refreshes what its flux2_image_result
// has waited for. They are told apart by time: a run may be planned twice.
func TestEvidence_sameAnswerInTwoRuns(t *testing.T) {
	t.Parallel()

	refused := `{"detail":[{"type":"value_error","loc":["body","prompt"],"msg":"no"}]}`
	for name, test := range map[string]struct {
		job         emulator.JobFault
		first, last string
		submissions int
	}{
		"fault of fal's": {emulator.JobFault{ErrorType: "runner_disconnected"}, "you may have to apply twice", "Image Not Generated", 2},
		"refused":        {emulator.JobFault{Status: http.StatusUnprocessableEntity, Body: &refused}, "The reason is in the attribute error", "Image Not Generated", 1},
		// A status that names no error does not blame fal.
		"a proxy's": {emulator.JobFault{Status: http.StatusBadGateway, Body: ptr(`{"detail":"upstream"}`)}, "Result Not Collected", "Image Not Collected Yet", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithFaults(append(unreadable(emulator.RouteHistory), emulator.Fault{Route: emulator.RouteSubmit, Times: 1, Job: &test.job})...))
			clock := acctest.NewClock(untilSilence)
			onClock(env, clock)
			running := env.Engine(t)
			alone := env.Config(image(lighthouse, "wait_for_completion = false"))
			config := alone +
				"resource \"flux2_image_result\" \"art\" {\n  request_id = flux2_image.art.request_id\n}\n"
			run := func(config, want string) {
				t.Helper()
				if diags := running.Run(t.Context(), config, engine.PlanOptions{}).String(); !said(want).MatchString(diags) {
					t.Errorf("it says %s, and not %s", diags, want)
				}
			}
			run(config, test.first)
			run(alone, "Image Not Collected Yet")
			// Not in the same moment.
			if _, diags := running.MustPlan(alone, engine.PlanOptions{}); !said("Image Not Collected Yet").MatchString(diags.String()) {
				t.Errorf("it says %s", diags)
			}
			env.ExpectSubmissions(t, 1)
			if err := clock.Sleep(t.Context(), 10*time.Second); err != nil {
				t.Fatal(err)
			}
			run(config, test.last)
			env.ExpectSubmissions(t, test.submissions)
			if plan, _ := running.MustPlan(config, engine.PlanOptions{}); test.submissions > 1 && !plan.Empty() {
				t.Errorf("the plan is %s", plan)
			}
		})
	}
}

// Whatever else fal answers once in place of a result, a history that shows
// success has the image.
func TestEvidence_successInTheHistory(t *testing.T) {
	t.Parallel()

	other := `{"detail":"Your request could not be handled"}`
	for name, status := range map[string]int{
		"400 in other words": http.StatusBadRequest, "402": http.StatusPaymentRequired, "409": http.StatusConflict,
		"421": http.StatusMisdirectedRequest, "451": http.StatusUnavailableForLegalReasons, "500": http.StatusInternalServerError,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithFaults(emulator.Fault{Route: emulator.RouteResult, Status: status, Body: &other}))
			onClock(env, acctest.NewClock(untilSilence))
			config := env.Config(image(lighthouse))
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
				{Config: config, ConfigStateChecks: complete()},
				emptyPlan(config),
			}})
		})
	}
}

// One refresh with another account's key leaves no trace.
func TestEvidence_notKnownIsNotKept(t *testing.T) {
	t.Parallel()

	clock := emulator.NewFakeClock(time.Now())
	env := acctest.New(t, emulator.WithClock(clock), emulator.WithRunTime(time.Hour))
	config := env.Config(image(lighthouse, "wait_for_completion = false"))
	running := env.Engine(t)
	running.MustApply(config)
	clock.Advance(2 * time.Hour)
	env.Emulator.Inject(emulator.Fault{Path: "/queue", Status: http.StatusNotFound}, emptyHistory)
	plan, said := running.MustPlan(config, engine.PlanOptions{RefreshOnly: true})
	if !plan.Empty() || !saidInOrder("Request Not Known to fal", "That may pass", "asked again at each refresh").MatchString(said.String()) {
		t.Errorf("the plan is %q, and says %s", plan, said)
	}
	env.Emulator.ClearFaults()
	waits := env.Config(image(lighthouse))
	running.MustApply(waits)
	if values := running.Objects()[art].AttributeValues; values["url"] == nil || values["error"] != nil {
		t.Errorf("the state has %v", values)
	}
	env.ExpectSubmissions(t, 1)
}

// A reply is lost while an equal request of somebody else is a minute old: ours
// is the one that was sent when ours was, and it is ours for good, so that it can
// be erased.
func TestEvidence_lostBesideAnOlderOne(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(lost))
	older := seedLighthouse(t, env, emulator.SeededRequest{Input: sentLighthouse(t), SentAt: time.Now().Add(-time.Minute)})
	config := env.Config(image(lighthouse, "delete_payloads_on_destroy = true"))
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ConfigStateChecks: []statecheck.StateCheck{
			expect("adopted", knownvalue.Bool(false)),
			expect("request_id", knownvalue.StringFunc(func(id string) error {
				if id == older {
					t.Error("the older request was taken")
				}
				return nil
			})),
		}},
		{Config: config, Destroy: true},
	}})
	if erased := env.Emulator.LogOf(emulator.RouteDeletePayloads); len(erased) != 1 {
		t.Errorf("%d erasures, want that of our own request", len(erased))
	}
}

// A destroy while a job finishes does not fail because fal refuses to cancel
// what is done.
func TestEvidence_destroyedWhileItFinishes(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(emulator.Fault{Route: emulator.RouteCancel, Status: http.StatusBadRequest, Body: ptr(`{"detail":"The request is done"}`)}))
	config := env.Config(image(lighthouse, "wait_for_completion = false"))
	running := env.Engine(t)
	running.MustApply(config)
	running.MustRun(config, engine.PlanOptions{Destroy: true, SkipRefresh: true})
	if left := running.State().Addresses(); len(left) > 0 {
		t.Errorf("the state still has %v", left)
	}
	env.ExpectSubmissions(t, 1)
}

// With reuse, requests of the last minutes that are listed without their inputs
// keep a payment back.
func TestEvidence_historyWithoutInputs(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithHistory(emulator.History{WithoutPayloads: true}))
	seedLighthouse(t, env, emulator.SeededRequest{SentAt: time.Now().Add(-time.Minute)})
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
		Config:      emulated(env, reuse, image(lighthouse)),
		ExpectError: saidInOrder("Request History Without Inputs", "Nothing was submitted", "Apply again in 15 minutes"),
	}}})
	sent(t, env, 0)
}

// What this run has erased, or has in its state, has no inputs and stops nothing: it
// is known whose it was.
func TestEvidence_erasedHistoryWithoutInputs(t *testing.T) {
	t.Parallel()

	const adminKey = "admin:secret"
	env := acctest.New(t, emulator.WithKey(adminKey, emulator.ScopeAdmin))
	config := func(try int) string {
		return fmt.Sprintf("provider \"flux2\" {\n  api_key = %q\n  queue_url = \"%s/queue\"\n  platform_url = \"%s/platform/v1\"\n  %s\n}\n\n%s",
			adminKey, env.URL, env.URL, reuse, image(lighthouse, "delete_payloads_on_destroy = true", fmt.Sprintf("keepers = { try = %d }", try)))
	}
	e := env.Engine(t)
	e.MustApply(config(1))
	if said := e.MustApply(config(2)).String(); strings.Contains(said, "Without Inputs") {
		t.Errorf("it warns: %s", said)
	}
	sent(t, env, 2)
}

// Older ones stop nothing, and are told of once. What can be compared is reused
// without a word.
func TestEvidence_olderHistoryWithoutInputs(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		provider              string
		warnings, submissions int
	}{
		"reuse":    {reuse, 1, 2},
		"no reuse": {"", 0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t, emulator.WithHistory(emulator.History{WithoutPayloads: true}))
			seedLighthouse(t, env, emulator.SeededRequest{SentAt: time.Now().Add(-20 * time.Minute)})
			config := emulated(env, test.provider, image(lighthouse)+`resource "flux2_image" "harbour" { prompt = "a harbour" }`)
			warnings := env.Engine(t).MustApply(config).String()
			if n := strings.Count(warnings, "Request History Without Inputs"); n != test.warnings {
				t.Errorf("it is warned %d times, want %d: %s", n, test.warnings, warnings)
			}
			if test.warnings > 0 && !strings.Contains(warnings, "without inputs (1), which") {
				t.Errorf("the warning is %s", warnings)
			}
			sent(t, env, test.submissions)
		})
	}
	t.Run("found", func(t *testing.T) {
		t.Parallel()
		env := acctest.New(t)
		seedLighthouse(t, env, emulator.SeededRequest{SentAt: time.Now().Add(-20 * time.Minute)})
		if warnings := env.Engine(t).MustApply(emulated(env, reuse, image(lighthouse))).String(); strings.Contains(warnings, "Without Inputs") {
			t.Errorf("it warns: %s", warnings)
		}
		sent(t, env, 0)
	})
}
