// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// event is one line of go test -json; see go doc test2json.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

type result struct {
	passed, failed int
	skipped        []skipped
}

// skipped is a test that did not run, and what it said last.
type skipped struct {
	test, said string
}

// readEvents counts tests, subtests included. A package that fails without a
// failing test, for it doesn't build or ends early, counts as a failure.
func readEvents(reader io.Reader) (result, error) {
	var counted result
	failedIn := make(map[string]bool)
	said := make(map[[2]string]string)
	decoder := json.NewDecoder(reader)
	for {
		var e event
		err := decoder.Decode(&e)
		if errors.Is(err, io.EOF) {
			return counted, nil
		}
		if err != nil {
			return counted, fmt.Errorf("read the tests' events: %w", err)
		}
		name := [2]string{e.Package, e.Test}
		switch {
		case e.Action == "output":
			if line := strings.TrimSpace(e.Output); line != "" && !strings.HasPrefix(line, "---") && !strings.HasPrefix(line, "===") {
				said[name] = line
			}
		case e.Test == "" && e.Action == "fail" && !failedIn[e.Package]:
			counted.failed++
		case e.Test == "":
		case e.Action == "pass":
			counted.passed++
		case e.Action == "fail":
			counted.failed++
			failedIn[e.Package] = true
		case e.Action == "skip":
			counted.skipped = append(counted.skipped, skipped{e.Test, said[name]})
		}
	}
}

// report writes what ran and what was skipped, and returns an error if a skip
// is not allowed or if nothing ran.
func (r result) report(writer io.Writer, engine string, allowed []skip) error {
	ran := r.passed + r.failed
	fmt.Fprintf(writer, "%s: %d tests ran, %d skipped\n", engine, ran, len(r.skipped))
	var unexpected []string
	for _, one := range r.skipped {
		at := slices.IndexFunc(allowed, func(s skip) bool { return s.covers(engine, one.test) })
		if at < 0 {
			unexpected = append(unexpected, fmt.Sprintf("%s (%s)", one.test, one.said))
			continue
		}
		fmt.Fprintf(writer, "  %s: %s\n", one.test, allowed[at].reason)
	}
	switch {
	case ran == 0:
		return errors.New("no test ran")
	case len(unexpected) > 0:
		return fmt.Errorf("skipped, but not listed in skips.txt:\n  %s", strings.Join(unexpected, "\n  "))
	}
	return nil
}
