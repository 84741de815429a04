// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// cooldown holds back every call of the client after a 429: the limit is the
// account's, so all of the process has to slow down.
type cooldown struct {
	mutex sync.Mutex
	until time.Time
}

// extend holds calls back until the given time, unless they are already held
// back for longer.
func (c *cooldown) extend(until time.Time) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if until.After(c.until) {
		c.until = until
	}
}

// wait returns when calls may be sent again, or with the context's error.
func (c *cooldown) wait(ctx context.Context, clock Clock) error {
	for {
		c.mutex.Lock()
		remaining := c.until.Sub(clock.Now())
		c.mutex.Unlock()
		if remaining <= 0 {
			return ctx.Err()
		}
		// Those who wait must not all come back in the same instant.
		if err := clock.Sleep(ctx, remaining+jitter(remaining/4)); err != nil {
			return err
		}
	}
}

// slowDown makes all calls wait after a 429, and returns how long. The round
// counts how often the call was answered so before.
func (c *Client) slowDown(header http.Header, round int) time.Duration {
	pause := max(backoff(round), retryAfter(header, c.Now()))
	c.cooldown.extend(c.clock.Now().Add(pause))
	return pause
}
