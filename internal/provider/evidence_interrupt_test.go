// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// noStream is a server without status streams, which is polled.
var noStream = emulator.Fault{Route: emulator.RouteStream, Status: http.StatusNotFound}

// expectOneImage checks that the image is there, of the only submission.
func expectOneImage(t *testing.T, env *acctest.Environment, running *acctest.Engine) {
	t.Helper()

	env.ExpectSubmissions(t, 1)
	values := running.Objects()[art].AttributeValues
	if values["status"] != "COMPLETED" || values["url"] == nil || values["error"] != nil || values["adopted"] != false ||
		values["wait_abandoned"] != false || values["request_id"] != env.Emulator.Submissions()[0].RequestID {
		t.Errorf("the state has %v", values)
	}
}

// A request that has started since the last poll is not cancelled, neither when
// the run is interrupted nor when the create timeout ends: fal is asked first.
func TestEvidence_startedSinceTheLastPoll(t *testing.T) {
	t.Parallel()

	start := func(t *testing.T, config func(*acctest.Environment) string) (*acctest.Environment, *steppedClock, *acctest.Engine, interruptibleRun) {
		t.Helper()

		env, clock := onSteppedClock(t, emulator.WithQueueTime(100*time.Millisecond), emulator.WithRunTime(time.Minute), emulator.WithFaults(noStream))
		running := env.Engine(t)
		run := startRun(t, running, config(env))
		until(t, env, calledTimes(env, emulator.RouteStatus, 1))
		clock.awaitPoll(t)
		return env, clock, running, run
	}
	t.Run("interrupted", func(t *testing.T) {
		t.Parallel()

		config := func(env *acctest.Environment) string { return env.Config(image(lighthouse)) }
		env, clock, running, run := start(t, config)
		clock.Advance(150 * time.Millisecond)
		run.interrupt()
		if said := run.end().String(); !saidInOrder("Image Still Being Generated", "The request goes on").MatchString(said) {
			t.Errorf("the run said %s", said)
		}
		expectCancellations(t, env)
		clock.Advance(time.Minute)
		clock.flow()
		running.MustApply(config(env))
		expectOneImage(t, env, running)
	})
	t.Run("out of time", func(t *testing.T) {
		t.Parallel()

		env, clock, running, run := start(t, func(env *acctest.Environment) string {
			return env.Config(image(lighthouse, `timeouts = { create = "200ms" }`))
		})
		clock.Advance(200 * time.Millisecond)
		until(t, env, calledTimes(env, emulator.RouteStatus, 2))
		clock.Advance(time.Minute)
		clock.flow()
		if err := run.end().Err(); err != nil {
			t.Error(err)
		}
		expectCancellations(t, env)
		expectOneImage(t, env, running)
	})
}

// One that is still queued is cancelled, since fal has just said so.
func TestEvidence_stillQueuedWhenInterrupted(t *testing.T) {
	t.Parallel()

	env, clock := onSteppedClock(t, emulator.WithQueueTime(time.Hour), emulator.WithFaults(noStream))
	running := env.Engine(t)
	run := startRun(t, running, env.Config(image(lighthouse)))
	until(t, env, calledTimes(env, emulator.RouteStatus, 1))
	clock.awaitPoll(t)
	run.interrupt()
	if said := run.end().String(); !saidInOrder("Image Generation Cancelled", "it is not billed").MatchString(said) {
		t.Errorf("the run said %s", said)
	}
	expectCancellations(t, env, "OK")
	if left := running.State().Addresses(); len(left) > 0 {
		t.Errorf("the state still has %v", left)
	}
	env.ExpectSubmissions(t, 1)
}

// An interrupted submission has three seconds, for its answer or for a look into
// the history. Which of them brings the id is all the same.
func TestEvidence_interruptedWhileSubmitting(t *testing.T) {
	t.Parallel()

	for name, answers := range map[string]time.Duration{"the answer comes": 1900 * time.Millisecond, "the history has it": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env, clock := onSteppedClock(t, emulator.WithRunTime(2*time.Hour), emulator.WithFaults(
				emulator.Fault{Route: emulator.RouteSubmit, Accept: true, Delay: emulator.Duration(answers)}))
			running := env.Engine(t)
			config := env.Config(image(lighthouse))
			run := startRun(t, running, config)
			until(t, env, func() bool { return len(env.Emulator.Submissions()) == 1 })
			run.interrupt()
			// Two seconds for the answer, and three in all.
			clock.awaitPause(t, 2*time.Second)
			clock.awaitPause(t, 3*time.Second)
			clock.Advance(min(answers, 2*time.Second))
			if said := run.end().String(); !saidInOrder("Image Still Being Generated", "The request goes on").MatchString(said) {
				t.Errorf("the run said %s", said)
			}
			if looked := len(env.Emulator.LogOf(emulator.RouteHistory)) > 0; looked != (answers == time.Hour) {
				t.Errorf("the history was looked into: %t", looked)
			}
			clock.Advance(2 * time.Hour)
			clock.flow()
			running.MustApply(config)
			expectCancellations(t, env)
			expectOneImage(t, env, running)
		})
	}
}

// Whoever looks for a lost submission from time to time looks at once when the
// run is interrupted.
func TestEvidence_interruptedWhileSearching(t *testing.T) {
	t.Parallel()

	env, clock := onSteppedClock(t, emulator.WithRunTime(time.Hour), emulator.WithFaults(lost),
		emulator.WithHistory(emulator.History{Lag: emulator.Duration(10 * time.Second)}))
	running := env.Engine(t)
	config := env.Config(image(lighthouse))
	run := startRun(t, running, config)
	for _, pause := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
		clock.awaitPause(t, pause)
		clock.Advance(pause)
	}
	clock.awaitPause(t, 8*time.Second)
	clock.Advance(4 * time.Second)
	run.interrupt()
	if said := run.end().String(); !saidInOrder("Image Still Being Generated", "The request goes on").MatchString(said) {
		t.Errorf("the run said %s", said)
	}
	clock.Advance(time.Hour)
	clock.flow()
	running.MustApply(config)
	expectCancellations(t, env)
	expectOneImage(t, env, running)
}

// Submissions that wait for their turn stop at once, and none of them is sent
// afterwards.
func TestEvidence_interruptedWhileLimited(t *testing.T) {
	t.Parallel()

	const images = 5
	for name, headers := range map[string]map[string]string{"without a hint": nil, "with Retry-After": {"Retry-After": "1"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env, clock := onSteppedClock(t, emulator.WithFaults(
				emulator.Fault{Route: emulator.RouteSubmit, Times: images, Status: http.StatusTooManyRequests, Headers: headers}))
			running := env.Engine(t)
			config := env.Config(image(lighthouse, fmt.Sprintf("count = %d", images), "keepers = { i = count.index }"))
			run := startRun(t, running, config)
			clock.await(t, func(pauses []time.Duration) bool { return len(pauses) == images })
			sent := len(env.Emulator.LogOf(emulator.RouteSubmit))
			run.interrupt()
			select {
			case diags := <-run.ended:
				run.ended <- diags
			case <-time.After(700 * time.Millisecond):
				t.Error("the run does not end while the clock stands still")
			}
			clock.Advance(time.Minute)
			if said := run.end().String(); !saidInOrder("Image Not Submitted", "interrupted", "Nothing was").MatchString(said) {
				t.Errorf("the run said %s", said)
			}
			if after := len(env.Emulator.LogOf(emulator.RouteSubmit)); after != sent {
				t.Errorf("%d submissions were sent before the interruption, and %d afterwards", sent, after-sent)
			}
			env.ExpectSubmissions(t, 0)
			env.Emulator.ClearFaults()
			clock.flow()
			running.MustApply(config)
			env.ExpectSubmissions(t, images)
		})
	}
}

// fal takes its time to carry out a cancellation, or to answer. The next run
// finds that it has, and has the image made anew, without a fuss.
func TestEvidence_cancelledAfterTheRun(t *testing.T) {
	t.Parallel()

	slow, queue := emulator.Duration(4*time.Second), emulator.Duration(time.Second)
	for name, test := range map[string]struct {
		cancel  emulator.Fault
		outcome string
	}{
		// The request starts while fal is being asked to cancel it.
		"carried out late": {emulator.Fault{Delay: queue}, "CANCELLATION_REQUESTED"},
		"answered late":    {emulator.Fault{Accept: true, Delay: slow}, "OK"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			test.cancel.Route = emulator.RouteCancel
			env, clock := onSteppedClock(t, emulator.WithRunTime(time.Hour), emulator.WithFaults(test.cancel,
				emulator.Fault{Route: emulator.RouteSubmit, Times: 1, Job: &emulator.JobFault{QueueTime: &queue, CancelTime: slow}}))
			running := env.Engine(t)
			config := env.Config(image(lighthouse))
			run := startRun(t, running, config)
			until(t, env, calledTimes(env, emulator.RouteStream, 1))
			run.interrupt()
			until(t, env, func() bool { return len(env.Emulator.LogOf(emulator.RouteCancel)) == 1 })
			clock.Advance(time.Second)
			if !test.cancel.Accept {
				// Whoever has read that fal will try waits for the end of it.
				until(t, env, func() bool { return following(env) == 2 })
			}
			clock.Advance(time.Second)
			if said := run.end().String(); !saidInOrder("Image Still Being Generated", "fal was asked to cancel it", "submitted anew").MatchString(said) {
				t.Errorf("the run said %s", said)
			}
			clock.Advance(4 * time.Second)
			expectCancellations(t, env, test.outcome)
			env.Emulator.ClearFaults()

			followed := following(env)
			go func() {
				if env.Emulator.WaitFor(t.Context(), func() bool { return following(env) > followed }) == nil {
					clock.Advance(time.Hour)
				}
			}()
			if said := running.MustApply(config).String(); said != "" {
				t.Errorf("the next run said %s", said)
			}
			env.ExpectSubmissions(t, 2)
			first, _ := env.Emulator.Request(env.Emulator.Submissions()[0].RequestID)
			if first.ErrorType != "client_cancelled" {
				t.Errorf("the first request ended as %+v", first)
			}
			values := running.Objects()[art].AttributeValues
			if values["url"] == nil || values["request_id"] != env.Emulator.Submissions()[1].RequestID {
				t.Errorf("the state has %v", values)
			}
		})
	}
}

// An engine sends some creations a moment after it has asked to stop. They are not
// paid for. What is destroyed then, as tests do that are interrupted, is.
func TestEvidence_createdAfterTheInterruption(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	c := converseConfigured(t, env)
	set := arguments{"prompt": word(lighthouse)}
	made := c.create(t, set)
	if len(made.Diagnostics) > 0 {
		t.Fatalf("creating said %s", spoken(made.Diagnostics))
	}
	other := arguments{"prompt": word("a boat at sea")}
	planned := c.plan(t, nil, nil, other)
	if _, err := c.server.StopProvider(t.Context(), &tfprotov6.StopProviderRequest{}); err != nil {
		t.Fatal(err)
	}
	late := c.apply(t, nil, planned, other)
	if said := spoken(late.Diagnostics); !saidInOrder("Image Not Submitted", "interrupted", "Nothing was").MatchString(said) {
		t.Errorf("creating after the interruption said %s", said)
	}
	if left := unpacked(t, late.NewState, c.image.ValueType()); !left.IsNull() {
		t.Errorf("the state has %s", left)
	}
	env.ExpectSubmissions(t, 1)

	gone, err := c.server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: "flux2_image", PriorState: made.NewState, PlannedPrivate: made.Private,
		PlannedState: packed(t, nothing(c.image.ValueType())), Config: packed(t, nothing(c.image.ValueType())),
	})
	if err != nil || len(gone.Diagnostics) > 0 {
		t.Errorf("destroying after the interruption said %s, %v", spoken(gone.Diagnostics), err)
	}
	c.configure(t, arguments{"emulator_url": word(env.URL)})
	if again := c.apply(t, nil, c.plan(t, nil, nil, other), other); len(again.Diagnostics) > 0 {
		t.Errorf("creating in the next run said %s", spoken(again.Diagnostics))
	}
	env.ExpectSubmissions(t, 2)
}
