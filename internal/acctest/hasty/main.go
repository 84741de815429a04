// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Command hasty is the real provider on a clock on which pauses take no time,
// so that a test can take a real engine through whatever is waited out. With
// FLUX2_TEST_CRASH set, the first pause ends it in a panic.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider"
)

func main() {
	// A stream may be silent for longer, see the client.
	clock := acctest.NewClock(44 * time.Second)
	onClock := provider.WithClock(clock)
	if os.Getenv(acctest.CrashVariable) != "" {
		onClock = provider.WithClock(stoppedClock{clock})
	}
	hasty := provider.New("hasty", onClock)
	if err := provider.Serve(hasty, false); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type stoppedClock struct {
	*acctest.Clock
}

// Sleep crashes the process, from the middle of whatever it is doing.
func (stoppedClock) Sleep(context.Context, time.Duration) error {
	panic(acctest.CrashMessage)
}
