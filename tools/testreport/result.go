// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

type result struct {
	passed  int
	failed  []string
	skipped []skipped
	timed   []timed
}

// skipped is a test that did not run, and what it said last.
type skipped struct {
	test, said string
}

// timed is a test without others below it, and how many seconds it ran.
type timed struct {
	test    string
	seconds float64
}

// report writes what ran, what was skipped and what took longest, and returns
// an error if a test failed, if a skip is not allowed, or if nothing ran.
func (r result) report(writer io.Writer, engine string, allowed []skip) error {
	ran := r.passed + len(r.failed)
	if engine != "" {
		fmt.Fprintf(writer, "%s: ", engine)
	}
	fmt.Fprintf(writer, "%d tests ran, %d skipped\n", ran, len(r.skipped))
	var unexpected []string
	for _, one := range r.skipped {
		at := slices.IndexFunc(allowed, func(s skip) bool { return s.covers(engine, one.test) })
		if at < 0 {
			unexpected = append(unexpected, fmt.Sprintf("%s (%s)", one.test, one.said))
			continue
		}
		fmt.Fprintf(writer, "  %s: %s\n", one.test, allowed[at].reason)
	}
	slices.SortStableFunc(r.timed, func(a, b timed) int { return cmp.Compare(b.seconds, a.seconds) })
	if len(r.timed) > 0 {
		fmt.Fprintln(writer, "slowest tests, in seconds:")
	}
	for _, one := range r.timed[:min(10, len(r.timed))] {
		fmt.Fprintf(writer, "  %6.1f  %s\n", one.seconds, one.test)
	}

	var problems []error
	if ran == 0 {
		problems = append(problems, errors.New("no test ran"))
	}
	if len(r.failed) > 0 {
		problems = append(problems, fmt.Errorf("failed:\n  %s", strings.Join(r.failed, "\n  ")))
	}
	if len(unexpected) > 0 {
		problems = append(problems, fmt.Errorf("skipped, but not listed in skips.txt:\n  %s", strings.Join(unexpected, "\n  ")))
	}
	return errors.Join(problems...)
}
