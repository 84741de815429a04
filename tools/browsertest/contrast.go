// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"

	"github.com/chromedp/chromedp"
)

// What WCAG 2.2 asks of text, and of large text, at level AA.
const (
	contrastOfText      = 4.5
	contrastOfLargeText = 3
)

// line is a line of text on a page.
type line struct {
	Text   string  `json:"text"`
	Left   float64 `json:"left"`
	Top    float64 `json:"top"`
	Right  float64 `json:"right"`
	Bottom float64 `json:"bottom"`
	Color  [4]int  `json:"color"` // red, green, blue and alpha, to 255
	Large  bool    `json:"large"`
}

const listLines = `(() => {
	const brush = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
	const lines = [];
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walker.nextNode()) {
		const node = walker.currentNode;
		if (node.data.trim() === "" || !node.parentElement.checkVisibility({visibilityProperty: true})) continue;
		const style = getComputedStyle(node.parentElement);
		brush.clearRect(0, 0, 1, 1);
		brush.fillStyle = style.color;
		brush.fillRect(0, 0, 1, 1);
		const color = [...brush.getImageData(0, 0, 1, 1).data];
		const size = parseFloat(style.fontSize);
		const large = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700;
		const range = document.createRange();
		range.selectNodeContents(node);
		for (const box of range.getClientRects()) {
			lines.push({text: node.data.trim(), color, large, left: box.left + scrollX, top: box.top + scrollY, right: box.right + scrollX, bottom: box.bottom + scrollY});
		}
	}
	return lines;
})()`

// hideText takes the text out of a page, and leaves all that is behind it.
const hideText = `(() => {
	const style = document.createElement("style");
	style.textContent = "* { color: transparent !important; text-decoration-color: transparent !important; text-shadow: none !important; }";
	style.id = "without-text";
	document.head.append(style);
	return true;
})()`

const showText = `(document.querySelector("#without-text").remove(), true)`

// unreadable lists the text that stands out too little from what is behind it,
// be it a colour or a picture. What counts is the worst pixel behind a line.
func (t *tab) unreadable() ([]string, error) {
	lines, err := ask[[]line](t, listLines)
	if err != nil {
		return nil, err
	}
	if _, err := ask[bool](t, hideText); err != nil {
		return nil, err
	}
	content, err := chromedp.Run(t.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		return nil, err
	}
	if _, err := ask[bool](t, showText); err != nil {
		return nil, err
	}
	behind, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	var problems []string
	for _, l := range lines {
		wanted := float64(contrastOfText)
		if l.Large {
			wanted = contrastOfLargeText
		}
		if found := l.contrast(behind); found < wanted {
			problems = append(problems, fmt.Sprintf("%.40q has a contrast of %.2f, and needs %.1f", l.Text, found, wanted))
		}
	}
	return problems, nil
}

// contrast is the smallest one between a line and what is behind it.
func (l line) contrast(behind image.Image) float64 {
	box := image.Rect(int(math.Floor(l.Left)), int(math.Floor(l.Top)), int(math.Ceil(l.Right)), int(math.Ceil(l.Bottom)))
	worst := math.Inf(1)
	box = box.Intersect(behind.Bounds())
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			ground, _ := color.NRGBAModel.Convert(behind.At(x, y)).(color.NRGBA)
			worst = min(worst, l.contrastOn(ground))
		}
	}
	return worst
}

func (l line) contrastOn(ground color.NRGBA) float64 {
	alpha := float64(l.Color[3]) / 255
	mixed := func(text int, ground uint8) float64 { return (float64(text)*alpha + float64(ground)*(1-alpha)) / 255 }
	text := luminance(mixed(l.Color[0], ground.R), mixed(l.Color[1], ground.G), mixed(l.Color[2], ground.B))
	rest := luminance(float64(ground.R)/255, float64(ground.G)/255, float64(ground.B)/255)
	return (max(text, rest) + 0.05) / (min(text, rest) + 0.05)
}

// luminance is the relative luminance of an sRGB colour, as WCAG defines it.
func luminance(red, green, blue float64) float64 {
	linear := func(c float64) float64 {
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(red) + 0.7152*linear(green) + 0.0722*linear(blue)
}
