// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package requests

import (
	"context"
	"fmt"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
)

// Logger receives what a person who waits wants to know.
type Logger interface {
	Info(ctx context.Context, message string, fields map[string]any)
}

type silent struct{}

func (silent) Info(context.Context, string, map[string]any) {}

// tellObtained says which request is an image's. Its id is of use even if nothing
// else comes of the run.
func (s *Service) tellObtained(ctx context.Context, request Request) {
	if request.Handle.RequestID == "" {
		// The answer to a direct request may lack it.
		return
	}
	fields := fieldsOf(request.Handle)
	fields["adopted"] = request.Adopted
	s.options.Logger.Info(ctx, "Request "+request.Handle.RequestID+" is for this image", fields)
}

// tellStatus says what fal has just reported, if it is news.
func (w *waiting) tellStatus(ctx context.Context, now fal.Status) {
	if !w.askedAt.IsZero() && now.State == w.last && samePosition(now, w.lastStatus) {
		return
	}
	fields := fieldsOf(w.request.Handle)
	fields["status"] = string(now.State)
	message := "Request " + w.request.Handle.RequestID + " is " + string(now.State)
	if now.QueuePosition != nil {
		fields["queue_position"] = *now.QueuePosition
		message += fmt.Sprintf(", with %d ahead of it", *now.QueuePosition)
	}
	w.service.options.Logger.Info(ctx, message, fields)
}

func samePosition(one, other fal.Status) bool {
	if one.QueuePosition == nil || other.QueuePosition == nil {
		return one.QueuePosition == other.QueuePosition
	}
	return *one.QueuePosition == *other.QueuePosition
}

// tellEnd says how a wait has ended.
func (s *Service) tellEnd(ctx context.Context, request Request, end End, began time.Time) {
	fields := fieldsOf(request.Handle)
	fields["outcome"] = end.Outcome.String()
	waited := s.clock.Now().Sub(began).Round(100 * time.Millisecond)
	s.options.Logger.Info(ctx, fmt.Sprintf("Request %s is no longer waited for: %s after %s", request.Handle.RequestID, end.Outcome, waited), fields)
}

func fieldsOf(handle fal.Handle) map[string]any {
	return map[string]any{"request_id": handle.RequestID, "endpoint_id": handle.EndpointID}
}
