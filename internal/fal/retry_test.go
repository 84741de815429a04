// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	tests := map[string]time.Duration{
		"":      0,
		"0":     0,
		"-5":    0,
		"NaN":   0,
		"later": 0,
		"1":     time.Second,
		" 2 ":   2 * time.Second,
		"0.5":   500 * time.Millisecond,
		"1e300": longestRetryAfter,
		"Inf":   longestRetryAfter,
		"86400": 2 * time.Minute,
		"120":   2 * time.Minute,
		"119.5": 119500 * time.Millisecond,
		noon.Add(30 * time.Second).Format(http.TimeFormat):                              30 * time.Second,
		noon.Add(30*time.Second).Format("Monday, 02-Jan-06 15:04:05") + " GMT":          30 * time.Second,
		noon.Add(-time.Hour).Format(http.TimeFormat):                                    0,
		noon.Add(9999 * time.Hour).Format(http.TimeFormat):                              longestRetryAfter,
		noon.Add(30 * time.Second).Format(time.RFC3339):                                 0,
		"99999999999999999999999999999999999999999999999999999999999999999999999999999": longestRetryAfter,
	}
	for value, want := range tests {
		if got := retryAfter(http.Header{"Retry-After": {value}}, noon); got != want {
			t.Errorf("%q is %s, want %s", value, got, want)
		}
	}
}

func TestBackoffIsCappedAndJittered(t *testing.T) {
	t.Parallel()
	if jitter(0) != 1 || jitter(1) != 1 {
		t.Error("a pause can be none")
	}
	for attempt := range 100 {
		ceiling := 30 * time.Second
		if attempt < 6 {
			ceiling = 500 * time.Millisecond << attempt
		}
		seen := map[time.Duration]bool{}
		for range 50 {
			pause := backoff(attempt)
			if pause <= 0 || pause > ceiling {
				t.Fatalf("attempt %d: %s, want at most %s", attempt, pause, ceiling)
			}
			seen[pause] = true
		}
		if len(seen) < 10 {
			t.Errorf("attempt %d: only %d different pauses", attempt, len(seen))
		}
	}
}

// A call is repeated after pauses that double up to half a minute, and of which
// each is some part of that, so that parallel calls don't come back in step.
func TestPausesOfACall(t *testing.T) {
	t.Parallel()
	longest := make([]time.Duration, 7)
	for range 50 {
		clock := newFakeClock()
		c := client(t, "http://127.0.0.1:1", withClock(clock), withTransport(answering(func() (int, string) { return 503, `{}` })))
		if _, err := c.Pricing(t.Context(), testEndpoint); !errors.Is(err, ErrServer) {
			t.Fatal(err)
		}
		pauses := clock.sleeps()
		if len(pauses) != len(longest) {
			t.Fatalf("%d pauses, want %d", len(pauses), len(longest))
		}
		for i, pause := range pauses {
			longest[i] = max(longest[i], pause)
			if pause <= 0 {
				t.Errorf("pause %d is %s", i, pause)
			}
		}
	}
	for i, ceiling := range []time.Duration{
		500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 30 * time.Second,
	} {
		if longest[i] > ceiling || longest[i] < ceiling/2 {
			t.Errorf("the longest of 50 pauses after failure %d is %s, want nearly %s", i+1, longest[i], ceiling)
		}
	}
}

// Whoever was held back by a 429 given to somebody else comes a little later,
// and not all in the same instant.
func TestACooldownEndsForOneAfterTheOther(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if r.Method == http.MethodPost {
			w.Header().Set("Retry-After", "60")
			reply(w, 429, `{"detail":"slow down"}`)
			return
		}
		reply(w, 200, `{"prices":[]}`)
	})
	seen := map[time.Duration]bool{}
	for range 20 {
		clock := newFakeClock()
		c := client(t, fake.URL, withClock(clock))
		// Nobody repeats this one.
		if _, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{Patience: 1}); !errors.Is(err, ErrRateLimited) {
			t.Fatal(err)
		}
		if _, err := c.Pricing(t.Context(), testEndpoint); err != nil {
			t.Fatal(err)
		}
		waited := clock.Now().Sub(noon)
		if waited <= time.Minute || waited > 75*time.Second+1 {
			t.Errorf("held back for a minute, it came after %s", waited)
		}
		seen[waited] = true
	}
	if len(seen) < 10 || len(fake.got()) != 40 {
		t.Errorf("%d of 20 came at times of their own, in %d calls", len(seen), len(fake.got()))
	}
}

// Who is held back and interrupted has sent nothing.
func TestACooldownIsInterrupted(t *testing.T) {
	t.Parallel()
	for name, operate := range operations {
		if name == "cancel" {
			// It doesn't wait.
			continue
		}
		calls := 0
		c := client(t, "http://127.0.0.1:1", withTransport(answering(func() (int, string) {
			calls++
			return 429, `{}`
		})))
		_, _ = c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{Patience: 1})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := operate(ctx, c, attach(t, c)); !errors.Is(err, context.Canceled) || errors.Is(err, ErrOutcomeUnknown) || calls != 1 {
			t.Errorf("%s: %v after %d calls", name, err, calls-1)
		}
	}
}

// TestA429HoldsBackEveryCall has one call told to slow down, and sees to it that
// no other goes out before the time has come.
func TestA429HoldsBackEveryCall(t *testing.T) {
	t.Parallel()
	const images = 50
	clock := newFakeClock()
	clock.hold = time.Nanosecond
	var limited atomic.Bool
	limited.Store(true)
	var early atomic.Int64
	var fake *fakeFal
	fake = newFakeFal(t, func(w http.ResponseWriter, r *http.Request, number int) {
		if number == 1 {
			w.Header().Set("Retry-After", "30")
			reply(w, 429, `{"detail":"slow down"}`)
			return
		}
		if limited.Load() {
			early.Add(1)
		}
		switch {
		case isStream(r):
			stream(w, event("COMPLETED"))
			return
		case isStatus(r):
			reply(w, 200, `{"status":"COMPLETED"}`)
			return
		}
		reply(w, 200, ticket(fake.URL))
	})
	c := client(t, fake.URL, withClock(clock))
	var running sync.WaitGroup
	submit := func() {
		if _, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{}); err != nil {
			t.Error(err)
		}
	}
	running.Go(submit)
	clock.awaitHeld(1)
	for range images {
		running.Go(submit)
	}
	running.Go(func() {
		// The stream is a call like any other.
		if _, err := c.Wait(t.Context(), attach(t, c), nil); err != nil {
			t.Error(err)
		}
	})
	clock.awaitHeld(1 + images + 1)
	if n := len(fake.got()); n != 1 {
		t.Errorf("%d calls during the cool-down, want 1", n)
	}
	limited.Store(false)
	// All have their turn then; more would be too long for those under way.
	clock.advance(40 * time.Second)
	running.Wait()
	var submissions int
	for _, r := range fake.got() {
		if r.method == http.MethodPost {
			submissions++
		}
	}
	if submissions != images+2 || early.Load() != 0 {
		t.Errorf("%d submissions, want %d of which all but one accepted; %d were early", submissions, images+2, early.Load())
	}
}

func TestCooldownEndsWithItsContext(t *testing.T) {
	t.Parallel()
	var held cooldown
	clock := systemClock{}
	held.extend(clock.Now().Add(time.Hour))
	held.extend(clock.Now().Add(time.Minute))
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(5*time.Millisecond, cancel)
	if err := held.wait(ctx, clock); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if held.until.Sub(clock.Now()) < 50*time.Minute {
		t.Error("a shorter cool-down replaced a longer one")
	}
}

func TestSystemClock(t *testing.T) {
	t.Parallel()
	clock := systemClock{}
	if err := clock.Sleep(t.Context(), time.Microsecond); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, d := range []time.Duration{-1, 0, time.Hour} {
		// Each time, and not only if the context wins a race.
		for range 50 {
			if err := clock.Sleep(ctx, d); !errors.Is(err, context.Canceled) {
				t.Fatalf("%s: %v", d, err)
			}
		}
	}
}

func TestTheirClock(t *testing.T) {
	t.Parallel()
	ahead := noon.Add(3 * time.Hour)
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		w.Header().Set("Date", ahead.Format(http.TimeFormat))
		reply(w, 500, `{"detail":"oops"}`)
	})
	c := client(t, fake.URL)
	if !c.Now().Equal(noon) {
		t.Errorf("before any answer it is %s, want this machine's time", c.Now())
	}
	_, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
	var failure *Error
	if !errors.As(err, &failure) || !failure.SentAt.Equal(ahead) || !c.Now().Equal(ahead) {
		t.Errorf("sent at %s, now %s, want %s by fal's clock", failure.SentAt, c.Now(), ahead)
	}
}
