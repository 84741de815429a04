// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
)

// picture is an img element as the browser sees it.
type picture struct {
	Source string `json:"source"`
	// Width and Height are what the page declares; "" if it doesn't.
	Width  string `json:"width"`
	Height string `json:"height"`
	HasAlt bool   `json:"has_alt"`
	// NaturalWidth and NaturalHeight are those of the file; 0 if it hasn't
	// loaded.
	NaturalWidth  int `json:"natural_width"`
	NaturalHeight int `json:"natural_height"`
}

// problem says what is wrong with a picture; "" if nothing is.
func (p picture) problem() string {
	declared := p.Width + " × " + p.Height
	loaded := strconv.Itoa(p.NaturalWidth) + " × " + strconv.Itoa(p.NaturalHeight)
	switch {
	case p.NaturalWidth == 0:
		return "does not load"
	case p.Width == "" || p.Height == "":
		return "has no width and height; it is " + loaded
	case declared != loaded:
		return "is declared as " + declared + " but is " + loaded
	case !p.HasAlt:
		return "has no alt"
	default:
		return ""
	}
}

func (t *tab) pictures() ([]picture, error) {
	if err := t.loadPictures(); err != nil {
		return nil, err
	}
	return ask[[]picture](t, `[...document.images].map((image) => ({
		source: image.getAttribute("src") ?? "",
		width: image.getAttribute("width") ?? "",
		height: image.getAttribute("height") ?? "",
		has_alt: image.hasAttribute("alt"),
		natural_width: image.naturalWidth,
		natural_height: image.naturalHeight,
	}))`)
}

// visitFile opens an HTML file of this machine.
func (t *tab) visitFile(file string) error {
	path, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	address := url.URL{Scheme: "file", Path: filepath.ToSlash(path)}
	return t.visit(address.String())
}

// checkSite lists the pictures of an HTML file and what is wrong with them.
func (t *tab) checkSite(file string) (all []picture, problems []string, err error) {
	if err := t.visitFile(file); err != nil {
		return nil, nil, err
	}
	all, err = t.pictures()
	if err != nil {
		return nil, nil, err
	}
	if len(all) == 0 {
		problems = append(problems, "there is no picture in "+file)
	}
	for _, p := range all {
		if problem := p.problem(); problem != "" {
			problems = append(problems, fmt.Sprintf("%.100s %s", p.Source, problem))
		}
	}
	return all, problems, nil
}
