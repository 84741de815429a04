// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// policy says after which failures a call may be sent again.
type policy int

const (
	// repeatRead is for calls that change nothing: all that may pass by itself.
	repeatRead policy = iota
	// repeatEffect is for cancel and delete, which may be carried out twice.
	repeatEffect
	// repeatUnsent is for submissions: only what fal can't have accepted.
	repeatUnsent
	// repeatNever is for calls whose caller comes back by itself.
	repeatNever
)

// The bounds of repeating.
const (
	firstPause   = 500 * time.Millisecond
	longestPause = 30 * time.Second
	// longestRetryAfter caps what a server may ask for, so that a wrong header
	// can't stop a run for hours.
	longestRetryAfter = 2 * time.Minute
	// attempts bounds how often a call may fail. Answers of 429 don't count:
	// with hundreds of images, waiting for one's turn is nothing unusual.
	attempts = 8
	// defaultPatience bounds the time from the first attempt to the last, for
	// calls that say nothing else.
	defaultPatience = 10 * time.Minute
)

// newRepeating makes the client that repeats calls, on the policy below and the
// client's own clock.
func (c *Client) newRepeating(transport http.RoundTripper) *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient: &http.Client{Transport: &gate{client: c, next: transport}, CheckRedirect: c.checkRedirect},
		// How often is up to checkRetry, and how long to PrepareRetry.
		RetryMax:     math.MaxInt32,
		CheckRetry:   c.checkRetry,
		Backoff:      func(time.Duration, time.Duration, int, *http.Response) time.Duration { return 0 },
		PrepareRetry: func(req *http.Request) error { return c.clock.Sleep(req.Context(), tryOf(req.Context()).pause) },
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
}

// checkRetry decides after each attempt whether another follows. It is asked
// twice about an answer: before it is read, when it can't tell yet, and after.
func (c *Client) checkRetry(ctx context.Context, response *http.Response, err error) (bool, error) {
	current := tryOf(ctx)
	if err == nil && current.answer == nil {
		return false, nil
	}
	tooMany := err == nil && response.StatusCode == http.StatusTooManyRequests
	if tooMany {
		// Also where this call is not repeated, for the sake of all others.
		current.pause = c.slowDown(response.Header, current.limited)
		current.limited++
	}
	if !current.mayRepeat(err) {
		return false, nil
	}
	if !tooMany {
		current.pause = backoff(current.failed)
		if response != nil {
			current.pause = max(current.pause, retryAfter(response.Header, c.Now()))
		}
		current.failed++
	}
	if current.failed >= attempts {
		return false, nil
	}
	if c.clock.Now().Add(current.pause).Sub(current.began) > cmp.Or(current.call.patience, defaultPatience) {
		return false, nil
	}
	// This attempt is as good as never made, also if none follows.
	current.answer, current.mayHaveArrived = nil, false
	return ctx.Err() == nil, ctx.Err()
}

// slowDown makes all calls wait after a 429, and returns how long. The round
// counts how often the call was answered so before.
func (c *Client) slowDown(header http.Header, round int) time.Duration {
	pause := max(backoff(round), retryAfter(header, c.Now()))
	c.cooldown.extend(c.clock.Now().Add(pause))
	return pause
}

// isPermanent reports whether a connection failed in a way that doesn't pass by
// itself.
func isPermanent(err error) bool {
	var untrusted *tls.CertificateVerificationError
	return errors.Is(err, errRedirect) || errors.Is(err, errTooLarge) || errors.Is(err, errNotLoopback) || errors.As(err, &untrusted)
}

// mayRepeat is the table of which call may follow which failure. The error is
// that of an attempt without a complete answer.
func (t *try) mayRepeat(err error) bool {
	switch {
	case t.call.policy == repeatNever, isPermanent(err):
		return false
	case t.call.policy == repeatUnsent && err != nil:
		return !t.mayHaveArrived
	case t.call.policy == repeatUnsent:
		return t.answer.status == http.StatusTooManyRequests
	case err != nil:
		return true
	case t.call.policy == repeatEffect:
		return t.answer.status == http.StatusTooManyRequests || t.answer.status >= 500
	case t.call.final != nil && t.call.final(t.answer):
		return false
	}
	switch t.answer.status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// backoff is the pause after an attempt, counted from 0: capped, exponential,
// with full jitter so that parallel images don't come back in step.
func backoff(attempt int) time.Duration {
	return jitter(min(longestPause, firstPause<<min(attempt, 10)))
}

// jitter is a random duration of more than 0, up to the given one.
func jitter(longest time.Duration) time.Duration {
	return time.Duration(rand.Int64N(max(int64(longest), 1)) + 1) //nolint:gosec // jitter needs no secrecy
}

// retryAfter reads a Retry-After header in either of its forms, seconds or an
// HTTP date, and caps it. It is 0 if there is none that can be read.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseFloat(value, 64); err == nil && !math.IsNaN(seconds) {
		return time.Duration(max(0, min(seconds, longestRetryAfter.Seconds())) * float64(time.Second))
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return max(0, min(date.Sub(now), longestRetryAfter))
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
		if err := clock.Sleep(ctx, remaining+jitter(remaining/4)); err != nil {
			return err
		}
	}
}
