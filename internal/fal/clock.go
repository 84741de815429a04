// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"time"
)

// Clock is where the client takes the time from. Whatever it waits for, and
// however long, it asks the clock.
type Clock interface {
	// Now is the present time.
	Now() time.Time
	// Sleep returns after the duration, or earlier with the context's error.
	Sleep(ctx context.Context, d time.Duration) error
	// WithTimeout returns a copy of the context that ends after the duration,
	// with context.DeadlineExceeded. Calling the function releases it.
	WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc)
}

// SystemClock is the clock of the machine.
func SystemClock() Clock { return systemClock{} }

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (systemClock) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d)
}
