// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Command browsertest looks at an HTML page with a headless Chromium, in windows
// of three widths. It fails unless each file of each picture loads at the size
// that the page declares, none is enlarged, and all text stands out from what
// is behind it. It says what the page weighs. Its tests look at the emulator's
// page in the same way.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// widths are those of a phone, a tablet and a desk, in pixels.
var widths = []int64{390, 800, 1440}

func main() {
	var c check
	flag.StringVar(&c.site, "site", "", "`file` with the HTML page to check")
	flag.StringVar(&c.screenshots, "screenshots", "", "`folder` for a PNG of the page at each width")
	flag.StringVar(&c.delivered, "delivered", "", "`folder` with the pictures as they were delivered, to compare the weight with")
	flag.StringVar(&c.axe, "axe", "", "`file` with axe, to have it check the page, too")
	flag.Parse()
	if c.site == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := c.run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "browsertest:", err)
		os.Exit(1)
	}
}

// check is what is asked for.
type check struct {
	site, screenshots, delivered, axe string
}

func (c check) run(ctx context.Context) error {
	var views []view
	bad := false
	for _, width := range widths {
		v, problems, err := c.look(ctx, width)
		if err != nil {
			return err
		}
		views = append(views, v)
		for _, problem := range problems {
			bad = true
			fmt.Printf("at %d pixels %s\n", width, problem)
		}
	}
	delivered := int64(0)
	if c.delivered != "" {
		var err error
		if delivered, err = weightOf(c.delivered); err != nil {
			return err
		}
	}
	if err := report(os.Stdout, views, delivered); err != nil {
		return err
	}
	if bad {
		return errors.New("the page is not as it should be")
	}
	return nil
}

// look opens the page in a new browser, which has nothing in its cache.
func (c check) look(ctx context.Context, width int64) (view, []string, error) {
	v := view{width: width}
	const height = 900
	t, end, err := open(ctx, width, height)
	if err != nil {
		return v, nil, err
	}
	defer end()
	s, err := serve(ctx, filepath.Dir(c.site))
	if err != nil {
		return v, nil, err
	}
	defer s.stop()
	if err := t.prefer("light"); err != nil {
		return v, nil, err
	}
	if err := t.visit(s.url + "/" + filepath.Base(c.site)); err != nil {
		return v, nil, err
	}
	if err := t.loadPictures(); err != nil {
		return v, nil, err
	}
	v.weight = s.total()
	page, err := os.Stat(c.site)
	if err != nil {
		return v, nil, err
	}
	v.page = page.Size()
	if v.all, err = t.pictures(); err != nil {
		return v, nil, err
	}
	problems := problemsOf(v.all)
	unreadable, err := t.unreadable()
	if err != nil {
		return v, nil, err
	}
	problems = append(problems, unreadable...)
	if c.axe != "" {
		violations, err := t.violations(c.axe)
		if err != nil {
			return v, nil, err
		}
		problems = append(problems, violations...)
	}
	if c.screenshots != "" {
		if err := t.photograph(filepath.Join(c.screenshots, "site-"+strconv.FormatInt(width, 10)+".png")); err != nil {
			return v, nil, err
		}
	}
	return v, problems, nil
}
