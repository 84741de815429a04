// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// An engine of three lines, in a folder whose name wants care.
func fakeEngine(t *testing.T, name string) string {
	t.Helper()

	folder := filepath.Join(t.TempDir(), "it's an engine")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(folder, "engine")
	script := "#!/bin/sh\necho '" + name + "'\necho \"on a machine: $*, process $$\"\n"
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return program
}

// tests stand in for go test: they start the engine twice.
const tests = `
"$TF_ACC_TERRAFORM_PATH" version -json >&2
"$TF_ACC_TERRAFORM_PATH" plan 'two words' >"$OUTPUT" & wait; echo "started as $!, for $TF_ACC_PROVIDER_HOST, $TF_ACC" >>"$OUTPUT"
echo '{"Action":"pass","Package":"p","Test":"TestRuns"}'
`

func TestRun_countsProcessesOfTheEngine(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		engine, host string
		limit        int
		fails        string
	}{
		"as many as may be": {engine: "Terraform v1.11.4", host: "registry.terraform.io", limit: 2},
		"one too many":      {engine: "OpenTofu v1.12.6", host: "registry.opentofu.org", limit: 1, fails: "the tests started 2 processes of the engine, and may start 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			output, totals := filepath.Join(t.TempDir(), "output"), filepath.Join(t.TempDir(), "totals")
			command := exec.CommandContext(t.Context(), "sh", "-c", tests)
			command.Env = append(os.Environ(), "OUTPUT="+output)
			var said strings.Builder
			err := options{engine: fakeEngine(t, test.engine), processes: test.limit, totals: totals}.run(command, &said)
			if (err != nil) != (test.fails != "") || err != nil && err.Error() != test.fails {
				t.Errorf("the error is %v, want %q", err, test.fails)
			}
			for _, want := range []string{test.engine + ": 1 tests ran, 0 skipped\n", "engine processes: 2 (limit ", "CPU-seconds: ", "seconds by the clock: "} {
				if !strings.Contains(said.String(), want) {
					t.Errorf("the report is %q, want %q in it", said.String(), want)
				}
			}
			// The engine is the process that was started, and gets its arguments.
			heard, err := os.ReadFile(output)
			if err != nil {
				t.Fatal(err)
			}
			_, process, _ := strings.Cut(strings.Split(string(heard), "\n")[1], ", process ")
			if want := test.engine + "\non a machine: plan two words, process " + process + "\nstarted as " + process + ", for " + test.host + ", 1\n"; string(heard) != want {
				t.Errorf("the engine and its starter said %q, want %q", heard, want)
			}
			if counted, err := os.ReadFile(totals); err != nil || string(counted) != "1 0 0\n" {
				t.Errorf("the totals are %q, %v", counted, err)
			}
		})
	}
}

func TestRun_failsAsGoTestDoes(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct{ script, fails string }{
		"tests that pass":        {`echo '{"Action":"pass","Package":"p","Test":"TestRuns"}'`, ""},
		"a test that fails":      {`echo '{"Action":"fail","Package":"p","Test":"TestFails"}'; exit 1`, "failed:\n  p TestFails"},
		"an option unknown":      {`exit 2`, "no test ran\ngo test: exit status 2"},
		"an end before its time": {`echo '{"Action":"pass","Package":"p","Test":"TestRuns"}'; kill -9 $$`, "go test: signal: killed"},
		"no event":               {`echo '{"Action":"pass","Package":"p","Test":"TestRuns"}'; echo '# words'`, "read the tests' events: invalid character '#' looking for beginning of value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var said strings.Builder
			err := options{}.run(exec.CommandContext(t.Context(), "sh", "-c", test.script), &said)
			if (err != nil) != (test.fails != "") || err != nil && err.Error() != test.fails {
				t.Errorf("the error is %v, want %q", err, test.fails)
			}
			if strings.Contains(said.String(), "engine processes") {
				t.Errorf("without an engine it reports %q", said.String())
			}
		})
	}
}
