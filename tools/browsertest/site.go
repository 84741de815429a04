// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"fmt"
	"math"
	"path"
	"strconv"
	"strings"
)

// picture is an img element as the browser sees it.
type picture struct {
	Source string `json:"source"`
	// Width and Height are what the page declares; "" if it doesn't.
	Width  string `json:"width"`
	Height string `json:"height"`
	HasAlt bool   `json:"has_alt"`
	// NaturalWidth and NaturalHeight are those of the file; 0 if it doesn't
	// load.
	NaturalWidth  int `json:"natural_width"`
	NaturalHeight int `json:"natural_height"`
	// Candidates are all others that the browser may choose from.
	Candidates []candidate `json:"candidates"`
	// Chosen is what it has chosen, and Needs is how many pixels wide that has to
	// be, so that nothing is enlarged.
	Chosen candidate `json:"chosen"`
	Needs  float64   `json:"needs"`
}

// candidate is one of the files of a picture.
type candidate struct {
	Source string `json:"source"`
	// Descriptor is what the page says about it, as 640w or 2x; "" if it doesn't.
	Descriptor    string `json:"descriptor"`
	NaturalWidth  int    `json:"natural_width"`
	NaturalHeight int    `json:"natural_height"`
}

// problem says what is wrong with a picture itself; "" if nothing is.
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
	case p.Chosen.NaturalWidth > 0 && float64(p.Chosen.NaturalWidth) < math.Floor(p.Needs):
		return fmt.Sprintf("is enlarged: %s is shown %.0f pixels wide", p.Chosen.Source, p.Needs)
	}
	for _, c := range p.Candidates {
		if path.Ext(c.Source) == path.Ext(p.Chosen.Source) && float64(c.NaturalWidth) >= p.Needs && c.NaturalWidth < p.Chosen.NaturalWidth {
			return fmt.Sprintf("is too large: the browser takes %s, and %s is enough for the %.0f pixels that it is shown at", p.Chosen.Source, c.Source, p.Needs)
		}
	}
	return ""
}

// problem says what is wrong with a candidate of a picture; "" if nothing is.
func (c candidate) problem(of picture) string {
	if c.NaturalWidth == 0 {
		return "does not load"
	}
	if declared, isWidth := strings.CutSuffix(c.Descriptor, "w"); isWidth && declared != strconv.Itoa(c.NaturalWidth) {
		return fmt.Sprintf("is declared as %s but is %d pixels wide", c.Descriptor, c.NaturalWidth)
	}
	// A pixel is what rounding may cost.
	height := float64(c.NaturalWidth) * float64(of.NaturalHeight) / float64(of.NaturalWidth)
	if math.Abs(height-float64(c.NaturalHeight)) > 1 {
		return fmt.Sprintf("is %d × %d, which is another shape than %s", c.NaturalWidth, c.NaturalHeight, of.Source)
	}
	return ""
}

// The size of a file is asked of an image without candidates: that of others is
// in pixels of the page.
const listPictures = `(async () => {
	const known = new Map();
	const size = (source) => {
		if (!known.has(source)) {
			const image = new Image();
			image.src = source;
			known.set(source, image.decode().catch(() => {}).then(() => ({natural_width: image.naturalWidth, natural_height: image.naturalHeight})));
		}
		return known.get(source);
	};
	const listed = (element) => [...(element.getAttribute("srcset") ?? "").matchAll(/([^\s,]\S*[^\s,])(?:\s+([\d.]+[wx]))?/g)];
	return Promise.all([...document.images].map(async (image) => {
		const own = await size(image.getAttribute("src") ?? "");
		const covers = getComputedStyle(image).objectFit === "cover" && own.natural_height > 0;
		const sources = image.parentElement.matches("picture") ? [...image.parentElement.querySelectorAll("source")] : [];
		return {
			source: image.getAttribute("src") ?? "",
			width: image.getAttribute("width") ?? "",
			height: image.getAttribute("height") ?? "",
			has_alt: image.hasAttribute("alt"),
			...own,
			candidates: await Promise.all([...sources, image].flatMap(listed).map(async ([, source, descriptor]) =>
				({source, descriptor: descriptor ?? "", ...await size(source)}))),
			chosen: {source: image.currentSrc.replace(new URL(".", document.baseURI), ""), ...await size(image.currentSrc)},
			needs: covers ? Math.max(image.clientWidth, image.clientHeight * own.natural_width / own.natural_height) : image.clientWidth,
		};
	}));
})()`

func (t *tab) pictures() ([]picture, error) {
	if err := t.loadPictures(); err != nil {
		return nil, err
	}
	return ask[[]picture](t, listPictures)
}

// problemsOf says what is wrong with the pictures of a page.
func problemsOf(all []picture) []string {
	if len(all) == 0 {
		return []string{"there is no picture"}
	}
	var problems []string
	for _, p := range all {
		if problem := p.problem(); problem != "" {
			problems = append(problems, fmt.Sprintf("%.100s %s", p.Source, problem))
			continue
		}
		for _, c := range p.Candidates {
			if problem := c.problem(p); problem != "" {
				problems = append(problems, fmt.Sprintf("%.100s %s", c.Source, problem))
			}
		}
	}
	return problems
}
