// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
)

// timeLimit is how long an operation may take.
type timeLimit struct {
	// operation is what the argument is called in timeouts.
	operation string
	length    time.Duration
}

type timeLimitKey struct{}

// within bounds an operation. Errors that come of it are to go through late.
func (s *session) within(ctx context.Context, operation string, length time.Duration) (context.Context, context.CancelFunc) {
	limit := timeLimit{operation: operation, length: length}
	return s.clock.WithTimeout(context.WithValue(ctx, timeLimitKey{}, limit), length)
}

// moreTime says how to have more of it.
func (l timeLimit) moreTime() string {
	return fmt.Sprintf("To allow more time, set timeouts = { %s = %q }.", l.operation, showDuration(2*l.length))
}

// adviceFor is for a wait that it has ended while fal had not started the request.
func (l timeLimit) adviceFor(end requests.End) string {
	if !errors.Is(end.Err, requests.ErrStillQueued) {
		return ""
	}
	return l.moreTime()
}

// lateError is an error of an operation whose time ran out.
type lateError struct {
	limit timeLimit
	err   error
}

// late says of an error that an operation's time ran out, if that is so.
func late(ctx context.Context, err error) error {
	limit, limited := ctx.Value(timeLimitKey{}).(timeLimit)
	if !limited || !errors.Is(ctx.Err(), context.DeadlineExceeded) || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &lateError{limit: limit, err: err}
}

// Error says how long it took, and what kept it, as far as that is known.
func (e *lateError) Error() string {
	ranOut := fmt.Sprintf("the time of %s ran out", showDuration(e.limit.length))
	if failure := (*fal.Error)(nil); errors.As(e.err, &failure) {
		return ranOut + ", " + failure.Error()
	}
	return ranOut
}

func (e *lateError) Unwrap() error { return e.err }

// outcome continues a sentence on what fal was asked for.
func outcome(err error) string {
	failure, ranOut := (*fal.Error)(nil), (*lateError)(nil)
	switch {
	case errors.As(err, &ranOut):
		return ", but " + sentence(err)
	case errors.As(err, &failure) && failure.StatusCode != 0:
		return " and answered with an error: " + sentence(err)
	default:
		return ", and that failed: " + sentence(err)
	}
}
