// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package acctest

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
)

// startGroup has a command start a process group, so that a signal reaches the
// engine and its providers, and nobody else.
func startGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// Interrupt sends what Ctrl-C sends: SIGINT to engine and provider alike.
func (c *Command) Interrupt() { c.signal(syscall.SIGINT) }

// Terminate sends SIGTERM to engine and provider alike, as pipelines do.
func (c *Command) Terminate() { c.signal(syscall.SIGTERM) }

// EndOnHangUp has commands that are started from now on end by SIGHUP. Under nohup,
// processes inherit that it is ignored.
func EndOnHangUp(t *testing.T) {
	t.Helper()
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(heard) })
}

// HangUp sends SIGHUP to engine and provider alike, as a terminal does that is
// closed. Engines don't outlive it.
func (c *Command) HangUp() { c.signal(syscall.SIGHUP) }

// Kill ends engine and provider at once, without a chance to save anything.
func (c *Command) Kill() { c.signal(syscall.SIGKILL) }

// KillEngine ends the engine at once, and leaves its providers to themselves.
func (c *Command) KillEngine() {
	c.t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *Command) signal(signal syscall.Signal) {
	c.t.Helper()

	// An error means that they have ended by themselves.
	if err := syscall.Kill(-c.cmd.Process.Pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		c.t.Fatal(err)
	}
}
