// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// event is one line of go test -json; see go doc test2json.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
	Elapsed float64
}

// readEvents counts tests, subtests included. It prints a line for each package,
// and what tests have said that fail. It reads to the end whatever it meets, for
// go test waits for its reader.
func readEvents(reader io.Reader, out io.Writer, verbose bool) (result, error) {
	f := follower{out: out, verbose: verbose, packages: make(map[string]*progress)}
	lines := bufio.NewReader(reader)
	var unreadable error
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if err := json.Unmarshal(line, &e); err != nil {
				fmt.Fprintf(out, "%s\n", line)
				unreadable = fmt.Errorf("read the tests' events: %w", err)
			}
			f.take(e)
		}
		switch {
		case errors.Is(err, io.EOF):
			return f.result, unreadable
		case err != nil:
			return f.result, fmt.Errorf("read the tests' events: %w", err)
		}
	}
}

// follower takes in events as they come.
type follower struct {
	result
	out      io.Writer
	verbose  bool
	packages map[string]*progress
}

// progress is how far the tests of a package are.
type progress struct {
	ended  int
	failed bool
	// parents are the tests that have others below them.
	parents map[string]bool
	// said is what they have said that have not ended; without a name, the
	// package itself.
	said map[string][]string
}

func (f *follower) take(e event) {
	p := f.packages[e.Package]
	if p == nil {
		p = &progress{parents: make(map[string]bool), said: make(map[string][]string)}
		f.packages[e.Package] = p
	}
	switch e.Action {
	case "build-output":
		fmt.Fprint(f.out, e.Output)
	case "output":
		if f.verbose {
			fmt.Fprint(f.out, e.Output)
		}
		// What a package says at its end, its line says too.
		if !strings.HasPrefix(e.Output, "=== ") && (e.Test != "" || !strings.HasPrefix(e.Output, "FAIL")) {
			p.said[e.Test] = append(p.said[e.Test], e.Output)
		}
	case "pass", "fail", "skip":
		if e.Test == "" {
			f.endPackage(e, p)
		} else {
			f.endTest(e, p)
		}
	}
}

func (f *follower) endTest(e event, p *progress) {
	name := short(e.Package) + " " + e.Test
	said := p.said[e.Test]
	delete(p.said, e.Test)
	if at := strings.LastIndex(e.Test, "/"); at >= 0 {
		p.parents[e.Test[:at]] = true
	}
	switch e.Action {
	case "pass":
		f.passed++
	case "fail":
		p.failed = true
		f.failed = append(f.failed, name)
		f.complain(name, said)
	case "skip":
		f.skipped = append(f.skipped, skipped{e.Test, reason(said)})
		return
	}
	p.ended++
	// What is below a test has ended before.
	if !p.parents[e.Test] {
		f.timed = append(f.timed, timed{name, e.Elapsed})
	}
}

// endPackage counts a package that fails without a failing test, for it doesn't
// build or ends early, as a failure.
func (f *follower) endPackage(e event, p *progress) {
	name := short(e.Package)
	if e.Action == "fail" {
		if !p.failed {
			f.failed = append(f.failed, name)
		}
		for _, test := range slices.Sorted(maps.Keys(p.said)) {
			f.complain(strings.TrimSpace(name+" "+test), p.said[test])
		}
	} else if p.ended == 0 {
		return
	}
	outcome := map[string]string{"pass": "ok", "fail": "FAIL"}[e.Action]
	fmt.Fprintf(f.out, "%-5s %-24s %4d tests  %6.1f s\n", outcome, name, p.ended, e.Elapsed)
}

// complain prints what a test has said that failed, or never ended.
func (f *follower) complain(name string, said []string) {
	if !f.verbose {
		fmt.Fprintf(f.out, "FAIL  %s\n%s", name, strings.Join(said, ""))
	}
}

// reason is what a skipped test said last, but that it is one.
func reason(said []string) string {
	for _, line := range slices.Backward(said) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "---") {
			return line
		}
	}
	return ""
}

const module = "github.com/flux2-provider/terraform-provider-flux2"

// short is the name of a package below the module.
func short(name string) string {
	if name == module {
		return "."
	}
	return strings.TrimPrefix(name, module+"/")
}
