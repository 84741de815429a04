// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// runChild runs a command that uses the emulator, and returns its exit code.
//
// Ctrl-C reaches the command by itself, since it is in the same process group;
// passing it on would make two of one, which engines take as leave to crash.
// So interrupts are only kept from ending the emulator before its child.
func runChild(ctx context.Context, command []string, url string, stdin io.Reader, stdout, stderr io.Writer) int {
	child := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // Running the user's command is the purpose.
	child.Env = append(os.Environ(), URLVariable+"="+url)
	child.Stdin, child.Stdout, child.Stderr = stdin, stdout, stderr
	child.Cancel = func() error { return child.Process.Signal(syscall.SIGTERM) }
	child.WaitDelay = 10 * time.Second

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	if err := child.Start(); err != nil {
		say(stderr, "emulate: %v\n", err)
		switch {
		case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
			return exitNotFound
		default:
			return exitNotExecutable
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	for {
		select {
		case got := <-signals:
			if got == syscall.SIGTERM {
				// It came to this process alone; the child may have just ended.
				_ = child.Process.Signal(got)
			}
		case err := <-ended:
			return exitCode(err, stderr)
		}
	}
}

func exitCode(err error, stderr io.Writer) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &exit):
		say(stderr, "emulate: %v\n", err)
		return exitFailure
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exitSignal + int(status.Signal())
	}
	return exit.ExitCode()
}
