// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// LostSubmission describes a submission whose outcome is not known.
type LostSubmission struct {
	// EndpointID is where it was sent.
	EndpointID string
	// Input is what was sent.
	Input json.RawMessage
	// NotBefore is the earliest time, by fal's clock, at which the request can
	// have been sent: Error.SentAt, or Client.Now from before the submission,
	// less a margin of a minute or two.
	NotBefore time.Time
	// Exclude reports that a request with the same input is another's; nil
	// excludes none. It is asked about matches only, the earliest first, so that
	// it may claim the one that it lets pass.
	Exclude func(requestID string) bool
}

// The pauses between two looks into the history, which lags behind.
const (
	firstLook   = 2 * time.Second
	slowestLook = 30 * time.Second
)

// FindSubmission looks in the request history for a submission whose answer was
// lost, until it is found or the context ends. It then returns false and the
// context's error. Failures that may pass are waited out; any other, such as a
// key that may not read the history, ends the search.
//
// The history holds no request that was sent with StorePayloads false, and it is
// not known whether it holds those that have not started.
func (c *Client) FindSubmission(ctx context.Context, lost LostSubmission) (Handle, bool, error) {
	if _, err := ParseEndpointID(lost.EndpointID); err != nil {
		return Handle{}, false, err
	}
	// What comes back is without the key, even if somebody has prompted it.
	lost.Input = c.inAnswers.answer(lost.Input)
	// If fal has not answered once so far, NotBefore is by this machine's clock.
	_, agreed := c.skew.get()
	notBefore := func() time.Time {
		if agreed {
			return lost.NotBefore
		}
		return c.skew.apply(lost.NotBefore)
	}
	for pause := firstLook; ; pause = min(pause*2, slowestLook) {
		handle, found, err := c.look(ctx, lost, notBefore)
		switch {
		case found:
			return handle, true, nil
		case ctx.Err() != nil:
			return Handle{}, false, ctx.Err()
		case err != nil && !errors.Is(err, ErrServer) && !errors.Is(err, ErrConnection) && !errors.Is(err, ErrRateLimited) && !errors.Is(err, ErrMalformed):
			return Handle{}, false, err
		}
		if err := c.clock.Sleep(ctx, pause); err != nil {
			return Handle{}, false, err
		}
	}
}

// look goes through the history once. The answers may correct the time from
// which on requests count, so that older ones are sorted out at the end.
func (c *Client) look(ctx context.Context, lost LostSubmission, notBefore func() time.Time) (Handle, bool, error) {
	var matches []Request
	query := RequestsQuery{EndpointID: lost.EndpointID, Start: notBefore(), Payloads: true}
	for request, err := range c.Requests(ctx, query) {
		if err != nil {
			return Handle{}, false, err
		}
		if SameInput(lost.Input, request.Input) {
			request.Input, request.Output = nil, nil
			matches = append(matches, request)
		}
	}
	slices.SortStableFunc(matches, func(a, b Request) int { return a.SentAt.Compare(b.SentAt) })
	for _, match := range matches {
		if match.SentAt.Before(notBefore()) {
			continue
		}
		if lost.Exclude != nil && lost.Exclude(match.RequestID) {
			continue
		}
		handle, err := c.Attach(lost.EndpointID, match.RequestID)
		handle.SubmittedAt = match.SentAt
		return handle, err == nil, err
	}
	return Handle{}, false, nil
}
