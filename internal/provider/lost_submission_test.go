// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider"
)

// sharedClock is one clock for the emulator and the provider: what the provider
// waits for comes true by its waiting.
type sharedClock struct {
	*emulator.FakeClock
	turn sync.Mutex
}

func (c *sharedClock) Sleep(ctx context.Context, d time.Duration) error {
	if d > untilSilence {
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.turn.Lock()
	defer c.turn.Unlock()
	c.Advance(d)
	return nil
}

func (c *sharedClock) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d)
}

// wrongClock is a machine's clock that is set wrong.
type wrongClock struct{ ahead time.Duration }

func (c wrongClock) Now() time.Time { return time.Now().Add(c.ahead) }

func (c wrongClock) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c wrongClock) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d)
}

// sentLighthouse is what is sent for the image that lighthouse declares. Whoever
// looks for a request that was sent compares all of it.
func sentLighthouse(t *testing.T) []byte {
	t.Helper()

	input := flux2.NewInput("a lighthouse at dusk")
	input.Seed = ptr[int64](lighthouseSeed)
	body, err := input.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// lost is a reply that never arrives although fal has accepted the request.
var lost = emulator.Fault{Route: emulator.RouteSubmit, Times: 1, ResetAfter: true}

// collected is what a request found in the history ends up as.
func collected() []statecheck.StateCheck {
	return []statecheck.StateCheck{
		expect("status", knownvalue.StringExact("COMPLETED")),
		expect("url", knownvalue.NotNull()),
		expect("created_at", knownvalue.NotNull()),
		expect("error", knownvalue.Null()),
		expect("adopted", knownvalue.Bool(false)),
		expect("wait_abandoned", knownvalue.Bool(false)),
	}
}

// A request whose reply is lost is found in the history, however the reply was
// lost and however the history behaves. The only candidate is ours for good.
func TestLostSubmission_isFoundInTheHistory(t *testing.T) {
	t.Parallel()

	html := map[string]string{"Content-Type": "text/html"}
	page := ptr("<html><body>502 Bad Gateway<hr>nginx</body></html>")
	history := func(fault emulator.Fault) emulator.Option {
		fault.Route, fault.Times = emulator.RouteHistory, 3
		return emulator.WithFaults(fault)
	}
	for name, test := range map[string]struct {
		fault   emulator.Fault
		options []emulator.Option
		// looks is the least number of times that the history must be read.
		looks int
	}{
		"reset":                      {fault: lost},
		"gateway":                    {fault: emulator.Fault{Accept: true, Status: http.StatusBadGateway}},
		"timeout of a gateway":       {fault: emulator.Fault{Accept: true, Status: http.StatusGatewayTimeout}},
		"page":                       {fault: emulator.Fault{Accept: true, Body: page, Headers: html}},
		"cut off":                    {fault: emulator.Fault{Truncate: 30}},
		"without an id":              {fault: emulator.Fault{Accept: true, Body: ptr(`{"status":"IN_QUEUE"}`)}},
		"history lags":               {fault: lost, options: []emulator.Option{emulator.WithHistory(emulator.History{Lag: emulator.Duration(time.Minute)})}, looks: 5},
		"not listed until it starts": {fault: lost, options: []emulator.Option{emulator.WithQueueTime(time.Minute)}, looks: 5},
		"listed before it starts": {fault: lost, options: []emulator.Option{
			emulator.WithHistory(emulator.History{ListsUnstarted: true}), emulator.WithQueueTime(time.Minute), emulator.WithFaults(emulator.Fault{Route: emulator.RouteStream, Status: http.StatusNotFound}),
		}},
		"history out of order": {fault: lost, options: []emulator.Option{history(emulator.Fault{Status: http.StatusBadGateway})}, looks: 4},
		"history limited":      {fault: lost, options: []emulator.Option{history(emulator.Fault{Status: http.StatusTooManyRequests})}, looks: 4},
		"history cut off":      {fault: lost, options: []emulator.Option{history(emulator.Fault{Truncate: 20})}, looks: 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			clock := &sharedClock{FakeClock: emulator.NewFakeClock(time.Now())}
			test.fault.Route, test.fault.Times = emulator.RouteSubmit, 1
			env := acctest.New(t, append(test.options, emulator.WithClock(clock), emulator.WithFaults(test.fault))...)
			env.Providers = env.ProvidersWith(nil, provider.WithClock(clock))
			config := env.Config(image(lighthouse))
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
				{Config: config, ConfigStateChecks: collected()},
				emptyPlan(config),
			}})
			sent(t, env, 1)
			if looks := len(env.Emulator.LogOf(emulator.RouteHistory)); looks < max(test.looks, 1) || looks > 10 {
				t.Errorf("the history was read %d times", looks)
			}
		})
	}
}

// The search goes by fal's clock: that of the machine may be set wrong.
func TestLostSubmission_isFoundWithAWrongClock(t *testing.T) {
	t.Parallel()

	for name, ahead := range map[string]time.Duration{"ahead": time.Hour, "behind": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithFaults(lost))
			env.Providers = env.ProvidersWith(nil, provider.WithClock(wrongClock{ahead}))
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{Config: env.Config(image(lighthouse)), ConfigStateChecks: collected()}}})
		})
	}
}

// Without waiting, there is an id to keep all the same.
func TestLostSubmission_ofAnImageThatIsNotWaitedFor(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(lost))
	config := env.Config(image(lighthouse, "wait_for_completion = false"))
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ConfigStateChecks: []statecheck.StateCheck{
			expect("request_id", knownvalue.NotNull()), expect("url", knownvalue.Null()), expect("adopted", knownvalue.Bool(false)),
		}},
		emptyPlan(config),
	}})
}

// Two images that ask for the same thing and lose both replies get a request
// each.
func TestLostSubmission_twoEqualImages(t *testing.T) {
	t.Parallel()

	twice := lost
	twice.Times = 2
	env := acctest.New(t, emulator.WithFaults(twice))
	config := env.Config(image(lighthouse, "count = 2"))
	env.Test(t, 2, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ConfigStateChecks: []statecheck.StateCheck{
			statecheck.CompareValuePairs(art+"[0]", at("request_id"), art+"[1]", at("request_id"), compare.ValuesDiffer()),
			statecheck.ExpectKnownValue(art+"[0]", at("url"), knownvalue.NotNull()),
			statecheck.ExpectKnownValue(art+"[1]", at("url"), knownvalue.NotNull()),
		}},
		emptyPlan(config),
		{Config: config, Destroy: true},
	}})
	sent(t, env, 2)
}

// One of two equal images loses its reply: it doesn't take the other's request.
func TestLostSubmission_besideAnEqualImage(t *testing.T) {
	t.Parallel()

	second := lost
	second.Skip = 1
	env := acctest.New(t, emulator.WithFaults(second))
	config := env.Config(image(lighthouse) + "resource \"flux2_image\" \"other\" {\n  " + lighthouse + "\n  depends_on = [flux2_image.art]\n}\n")
	env.Test(t, 2, resource.TestCase{Steps: []resource.TestStep{{Config: config, ConfigStateChecks: []statecheck.StateCheck{
		statecheck.CompareValuePairs(art, at("request_id"), "flux2_image.other", at("request_id"), compare.ValuesDiffer()),
		statecheck.ExpectKnownValue("flux2_image.other", at("url"), knownvalue.NotNull()),
	}}}})
	sent(t, env, 2)
}

// An equal request from before the submission is somebody else's, whether the
// submission has arrived or not.
func TestLostSubmission_olderRequestIsNotAdopted(t *testing.T) {
	t.Parallel()

	for name, arrived := range map[string]bool{"arrived": true, "not arrived": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithFaults(emulator.Fault{Route: emulator.RouteSubmit, ResetAfter: arrived, ResetBefore: !arrived}))
			older := seedLighthouse(t, env, emulator.SeededRequest{Input: sentLighthouse(t), SentAt: time.Now().Add(-10 * time.Minute)})
			step := resource.TestStep{Config: env.Config(image(lighthouse, `timeouts = { create = "2s" }`))}
			submissions := 0
			if arrived {
				submissions = 1
				step.Config = env.Config(image(lighthouse))
				step.ConfigStateChecks = append(collected(), expect("request_id", knownvalue.StringFunc(func(id string) error {
					if own := env.Emulator.Submissions()[0].RequestID; id != own || id == older {
						t.Errorf("adopted %s; its own is %s, the older one %s", id, own, older)
					}
					return nil
				})))
			} else {
				step.ExpectError = said("It did not show in fal's request history")
			}
			env.Test(t, submissions, resource.TestCase{Steps: []resource.TestStep{step}})
			sent(t, env, 1)
		})
	}
}

// What can't be found is an error that says all there is to know, and nothing
// is sent again by itself.
func TestLostSubmission_notFound(t *testing.T) {
	t.Parallel()

	const briefly = `timeouts = { create = "2s" }`
	before := emulator.Fault{Route: emulator.RouteSubmit, Times: 1, ResetBefore: true}
	for name, test := range map[string]struct {
		faults    []emulator.Fault
		arguments string
		image     string
		accepted  int
		searches  bool
		why       string
	}{
		"not arrived": {
			faults: []emulator.Fault{before}, image: briefly, searches: true,
			why: "It did not show in fal's request history",
		},
		"history forbidden": {
			faults: []emulator.Fault{lost, {Route: emulator.RouteHistory, Status: http.StatusForbidden}}, accepted: 1, searches: true,
			why: "Looking for it in fal's request history failed",
		},
		"history down": {
			faults: []emulator.Fault{lost, {Route: emulator.RouteHistory, Status: http.StatusInternalServerError}}, image: briefly, accepted: 1, searches: true,
			why: "It did not show in fal's request history",
		},
		"payloads not stored": {
			faults: []emulator.Fault{lost}, arguments: "store_payloads = false", accepted: 1,
			why: "fal keeps no record of it that could be looked up",
		},
		"sync_mode": {
			faults: []emulator.Fault{lost}, image: "sync_mode = true", accepted: 1,
			why: "fal keeps no record of it that could be looked up",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithFaults(test.faults...))
			config := emulated(env, test.arguments, image(lighthouse, test.image))
			env.Test(t, test.accepted, resource.TestCase{Steps: []resource.TestStep{{
				Config: config,
				ExpectError: saidInOrder("Submission Outcome Unknown", "submitted to fal-ai/flux-2-dev at 2",
					"fal may have accepted the request and may bill it", test.why, "It is not sent again, since that could pay twice",
					"What to do", "in fal's dashboard for a request of that time", "terraform import ADDRESS fal-ai/flux-2-dev/REQUEST_ID",
					"Then delete the file "+env.DataFolder, "submits and pays", "no image with these inputs is submitted"),
			}}})
			sent(t, env, 1)
			if searched := len(env.Emulator.LogOf(emulator.RouteHistory)) > 0; searched != test.searches {
				t.Errorf("the history was searched: %t, want %t", searched, test.searches)
			}
		})
	}
}

// briefClock has what takes less than a second pass by itself, and stands still
// for anything longer.
type briefClock struct{ *emulator.FakeClock }

func (c briefClock) AfterFunc(d time.Duration, f func()) emulator.Timer {
	if d < time.Second {
		return time.AfterFunc(d, f)
	}
	return c.FakeClock.AfterFunc(d, f)
}

// Interrupted while the reply is on its way: it is still taken in, and since fal
// works on the request already, it stays and the next run collects it.
func TestAccLostSubmission_interruptedWhileSubmitting(t *testing.T) {
	t.Parallel()

	clock := briefClock{emulator.NewFakeClock(time.Now())}
	env := acctest.New(t, emulator.WithClock(clock), emulator.WithRunTime(time.Hour), emulator.WithFaults(emulator.Fault{
		Route: emulator.RouteSubmit, Times: 1, Accept: true, Delay: emulator.Duration(500 * time.Millisecond),
	}))
	workspace := env.Workspace(t)
	workspace.Write(env.Config(image(lighthouse)))
	apply := workspace.Start("apply", "-auto-approve", "-no-color")
	err := env.Emulator.WaitFor(patience(t), func() bool { return len(env.Emulator.Submissions()) == 1 })
	apply.Interrupt()
	code, output := apply.Wait()
	if err != nil || code != 1 || !said("Image Still Being Generated").MatchString(output) {
		t.Fatalf("%v; ended with %d:\n%s", err, code, output)
	}
	kept := workspace.State()[art]
	if kept == nil || kept.Tainted || kept.AttributeValues["request_id"] != env.Emulator.Submissions()[0].RequestID {
		t.Fatalf("the state has %+v", kept)
	}
	clock.Advance(time.Hour)
	workspace.MustRun("apply", "-auto-approve", "-no-color")
	if values := workspace.State()[art].AttributeValues; values["url"] == nil || values["request_id"] != kept.AttributeValues["request_id"] {
		t.Errorf("the state has %v", values)
	}
	expectCancellations(t, env)
	env.ExpectSubmissions(t, 1)
}
