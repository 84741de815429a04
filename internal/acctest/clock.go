// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"context"
	"sync"
	"time"
)

// Clock is a clock for a provider under test, on which waiting takes no time:
// a pause is over at once, and the clock has moved on by it.
type Clock struct {
	longest  time.Duration
	start    time.Time
	released chan struct{}

	mutex sync.Mutex
	now   time.Time
}

// NewClock returns a clock that shows the present time. Pauses of more than the
// longest, such as those of a watchdog, last until Release.
func NewClock(longest time.Duration) *Clock {
	now := time.Now()
	return &Clock{longest: longest, start: now, now: now, released: make(chan struct{})}
}

// Release ends the longest pauses too. It can be called once.
func (c *Clock) Release() { close(c.released) }

// Now is the time that the clock shows.
func (c *Clock) Now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.now
}

// Sleep moves the clock on.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	if d > c.longest {
		select {
		case <-c.released:
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.now = c.now.Add(max(d, 0))
	return nil
}

// WithTimeout ends by real time: what is waited for here is real work over
// loopback, and others' pauses must not end it.
func (c *Clock) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d)
}

// Elapsed is how long the pauses have taken, all in all.
func (c *Clock) Elapsed() time.Duration {
	return c.Now().Sub(c.start)
}
