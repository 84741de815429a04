// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package requests

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/store"
)

// longestSearch is how long after it was sent a submission whose reply was lost
// is looked for.
const longestSearch = 10 * time.Minute

// The pauses between two looks into the history, which lags behind.
const (
	firstLook   = time.Second
	slowestLook = 30 * time.Second
	// hurriedLook is the pause once the run is interrupted.
	hurriedLook = 500 * time.Millisecond
)

// ahead is how far fal's clock is ahead of ours, as far as that is known.
func (s *Service) ahead() time.Duration { return s.client.Now().Sub(s.clock.Now()) }

// find looks for a submission whose outcome is not known, and notes what it
// finds. If it finds nothing, the journal's note stays open for the next to
// look, and the error is the lost one, completed.
func (s *Service) find(run, leaving context.Context, wanted Wanted, body []byte, sentAt time.Time, noted *store.Held, lost *LostError) (Request, error) {
	search := search{service: s, endpointID: wanted.EndpointID, body: body, sentAt: sentAt, noted: noted}
	err := error(nil)
	if lost.Search = SearchUseless; !wanted.unrecorded() {
		var request Request
		if request, err = search.untilFound(run, leaving, wanted.Patience); err == nil {
			return request, nil
		}
		lost.Search = SearchFailed
		switch {
		case run.Err() != nil:
			lost.Search = SearchInterrupted
		case errors.Is(err, context.DeadlineExceeded):
			lost.Search = SearchedInVain
		}
	}
	lost.SearchError, lost.Candidates, lost.Entry = err, search.candidates, noted.Entry().Path
	s.journal.keepProblem(noted.Release())
	return Request{}, lost
}

// search is the search for a submission of ours in fal's history.
type search struct {
	service    *Service
	endpointID string
	body       []byte
	// sentAt is when it was sent, by our clock. How far fal's is ahead may be
	// known from the history's answer only.
	sentAt time.Time
	// noted is the journal's note of it, if there is one.
	noted *store.Held
	// candidates are the requests of that time that the last look found, and that
	// may be it: those without inputs, and those that may be others'.
	candidates []string
	// heldBack says that some of them are left to submissions under way.
	heldBack bool
}

// sent is when the submission was sent, by fal's clock.
func (l *search) sent() time.Time { return l.sentAt.Add(l.service.ahead()) }

// untilFound looks for as long as there is patience and the history may still
// lag, or for what is left of the gracePeriod once the run is interrupted. It claims
// what it finds.
func (l *search) untilFound(run, leaving context.Context, patience time.Duration) (Request, error) {
	s := l.service
	ctx, stop := s.clock.WithTimeout(leaving, min(patience, longestSearch))
	defer stop()
	looks := 0
	for pause := firstLook; ; pause = min(pause*2, slowestLook) {
		asked := l.sent()
		entry, sole, found, err := l.look(ctx)
		looks++
		// The first answer may tell that it was asked for the wrong time.
		astray := looks == 1 && l.sent().Sub(asked).Abs() > sentTolerance
		switch {
		case found && !s.journal.acceptedFound(l.noted, entry.RequestID):
			// Another process has just noted it for an equal image, and it stays claimed.
		case found:
			handle, err := s.client.Attach(l.endpointID, entry.RequestID)
			handle.SubmittedAt = entry.SentAt
			if sole {
				s.claims.set(entry.RequestID, submitted)
			}
			return Request{Handle: handle, Adopted: !sole}, err
		case ctx.Err() != nil:
			return Request{}, ctx.Err()
		case err != nil && deniesHistory(err):
			return Request{}, err
		case err == nil && !astray && !l.heldBack && s.clock.Now().Sub(l.sentAt) > longestSearch:
			return Request{}, context.DeadlineExceeded
		}
		if err := l.pause(run, ctx, pause); err != nil {
			return Request{}, err
		}
	}
}

// pause waits for the next look. An interruption ends a long pause: there is time
// for a few more looks then.
func (l *search) pause(run, ctx context.Context, d time.Duration) error {
	if run.Err() != nil {
		return l.service.clock.Sleep(ctx, hurriedLook)
	}
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(run, stop)()
	if err := l.service.clock.Sleep(waiting, d); err != nil && run.Err() == nil {
		return err
	}
	return ctx.Err()
}

// look reads the history once. When the submission was sent, by fal's clock, is
// asked after each answer.
func (l *search) look(ctx context.Context) (entry fal.Request, sole, found bool, err error) {
	s := l.service
	var matches []fal.Request
	l.candidates = nil
	query := fal.RequestsQuery{EndpointID: l.endpointID, Start: l.sent().Add(-sentTolerance), Payloads: true}
	for request, err := range s.client.Requests(ctx, query) {
		_, known := inputOf(request)
		switch {
		case err != nil:
			return fal.Request{}, false, false, err
		case !s.claims.free(request.RequestID):
		case !known && !request.SentAt.Before(l.sent().Add(-sentTolerance)):
			l.candidates = append(l.candidates, request.RequestID)
		case s.client.SameInput(l.body, request.Input):
			request.Input, request.Output = nil, nil
			matches = append(matches, request)
		}
	}
	// Other runs, and other aliases of the provider, share the journal.
	noted, sent := s.journal.others(s.journal.request(l.endpointID, l.body), l.noted.Entry().Path)
	matches = slices.DeleteFunc(matches, func(match fal.Request) bool { return noted[match.RequestID] })
	lost := lostOne{sentAt: l.sent(), now: s.client.Now()}
	for _, at := range sent {
		lost.underWay = append(lost.underWay, at.Add(s.ahead()))
	}
	// A reply that is on its way to an equal image tells within a minute which is its.
	ours := s.sentAndUnanswered(key(l.endpointID, l.body))
	free := slices.DeleteFunc(slices.Clone(matches), func(match fal.Request) bool { return mayBeOneOf(ours, match) })
	for {
		entry, sole, found = lost.match(free)
		if !found || s.claims.take(entry.RequestID) {
			break
		}
		// An equal image has just taken it.
		taken := func(match fal.Request) bool { return match.RequestID == entry.RequestID }
		matches, free = slices.DeleteFunc(matches, taken), slices.DeleteFunc(free, taken)
	}
	left := lost.candidates(matches)
	sole = sole && len(l.candidates) == 0 && len(left) == 1
	l.heldBack = len(left) > 0
	for _, candidate := range left {
		l.candidates = append(l.candidates, candidate.RequestID)
	}
	return entry, sole, found, nil
}
