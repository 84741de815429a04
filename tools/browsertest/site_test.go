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

// writePictures makes grey pictures of some sizes, each named after its own.
func writePictures(t *testing.T, folder string, sizes map[string]image.Point) {
	t.Helper()
	for name, size := range sizes {
		file, err := os.Create(filepath.Join(folder, name)) //nolint:gosec // a folder of the test's own
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(file, image.NewGray(image.Rectangle{Max: size})); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// visitHTML opens a page of that HTML, which finds what is in a folder.
func visitHTML(t *testing.T, page *tab, folder, html string) *server {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, "page.html"), []byte("<!doctype html>"+html), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := serve(t.Context(), folder)
	must(t, err)
	t.Cleanup(s.stop)
	must(t, page.visit(s.url+"/page.html"))
	return s
}

func TestProblemsOf(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writePictures(t, folder, map[string]image.Point{
		"a picture.png": {40, 30}, "small.png": {20, 15}, "rounded.png": {33, 25}, "wide.png": {40, 20},
	})
	page := newTab(t)
	for name, c := range map[string]struct {
		html string
		want []string
	}{
		"good": {`<img src="a%20picture.png" width="40" height="30" alt="">
			<div style="height: 9000px"></div><img loading="lazy" src="a%20picture.png" width="40" height="30" alt="grey">`, nil},
		"none":    {`<p>words`, []string{"there is no picture"}},
		"missing": {`<img src="b.png" width="40" height="30" alt="">`, []string{"b.png does not load"}},
		"size": {`<img src="a%20picture.png" width="40" height="31" alt="">`,
			[]string{"a%20picture.png is declared as 40 × 31 but is 40 × 30"}},
		"undeclared": {`<img src="a%20picture.png" width="40" alt="">`,
			[]string{"a%20picture.png has no width and height; it is 40 × 30"}},
		"silent": {`<img src="a%20picture.png" width="40" height="30">`, []string{"a%20picture.png has no alt"}},
		"candidates": {`<picture><source type="image/png" srcset="small.png 20w, rounded.png 33w" sizes="33px">
			<img src="a%20picture.png" srcset="small.png 20w,a%20picture.png 40w" sizes="33px" width="40" height="30" style="width: 33px; height: auto" alt=""></picture>`, nil},
		"candidate missing": {`<picture><source type="image/jxl" srcset="b.jxl 20w">
			<img src="a%20picture.png" width="40" height="30" alt=""></picture>`, []string{"b.jxl does not load"}},
		"candidate's width": {`<img src="a%20picture.png" srcset="small.png 22w, a%20picture.png 40w" sizes="40px" width="40" height="30" alt="">`,
			[]string{"small.png is declared as 22w but is 20 pixels wide"}},
		"candidate's shape": {`<img src="a%20picture.png" srcset="wide.png 40w" sizes="40px" width="40" height="30" alt="">`,
			[]string{"wide.png is 40 × 20, which is another shape than a%20picture.png"}},
		"enlarged": {`<img src="a%20picture.png" srcset="small.png 20w, a%20picture.png 40w" sizes="20px" width="40" height="30" style="width: 30px" alt="">`,
			[]string{"a%20picture.png is enlarged: small.png is shown 30 pixels wide"}},
		"too large": {`<img src="a%20picture.png" srcset="small.png 20w, a%20picture.png 40w" sizes="100vw" width="40" height="30" style="width: 20px; height: auto" alt="">`,
			[]string{"a%20picture.png is too large: the browser takes a%20picture.png, and small.png is enough for the 20 pixels that it is shown at"}},
		"enlarged to cover": {`<img src="a%20picture.png" width="40" height="30" style="width: 30px; height: 60px; object-fit: cover" alt="">`,
			[]string{"a%20picture.png is enlarged: a%20picture.png is shown 80 pixels wide"}},
	} {
		visitHTML(t, page, folder, c.html)
		all, err := page.pictures()
		must(t, err)
		if problems := problemsOf(all); !slices.Equal(problems, c.want) {
			t.Errorf("%s: problems %q, want %q", name, problems, c.want)
		}
	}
}

func TestServer_countsWhatThePageTakes(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writePictures(t, folder, map[string]image.Point{"small.png": {20, 15}, "large.png": {400, 300}})
	page := newTab(t)
	s := visitHTML(t, page, folder, `<link rel="icon" href="data:,"><div style="height: 9000px"></div>
		<img loading="lazy" src="large.png" srcset="small.png 20w, large.png 400w" sizes="20px" width="400" height="300" alt="">`)
	must(t, page.loadPictures())
	var want int64
	for _, name := range []string{"page.html", "small.png"} {
		about, err := os.Stat(filepath.Join(folder, name))
		must(t, err)
		want += about.Size()
	}
	if got := s.total(); got != want {
		t.Errorf("the page has taken %d bytes, want %d of %v", got, want, s.sent)
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writePictures(t, folder, map[string]image.Point{"black.png": {400, 300}})
	page := newTab(t)
	for name, c := range map[string]struct {
		html string
		want []string
	}{
		"good":       {`<p>words</p>`, nil},
		"pale":       {`<p style="color: #777">words</p>`, []string{`"words" has a contrast of 4.48, and needs 4.5`}},
		"large":      {`<p style="color: #777; font-size: 24px">words</p>`, nil},
		"seethrough": {`<p style="color: rgb(0 0 0 / .4)">words</p>`, []string{`"words" has a contrast of 2.85, and needs 4.5`}},
		"over a picture": {`<div style="height: 2000px"></div><p style="background: url(black.png)">words</p>`,
			[]string{`"words" has a contrast of 1.00, and needs 4.5`}},
		"light over a picture": {`<p style="background: url(black.png); color: #fff">words</p>`, nil},
		"hidden":               {`<p style="color: #fff; visibility: hidden">words</p><details><summary>more</summary><p style="color: #fff">words</p></details>`, nil},
	} {
		visitHTML(t, page, folder, c.html)
		problems, err := page.unreadable()
		must(t, err)
		if !slices.Equal(problems, c.want) {
			t.Errorf("%s: %q, want %q", name, problems, c.want)
		}
		same(t, page, `document.querySelector("#without-text") === null`, true)
	}
}

func TestViolations(t *testing.T) {
	t.Parallel()
	axe := os.Getenv("AXE")
	if axe == "" {
		t.Skip("axe is not installed")
	}
	page := newTab(t)
	visitHTML(t, page, t.TempDir(), `<title>A page</title><html lang="en"><main><h1>Words</h1><button></button></main>`)
	problems, err := page.violations(axe)
	must(t, err)
	if want := []string{"button-name: Buttons must have discernible text: <button></button>"}; !slices.Equal(problems, want) {
		t.Errorf("%q, want %q", problems, want)
	}
}
