// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
)

// history is fal's request history as far as one walk has read it: once for
// each endpoint, however many images look into it.
type history struct {
	mutex     sync.Mutex
	endpoints map[string]*endpointHistory
}

type endpointHistory struct {
	read     sync.Mutex
	complete bool
	requests []pastRequest
}

// pastRequest is a request that an image could adopt.
type pastRequest struct {
	fal.Request
	input flux2.Input
}

// find returns a request with the same input that has succeeded, with its files
// still there, or that is still running. The newest one that has succeeded goes
// first. No request is given to two images.
func (h *history) find(ctx context.Context, s *session, endpointID string, input flux2.Input) (fal.Handle, bool, error) {
	past, err := h.of(ctx, s, endpointID)
	if err != nil {
		return fal.Handle{}, false, err
	}
	for _, request := range past {
		if !request.input.Equal(input) || s.ledger.isSpokenFor(request.RequestID) || !s.usable(ctx, request.Request) {
			continue
		}
		handle, err := s.client.Attach(endpointID, request.RequestID)
		if err != nil || !s.ledger.speakFor(request.RequestID) {
			continue
		}
		handle.SubmittedAt = request.SentAt
		return handle, true, nil
	}
	return fal.Handle{}, false, nil
}

// of reads the history of an endpoint unless that has been done. Those who ask
// at the same time wait for the one that reads; if it fails, the next one tries.
func (h *history) of(ctx context.Context, s *session, endpointID string) ([]pastRequest, error) {
	h.mutex.Lock()
	if h.endpoints == nil {
		h.endpoints = make(map[string]*endpointHistory)
	}
	past := h.endpoints[endpointID]
	if past == nil {
		past = &endpointHistory{}
		h.endpoints[endpointID] = past
	}
	h.mutex.Unlock()

	past.read.Lock()
	defer past.read.Unlock()
	if past.complete {
		return past.requests, nil
	}
	found, err := s.readHistory(ctx, endpointID)
	if err != nil {
		return nil, err
	}
	past.requests = nil
	for _, request := range found {
		if input, err := flux2.DecodeInput(request.Input); err == nil && request.Failure() == nil {
			past.requests = append(past.requests, pastRequest{Request: request, input: input})
		}
	}
	slices.SortFunc(past.requests, func(a, b pastRequest) int {
		if finished := b.StatusCode != nil; finished != (a.StatusCode != nil) {
			if finished {
				return 1
			}
			return -1
		}
		return cmp.Or(b.SentAt.Compare(a.SentAt), strings.Compare(a.RequestID, b.RequestID))
	})
	past.complete = true
	return past.requests, nil
}

// readHistory reads the history of an endpoint as far back as requests may be
// reused. Requests that finish while it is read can move between pages and be
// passed over, so more than one page is read until a pass brings nothing new.
// What others send meanwhile doesn't count, or that could go on for ever.
func (s *session) readHistory(ctx context.Context, endpointID string) (map[string]fal.Request, error) {
	query := fal.RequestsQuery{EndpointID: endpointID, Start: s.client.Now().Add(-s.requests.reuseWithin), Payloads: true}
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
		if listed <= fal.LargestPage || unseen == 0 {
			return found, nil
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

// usable reports whether adopting a request brings an image: it is still
// running, or its output is stored and its files are not known to be gone. A
// media host that is out of order is no reason to pay again.
func (s *session) usable(ctx context.Context, request fal.Request) bool {
	if request.StatusCode == nil {
		return true
	}
	output, err := flux2.DecodeOutput(request.Output)
	if err != nil {
		return false
	}
	for _, image := range output.Images {
		if available, _ := s.media.Available(ctx, image.URL); available == imagefile.Gone {
			return false
		}
	}
	return true
}

// recall looks up one request in the history. It returns nil if the history
// doesn't have it or can't be read: the history is a help, not a witness.
func (s *session) recall(ctx context.Context, handle fal.Handle) *fal.Request {
	query := fal.RequestsQuery{EndpointID: handle.EndpointID, RequestID: handle.RequestID, Payloads: true, PageSize: 1}
	for request, err := range s.client.Requests(ctx, query) {
		if err != nil {
			tflog.Debug(ctx, "The request history can't be read", map[string]any{"error": err.Error()})
			return nil
		}
		if request.RequestID == handle.RequestID {
			return &request
		}
	}
	return nil
}

// errForgotten says that neither the queue nor the history knows a request.
var errForgotten = errors.New("fal no longer knows the request, and its history has no result of it")

// recollect fetches the result of a request that the queue has forgotten from
// the history.
func (s *session) recollect(ctx context.Context, handle fal.Handle) waited {
	past := s.recall(ctx, handle)
	switch {
	case past == nil:
		return waited{ending: forgotten, status: fal.Completed, err: errForgotten}
	case past.Failure() != nil:
		return waited{ending: failed, status: fal.Completed, err: past.Failure()}
	case past.Output == nil:
		return waited{ending: forgotten, status: fal.Completed, err: errForgotten}
	}
	return decoded(fal.Result{Body: past.Output, RequestID: past.RequestID, Date: past.EndedAt})
}

// contradicted reports whether the history lists a request as a success whose
// result fal keeps failing to deliver. A server error that fal's infrastructure
// has not signed may be an outage on the way to an image that is paid for.
func (s *session) contradicted(ctx context.Context, handle fal.Handle, err error) bool {
	var failure *fal.Error
	if !errors.Is(err, fal.ErrServer) || !errors.As(err, &failure) || failure.Type != "" {
		return false
	}
	past := s.recall(ctx, handle)
	return past != nil && past.StatusCode != nil && past.Failure() == nil
}
