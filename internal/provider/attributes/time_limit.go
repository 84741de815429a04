// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package attributes

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
)

// TimeLimit is how long an operation may take.
type TimeLimit struct {
	// Operation is what the argument is called in timeouts.
	Operation string
	// Length is what the argument says, or its default.
	Length time.Duration
}

type timeLimitKey struct{}

// Within bounds an operation by a clock. Errors that come of it are to go through
// Late.
func Within(ctx context.Context, clock fal.Clock, operation string, length time.Duration) (context.Context, context.CancelFunc) {
	limit := TimeLimit{Operation: operation, Length: length}
	return clock.WithTimeout(context.WithValue(ctx, timeLimitKey{}, limit), length)
}

// MoreTime says how to have more of it, in the syntax of timeouts, which has no days.
func (l TimeLimit) MoreTime() string {
	return fmt.Sprintf("To allow more time, set timeouts = { %s = %q }.", l.Operation, 2*l.Length)
}

// LateError is an error of an operation whose time ran out.
type LateError struct {
	// Limit is the time that ran out, and Err what was going on then.
	Limit TimeLimit
	Err   error
}

// Late says of an error that an operation's time ran out, if that is so.
func Late(ctx context.Context, err error) error {
	limit, limited := ctx.Value(timeLimitKey{}).(TimeLimit)
	if !limited || !errors.Is(ctx.Err(), context.DeadlineExceeded) || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &LateError{Limit: limit, Err: err}
}

// Error says how long it took, and what kept it, as far as that is known.
func (e *LateError) Error() string {
	ranOut := fmt.Sprintf("the time of %s ran out", ShowDuration(e.Limit.Length))
	if failure := (*fal.Error)(nil); errors.As(e.Err, &failure) {
		return ranOut + ", " + failure.Error()
	}
	return ranOut
}

// Unwrap is what was going on.
func (e *LateError) Unwrap() error { return e.Err }
