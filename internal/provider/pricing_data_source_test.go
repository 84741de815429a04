// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

const cost = "data.flux2_pricing.art"

// pricing asks for the price of an endpoint that has one.
func pricing(arguments string) string {
	return "data \"flux2_pricing\" \"art\" {\n  endpoint_id = \"fal-ai/flux-2\"\n" + arguments + "\n}\n"
}

func TestPricingDataSource_tells(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		arguments string
		estimate  knownvalue.Check
		estimates int
	}{
		"the price alone":         {"", knownvalue.Null(), 0},
		"the cost of units":       {"unit_quantity = 12.5", knownvalue.Float64Exact(0.15), 1},
		"the cost of requests":    {"request_quantity = 100", knownvalue.Float64Exact(1.2), 1},
		"that nothing is free":    {"unit_quantity = 0", knownvalue.Float64Exact(0), 0},
		"that no request is free": {"request_quantity = 0", knownvalue.Float64Exact(0), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
				Config: env.Config(pricing(test.arguments)),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(cost, at("endpoint_id"), knownvalue.StringExact("fal-ai/flux-2")),
					statecheck.ExpectKnownValue(cost, at("unit_price"), knownvalue.Float64Exact(0.012)),
					statecheck.ExpectKnownValue(cost, at("unit"), knownvalue.StringExact("megapixels")),
					statecheck.ExpectKnownValue(cost, at("currency"), knownvalue.StringExact("USD")),
					statecheck.ExpectKnownValue(cost, at("estimated_cost"), test.estimate),
				},
			}}})
			prices, estimates := len(env.Emulator.LogOf(emulator.RoutePricing)), len(env.Emulator.LogOf(emulator.RouteEstimate))
			if prices == 0 || estimates != prices*test.estimates {
				t.Errorf("fal was asked for %d prices and %d estimates, want %d for each price", prices, estimates, test.estimates)
			}
		})
	}
}

// A price that can't be had says whether it is the key or the thing, and is
// never 0.
func TestPricingDataSource_fails(t *testing.T) {
	t.Parallel()

	nothingThere := `{"prices":[],"next_cursor":null,"has_more":false}`
	for name, test := range map[string]struct {
		options []emulator.Option
		fault   emulator.Fault
		config  string
		want    []string
	}{
		"not permitted": {
			fault:  emulator.Fault{Route: emulator.RoutePricing, Status: http.StatusForbidden},
			config: pricing(""),
			want:   []string{"Price Not Permitted", "what fal-ai/flux-2 costs", "The API key is valid, but may not read prices", "about the key and not about the endpoint"},
		},
		"estimate not permitted": {
			fault:  emulator.Fault{Route: emulator.RouteEstimate, Status: http.StatusForbidden},
			config: pricing("unit_quantity = 1"),
			want:   []string{"Price Not Permitted"},
		},
		"no price": {
			options: []emulator.Option{emulator.WithoutPrices()},
			config:  pricing(""),
			want:    []string{"Price Not Found", `endpoint_id = "fal-ai/flux-2"`, "fal has no price for fal-ai/flux-2"},
		},
		"no price among others": {
			fault:  emulator.Fault{Route: emulator.RoutePricing, Body: &nothingThere},
			config: pricing(""),
			want:   []string{"Price Not Found"},
		},
		"key not accepted": {
			options: []emulator.Option{emulator.WithKey("another:key")},
			config:  pricing(""),
			want:    []string{"Price Not Read", "invalid key credentials", "Check FAL_KEY, or api_key in the provider block"},
		},
		"both quantities": {
			config: pricing("unit_quantity = 1\nrequest_quantity = 1"),
			want:   []string{`Attribute "request_quantity" cannot be specified when "unit_quantity" is specified`},
		},
		"negative quantity": {config: pricing("unit_quantity = -1"), want: []string{"unit_quantity value must be at least 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, test.options...)
			if test.fault.Route != "" {
				env.Emulator.Inject(test.fault)
			}
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{Config: env.Config(test.config), ExpectError: saidInOrder(test.want...)}}})
		})
	}
}

// A price of 0 may be none, so that no budget rests on it unnoticed.
func TestPricingDataSource_warnsOfAPriceOfZero(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	c := converseConfigured(t, env)
	diags := c.readData(t, "flux2_pricing", nil)
	if got := spoken(diags); len(diags) != 1 || !said("WARNING: Price of 0: fal lists fal-ai/flux-2-dev at a price of 0").MatchString(got) {
		t.Errorf("reading said %s", got)
	}
	env.ExpectSubmissions(t, 0)
}

// A budget is kept in the plan: above it nothing is submitted, below it the
// images say afterwards what they were billed.
func TestPricingDataSource_keepsABudget(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	config := func(budget string) string {
		return env.Config(pricing("unit_quantity = 2") + `
resource "flux2_image" "art" {
  count       = 2
  endpoint_id = data.flux2_pricing.art.endpoint_id
  prompt      = "a lighthouse at dusk"
  keepers     = { i = count.index }

  lifecycle {
    precondition {
      condition     = data.flux2_pricing.art.estimated_cost <= ` + budget + `
      error_message = "The images would cost too much."
    }
  }
}
` + output(`format("%.3f", sum(flux2_image.art[*].billable_units) * data.flux2_pricing.art.unit_price)`))
	}
	refused := resource.TestStep{Config: config("0.02"), PlanOnly: true, ExpectError: said("The images would cost too much")}
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{refused}})
	env.Test(t, 2, resource.TestCase{Steps: []resource.TestStep{
		refused,
		{
			Config:            config("0.05"),
			ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("out", knownvalue.StringExact("0.024"))},
		},
	}})
}
