// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bufio"
	"fmt"
	"io"
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
			fmt.Fprintf(out, "\n%s\n", strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")))
		}
	}
	return out.Flush()
}
