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
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

const reuse = `reuse_requests_within = "1d"`

// An image is matched with what fal's history has for the same input: whatever
// brings an image without paying is adopted, and nothing else is.
func TestReuse_adopts(t *testing.T) {
	t.Parallel()

	hourAgo := func(job *emulator.JobFault) emulator.SeededRequest {
		return emulator.SeededRequest{SentAt: time.Now().Add(-time.Hour), RunTime: time.Second, Job: job}
	}
	for name, test := range map[string]struct {
		seeded    emulator.SeededRequest
		arguments string
		image     string
		options   []emulator.Option
		faults    []emulator.Fault
		adopted   bool
	}{
		"finished":            {seeded: hourAgo(nil), arguments: reuse, adopted: true},
		"running":             {seeded: emulator.SeededRequest{RunTime: 3 * time.Second}, arguments: reuse, adopted: true},
		"queued and listed":   {seeded: emulator.SeededRequest{QueueTime: 3 * time.Second}, arguments: reuse, options: []emulator.Option{emulator.WithHistory(emulator.History{ListsUnstarted: true})}, adopted: true},
		"forgotten by queue":  {seeded: hourAgo(nil), arguments: reuse, faults: []emulator.Fault{{Path: "/queue/*" + knownRequest + "*", Status: http.StatusNotFound}}, adopted: true},
		"off by default":      {seeded: hourAgo(nil)},
		"too long ago":        {seeded: hourAgo(nil), arguments: `reuse_requests_within = "30m"`},
		"other prompt":        {seeded: hourAgo(nil), arguments: reuse, image: `prompt = "a lighthouse at dawn"`},
		"other seed":          {seeded: hourAgo(nil), arguments: reuse, image: lighthouse + "\n  seed = 7"},
		"other size":          {seeded: hourAgo(nil), arguments: reuse, image: lighthouse + "\n  image_size = \"square\""},
		"other endpoint":      {seeded: hourAgo(nil), arguments: reuse, image: lighthouse + "\n  endpoint_id = \"fal-ai/flux-2\""},
		"in sync_mode":        {seeded: hourAgo(nil), arguments: reuse, image: lighthouse + "\n  sync_mode = true"},
		"refused":             {seeded: hourAgo(&emulator.JobFault{Status: http.StatusUnprocessableEntity}), arguments: reuse},
		"failed":              {seeded: hourAgo(&emulator.JobFault{ErrorType: "runner_disconnected"}), arguments: reuse},
		"cancelled":           {seeded: hourAgo(&emulator.JobFault{ErrorType: "client_cancelled"}), arguments: reuse},
		"payloads not stored": {seeded: emulator.SeededRequest{SentAt: time.Now().Add(-time.Hour), Header: http.Header{"X-Fal-Store-Io": {"0"}}}, arguments: reuse},
		"media gone":          {seeded: hourAgo(nil), arguments: reuse, faults: []emulator.Fault{{Route: emulator.RouteMedia, Status: http.StatusGone, Times: 2}}},
		"media host down":     {seeded: hourAgo(nil), arguments: reuse, faults: []emulator.Fault{{Route: emulator.RouteMedia, Status: http.StatusForbidden}}, adopted: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, append(test.options, emulator.WithFaults(test.faults...))...)
			seedLighthouse(t, env, test.seeded)
			if test.image == "" {
				test.image = lighthouse
			}
			config := emulated(env, test.arguments, image(test.image))
			submissions := 1
			if test.adopted {
				submissions = 0
			}
			env.Test(t, submissions, resource.TestCase{Steps: []resource.TestStep{
				{Config: config, ConfigStateChecks: []statecheck.StateCheck{
					expect("adopted", knownvalue.Bool(test.adopted)),
					expect("status", knownvalue.StringExact("COMPLETED")),
					expect("images", knownvalue.ListSizeExact(1)),
					expect("created_at", knownvalue.NotNull()),
					expect("request_id", knownvalue.StringFunc(func(id string) error {
						if (id == knownRequest) != test.adopted {
							return fmt.Errorf("the request is %s", id)
						}
						return nil
					})),
				}},
				emptyPlan(config),
			}})
			expectCancellations(t, env)
		})
	}
}

// The newest request that has succeeded goes before one that is still running:
// it needs no waiting, and can't fail any more.
func TestReuse_prefersWhatHasSucceeded(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	seedLighthouse(t, env, emulator.SeededRequest{ID: "00000000-0000-4000-8000-000000000001", SentAt: time.Now().Add(-2 * time.Hour)})
	seedLighthouse(t, env, emulator.SeededRequest{SentAt: time.Now().Add(-time.Hour)})
	seedLighthouse(t, env, emulator.SeededRequest{ID: "00000000-0000-4000-8000-000000000002", RunTime: time.Hour})
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
		Config:            emulated(env, reuse, image(lighthouse)),
		ConfigStateChecks: []statecheck.StateCheck{expect("request_id", knownvalue.StringExact(knownRequest))},
	}}})
}

// One look into the history serves all images of a run, however long it is, and
// no request is given to two of them. A history of several pages is read twice,
// since it may move while it is read.
func TestReuse_readsTheHistoryOnce(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithPainting(emulator.PaintOnDemand))
	// The requests to find are the oldest: three pages of others come before.
	for i := range 8 {
		seedLighthouse(t, env, emulator.SeededRequest{ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), SentAt: time.Now().Add(-2 * time.Hour)})
	}
	for i := range 250 {
		if _, err := env.Emulator.SeedRequest(emulator.SeededRequest{
			Input:  fmt.Appendf(nil, `{"prompt":"a lighthouse at dusk","seed":%d}`, i),
			SentAt: time.Now().Add(-time.Hour),
		}); err != nil {
			t.Fatal(err)
		}
	}
	config := emulated(env, reuse, image(lighthouse, "count = 20"))
	distinct := map[any]bool{}
	adopted := 0
	check := func(i int) []statecheck.StateCheck {
		address := fmt.Sprintf("%s[%d]", art, i)
		return []statecheck.StateCheck{
			statecheck.ExpectKnownValue(address, at("request_id"), knownvalue.StringFunc(func(id string) error {
				distinct[id] = true
				return nil
			})),
			statecheck.ExpectKnownValue(address, at("adopted"), knownvalue.BoolFunc(func(is bool) error {
				if is {
					adopted++
				}
				return nil
			})),
			statecheck.ExpectKnownValue(address, at("url"), knownvalue.NotNull()),
		}
	}
	var checks []statecheck.StateCheck
	for i := range 20 {
		checks = append(checks, check(i)...)
	}
	env.Test(t, 12, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ConfigStateChecks: checks},
		{Config: config, Destroy: true},
	}})
	if len(distinct) != 20 || adopted != 8 {
		t.Errorf("20 images have %d requests, %d of them adopted; want 8 adopted", len(distinct), adopted)
	}
	if pages := len(env.Emulator.LogOf(emulator.RouteHistory)); pages != 6 {
		t.Errorf("the history was asked %d times, want twice for each of its 3 pages", pages)
	}
	expectCancellations(t, env)
}

// What cannot be looked up is not paid for on the off chance.
func TestReuse_historyUnreadable(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		fault emulator.Fault
		want  string
	}{
		"forbidden": {emulator.Fault{Status: http.StatusForbidden}, "The key may not do this"},
		"down":      {emulator.Fault{Status: http.StatusInternalServerError}, "The fault is on fal's side"},
		"a page":    {emulator.Fault{Body: ptr("<html>maintenance</html>"), Headers: map[string]string{"Content-Type": "text/html"}}, "answers what it should not"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			test.fault.Route = emulator.RouteHistory
			env := acctest.New(t, emulator.WithFaults(test.fault))
			onClock(env, acctest.NewClock(untilSilence))
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
				Config:      emulated(env, reuse, image(lighthouse)),
				ExpectError: saidInOrder("Request History Not Read", "Nothing was submitted", test.want, "Then apply again"),
			}}})
			sent(t, env, 0)
		})
	}
}

// A replacement is for what has changed, so it adopts what is there for the new
// input, but never what this run deletes.
func TestReuse_ofAReplacement(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	config := func(arguments ...string) string {
		return emulated(env, reuse, image(append(arguments, lighthouse)...))
	}
	request := statecheck.CompareValue(compare.ValuesSame())
	env.Test(t, 2, resource.TestCase{Steps: []resource.TestStep{
		{Config: config(), ConfigStateChecks: []statecheck.StateCheck{
			expect("adopted", knownvalue.Bool(false)), request.AddStateValue(art, at("request_id")),
		}},
		{
			Config:            config("guidance_scale = 3"),
			ConfigPlanChecks:  plans(plancheck.ResourceActionDestroyBeforeCreate),
			ConfigStateChecks: []statecheck.StateCheck{expect("adopted", knownvalue.Bool(false))},
		},
		// Back to what was paid for before.
		{Config: config(), ConfigStateChecks: []statecheck.StateCheck{
			expect("adopted", knownvalue.Bool(true)), request.AddStateValue(art, at("request_id")),
		}},
	}})
}

// An adopted request is another's as well: it is neither cancelled nor erased.
func TestReuse_adoptedRequestIsLeftAlone(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	seedLighthouse(t, env, emulator.SeededRequest{RunTime: time.Hour})
	config := emulated(env, reuse, image(lighthouse, "wait_for_completion = false", "delete_payloads_on_destroy = true"))
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ConfigStateChecks: []statecheck.StateCheck{
			expect("adopted", knownvalue.Bool(true)), expect("request_id", knownvalue.StringExact(knownRequest)),
		}},
		{Config: config, Destroy: true},
	}})
	expectCancellations(t, env)
	if erased := env.Emulator.LogOf(emulator.RouteDeletePayloads); len(erased) > 0 {
		t.Errorf("%d requests were erased", len(erased))
	}
}

// An adopted request that fails after all is an error; the next run pays for
// one of its own.
func TestReuse_adoptedRequestFails(t *testing.T) {
	t.Parallel()

	clock := emulator.NewFakeClock(time.Now())
	env := acctest.New(t, emulator.WithClock(clock))
	onClock(env, acctest.NewClock(untilSilence))
	seedLighthouse(t, env, emulator.SeededRequest{RunTime: time.Hour, Job: &emulator.JobFault{ErrorType: "runner_disconnected", Error: "Runner disconnected"}})
	go func() {
		if env.Emulator.WaitFor(t.Context(), func() bool { return following(env) > 0 }) == nil {
			clock.Advance(time.Hour)
		}
	}()
	config := emulated(env, reuse, image(lighthouse))
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ExpectError: saidInOrder("Image Generation Failed", knownRequest, "Runner disconnected")},
		{Config: config, ConfigStateChecks: complete()},
	}})
}

// What the provider looks for has to be kept.
func TestReuse_withoutStoredPayloads(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
		Config:      emulated(env, reuse+"\n  store_payloads = false", image(lighthouse)),
		ExpectError: saidInOrder("Conflicting Provider Arguments", "store_payloads = false keeps inputs out of fal's history"),
	}}})
	sent(t, env, 0)
}

// Under create_before_destroy the replacement can adopt what its predecessor has
// not let go of yet. The predecessor then leaves without taking it along.
func TestReuse_ofThePredecessor(t *testing.T) {
	t.Parallel()

	for name, argument := range map[string]string{"finished": "", "running": "wait_for_completion = false"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			if argument != "" {
				env.Emulator.Inject(emulator.Fault{Route: emulator.RouteSubmit, Job: &emulator.JobFault{Stuck: "IN_PROGRESS"}})
			}
			running := env.Engine(t)
			config := emulated(env, reuse, image(lighthouse, argument, "delete_payloads_on_destroy = true", "lifecycle {\n    create_before_destroy = true\n  }"))
			running.MustApply(config)
			running.MustRun(config, engine.PlanOptions{Replace: []string{art}})
			values := running.Objects()[art].AttributeValues
			if values["request_id"] != env.Emulator.Submissions()[0].RequestID || values["adopted"] != true {
				t.Errorf("the state has %v", values)
			}
			if erased := env.Emulator.LogOf(emulator.RouteDeletePayloads); len(erased) > 0 {
				t.Error("the payloads were erased")
			}
			expectCancellations(t, env)
			env.ExpectSubmissions(t, 1)
		})
	}
}
