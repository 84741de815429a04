// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Command testreport says how many tests ran and were skipped on an engine, and
// fails for a skip that is not on the list of allowed ones. Its argument is a
// file of what go test -json printed.
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"os"
)

//go:embed skips.txt
var allowedSkips string

func main() {
	engine := flag.String("engine", "", "what the tests ran on, such as \"Terraform v1.11.4\"")
	totals := flag.String("totals", "", "file to which a line with the totals is appended")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: testreport [-engine NAME] [-totals FILE] EVENTS")
		os.Exit(2)
	}
	if err := run(*engine, *totals, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(1)
	}
}

func run(engine, totals, events string) error {
	allowed, err := parseSkips(allowedSkips)
	if err != nil {
		return err
	}
	file, err := os.Open(events) //nolint:gosec // the recipe names it
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	result, err := readEvents(file)
	if err != nil {
		return err
	}
	if totals != "" {
		if err := appendLine(totals, fmt.Sprintf("%d %d %d", result.passed, result.failed, len(result.skipped))); err != nil {
			return err
		}
	}
	return result.report(os.Stdout, engine, allowed)
}

func appendLine(name, line string) error {
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the recipe names it
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(file, line); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}
