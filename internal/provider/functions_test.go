// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
)

// output is the value of an output named "out".
func output(expression string) string {
	return "output \"out\" {\n  value = " + expression + "\n}\n"
}

// dimensions is a call of image_dimensions.
func dimensions(arguments string) string {
	return "provider::flux2::image_dimensions(" + arguments + ")"
}

func ofSize(width, height int64) knownvalue.Check {
	return knownvalue.ObjectExact(map[string]knownvalue.Check{"width": knownvalue.Int64Exact(width), "height": knownvalue.Int64Exact(height)})
}

func TestFunctions(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		expression string
		want       knownvalue.Check
	}{
		"seed of a prompt":     {`provider::flux2::derive_seed("a lighthouse at dusk", {})`, knownvalue.Int64Exact(lighthouseSeed)},
		"no keepers after all": {`provider::flux2::derive_seed("a lighthouse at dusk", coalesce(null, {}))`, knownvalue.Int64Exact(lighthouseSeed)},
		"seed with a keeper":   {`provider::flux2::derive_seed("a lighthouse at dusk", { i = 0 })`, knownvalue.Int64Exact(2498298820)},
		"dimensions": {
			`provider::flux2::image_dimensions("portrait_16_9")`, ofSize(576, 1024),
		},
		"dimensions of a file":               {dimensions(`"landscape_16_9", { width = 640, format = "webp", quality = 70 }`), ofSize(640, 360)},
		"dimensions of a cropped one":        {dimensions(`"landscape_16_9", { width = 300, height = 300 }`), ofSize(300, 300)},
		"dimensions of one that fits inside": {dimensions(`"landscape_16_9", { width = 300, height = 300, fit = "contain" }`), ofSize(300, 169)},
		"dimensions, never enlarged":         {dimensions(`"square", { width = 2000 }`), ofSize(512, 512)},
		"dimensions, enlarged":               {dimensions(`"square", { width = 2000, enlarge = true }`), ofSize(2000, 2000)},
		"dimensions with nulls":              {dimensions(`"square", { width = null, height = 32, fit = null }`), ofSize(32, 32)},
		"dimensions without a transform":     {dimensions(`"square", null`), ofSize(512, 512)},
		"dimensions of a map":                {dimensions(`"square", tomap({ width = 16 })`), ofSize(16, 16)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
				Config:            acctest.RequiredProviders + output(test.expression),
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("out", test.want)},
			}}})
		})
	}
}

func TestFunctions_mistakes(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct{ expression, want string }{
		"preset misspelt": {`provider::flux2::image_dimensions("landscape_43")`, `did you mean "landscape_4_3"?`},
		"no object":       {dimensions(`"square", 640`), `A transform is an object`},
		"two objects":     {dimensions(`"square", { width = 640 }, { height = 32 }`), `one transform at most`},
		"name misspelt":   {dimensions(`"square", { widht = 640 }`), `did you mean "width"?`},
		"no side":         {dimensions(`"square", { width = 0 }`), `The width of the transform must be a whole number between 1 and 8192, got: 0`},
		"no whole side":   {dimensions(`"square", { height = 10.5 }`), `The height of the transform must be a whole number`},
		"side as text":    {dimensions(`"square", { height = "10" }`), `The height of the transform must be a number.`},
		"fit misspelt":    {dimensions(`"square", { width = 10, height = 10, fit = "covers" }`), `did you mean "cover"?`},
		"format misspelt": {dimensions(`"square", { format = "jpg" }`), `did you mean "jpeg"?`},
		"fit alone":       {dimensions(`"square", { width = 10, fit = "cover" }`), `Set both, or remove fit`},
		"quality of PNG":  {dimensions(`"square", { format = "png", quality = 10 }`), `Remove quality, or choose another format`},
		"keepers null":    {`provider::flux2::derive_seed("x", null)`, `argument must not be null`},
		"keeper null":     {`provider::flux2::derive_seed("x", { a = null })`, `The keeper a is null`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
				Config:      acctest.RequiredProviders + output(test.expression),
				ExpectError: said(test.want),
			}}})
		})
	}
}

// The function and the resource follow one rule.
func TestFunctions_deriveSeedIsTheImagesSeed(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{
		Config: acctest.RequiredProviders + env.Config(image(`prompt = "Käse, <b>"`, `keepers = { b = "2", a = "1" }`)) +
			output(`flux2_image.art.seed == provider::flux2::derive_seed(flux2_image.art.prompt, flux2_image.art.keepers)`),
		ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("out", knownvalue.Bool(true))},
	}}})
}
