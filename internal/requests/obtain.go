// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package requests

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/store"
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
	// SentAt is when it was sent, by fal's clock as far as that is known.
	SentAt time.Time
	// Failure is what came back instead of the reply; nil if an earlier run sent
	// it, and ended before it noted one.
	Failure *fal.Error
	// Search says how it was looked for, and what became of that.
	Search SearchEnd
	// SearchError is what kept the history from being read; nil for nothing.
	SearchError error
	// Candidates are requests of that time that the history lists without their
	// inputs: each may be the one.
	Candidates []string
	// Entry is the file of the journal's note of it; empty if there is none. As
	// long as it is there, the request is looked for again instead of paid for.
	Entry string
}

// Error says what happened.
func (e *LostError) Error() string {
	if e.Failure == nil {
		return fmt.Sprintf("the outcome of an earlier submission to %s is unknown", e.EndpointID)
	}
	return fmt.Sprintf("the outcome of a submission to %s is unknown: %v", e.EndpointID, e.Failure)
}

// Unwrap returns what came back, if anything did.
func (e *LostError) Unwrap() error {
	if e.Failure == nil {
		return nil
	}
	return e.Failure
}

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
	return fmt.Sprintf("%d requests of the last %s are listed without their inputs", e.Hidden, recentFor)
}

// Unwrap returns what kept the history from being read.
func (e *HistoryError) Unwrap() error { return e.Err }

// Obtain finds the request for a new image, and pays for one only if there is no
// other way: one that a deleted image left behind, then one that an earlier run
// has noted, then one in fal's history if that is to be looked into, then a
// submission. Errors are *LostError, *HistoryError, ErrLimit, ErrInterruptedEarly,
// and fal's own, after which there is no request.
func (s *Service) Obtain(ctx context.Context, wanted Wanted) (Request, error) {
	request, err := s.obtain(ctx, wanted)
	if err == nil {
		s.tellObtained(ctx, request)
	}
	return request, err
}

func (s *Service) obtain(ctx context.Context, wanted Wanted) (Request, error) {
	body, err := wanted.Input.Encode()
	if err != nil {
		return Request{}, err
	}
	if left, found := s.take(key(wanted.EndpointID, body)); found {
		return left, nil
	}
	if noted, found, err := s.resume(ctx, wanted, body); found || err != nil {
		return noted, err
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
		return s.runDirectly(ctx, wanted, body)
	}
	return s.submit(ctx, wanted, body)
}

// longestEnd is more than a provider takes to end whose engine is gone.
const longestEnd = 10 * time.Second

// resume returns the request of a submission that the journal has, and that no
// state is known to have: an earlier run was cut off. If the note has no id, the
// request is looked for as if the reply had been lost.
func (s *Service) resume(ctx context.Context, wanted Wanted, body []byte) (Request, bool, error) {
	what := s.journal.request(wanted.EndpointID, body)
	held := s.journal.take(what, s.claims.free)
	for began := s.clock.Now(); held == nil && s.journal.heldByAnotherRun(what) && s.clock.Now().Sub(began) < longestEnd; {
		if err := s.clock.Sleep(ctx, longestEnd/20); err != nil {
			return Request{}, false, ErrInterruptedEarly
		}
		held = s.journal.take(what, s.claims.free)
	}
	if held == nil {
		return Request{}, false, nil
	}
	entry := held.Entry()
	if entry.RequestID != "" {
		if !s.claims.take(entry.RequestID) {
			// An equal image has just taken it, which shows in the next look.
			return s.resume(ctx, wanted, body)
		}
		handle, err := s.client.Attach(wanted.EndpointID, entry.RequestID)
		handle.SubmittedAt = entry.Time.Add(s.ahead())
		// What another run has seen in its state may still be an equal image's.
		return Request{Handle: handle, Adopted: entry.InState, Unrecorded: wanted.unrecorded(), Noted: true, GivenUp: entry.Abandoned}, err == nil, err
	}
	lost := &LostError{EndpointID: wanted.EndpointID, SentAt: entry.Time.Add(s.ahead())}
	found, err := s.find(ctx, ctx, wanted, body, entry.Time, held, lost)
	return found, err == nil, err
}

// submit sends the one request that an image is paid with. If the reply is
// lost, the request is looked for in fal's history, and never sent again.
func (s *Service) submit(ctx context.Context, wanted Wanted, body []byte) (Request, error) {
	answered := gracePeriod
	if !wanted.unrecorded() {
		// Without an answer, there has to be time for the history.
		answered = gracePeriod * 2 / 3
	}
	sending, sent := s.extended(ctx, answered)
	defer sent()
	leaving, left := s.extended(ctx, gracePeriod)
	defer left()
	out := sentSubmission{service: s, key: key(wanted.EndpointID, body), what: s.journal.request(wanted.EndpointID, body)}
	options := wanted.Options
	options.Patience, options.Interrupt = wanted.Patience, ctx.Done()
	options.Sending, options.Refused = out.begin, out.refused
	handle, err := s.client.Submit(sending, wanted.EndpointID, body, options)
	if err == nil {
		s.journal.accepted(out.noted, handle.RequestID)
		s.claims.set(handle.RequestID, submitted)
		out.end()
		s.remember(handle)
		return Request{Handle: handle, Unrecorded: wanted.unrecorded()}, nil
	}
	var failure *fal.Error
	if !errors.As(err, &failure) || !errors.Is(err, fal.ErrOutcomeUnknown) {
		out.refused()
		if ctx.Err() != nil {
			return Request{}, ErrInterruptedEarly
		}
		return Request{}, err
	}
	out.end()
	lost := &LostError{EndpointID: wanted.EndpointID, Failure: failure, SentAt: failure.SentAt}
	return s.find(ctx, leaving, wanted, body, failure.SentAt.Add(-s.ahead()), out.noted, lost)
}

// sentSubmission is a submission on its way, from each time that it is sent until its
// answer is there.
type sentSubmission struct {
	service *Service
	key     string
	what    store.Request
	sentAt  time.Time
	noted   *store.Held
}

func (d *sentSubmission) begin() {
	d.sentAt = d.service.clock.Now()
	d.service.addUnderWay(d.key, d.sentAt)
	d.noted = d.service.journal.begin(d.what, d.sentAt)
}

func (d *sentSubmission) end() { d.service.removeUnderWay(d.key, d.sentAt) }

func (d *sentSubmission) refused() {
	d.end()
	d.service.journal.keepProblem(d.noted.Close())
	d.noted = nil
}

// runDirectly sends the request to the direct API, which answers with the result
// and keeps no queue entry.
func (s *Service) runDirectly(ctx context.Context, wanted Wanted, body []byte) (Request, error) {
	options := wanted.Options
	options.Priority, options.Patience = "", wanted.Patience
	result, err := s.client.Run(ctx, wanted.EndpointID, body, options)
	var failure *fal.Error
	switch {
	case errors.As(err, &failure) && errors.Is(err, fal.ErrOutcomeUnknown):
		return Request{}, &LostError{EndpointID: wanted.EndpointID, Failure: failure, SentAt: failure.SentAt, Search: SearchDirect}
	case err != nil:
		return Request{}, err
	}
	return Request{
		Handle: fal.Handle{EndpointID: wanted.EndpointID, RequestID: result.RequestID, SubmittedAt: result.Date},
		Result: &result,
	}, nil
}
