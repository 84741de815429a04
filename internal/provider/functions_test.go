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
			`provider::flux2::image_dimensions("portrait_16_9")`,
			knownvalue.ObjectExact(map[string]knownvalue.Check{"width": knownvalue.Int64Exact(576), "height": knownvalue.Int64Exact(1024)}),
		},
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
