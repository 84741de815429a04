// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func withCancel(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	return ctx, cancel
}

func TestSystemClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := (systemClock{}).Sleep(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
		if got := (systemClock{}).Now().Sub(start); got != time.Minute {
			t.Errorf("slept %v", got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := (systemClock{}).Sleep(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want the context's error", err)
		}
		if got := time.Since(start); got != time.Minute+time.Second {
			t.Errorf("woke after %v", got)
		}
	})
}
