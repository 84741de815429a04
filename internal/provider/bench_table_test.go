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

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
)

// figures is the table that a benchmark ends with.
type figures struct {
	rows [][]string
}

// newFigures returns a table that is printed when the test ends, however it
// does.
func newFigures(t *testing.T) *figures {
	t.Helper()

	table := &figures{rows: [][]string{{"figure", "floor", "measured", "ratio", "budget", "ok"}}}
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

// judge adds a figure that has a budget, and fails the test if it is missed.
func (f *figures) judge(t *testing.T, name, floor, measured, ratio, budget string, met bool) {
	t.Helper()

	verdict := "yes"
	if !met {
		verdict = "NO"
		t.Errorf("%s: %s, ratio %s, but the budget is %s", name, measured, ratio, budget)
	}
	f.rows = append(f.rows, []string{name, floor, measured, ratio, budget, verdict})
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

// pair is the least cost of doing nothing and of doing the work.
type pair struct {
	floor, product acctest.Cost
}

// alternate measures floor and product in turn, so that what else the machine
// does meets both alike. A budget that is missed gets more attempts: only what
// stays missed is the product's own.
func alternate(attempts int, floor, product func() acctest.Cost, met func(pair) bool) pair {
	least := pair{floor: floor(), product: product()}
	for done := 1; done < attempts || (!met(least) && done < 3*attempts); done++ {
		least.floor = least.floor.Least(floor())
		least.product = least.product.Least(product())
	}
	return least
}
