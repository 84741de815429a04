// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build !unix

package acctest

import (
	"os/exec"
	"testing"
)

func startGroup(*exec.Cmd) {}

// Interrupt skips the test: this system has no signals.
func (c *Command) Interrupt() { c.skip() }

// Terminate skips the test: this system has no signals.
func (c *Command) Terminate() { c.skip() }

// EndOnHangUp has nothing to do.
func EndOnHangUp(*testing.T) {}

// HangUp skips the test: this system has no signals.
func (c *Command) HangUp() { c.skip() }

// Kill skips the test: this system has no process groups.
func (c *Command) Kill() { c.skip() }

// KillEngine has no counterpart here that spares the providers.
func (c *Command) KillEngine() { c.skip() }

func (c *Command) skip() {
	c.t.Helper()

	_ = c.cmd.Process.Kill()
	<-c.done
	c.t.Skip("interruptions and kills take the signals and process groups of Unix")
}
