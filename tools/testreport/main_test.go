// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

const events = `{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestRuns"}
{"Action":"pass","Package":"p","Test":"TestRuns"}
{"Action":"output","Package":"p","Test":"TestNew/a","Output":"=== RUN   TestNew/a\n"}
{"Action":"output","Package":"p","Test":"TestNew/a","Output":"    a_test.go:3: too old\n"}
{"Action":"output","Package":"p","Test":"TestNew/a","Output":"    --- SKIP: TestNew/a (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestNew/a"}
{"Action":"pass","Package":"p","Test":"TestNew"}
{"Action":"pass","Package":"p"}
`

func TestReport_skipsNeedAPlaceOnTheList(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		events, engine, list string
		says, fails          string
	}{
		"not on the list":            {events: events, engine: "Terraform v1.11.4", says: "Terraform v1.11.4: 2 tests ran, 1 skipped\n", fails: "TestNew/a (a_test.go:3: too old)"},
		"on the list":                {events: events, engine: "Terraform v1.11.4", list: "Terraform v1.1* | TestNew | no such block", says: "  TestNew/a: no such block\n"},
		"listed by its own name":     {events: events, engine: "Terraform v1.11.4", list: "* | TestNew/a | no such block", says: "no such block"},
		"another one below is":       {events: events, engine: "Terraform v1.11.4", list: "* | TestNew/b | no such block", fails: "TestNew/a"},
		"listed for another engine":  {events: events, engine: "OpenTofu v1.12.6", list: "Terraform * | TestNew | no such block", fails: "TestNew/a"},
		"nothing ran":                {events: `{"Action":"skip","Package":"p"}`, fails: "no test ran"},
		"nothing skipped":            {events: `{"Action":"pass","Package":"p","Test":"TestRuns"}`, says: "1 tests ran, 0 skipped\n"},
		"a line without its reason":  {events: events, list: "* | TestNew", fails: "skips.txt:1"},
		"a pattern that is none":     {events: events, list: "[ | TestNew | because", fails: "skips.txt:1"},
		"events that are cut short":  {events: events + `{"Action":`, fails: "read the tests' events"},
		"a comment and an empty one": {events: `{"Action":"pass","Package":"p","Test":"TestRuns"}`, list: "# none\n\n", says: "1 tests ran"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var said strings.Builder
			err := func() error {
				allowed, err := parseSkips(test.list)
				if err != nil {
					return err
				}
				result, err := readEvents(strings.NewReader(test.events), io.Discard, false)
				if err != nil {
					return err
				}
				return result.report(&said, test.engine, allowed)
			}()
			if !strings.Contains(said.String(), test.says) {
				t.Errorf("the report is %q, want %q in it", said.String(), test.says)
			}
			if (err != nil) != (test.fails != "") || err != nil && !strings.Contains(err.Error(), test.fails) {
				t.Errorf("the error is %v, want %q in it", err, test.fails)
			}
		})
	}
}

func TestReadEvents_countsAPackageThatEndsOutsideOfATest(t *testing.T) {
	t.Parallel()

	result, err := readEvents(strings.NewReader(`{"Action":"fail","Package":"does/not/build"}
{"Action":"fail","Package":"p","Test":"TestFails"}
{"Action":"fail","Package":"p"}
{"Action":"pass","Package":"q","Test":"TestRuns"}
`), io.Discard, false)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"does/not/build", "p TestFails"}; result.passed != 1 || !slices.Equal(result.failed, want) || len(result.skipped) != 0 {
		t.Errorf("%d passed, %q failed, %d skipped; want 1, %q and 0", result.passed, result.failed, len(result.skipped), want)
	}
}

// What fails is told in full, in the order in which it ends; of what passes
// there is a line for each package.
func TestReadEvents_printsWhatFails(t *testing.T) {
	t.Parallel()

	const events = `{"Action":"build-output","ImportPath":"broken","Output":"a.go:1: undefined: b\n"}
{"Action":"fail","Package":"broken"}
{"Action":"output","Package":"p","Test":"TestPasses","Output":"=== RUN   TestPasses\n"}
{"Action":"output","Package":"p","Test":"TestPasses","Output":"    a_test.go:1: quiet\n"}
{"Action":"pass","Package":"p","Test":"TestPasses","Elapsed":0.5}
{"Action":"output","Package":"p","Test":"TestFails","Output":"=== RUN   TestFails\n"}
{"Action":"output","Package":"p","Test":"TestFails","Output":"    a_test.go:2: loud\n"}
{"Action":"output","Package":"p","Test":"TestFails","Output":"--- FAIL: TestFails (1.00s)\n"}
{"Action":"fail","Package":"p","Test":"TestFails","Elapsed":1}
{"Action":"output","Package":"p","Test":"TestHangs","Output":"panic: timed out\n"}
{"Action":"output","Package":"p","Output":"exit status 2\n"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t2.00s\n"}
{"Action":"fail","Package":"p","Elapsed":2}
{"Action":"pass","Package":"` + module + `/internal/q","Test":"TestRuns"}
{"Action":"pass","Package":"` + module + `/internal/q","Elapsed":3}
{"Action":"pass","Package":"` + module + `","Test":"TestStarts"}
{"Action":"pass","Package":"` + module + `"}
{"Action":"skip","Package":"empty"}
`
	for name, test := range map[string]struct {
		verbose bool
		want    string
	}{
		"as ever": {want: `a.go:1: undefined: b
FAIL  broken                      0 tests     0.0 s
FAIL  p TestFails
    a_test.go:2: loud
--- FAIL: TestFails (1.00s)
FAIL  p
exit status 2
FAIL  p TestHangs
panic: timed out
FAIL  p                           2 tests     2.0 s
ok    internal/q                  1 tests     3.0 s
ok    .                           1 tests     0.0 s
`},
		"all that is said": {verbose: true, want: `a.go:1: undefined: b
FAIL  broken                      0 tests     0.0 s
=== RUN   TestPasses
    a_test.go:1: quiet
=== RUN   TestFails
    a_test.go:2: loud
--- FAIL: TestFails (1.00s)
panic: timed out
exit status 2
FAIL	p	2.00s
FAIL  p                           2 tests     2.0 s
ok    internal/q                  1 tests     3.0 s
ok    .                           1 tests     0.0 s
`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var said strings.Builder
			if _, err := readEvents(strings.NewReader(events), &said, test.verbose); err != nil {
				t.Fatal(err)
			}
			if said.String() != test.want {
				t.Errorf("it prints\n%s\nwant\n%s", said.String(), test.want)
			}
		})
	}
}

func TestReport_namesTheTenSlowest(t *testing.T) {
	t.Parallel()

	var events strings.Builder
	for i := range 12 {
		fmt.Fprintf(&events, `{"Action":"pass","Package":"p","Test":"TestTable/%[1]d","Elapsed":%[1]d}`+"\n", i)
	}
	events.WriteString(`{"Action":"pass","Package":"p","Test":"TestTable","Elapsed":66}`)
	result, err := readEvents(strings.NewReader(events.String()), io.Discard, false)
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	if err := result.report(&said, "", nil); err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(said.String(), "slowest tests, in seconds:\n")
	if lines := strings.Split(strings.TrimSuffix(list, "\n"), "\n"); len(lines) != 10 ||
		lines[0] != "    11.0  p TestTable/11" || lines[9] != "     2.0  p TestTable/2" {
		t.Errorf("the slowest are\n%s", list)
	}
}
