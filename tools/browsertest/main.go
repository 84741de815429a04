// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Command browsertest looks at an HTML file with a headless Chromium, and fails
// unless each of its pictures loads, at the size that the page declares. Its
// tests look at the emulator's page in the same way.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
)

func main() {
	site := flag.String("site", "", "`file` with the HTML page to check")
	screenshot := flag.String("screenshot", "", "`file` to write a PNG of the page to")
	width := flag.Int64("width", 1280, "width of the window in `pixels`")
	flag.Parse()
	if *site == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := check(context.Background(), *site, *screenshot, *width); err != nil {
		fmt.Fprintln(os.Stderr, "browsertest:", err)
		os.Exit(1)
	}
}

func check(ctx context.Context, site, screenshot string, width int64) error {
	const height = 900
	t, end, err := open(ctx, width, height)
	if err != nil {
		return err
	}
	defer end()
	all, problems, err := t.checkSite(site)
	if err != nil {
		return err
	}
	if screenshot != "" {
		if err := t.photograph(screenshot); err != nil {
			return err
		}
	}
	for _, problem := range problems {
		fmt.Println(problem)
	}
	if len(problems) > 0 {
		return errors.New("the page is not as it should be")
	}
	fmt.Printf("%d pictures load at their declared sizes\n", len(all))
	return nil
}
