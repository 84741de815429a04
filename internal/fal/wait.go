// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"errors"
	"time"
)

// The pace of polling, where there is no stream.
const (
	shortestPollPause = 250 * time.Millisecond
	longestPollPause  = 5 * time.Second
	// settling is how long a new request may be unknown to the status URL: fal
	// does not promise that it is known at once.
	settling = 10 * time.Second
)

// pollPause is a tenth of the time waited so far: what polling adds to a wait is
// in proportion to it.
func pollPause(waited time.Duration) time.Duration {
	return min(max(waited/10, shortestPollPause), longestPollPause)
}

// Wait returns the status of a request once it is completed, and tells observe,
// unless it is nil, about each status on the way, that one included. It listens
// to fal's status stream, and polls if there is none or it breaks.
//
// It outlasts everything that may pass by itself, so how long to wait is up to
// the context. Any other error ends it, such as a rejected key, a locked account
// or a forgotten request: none of them says that the request has failed. It
// never cancels.
func (c *Client) Wait(ctx context.Context, handle Handle, observe func(Status)) (Status, error) {
	if observe == nil {
		observe = func(Status) {}
	}
	handle, err := c.complete(handle)
	if err != nil {
		return Status{}, err
	}
	if c.key == "" {
		return Status{}, c.noKey("wait")
	}
	began := c.clock.Now()
	known := c.streams.ask(ctx, c.clock)
	defer known()
	status, err := c.follow(ctx, handle, observe, known)
	if err == nil {
		return status, nil
	}
	if ctx.Err() != nil {
		return Status{}, ctx.Err()
	}
	c.logger.Debug(ctx, "Polling, since the status stream ended early", map[string]any{
		"fal_request_id": handle.RequestID,
		"reason":         c.presentable(err.Error()),
	})
	return c.poll(ctx, handle, observe, began, err, known)
}

// poll asks for the status again and again. The pauses are shorter than a
// repeated call would make them, so each call is made once.
func (c *Client) poll(ctx context.Context, handle Handle, observe func(Status), began time.Time, ended error, known func()) (Status, error) {
	what := call{operation: "wait", requestID: handle.RequestID}
	polling := c.clock.Now()
	// failure is that of the last call, unless fal has answered since; at first
	// that of the stream, which has ended.
	var failure *Error
	_ = errors.As(ended, &failure)
	for first := true; ; first = false {
		status, err := c.status(ctx, handle, false, repeatNever)
		if first && err == nil && errors.Is(ended, errNoStream) {
			// It is not this request that fal doesn't know. Where others have had a
			// stream, it is this one that has none.
			c.streams.have.CompareAndSwap(streamsUnknown, streamsMissing)
		}
		known()
		asked := time.Duration(0)
		switch {
		case err == nil:
			failure = nil
			observe(status)
			if status.State == Completed {
				return status, nil
			}
		case ctx.Err() != nil:
			if cut := (*Error)(nil); failure == nil && errors.As(err, &cut) {
				_ = errors.As(cut.LastAttempt, &failure)
			}
			return Status{}, c.waitCutShort(ctx.Err(), what, began, failure)
		case !c.mayBeTemporary(err, handle, polling):
			return Status{}, err
		case errors.As(err, &failure):
			asked = failure.RetryAfter
		}
		if err := c.clock.Sleep(ctx, max(pollPause(c.clock.Now().Sub(began)), asked)); err != nil {
			return Status{}, c.waitCutShort(err, what, began, failure)
		}
	}
}

// waitCutShort is why a wait has ended, with what kept fal from being asked.
func (c *Client) waitCutShort(reason error, what call, began time.Time, failure *Error) error {
	if failure == nil {
		return reason
	}
	return c.cutShort(what, reason, began, failure)
}

// mayBeTemporary reports whether a failure to learn the status is a matter of time.
func (c *Client) mayBeTemporary(err error, handle Handle, began time.Time) bool {
	if isPermanent(err) {
		return false
	}
	for _, kind := range []error{ErrServer, ErrConnection, ErrMalformed, ErrRateLimited} {
		if errors.Is(err, kind) {
			return true
		}
	}
	recent := handle.SubmittedAt.IsZero() || c.Now().Sub(handle.SubmittedAt) < settling
	return errors.Is(err, ErrNotFound) && recent && c.clock.Now().Sub(began) < settling
}
