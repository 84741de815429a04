// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func writeTable(writer io.Writer, modules []*module) error {
	var inProgram, direct int
	for _, one := range modules {
		if one.inProgram {
			inProgram++
		}
		if one.reason != "" {
			direct++
		}
	}
	out := bufio.NewWriter(writer)
	fmt.Fprintf(out, `# Modules

The program contains code of %d modules beside its own; its tests need %d more. This project itself requires %d of all
these, each for the reason that go.mod gives; the others are required by those. Made by `+"`make generate`"+`.

| module | licence | in the program | why this project requires it |
|---|---|---|---|
`, inProgram, len(modules)-inProgram, direct)
	for _, one := range modules {
		place := "yes"
		if !one.inProgram {
			place = "only in tests"
		}
		fmt.Fprintf(out, "| %s | %s | %s | %s |\n", one.path, one.licence, place, one.reason)
	}
	return out.Flush()
}

func writeNotices(writer io.Writer, modules []*module) error {
	out := bufio.NewWriter(writer)
	fmt.Fprintln(out, "terraform-provider-flux2 contains code of these modules, under the licences that follow each name.")
	for _, one := range modules {
		if !one.inProgram {
			continue
		}
		fmt.Fprintf(out, "\n%s\n%s %s (%s)\n%s\n", strings.Repeat("=", 80), one.path, one.version, one.licence, strings.Repeat("=", 80))
		for _, text := range one.texts {
			writeText(out, text)
		}
	}
	// And of Go's own library and runtime, which are in no module.
	text, err := goLicence()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%s\nThe Go standard library and runtime (BSD-3-Clause)\n%[1]s\n", strings.Repeat("=", 80))
	writeText(out, text)
	return out.Flush()
}

func writeText(writer io.Writer, text string) {
	fmt.Fprintf(writer, "\n%s\n", strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")))
}

// goLicence reads the licence that Go comes with.
func goLicence() (string, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output() //nolint:noctx // nothing waits for it
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "LICENSE")) //nolint:gosec // Go's own
	return string(text), err
}
