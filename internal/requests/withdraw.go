// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package requests

import (
	"context"
	"errors"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

// Release says that an image that is deleted lets go of its request, and reports
// whether it had it: its replacement may have taken it before, and another image
// what it had given up.
func (s *Service) Release(requestID string, wasGivenUp bool) bool {
	return s.claims.release(requestID, wasGivenUp)
}

// HandOver leaves a request to the next image that asks for the same thing. It
// is for a request that was given up while it may still succeed: a healthy one is
// never handed over, or a replacement would mean nothing. It reports whether the
// request is there to be taken.
func (s *Service) HandOver(input flux2.Input, request Request) (bool, error) {
	body, err := input.Encode()
	if err != nil {
		return false, err
	}
	sentAt := s.clock.Now()
	if !request.Handle.SubmittedAt.IsZero() {
		// That is by fal's clock.
		sentAt = request.Handle.SubmittedAt.Add(-s.ahead())
	}
	if !s.journal.holdForReplacement(request.Handle, body, sentAt) {
		return false, nil
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	key := key(request.Handle.EndpointID, body)
	s.handedOver[key] = append(s.handedOver[key], request)
	return true, nil
}

// take returns a request that was left behind, each only once.
func (s *Service) take(key string) (Request, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	left := s.handedOver[key]
	if len(left) == 0 {
		return Request{}, false
	}
	s.handedOver[key] = left[1:]
	if !left[0].Adopted {
		s.claims.set(left[0].Handle.RequestID, submitted)
	}
	return left[0], true
}

// Withdraw cancels a request of our own that has not finished. That it is too
// late, or that fal does not know the request, is fine.
func (s *Service) Withdraw(ctx context.Context, handle fal.Handle) error {
	outcome, err := s.client.Cancel(ctx, handle)
	if err != nil || outcome != fal.CancelRefused {
		return err
	}
	status, err := s.client.Status(ctx, handle, false)
	if err != nil || tooLateToCancel(outcome, status) {
		return err
	}
	return errNotCancelled
}

// errNotCancelled says that fal refuses to cancel a request that it has not
// finished.
var errNotCancelled = errors.New("fal refuses to cancel the request, although it has not finished it")

// Erase deletes what fal stores of a request, and returns the files that it
// could not delete, each with the reason. What is gone already is fine.
func (s *Service) Erase(ctx context.Context, requestID string) ([]fal.FileDeletion, error) {
	files, err := s.client.DeletePayloads(ctx, requestID)
	if errors.Is(err, fal.ErrNotFound) {
		return nil, nil
	}
	var kept []fal.FileDeletion
	for _, file := range files {
		if file.Exception != nil {
			kept = append(kept, file)
		}
	}
	return kept, err
}
