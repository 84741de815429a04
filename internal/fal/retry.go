// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The bounds of waiting between attempts.
const (
	firstPause   = 500 * time.Millisecond
	longestPause = 30 * time.Second
	// longestRetryAfter caps what a server may ask for, so that a wrong header
	// can't stop a run for hours.
	longestRetryAfter = 2 * time.Minute
	// attempts bounds how often a call is sent in all.
	attempts = 8
)

// backoff is the pause after an attempt, counted from 0: capped, exponential,
// with full jitter so that parallel images don't come back in step.
func backoff(attempt int) time.Duration {
	ceiling := longestPause
	if attempt < 10 {
		ceiling = min(ceiling, firstPause<<attempt)
	}
	return time.Duration(rand.Int64N(int64(ceiling)) + 1) //nolint:gosec // jitter needs no secrecy
}

// retryAfter reads a Retry-After header in either of its forms, seconds or an
// HTTP date, and caps it. It is 0 if there is none that can be read.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value == "" {
		return 0
	}
	var wait time.Duration
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		switch {
		case !(seconds > 0):
			return 0
		case seconds >= longestRetryAfter.Seconds():
			return longestRetryAfter
		}
		wait = time.Duration(seconds * float64(time.Second))
	} else if date, err := http.ParseTime(value); err == nil {
		wait = date.Sub(now)
	}
	return max(0, min(wait, longestRetryAfter))
}

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
		spread := time.Duration(rand.Int64N(int64(remaining)/4 + 1)) //nolint:gosec // jitter needs no secrecy
		if err := clock.Sleep(ctx, remaining+spread); err != nil {
			return err
		}
	}
}
