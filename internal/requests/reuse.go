// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package requests

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

// keptFor is how long what was read of the history, or a failure to read it,
// serves all who ask. No walk's end is seen from here, and hundreds of images
// must not read it one after the other.
const keptFor = 60 * time.Second

// pastReader reads fal's history once for all who ask at about the same time.
type pastReader struct {
	mutex    sync.Mutex
	readings map[string]*reading
	// uncomparable is how many older requests without inputs were passed over by
	// whoever found nothing to reuse, and uncomparableTold that it was asked for.
	uncomparable     int
	uncomparableTold bool
}

// reading is one reading of an endpoint's history. Nobody holds a lock while it
// goes on: whoever waits for it can give up by himself.
type reading struct {
	done    chan struct{}
	endedAt time.Time
	past    past
	err     error
	// cut says that its end says nothing about the history.
	cut bool
}

// past is what the history has.
type past struct {
	// usable are requests whose input is known and that have not failed, the
	// ones that have succeeded first, each newest first.
	usable []pastRequest
	// hidden are those without inputs.
	hidden []fal.Request
}

type pastRequest struct {
	fal.Request
	input flux2.Input
}

// reusable returns a request with the same input that has succeeded, with its
// files not known to be gone, or that is still running. No request is given to
// two images.
func (s *Service) reusable(ctx context.Context, wanted Wanted) (fal.Handle, bool, error) {
	found, err := s.pastOf(ctx, wanted.EndpointID)
	if err != nil {
		return fal.Handle{}, false, &HistoryError{Err: err}
	}
	key, err := Key(wanted.EndpointID, wanted.Input)
	if err != nil {
		return fal.Handle{}, false, err
	}
	underWay := s.sentAndUnanswered(key)
	for _, request := range found.usable {
		if !request.input.Equal(wanted.Input) || !s.claims.free(request.RequestID) || mayBeOneOf(underWay, request.Request) {
			continue
		}
		handle, err := s.client.Attach(wanted.EndpointID, request.RequestID)
		if err != nil {
			continue
		}
		handle.SubmittedAt = request.SentAt
		usable, err := s.usable(ctx, handle, request.Request)
		if err != nil {
			return fal.Handle{}, false, &HistoryError{Err: err}
		}
		if usable && s.claims.take(request.RequestID) {
			return handle, true, nil
		}
	}
	// What is another image's, or was erased here, isn't this one, whatever its input.
	recent, older := ages(slices.DeleteFunc(slices.Clone(found.hidden), func(request fal.Request) bool {
		return !s.claims.free(request.RequestID)
	}), s.client.Now())
	if recent > 0 {
		return fal.Handle{}, false, &HistoryError{Hidden: recent}
	}
	s.past.mutex.Lock()
	defer s.past.mutex.Unlock()
	s.past.uncomparable = max(s.past.uncomparable, older)
	return fal.Handle{}, false, nil
}

// Uncomparable returns, once, how many requests that were sent more than 15 minutes
// ago the history lists without their inputs, after nothing else was found to reuse.
// Each of them may have been what an image asks for.
func (s *Service) Uncomparable() int {
	s.past.mutex.Lock()
	defer s.past.mutex.Unlock()
	if s.past.uncomparableTold {
		return 0
	}
	s.past.uncomparableTold = s.past.uncomparable > 0
	return s.past.uncomparable
}

// pastOf is the history of an endpoint as it was read within the last minute.
func (s *Service) pastOf(ctx context.Context, endpointID string) (past, error) {
	s.past.mutex.Lock()
	current := s.past.readings[endpointID]
	if current == nil || current.tooOld(s.clock.Now()) {
		current = &reading{done: make(chan struct{})}
		s.past.readings[endpointID] = current
		s.past.mutex.Unlock()
		current.past, current.err = s.readPast(ctx, endpointID)
		s.past.mutex.Lock()
		current.endedAt = s.clock.Now()
		if current.cut = wasCut(ctx, current.err); current.cut {
			delete(s.past.readings, endpointID)
		}
		s.past.mutex.Unlock()
		close(current.done)
		return current.past, current.err
	}
	s.past.mutex.Unlock()
	select {
	case <-current.done:
	case <-ctx.Done():
	}
	select {
	case <-current.done:
		// What came of it says more than that there is no more time.
	default:
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return past{}, errStillReading
		}
		return past{}, ctx.Err()
	}
	if current.cut && ctx.Err() == nil {
		return s.pastOf(ctx, endpointID)
	}
	return current.past, current.err
}

// errStillReading says that another image's reading took too long for this one.
var errStillReading = errors.New("the time was up while it was being read for another image")

// wasCut reports whether a reading ended only since the image that it was for had
// no more time. If the history had failed to answer by then, that is what counts,
// and the next need not wait for as long again.
func wasCut(ctx context.Context, err error) bool {
	if failure := (*fal.Error)(nil); errors.Is(ctx.Err(), context.DeadlineExceeded) && errors.As(err, &failure) && failure.LastAttempt != nil {
		return false
	}
	return err != nil && ctx.Err() != nil
}

// tooOld reports whether a reading is too old to serve. One that goes on is not.
func (r *reading) tooOld(now time.Time) bool {
	select {
	case <-r.done:
		return now.Sub(r.endedAt) > keptFor
	default:
		return false
	}
}

func (s *Service) readPast(ctx context.Context, endpointID string) (past, error) {
	listed, err := s.readAll(ctx, endpointID)
	if err != nil {
		return past{}, err
	}
	var read past
	for _, request := range listed {
		switch input, known := inputOf(request); {
		case hasFailed(request) && request.Input != nil:
			// Whatever it asked for, it brings nothing.
		case !known:
			read.hidden = append(read.hidden, request)
		default:
			read.usable = append(read.usable, pastRequest{Request: request, input: input})
		}
	}
	slices.SortFunc(read.usable, func(a, b pastRequest) int {
		if succeeded := signOf(b.Request) == historySuccess; succeeded != (signOf(a.Request) == historySuccess) {
			if succeeded {
				return 1
			}
			return -1
		}
		return cmp.Or(b.SentAt.Compare(a.SentAt), strings.Compare(a.RequestID, b.RequestID))
	})
	return read, nil
}

// readAll reads the history of an endpoint as far back as requests may be
// reused. Requests that finish while it is read can move between pages and be
// passed over, so more than one page is read until a pass brings nothing new.
// What others send meanwhile doesn't count, or that could go on for ever.
func (s *Service) readAll(ctx context.Context, endpointID string) ([]fal.Request, error) {
	query := fal.RequestsQuery{EndpointID: endpointID, Start: s.client.Now().Add(-s.options.ReuseWithin), Payloads: true}
	found := make(map[string]fal.Request)
	var began time.Time
	for range mostPasses {
		listed, unseen := 0, 0
		for request, err := range s.client.Requests(ctx, query) {
			if err != nil {
				return nil, err
			}
			if _, known := found[request.RequestID]; !known && (began.IsZero() || request.SentAt.Before(began)) {
				unseen++
			}
			found[request.RequestID] = request
			listed++
		}
		if start := s.client.Now().Add(-s.options.ReuseWithin); start.Before(query.Start.Add(-sentTolerance)) {
			// The first answer tells what time it is at fal.
			query.Start = start
			continue
		}
		if listed <= fal.LargestPage || unseen == 0 {
			all := make([]fal.Request, 0, len(found))
			for _, request := range found {
				all = append(all, request)
			}
			return all, nil
		}
		if began.IsZero() {
			// Not earlier: fal's clock is known from its first answer on.
			began = s.client.Now()
		}
	}
	return nil, errUnsettled
}

// mostPasses bounds how often the history is read: each pass beyond the second
// takes requests that moved between two pages of all the passes before.
const mostPasses = 10

// errUnsettled says that there is no telling what the history has. To pay then
// could be to pay twice.
var errUnsettled = errors.New("it shows other requests each time that it is read")

// usable reports whether adopting a request brings an image: it has not ended, or
// there is an output and its files are not known to be gone. A media host that is
// out of order is no reason to pay again.
func (s *Service) usable(ctx context.Context, handle fal.Handle, request fal.Request) (bool, error) {
	if signOf(request) == historySilent {
		return true, nil
	}
	output, err := flux2.DecodeOutput(request.Output)
	if err != nil {
		// That the history lacks it is one sign. The queue may have it. Only a refusal
		// agrees with a success that has no image: a fault of fal's contradicts it.
		var result fal.Result
		switch result, err = s.client.Result(ctx, handle); {
		case errors.Is(err, fal.ErrInProgress):
			return true, nil
		case errors.Is(err, fal.ErrRefusedInput), forgotten(err, handle.SubmittedAt, s.client.Now()):
			return false, nil
		case err != nil:
			return false, fmt.Errorf("it lists request %s without an output, and to ask for its result failed: %w", request.RequestID, err)
		}
		output, err = flux2.DecodeOutput(result.Body)
	}
	gone := func(image flux2.Image) bool { return s.options.Media.Gone(ctx, image.URL) }
	return err == nil && !slices.ContainsFunc(output.Images, gone), nil
}
