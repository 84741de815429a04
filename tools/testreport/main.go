// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Command testreport runs go test with the arguments that it is given, prints
// what fails, and ends with what the run took. It fails for a skip that is not
// on the list of allowed ones, and if acceptance tests start the engine more
// often than they may.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"time"
)

//go:embed skips.txt
var allowedSkips string

type options struct {
	engine    string
	processes int
	totals    string
	verbose   bool
}

func main() {
	var o options
	flag.StringVar(&o.engine, "engine", "", "`program` that acceptance tests run on; without it they don't run")
	flag.IntVar(&o.processes, "engine-processes", 1000, "how many processes of the engine the tests may start")
	flag.StringVar(&o.totals, "totals", "", "`file` to which the numbers of tests that passed, failed and were skipped are appended")
	flag.BoolVar(&o.verbose, "v", false, "print what tests say that pass, too")
	folder := flag.String("C", ".", "`folder` to run go test in")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: testreport [options] [--] [arguments of go test]")
		flag.PrintDefaults()
	}
	flag.Parse()

	arguments := []string{"test", "-json"}
	if o.engine != "" {
		// Such tests wait for processes, and more of them than there are cores is
		// faster: by a sixth on two cores.
		arguments = append(arguments, fmt.Sprintf("-parallel=%d", 2*runtime.GOMAXPROCS(0)))
	}
	command := exec.CommandContext(context.Background(), "go", append(arguments, flag.Args()...)...) //nolint:gosec // the recipe says what is run
	command.Dir = *folder
	// Ctrl-C ends the tests, and what they did until then is reported.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	if err := o.run(command, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(1)
	}
}

// run starts a command that prints the events of go test -json, and reports
// on them.
func (o options) run(command *exec.Cmd, out io.Writer) (err error) {
	allowed, err := parseSkips(allowedSkips)
	if err != nil {
		return err
	}
	var counted *engine
	var name string
	if o.engine != "" {
		if counted, err = newEngine(o.engine); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, counted.remove()) }()
		name = counted.name
		command.Env = append(command.Environ(), counted.variables()...)
	}
	command.Stderr = os.Stderr
	events, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := command.Start(); err != nil {
		return err
	}
	result, unreadable := readEvents(events, out, o.verbose)
	failed := command.Wait()
	took := time.Since(began)
	if failed != nil {
		failed = fmt.Errorf("go test: %w", failed)
	}

	if o.totals != "" {
		if err := appendLine(o.totals, fmt.Sprintf("%d %d %d", result.passed, len(result.failed), len(result.skipped))); err != nil {
			return err
		}
	}
	err = errors.Join(unreadable, result.report(out, name, allowed))
	// The tests that failed say more.
	if len(result.failed) == 0 {
		err = errors.Join(err, failed)
	}
	if counted != nil {
		err = errors.Join(err, counted.report(out, o.processes))
	}
	fmt.Fprintf(out, "CPU-seconds: %.0f\nseconds by the clock: %.0f\n",
		(command.ProcessState.UserTime() + command.ProcessState.SystemTime()).Seconds(), took.Seconds())
	return err
}

func appendLine(name, line string) error {
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the recipe names it
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(file, line); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}
