// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build bench

package provider_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// figures is a table that a benchmark ends with.
type figures struct {
	rows [][]string
}

// newFigures returns a table that is printed when the test ends, however it
// does.
func newFigures(t *testing.T, columns ...string) *figures {
	t.Helper()

	table := &figures{rows: [][]string{columns}}
	t.Cleanup(func() {
		fmt.Println()
		out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		for _, row := range table.rows {
			_, _ = fmt.Fprintln(out, strings.Join(row, "\t"))
		}
		_ = out.Flush()
		fmt.Println()
	})
	return table
}

// judge adds a figure that has a budget, and fails the test if it is missed. What
// a busy machine has measured is not judged if it is missed.
func (f *figures) judge(t *testing.T, name, floor, measured, ratio, budget string, met, busy bool) {
	t.Helper()

	f.rows = append(f.rows, []string{name, floor, measured, ratio, budget, verdict(t, name, measured, budget, met, busy)})
}

// verdict is the last column of a figure that has a budget.
func verdict(t *testing.T, name, measured, budget string, met, busy bool) string {
	t.Helper()

	switch {
	case met:
		return "yes"
	case busy:
		return "too busy to judge"
	}
	t.Errorf("%s: %s, but the budget is %s", name, measured, budget)
	return "NO"
}

// tell adds a figure that has no budget.
func (f *figures) tell(name, floor, measured, ratio string) {
	f.rows = append(f.rows, []string{name, floor, measured, ratio, "–", "–"})
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

func megabytes(bytes int64) string {
	if bytes == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}

func quotient(measured, floor float64) string {
	if floor == 0 {
		return "–"
	}
	return fmt.Sprintf("%.3f", measured/floor)
}
