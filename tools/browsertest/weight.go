// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
)

// view is what a page was, in a window of some width.
type view struct {
	width  int64
	weight int64 // all that was transferred, in bytes
	page   int64 // the HTML alone
	all    []picture
}

// chosen are the files that the browser has taken for the pictures.
func (v view) chosen() string {
	var sources []string
	for _, p := range v.all {
		if !slices.Contains(sources, p.Chosen.Source) {
			sources = append(sources, p.Chosen.Source)
		}
	}
	return strings.Join(sources, " ")
}

// weightOf sums up the files below a folder.
func weightOf(folder string) (int64, error) {
	var sum int64
	err := filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		about, err := entry.Info()
		if err == nil {
			sum += about.Size()
		}
		return err
	})
	return sum, err
}

// report writes what a page weighs in each view. If delivered isn't 0, it is the
// weight of all pictures as they were delivered, which is what the page would
// take with these.
func report(to io.Writer, views []view, delivered int64) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	kilobytes := func(n int64) string { return fmt.Sprintf("%.1f kB", float64(n)/1000) }
	if delivered > 0 {
		fmt.Fprintln(table, "window\tpictures as delivered\tthe page as it is\tratio\t")
	} else {
		fmt.Fprintln(table, "window\tthe page as it is\t")
	}
	for _, v := range views {
		if before := v.page + delivered; delivered > 0 {
			fmt.Fprintf(table, "%d pixels\t%s\t%s\t%.1f : 1\t\n", v.width, kilobytes(before), kilobytes(v.weight), float64(before)/float64(v.weight))
		} else {
			fmt.Fprintf(table, "%d pixels\t%s\t\n", v.width, kilobytes(v.weight))
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, v := range views {
		if _, err := fmt.Fprintf(to, "at %d pixels the browser takes %s\n", v.width, v.chosen()); err != nil {
			return err
		}
	}
	return nil
}
