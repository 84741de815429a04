// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider"
)

// steppedClock is one clock for the emulator and the provider. It stands still
// until the test moves it on, so that the test says what comes first.
type steppedClock struct {
	*emulator.FakeClock

	mutex   sync.Mutex
	pauses  []time.Duration
	changed chan struct{}
	flows   bool
}

func newSteppedClock() *steppedClock {
	return &steppedClock{FakeClock: emulator.NewFakeClock(time.Now()), changed: make(chan struct{})}
}

// onSteppedClock starts an emulator and a provider that share such a clock.
func onSteppedClock(t *testing.T, options ...emulator.Option) (*acctest.Environment, *steppedClock) {
	t.Helper()

	clock := newSteppedClock()
	env := acctest.New(t, append(options, emulator.WithClock(clock))...)
	env.Providers = env.ProvidersWith(nil, provider.WithClock(clock))
	return env, clock
}

// Sleep returns once the test has moved the clock on, or at once after flow.
func (c *steppedClock) Sleep(ctx context.Context, d time.Duration) error {
	over := make(chan struct{})
	timer := c.AfterFunc(d, func() { close(over) })
	defer timer.Stop()
	c.note(func() { c.pauses = append(c.pauses, d) })
	defer c.note(func() { c.pauses = slices.Delete(c.pauses, slices.Index(c.pauses, d), slices.Index(c.pauses, d)+1) })
	for left := d; left > 0 && ctx.Err() == nil && c.isFlowing() && d <= untilSilence; left -= time.Second {
		// Not all at once: somebody's time may be up before.
		c.Advance(min(left, time.Second))
	}
	select {
	case <-over:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// WithTimeout returns a context that ends when the clock has moved on.
func (c *steppedClock) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	made := &steppedTimeout{Context: ctx, done: make(chan struct{})}
	timer := c.AfterFunc(d, func() { made.end(context.DeadlineExceeded) })
	stop := context.AfterFunc(ctx, func() { made.end(ctx.Err()) })
	return made, func() {
		timer.Stop()
		stop()
		made.end(context.Canceled)
	}
}

// flow has pauses pass by themselves from now on.
func (c *steppedClock) flow() {
	c.note(func() { c.flows = true })
}

func (c *steppedClock) isFlowing() bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.flows
}

// awaitPause returns once somebody pauses for so long.
func (c *steppedClock) awaitPause(t *testing.T, d time.Duration) {
	t.Helper()
	c.await(t, func(pauses []time.Duration) bool { return slices.Contains(pauses, d) })
}

// awaitPoll returns once somebody pauses before he asks again.
func (c *steppedClock) awaitPoll(t *testing.T) {
	t.Helper()
	c.await(t, func(pauses []time.Duration) bool {
		return slices.ContainsFunc(pauses, func(d time.Duration) bool { return d <= untilSilence })
	})
}

// await returns once the pauses that are under way are as wanted.
func (c *steppedClock) await(t *testing.T, wanted func([]time.Duration) bool) {
	t.Helper()

	ctx := patience(t)
	for {
		c.mutex.Lock()
		changed, pauses := c.changed, slices.Clone(c.pauses)
		c.mutex.Unlock()
		if wanted(pauses) {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("those who pause do so for %v", pauses)
		}
	}
}

func (c *steppedClock) note(change func()) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	change()
	close(c.changed)
	c.changed = make(chan struct{})
}

// steppedTimeout is a context that a clock of its own ends.
type steppedTimeout struct {
	context.Context
	done chan struct{}

	mutex  sync.Mutex
	err    error
	onDone []func()
}

func (s *steppedTimeout) Done() <-chan struct{} { return s.done }

func (s *steppedTimeout) Err() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.err
}

// AfterFunc is for the contexts below, which end with this one and not later.
func (s *steppedTimeout) AfterFunc(f func()) func() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.err != nil {
		go f()
		return func() bool { return false }
	}
	s.onDone = append(s.onDone, f)
	return func() bool { return s.Err() == nil }
}

func (s *steppedTimeout) end(err error) {
	s.mutex.Lock()
	if s.err != nil {
		s.mutex.Unlock()
		return
	}
	s.err = err
	close(s.done)
	below := s.onDone
	s.mutex.Unlock()
	for _, f := range below {
		f()
	}
}

// interruptibleRun is an apply that goes on while the test looks at it.
type interruptibleRun struct {
	t         *testing.T
	interrupt context.CancelFunc
	ended     chan engine.Diagnostics
}

func startRun(t *testing.T, running *acctest.Engine, config string) interruptibleRun {
	t.Helper()

	ctx, interrupt := context.WithCancel(t.Context())
	started := interruptibleRun{t: t, interrupt: interrupt, ended: make(chan engine.Diagnostics, 1)}
	go func() { started.ended <- running.Run(ctx, config, engine.PlanOptions{}) }()
	return started
}

// end returns what the run has said, once it is over.
func (r interruptibleRun) end() engine.Diagnostics {
	r.t.Helper()

	select {
	case diags := <-r.ended:
		return diags
	case <-patience(r.t).Done():
		r.t.Fatal("the run does not end")
		return nil
	}
}

// until waits for something to have happened at the emulator.
func until(t *testing.T, env *acctest.Environment, condition func() bool) {
	t.Helper()

	if err := env.Emulator.WaitFor(patience(t), condition); err != nil {
		t.Fatal(err)
	}
}

// calledTimes is a condition: so many calls of a route have been answered.
func calledTimes(env *acctest.Environment, route emulator.Route, times int) func() bool {
	return func() bool {
		answered := 0
		for _, entry := range env.Emulator.LogOf(route) {
			if entry.Status != 0 {
				answered++
			}
		}
		return answered >= times
	}
}
