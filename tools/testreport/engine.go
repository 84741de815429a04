// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// engine stands in for an engine: a script that leaves a mark for each of its
// processes, and then becomes the engine, so that signals reach that.
type engine struct {
	// name is what the engine calls itself, such as "Terraform v1.11.4".
	name   string
	script string
	marks  string
}

func newEngine(program string) (*engine, error) {
	program, err := exec.LookPath(program)
	if err != nil {
		return nil, err
	}
	if program, err = filepath.Abs(program); err != nil {
		return nil, err
	}
	version, err := exec.CommandContext(context.Background(), program, "version").Output() //nolint:gosec // the recipe names it
	if err != nil {
		return nil, fmt.Errorf("ask %s for its version: %w", program, err)
	}
	folder, err := os.MkdirTemp("", "flux2-testreport-")
	if err != nil {
		return nil, err
	}
	name, _, _ := strings.Cut(string(version), "\n")
	e := &engine{name: name, script: filepath.Join(folder, filepath.Base(program)), marks: filepath.Join(folder, "marks")}
	script := fmt.Sprintf("#!/bin/sh\nprintf . >>%s\nexec %s \"$@\"\n", quoted(e.marks), quoted(program))
	if err := os.WriteFile(e.script, []byte(script), 0o700); err != nil { //nolint:gosec // a program
		return nil, errors.Join(err, e.remove())
	}
	return e, nil
}

// quoted is a word for the shell.
func quoted(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// variables have acceptance tests run, on the engine. It looks the provider up
// by a name that begins with its own registry.
func (e *engine) variables() []string {
	host := "registry.terraform.io"
	if strings.HasPrefix(e.name, "OpenTofu ") {
		host = "registry.opentofu.org"
	}
	return []string{"TF_ACC=1", "TF_ACC_TERRAFORM_PATH=" + e.script, "TF_ACC_PROVIDER_HOST=" + host}
}

// report says how many processes of the engine were started, and returns an
// error if they are too many.
func (e *engine) report(out io.Writer, limit int) error {
	var started int64
	switch marks, err := os.Stat(e.marks); {
	case err == nil:
		started = marks.Size()
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	fmt.Fprintf(out, "engine processes: %d (limit %d)\n", started, limit)
	if started > int64(limit) {
		return fmt.Errorf("the tests started %d processes of the engine, and may start %d", started, limit)
	}
	return nil
}

func (e *engine) remove() error { return os.RemoveAll(filepath.Dir(e.script)) }
