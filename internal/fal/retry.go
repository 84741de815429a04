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
	"time"
)

// The sizes that answers are limited to, in bytes. Results can hold pictures:
// four of them, uncompressed and as text, take less than this.
const (
	smallBody = 1 << 20
	// A page of the history has inputs and outputs, but no pictures.
	pageBody  = 32 << 20
	largeBody = 128 << 20
)

// call is one request to fal, however often it is sent.
type call struct {
	operation string
	method    string
	url       string
	header    http.Header
	body      []byte
	policy    policy
	// limit is the largest answer that is read, in bytes.
	limit int64
	// timeout bounds each attempt.
	timeout time.Duration
	// patience bounds the time from the first attempt to the last; 0 for
	// defaultPatience.
	patience time.Duration
	// interrupt ends all waiting for an attempt, but none that is under way.
	interrupt <-chan struct{}
	// sending is told of each attempt, and refused of one that is followed by
	// another; nil for nobody.
	sending, refused func()
	// urgent calls don't wait for a cool-down to end.
	urgent bool
	// tellsTime says that the answer's Date is the present time at fal.
	tellsTime bool
	// final reports that an answer which looks passing is not: the job behind
	// it has failed for good.
	final func(*answer) bool
	// requestID is the request that the call is about, if there is one already.
	requestID string
}

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

// do sends a call until it is answered for good, and returns the last attempt.
// An error means that there is no complete answer; an answer with an error
// status is not an error here.
func (c *Client) do(ctx context.Context, what call) (*attempt, error) {
	made := &attempt{}
	if c.key == "" {
		return made, c.noKey(what.operation)
	}
	waiting, stop := untilInterrupted(ctx, what.interrupt)
	defer stop()
	began := c.clock.Now()
	failed, limited := 0, 0
	for tries := 1; ; tries++ {
		if err := c.awaitTurn(waiting, what); err != nil {
			return &attempt{}, c.cutShort(what, err, began, c.failureOf(what, made))
		}
		before := made
		notify(what.sending)
		made = c.attempt(ctx, waiting, what)
		made.effort = effort{attempts: tries, elapsed: c.clock.Now().Sub(began)}
		if made.answer != nil {
			made.answer.effort = made.effort
		}
		if made.answer == nil && waiting.Err() != nil && (ctx.Err() != nil || !made.mayHaveArrived) {
			if before.sentAt.IsZero() {
				before = made
			}
			return made, c.cutShort(what, waiting.Err(), began, c.failureOf(what, before))
		}
		tooMany := made.answer != nil && made.answer.status == http.StatusTooManyRequests
		var pause time.Duration
		if tooMany {
			// Also where this call is not repeated, for the sake of all others.
			pause = c.slowDown(made.answer.header, limited)
			limited++
		}
		if !what.mayRepeat(made) {
			break
		}
		if !tooMany {
			pause = backoff(failed)
			if made.answer != nil {
				pause = max(pause, retryAfter(made.answer.header, c.Now()))
			}
			failed++
		}
		if failed >= attempts || c.clock.Now().Add(pause).Sub(began) > cmp.Or(what.patience, defaultPatience) {
			break
		}
		notify(what.refused)
		if err := c.clock.Sleep(waiting, pause); err != nil {
			return &attempt{}, c.cutShort(what, err, began, c.failureOf(what, made))
		}
	}
	if made.err != nil {
		return made, c.connectionError(what, made)
	}
	return made, nil
}

func notify(listener func()) {
	if listener != nil {
		listener()
	}
}

// untilInterrupted returns a context that ends when the channel is closed, too.
func untilInterrupted(ctx context.Context, interrupt <-chan struct{}) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(ctx)
	if interrupt != nil {
		go func() {
			select {
			case <-interrupt:
				stop()
			case <-ctx.Done():
			}
		}()
	}
	return ctx, stop
}

// awaitTurn returns when a call may be sent, or with an error if it may not be
// any more.
func (c *Client) awaitTurn(waiting context.Context, what call) error {
	if !what.urgent {
		if err := c.cooldown.wait(waiting, c.clock); err != nil {
			return err
		}
	}
	select {
	case <-what.interrupt:
		// The context may not know yet.
		return context.Canceled
	default:
		return waiting.Err()
	}
}

// mayRepeat is the table of which call may follow which failure.
func (k *call) mayRepeat(made *attempt) bool {
	switch {
	case k.policy == repeatNever, isPermanent(made.err):
		return false
	case k.policy == repeatUnsent:
		return !made.mayHaveArrived || made.answer != nil && (made.answer.status == http.StatusTooManyRequests || made.answer.isChallenge())
	case made.answer == nil:
		return true
	case made.answer.status == http.StatusTooManyRequests, made.answer.isForeignDenial(), k.policy == repeatRead && made.answer.isForeignPage():
		return true
	case k.policy == repeatEffect:
		return made.answer.status >= 500
	case k.final != nil && k.final(made.answer):
		return false
	}
	switch made.answer.status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// isPermanent reports whether a connection failed in a way that doesn't pass by
// itself.
func isPermanent(err error) bool {
	var untrusted *tls.CertificateVerificationError
	if proxy := (*ProxyError)(nil); errors.As(err, &proxy) && proxy.Code == http.StatusProxyAuthRequired {
		return true
	}
	return errors.Is(err, errRedirect) || errors.Is(err, errForeign) || errors.Is(err, errTooLarge) || errors.Is(err, errNotLoopback) ||
		errors.Is(err, http.ErrSchemeMismatch) ||
		errors.As(err, &untrusted)
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
