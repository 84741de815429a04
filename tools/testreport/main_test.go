// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
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
		"nothing skipped":            {events: `{"Action":"pass","Package":"p","Test":"TestRuns"}`, says: ": 1 tests ran, 0 skipped\n"},
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
				result, err := readEvents(strings.NewReader(test.events))
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
`))
	if err != nil {
		t.Fatal(err)
	}
	if result.passed != 1 || result.failed != 2 || len(result.skipped) != 0 {
		t.Errorf("%d passed, %d failed, %d skipped; want 1, 2 and 0", result.passed, result.failed, len(result.skipped))
	}
}
