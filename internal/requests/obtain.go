// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package requests

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
)

// What Obtain can fail with, besides fal's refusal of the submission.
var (
	// ErrLimit says that another submission would exceed the limit. Nothing was sent.
	ErrLimit = errors.New("the limit of requests is reached")
	// ErrInterruptedEarly says that the run was interrupted before anything was sent.
	ErrInterruptedEarly = errors.New("interrupted before anything was sent")
)

// LostError says that a submission may have been accepted, and that the request
// can't be found.
type LostError struct {
	EndpointID string
	// Failure is what came back instead of the reply.
	Failure *fal.Error
	// Search says how it was looked for, and what became of that.
	Search SearchEnd
	// SearchError is what kept the history from being read; nil for nothing.
	SearchError error
}

// Error says what happened.
func (e *LostError) Error() string {
	return fmt.Sprintf("the outcome of a submission to %s is unknown: %v", e.EndpointID, e.Failure)
}

// Unwrap returns what came back.
func (e *LostError) Unwrap() error { return e.Failure }

// SearchEnd is how the search for a lost submission ended.
type SearchEnd int

const (
	// SearchedInVain says that it did not show in the time that there was.
	SearchedInVain SearchEnd = iota
	// SearchFailed says that the history can't be read.
	SearchFailed
	// SearchInterrupted says that the run was interrupted.
	SearchInterrupted
	// SearchUseless says that fal keeps no record of the request.
	SearchUseless
	// SearchDirect says that a direct request can't be looked up.
	SearchDirect
)

// HistoryError says that nothing was submitted, since the history does not tell
// whether there is a request to reuse.
type HistoryError struct {
	// Err is what kept it from being read; nil if it was read.
	Err error
	// Hidden is how many of its recent entries have no input to compare.
	Hidden int
}

// Error says what is missing.
func (e *HistoryError) Error() string {
	if e.Err != nil {
		return e.Err.Error()
	}
	return fmt.Sprintf("%d requests of the last %s are listed without their inputs", e.Hidden, tellsFor)
}

// Unwrap returns what kept the history from being read.
func (e *HistoryError) Unwrap() error { return e.Err }

// Obtain finds the request for a new image, and pays for one only if there is no
// other way: one that a deleted image left behind, then one in fal's history if
// that is to be looked into, then a submission. Errors are *LostError,
// *HistoryError, ErrLimit, ErrInterruptedEarly, and fal's own, after which there
// is no request.
func (s *Service) Obtain(ctx context.Context, wanted Wanted) (Request, error) {
	key, err := Key(wanted.EndpointID, wanted.Input)
	if err != nil {
		return Request{}, err
	}
	if left, found := s.take(key); found {
		return left, nil
	}
	if s.options.ReuseWithin > 0 && !wanted.Input.SyncMode {
		looking, looked := s.clock.WithTimeout(ctx, wanted.Patience)
		handle, found, err := s.reusable(looking, wanted)
		looked()
		switch {
		case ctx.Err() != nil:
			return Request{}, ErrInterruptedEarly
		case err != nil:
			return Request{}, err
		case found:
			return Request{Handle: handle, Adopted: true}, nil
		}
	}
	if ctx.Err() != nil {
		return Request{}, ErrInterruptedEarly
	}
	if !s.count() {
		return Request{}, ErrLimit
	}
	if s.options.Direct {
		return s.runDirectly(ctx, wanted)
	}
	return s.submit(ctx, wanted)
}

// submit sends the one request that an image is paid with. If the reply is
// lost, the request is looked for in fal's history, and never sent again.
func (s *Service) submit(ctx context.Context, wanted Wanted) (Request, error) {
	body, err := wanted.Input.Encode()
	if err != nil {
		return Request{}, err
	}
	answered := farewell
	if !wanted.unrecorded() {
		// Without an answer, there has to be time for the history.
		answered = farewell * 2 / 3
	}
	sending, sent := s.outlive(ctx, answered)
	defer sent()
	leaving, left := s.outlive(ctx, farewell)
	defer left()
	options := wanted.Options
	options.Patience, options.Interrupt = wanted.Patience, ctx.Done()
	handle, err := s.client.Submit(sending, wanted.EndpointID, body, options)
	if err == nil {
		s.claim(handle.RequestID)
		s.remember(handle)
		return Request{Handle: handle, Unrecorded: wanted.unrecorded()}, nil
	}
	var failure *fal.Error
	if !errors.As(err, &failure) || !errors.Is(err, fal.ErrOutcomeUnknown) {
		if ctx.Err() != nil {
			return Request{}, ErrInterruptedEarly
		}
		return Request{}, err
	}
	lost := &LostError{EndpointID: wanted.EndpointID, Failure: failure, Search: SearchUseless}
	if wanted.unrecorded() {
		return Request{}, lost
	}
	found, sole, searchErr := s.searchLost(ctx, leaving, wanted, body, failure.SentAt)
	if searchErr == nil {
		return Request{Handle: found, Adopted: !sole}, nil
	}
	lost.Search, lost.SearchError = SearchFailed, searchErr
	switch {
	case ctx.Err() != nil:
		lost.Search = SearchInterrupted
	case errors.Is(searchErr, context.DeadlineExceeded):
		lost.Search = SearchedInVain
	}
	return Request{}, lost
}

// longestSearch is how long a submission whose reply was lost is looked for.
const longestSearch = 10 * time.Minute

// The pauses between two looks into the history, which lags behind.
const (
	firstLook   = time.Second
	slowestLook = 30 * time.Second
	// hurriedLook is the pause once the run is interrupted.
	hurriedLook = 500 * time.Millisecond
)

// searchLost looks for a lost submission, for as long as there is patience, or
// what is left of the farewell once the run is interrupted. It claims what it
// finds.
func (s *Service) searchLost(run, leaving context.Context, wanted Wanted, body []byte, sentAt time.Time) (fal.Handle, bool, error) {
	ctx, stop := s.clock.WithTimeout(leaving, min(wanted.Patience, longestSearch))
	defer stop()
	// How far fal's clock is ahead may be known from the history's answer only.
	ahead := func() time.Duration { return s.client.Now().Sub(s.clock.Now()) }
	sentAt = sentAt.Add(-ahead())
	pause := firstLook
	for {
		entry, sole, found, err := s.lookForLost(ctx, wanted.EndpointID, body, func() time.Time { return sentAt.Add(ahead()) })
		switch {
		case found:
			handle, err := s.client.Attach(wanted.EndpointID, entry.RequestID)
			handle.SubmittedAt = entry.SentAt
			return handle, sole, err
		case ctx.Err() != nil:
			return fal.Handle{}, false, ctx.Err()
		case err != nil && closes(err):
			return fal.Handle{}, false, err
		}
		if run.Err() != nil {
			pause = hurriedLook
		}
		if err := s.clock.Sleep(ctx, pause); err != nil {
			return fal.Handle{}, false, err
		}
		pause = min(pause*2, slowestLook)
	}
}

// lookForLost reads the history once. When it was sent, by fal's clock, is asked
// after each answer.
func (s *Service) lookForLost(ctx context.Context, endpointID string, body []byte, sentAt func() time.Time) (entry fal.Request, sole, found bool, err error) {
	var matches []fal.Request
	query := fal.RequestsQuery{EndpointID: endpointID, Start: sentAt().Add(-sentTolerance), Payloads: true}
	for request, err := range s.client.Requests(ctx, query) {
		if err != nil {
			return fal.Request{}, false, false, err
		}
		if fal.SameInput(body, request.Input) && !s.isClaimed(request.RequestID) {
			request.Input, request.Output = nil, nil
			matches = append(matches, request)
		}
	}
	for {
		entry, sole, found = lostMatch(matches, sentAt())
		if !found || s.claim(entry.RequestID) {
			return entry, sole, found, nil
		}
		// An equal image has just taken it.
		matches = without(matches, entry.RequestID)
	}
}

func without(entries []fal.Request, requestID string) []fal.Request {
	var rest []fal.Request
	for _, entry := range entries {
		if entry.RequestID != requestID {
			rest = append(rest, entry)
		}
	}
	return rest
}

// runDirectly sends the request to the direct API, which answers with the result
// and keeps no queue entry.
func (s *Service) runDirectly(ctx context.Context, wanted Wanted) (Request, error) {
	body, err := wanted.Input.Encode()
	if err != nil {
		return Request{}, err
	}
	options := wanted.Options
	options.Priority, options.Patience = "", wanted.Patience
	result, err := s.client.Run(ctx, wanted.EndpointID, body, options)
	var failure *fal.Error
	switch {
	case errors.As(err, &failure) && errors.Is(err, fal.ErrOutcomeUnknown):
		return Request{}, &LostError{EndpointID: wanted.EndpointID, Failure: failure, Search: SearchDirect}
	case err != nil:
		return Request{}, err
	}
	return Request{
		Handle: fal.Handle{EndpointID: wanted.EndpointID, RequestID: result.RequestID, SubmittedAt: result.Date},
		Result: &result,
	}, nil
}
