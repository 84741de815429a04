// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

const direct = `request_mode = "direct"`

// calls lists the routes that were called, without the media host's.
func calls(env *acctest.Environment) string {
	var routes []string
	for _, entry := range env.Emulator.Log() {
		if entry.Route != emulator.RouteMedia {
			routes = append(routes, string(entry.Route))
		}
	}
	return strings.Join(routes, " ")
}

// A direct image is one blocking call, and nothing else, in its whole life.
func TestDirect_oneCall(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithRunTime(50*time.Millisecond))
	config := emulated(env, direct, image(lighthouse, `queue_priority = "low"`))
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ConfigStateChecks: append(complete(),
			expect("request_id", knownvalue.StringFunc(func(id string) error {
				if own := env.Emulator.Submissions()[0].RequestID; id != own {
					t.Errorf("the request is %q, want %q", id, own)
				}
				return nil
			})),
			expect("billable_units", knownvalue.NotNull()),
			expect("created_at", knownvalue.NotNull()),
		)},
		emptyPlan(config),
	}})
	if got := calls(env); got != "run" {
		t.Errorf("called %s, want one run", got)
	}
	submission := env.Emulator.Submissions()[0]
	if !submission.Direct || submission.Header.Get("X-Fal-Queue-Priority") != "" {
		t.Errorf("direct: %t, sent %v", submission.Direct, submission.Header)
	}
}

// Being asked to slow down means that nothing has begun.
func TestDirect_limitedAtFirst(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(emulator.Fault{
		Route: emulator.RouteRun, Times: 2, Status: http.StatusTooManyRequests, Headers: map[string]string{"X-Fal-Needs-Retry": "1"},
	}))
	onClock(env, acctest.NewClock(untilSilence))
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{Config: emulated(env, direct, image(lighthouse)), ConfigStateChecks: complete()}}})
	if got := calls(env); got != "run run run" {
		t.Errorf("called %s, want three runs", got)
	}
}

// A direct call whose answer is lost is never made again, nor looked for: it
// can't be resumed.
func TestDirect_lostReply(t *testing.T) {
	t.Parallel()

	html := map[string]string{"Content-Type": "text/html"}
	for name, fault := range map[string]emulator.Fault{
		"reset":   {ResetAfter: true},
		"gateway": {Accept: true, Status: http.StatusGatewayTimeout, Headers: map[string]string{"X-Fal-Request-Id": ""}},
		"page":    {Accept: true, Body: ptr("<html>maintenance</html>"), Headers: html},
		"cut off": {Truncate: 40},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			fault.Route = emulator.RouteRun
			env := acctest.New(t, emulator.WithFaults(fault))
			onClock(env, acctest.NewClock(untilSilence))
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{
				Config: emulated(env, direct, image(lighthouse)),
				ExpectError: saidInOrder("Submission Outcome Unknown", "may have accepted the request and may bill it",
					"A direct request can't be resumed or looked up", "It is not sent again"),
			}}})
			if got := calls(env); got != "run" {
				t.Errorf("called %s, want one run", got)
			}
		})
	}
}

// What fal itself says of a failure is no doubt: the next run begins anew.
func TestDirect_failed(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		fault emulator.Fault
		want  []string
	}{
		"input refused": {
			emulator.Fault{Job: &emulator.JobFault{Status: http.StatusUnprocessableEntity,
				Body: ptr(`{"detail":[{"loc":["body","prompt"],"msg":"The prompt is too plain","type":"value_error"}]}`)}},
			[]string{": prompt =", "The prompt is too plain"},
		},
		"locked":        {emulator.Fault{Status: http.StatusForbidden}, []string{"Image Not Submitted", "fal has locked the account"}},
		"runner failed": {emulator.Fault{Job: &emulator.JobFault{ErrorType: "runner_server_error", Error: "Runner crashed"}}, []string{"Runner crashed"}},
		"no images":     {emulator.Fault{Job: &emulator.JobFault{Images: ptr(0)}}, []string{"Unusable Result", "may have billed it"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			test.fault.Route, test.fault.Times = emulator.RouteRun, 1
			env := acctest.New(t, emulator.WithFaults(test.fault))
			onClock(env, acctest.NewClock(untilSilence))
			config := emulated(env, direct, image(lighthouse))
			submissions := 1
			if test.fault.Job != nil {
				submissions = 2
			}
			env.Test(t, submissions, resource.TestCase{Steps: []resource.TestStep{
				{Config: config, ExpectError: saidInOrder(test.want...)},
				{Config: config, ConfigPlanChecks: plans(plancheck.ResourceActionCreate), ConfigStateChecks: complete()},
			}})
		})
	}
}

// An answer that doesn't name its request is an image all the same.
func TestDirect_withoutRequestID(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(emulator.Fault{
		Route: emulator.RouteRun, Accept: true, Headers: map[string]string{"X-Fal-Request-Id": "", "X-Fal-Billable-Units": ""},
	}))
	config := emulated(env, direct, image(lighthouse))
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ConfigStateChecks: append(complete(), expect("request_id", knownvalue.Null()), expect("billable_units", knownvalue.Null()))},
		emptyPlan(config),
	}})
}

// There is nothing to come back for.
func TestDirect_mustBeWaitedFor(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
		Config:      emulated(env, direct, image(lighthouse, "wait_for_completion = false")),
		ExpectError: saidInOrder("Direct Requests Can't Be Collected Later", "wait_for_completion = false", "one blocking call"),
	}}})
	if got := calls(env); got != "" {
		t.Errorf("called %s", got)
	}
}

// The mode is for new images: those that exist are refreshed, changed and
// destroyed as before.
func TestDirect_setLater(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: env.Config(image(lighthouse))},
		emptyPlan(emulated(env, direct, image(lighthouse))),
		{Config: emulated(env, direct, image(lighthouse, "delete_payloads_on_destroy = true")), ConfigPlanChecks: plans(plancheck.ResourceActionUpdate)},
	}})
	if !env.Emulator.Requests()[0].MediaGone {
		t.Error("the payloads were not erased")
	}
}

// With sync_mode, pictures come inside the result and stay in the state. Nobody
// looks for files, and nothing is planned.
func TestSyncMode_picturesAreInTheState(t *testing.T) {
	t.Parallel()

	for name, arguments := range map[string]string{"queued": "", "direct": direct} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			config := emulated(env, arguments, image(lighthouse, "sync_mode = true", `image_size = "square"`, `output_format = "webp"`))
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
				{Config: config, ConfigStateChecks: []statecheck.StateCheck{
					expect("url", knownvalue.Null()),
					expect("images", knownvalue.ListPartial(map[int]knownvalue.Check{0: knownvalue.ObjectPartial(map[string]knownvalue.Check{
						"url": knownvalue.StringRegexp(said("data:image/webp;base64,")),
					})})),
					expect("media_available", knownvalue.Bool(true)),
					expect("status", knownvalue.StringExact("COMPLETED")),
				}},
				emptyPlan(config),
			}})
			if looks := env.Emulator.LogOf(emulator.RouteMedia); len(looks) > 0 {
				t.Errorf("the media host was asked %d times", len(looks))
			}
		})
	}
}

// The size of the state is warned of, before anything is paid.
func TestSyncMode_warnsInThePlan(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	c := converseConfigured(t, env)
	planned := c.plan(t, nil, nil, arguments{"prompt": word("a lighthouse at dusk"), "sync_mode": tftypes.NewValue(tftypes.Bool, true)})
	if got := spoken(planned.Diagnostics); !strings.HasPrefix(got, "WARNING: Images Will Be Kept in the State") || len(planned.Diagnostics) != 1 {
		t.Errorf("planning said %s", got)
	}
	env.ExpectSubmissions(t, 0)
}

// Its result is gone in minutes, so it has to be collected at once.
func TestSyncMode_mustBeWaitedFor(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
		Config:      env.Config(image(lighthouse, "sync_mode = true", "wait_for_completion = false")),
		ExpectError: saidInOrder("Result Would Be Lost", "wait_for_completion = false", "fal forgets the result within minutes"),
	}}})
}
