// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package requests

import (
	"context"
	"errors"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
)

// Look asks fal once about a request whose outcome is not known yet, and never
// waits.
func (s *Service) Look(ctx context.Context, request Request) End {
	return s.look(ctx, request, false)
}

// LookWithLogs is Look for those who want to see what the model has logged.
func (s *Service) LookWithLogs(ctx context.Context, request Request) End {
	return s.look(ctx, request, true)
}

func (s *Service) look(ctx context.Context, request Request, withLogs bool) End {
	status, err := s.client.Status(ctx, request.Handle, withLogs)
	switch {
	case errors.Is(err, fal.ErrNotFound):
		return s.collectFromHistory(ctx, request, err)
	case err != nil:
		return End{Outcome: Unresolved, Err: err}
	case status.State != fal.Completed:
		return End{Outcome: Unfinished, Status: status.State, Said: status}
	}
	end := s.collect(ctx, request, status, false)
	end.Said = status
	return end
}

// Past is what the history has of a request; nil if it has nothing, or can't be
// read, with the reason.
func (s *Service) Past(ctx context.Context, handle fal.Handle) (*fal.Request, error) {
	return s.historyEntry(ctx, handle)
}
