// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator/painter"
)

// URLVariable is the environment variable with the base URL of a running
// emulator.
const URLVariable = "FLUX2_EMULATOR_URL"

const usage = `Usage: %s emulate [options] [-- COMMAND [ARGUMENT ...]]

Serves an emulator of fal on one port, for trying things out and for tests: no
key, no cost, painted pictures. In a browser, the address that it prints shows
each request as it happens.

With a command: sets %s for it, runs it, and ends with its exit
code. Without: serves until it is interrupted.

A file of faults holds a JSON list; this one refuses the next two submissions:

  [{"route": "submit", "times": 2, "status": 429, "headers": {"Retry-After": "1"}}]

Options:
`

// Exit codes of the subcommand besides those of the command that it runs. The
// last two are what shells use.
const (
	exitFailure       = 1
	exitUsage         = 2
	exitNotExecutable = 126
	exitNotFound      = 127
	exitSignal        = 128
)

type commandOptions struct {
	listen    string
	directory string
	queueTime time.Duration
	runTime   time.Duration
	runners   int
	faults    string
	command   []string
}

// Command is the subcommand emulate with its arguments, those after its name.
// It returns the exit code of the process. It ends when the context does.
func Command(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	options, err := parseCommand(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return exitUsage
	}
	running, err := options.start(ctx, stderr)
	if err != nil {
		say(stderr, "emulate: %v\n", err)
		return exitFailure
	}
	code := 0
	if len(options.command) > 0 {
		code = runChild(ctx, options.command, running.URL(), stdin, stdout, stderr)
	} else {
		serveUntilInterrupted(ctx, running, stdout)
	}
	if err := running.Close(); err != nil { //nolint:contextcheck // The context has ended; closing takes a moment more.
		say(stderr, "emulate: %v\n", err)
		if code == 0 {
			code = exitFailure
		}
	}
	return code
}

// say writes a message. If that fails there is nowhere left to say so.
func say(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format, args...)
}

func parseCommand(args []string, stderr io.Writer) (commandOptions, error) {
	var options commandOptions
	flags := flag.NewFlagSet("emulate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&options.listen, "listen", "127.0.0.1:8787", "`address` to listen on; port 0 picks a free one")
	flags.StringVar(&options.directory, "dir", "", "`folder` that keeps requests and pictures over restarts")
	flags.DurationVar(&options.queueTime, "queue-time", 200*time.Millisecond, "how long a request waits in the queue")
	flags.DurationVar(&options.runTime, "run-time", 1200*time.Millisecond, "how long a request takes to run")
	flags.IntVar(&options.runners, "runners", 0, "how many requests may run at the same time; 0 is no limit")
	flags.StringVar(&options.faults, "faults", "", "`file` with a JSON list of faults to inject")
	flags.Usage = func() {
		say(stderr, usage, "terraform-provider-flux2", URLVariable)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return options, err
	}
	if options.listen == "" {
		// To the network's functions it means every address of the machine.
		err := errors.New("-listen needs an address, such as 127.0.0.1:0")
		say(stderr, "emulate: %v\n", err)
		return options, err
	}
	options.command = flags.Args()
	// Without the two dashes, a mistyped option would be taken for a command.
	if separator := len(args) - len(options.command) - 1; len(options.command) > 0 && (separator < 0 || args[separator] != "--") {
		err := fmt.Errorf("unexpected argument %q: a command comes after --", options.command[0])
		say(stderr, "emulate: %v\n", err)
		flags.Usage()
		return options, err
	}
	return options, nil
}

// addressInUseOnWindows is what Windows says instead of EADDRINUSE.
const addressInUseOnWindows = syscall.Errno(10048)

func (o commandOptions) start(ctx context.Context, stderr io.Writer) (*Running, error) {
	options := []Option{
		WithPainter(painter.Paint), WithQueueTime(o.queueTime), WithRunTime(o.runTime), WithRunners(o.runners), WithDirectory(o.directory),
	}
	if o.faults != "" {
		faults, err := readFaultFile(o.faults)
		if err != nil {
			return nil, err
		}
		options = append(options, WithFaults(faults...))
	}
	server, err := New(options...)
	if err != nil {
		return nil, err
	}
	running, err := server.Listen(ctx, o.listen)
	if err != nil {
		_ = server.Close()
		if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, addressInUseOnWindows) {
			return nil, fmt.Errorf("%s is in use already: stop what listens there or choose another address, such as -listen 127.0.0.1:0", o.listen)
		}
		return nil, fmt.Errorf("cannot listen on %q: %w", o.listen, err)
	}
	if address := running.listener.Addr(); isOpen(address) {
		say(stderr, "emulate: warning: %s can be reached from other machines; anyone may use it\n", address)
	}
	return running, nil
}

// isOpen reports whether other machines can reach an address of this one.
func isOpen(address net.Addr) bool {
	tcp, ok := address.(*net.TCPAddr)
	return ok && !tcp.IP.IsLoopback()
}

func readFaultFile(name string) ([]Fault, error) {
	file, err := os.Open(name) //nolint:gosec // The user names the file to read.
	if err != nil {
		return nil, err
	}
	faults, err := ReadFaults(file)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), file.Close())
	}
	return faults, file.Close()
}

func serveUntilInterrupted(ctx context.Context, running *Running, stdout io.Writer) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	say(stdout, "%s\n\nfal is emulated there until you press Ctrl-C. In another terminal:\n\n  export %s=%s\n  terraform apply\n\n",
		running.URL(), URLVariable, running.URL())
	<-ctx.Done()
}
