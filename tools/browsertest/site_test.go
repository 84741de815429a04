// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestCheckSite(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file, err := os.Create(filepath.Join(folder, "a picture.png"))
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(file, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	page := newTab(t)
	for name, c := range map[string]struct {
		html string
		want []string
	}{
		"good": {`<img src="a%20picture.png" width="40" height="30" alt="">
			<div style="height: 9000px"></div><img loading="lazy" src="a%20picture.png" width="40" height="30" alt="grey">`, nil},
		"none":    {`<p>words`, []string{"there is no picture in "}},
		"missing": {`<img src="b.png" width="40" height="30" alt="">`, []string{"b.png does not load"}},
		"size": {`<img src="a%20picture.png" width="40" height="31" alt="">`,
			[]string{"a%20picture.png is declared as 40 × 31 but is 40 × 30"}},
		"undeclared": {`<img src="a%20picture.png" width="40" alt="">`,
			[]string{"a%20picture.png has no width and height; it is 40 × 30"}},
		"silent": {`<img src="a%20picture.png" width="40" height="30">`, []string{"a%20picture.png has no alt"}},
	} {
		site := filepath.Join(folder, name+".html")
		if err := os.WriteFile(site, []byte("<!doctype html>"+c.html), 0o600); err != nil {
			t.Fatal(err)
		}
		_, problems, err := page.checkSite(site)
		if err != nil {
			t.Fatal(err)
		}
		if name == "none" {
			c.want[0] += site
		}
		if !slices.Equal(problems, c.want) {
			t.Errorf("%s: problems %q, want %q", name, problems, c.want)
		}
	}
}
