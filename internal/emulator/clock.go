// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"slices"
	"sync"
	"time"
)

// Clock tells the time and wakes the emulator. Everything that takes time in
// it (queue, run, delays, keep-alives, expiry) is driven by the clock.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f once, after d, without holding up the caller.
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is a call that a Clock has yet to make.
type Timer interface {
	// Stop prevents the call. It reports whether it was in time.
	Stop() bool
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }

// offsetClock shows another time than the clock that drives it.
type offsetClock struct {
	Clock
	offset time.Duration
}

func (c offsetClock) Now() time.Time { return c.Clock.Now().Add(c.offset) }

// FakeClock stands still until it is advanced.
type FakeClock struct {
	mu     sync.Mutex
	now    time.Time
	timers []*fakeTimer
}

type fakeTimer struct {
	clock *FakeClock
	at    time.Time
	call  func()
}

// NewFakeClock returns a clock that shows the given time.
func NewFakeClock(now time.Time) *FakeClock {
	return &FakeClock{now: now}
}

// Now returns the time that the clock shows.
func (c *FakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// AfterFunc calls f when the clock has been advanced by d, on the goroutine
// that advances it; at once and on a goroutine of its own if d isn't positive.
func (c *FakeClock) AfterFunc(d time.Duration, f func()) Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	timer := &fakeTimer{clock: c, at: c.now.Add(d), call: f}
	if d <= 0 {
		go f()
		return timer
	}
	c.timers = append(c.timers, timer)
	return timer
}

// Advance moves the clock forward and makes the calls that fall due on the
// way, in their order, each with the clock showing the time it was due.
func (c *FakeClock) Advance(d time.Duration) {
	c.mu.Lock()
	end := c.now.Add(d)
	for {
		timer := c.next(end)
		if timer == nil {
			break
		}
		c.now = timer.at
		c.mu.Unlock()
		timer.call()
		c.mu.Lock()
	}
	c.now = end
	c.mu.Unlock()
}

// next takes the earliest timer that is due by the given time.
func (c *FakeClock) next(by time.Time) *fakeTimer {
	first := -1
	for i, timer := range c.timers {
		if !timer.at.After(by) && (first < 0 || timer.at.Before(c.timers[first].at)) {
			first = i
		}
	}
	if first < 0 {
		return nil
	}
	timer := c.timers[first]
	c.timers = slices.Delete(c.timers, first, first+1)
	return timer
}

func (t *fakeTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	i := slices.Index(t.clock.timers, t)
	if i < 0 {
		return false
	}
	t.clock.timers = slices.Delete(t.clock.timers, i, i+1)
	return true
}
