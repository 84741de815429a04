// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"os"

	"github.com/chromedp/chromedp"
)

// The rule on contrast is left out: axe can't tell what text over a picture
// stands on, and unreadable looks.
const runAxe = `axe.run({rules: {"color-contrast": {enabled: false}}}).then((result) =>
	result.violations.flatMap((rule) => rule.nodes.map((node) => rule.id + ": " + rule.help + ": " + node.html.slice(0, 120))))`

// violations lists what axe, which is in a file, has to say against a page.
func (t *tab) violations(axe string) ([]string, error) {
	script, err := os.ReadFile(axe) //nolint:gosec // The caller names the file to read.
	if err != nil {
		return nil, err
	}
	if _, err := chromedp.Run(t.ctx, chromedp.Evaluate[any](string(script)+"; null")); err != nil {
		return nil, err
	}
	return ask[[]string](t, runAxe)
}
