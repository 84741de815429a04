// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Package releasetest makes a release of the commit that is checked out, twice,
// and uses it as somebody would who has never seen the source.
package releasetest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What the recipe names: GoReleaser, and the engine that installs the provider.
var (
	goreleaser = os.Getenv("GORELEASER")
	engine     = os.Getenv("ENGINE")
)

// workshop is where releases are made. It goes when the tests have ended.
var workshop string

func TestMain(m *testing.M) {
	if goreleaser == "" || engine == "" {
		fmt.Fprintln(os.Stderr, "GORELEASER and ENGINE must name programs: run make testrelease")
		os.Exit(1)
	}
	var err error
	if workshop, err = os.MkdirTemp("", "flux2-release-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := errors.Join(stopAgent(), os.RemoveAll(workshop)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// command is a program that is about to run in a folder, with what the tests see
// of the environment and the given variables.
func command(folder string, variables []string, program string, arguments ...string) *exec.Cmd {
	started := exec.Command(program, arguments...) //nolint:noctx // it ends by itself
	started.Dir = folder
	started.Env = append(os.Environ(), variables...)
	return started
}

// must runs a command that has to succeed, and returns all that it said.
func must(t *testing.T, started *exec.Cmd) string {
	t.Helper()

	output, err := started.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(started.Args, " "), err, output)
	}
	return string(output)
}

func read(t *testing.T, elements ...string) []byte {
	t.Helper()

	content, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()

	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
