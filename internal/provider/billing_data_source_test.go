// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"cmp"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

const bill = "data.flux2_billing_events.bill"

// billing asks what was billed and brings out what an expression says of it.
func billing(arguments, expression string) string {
	return "data \"flux2_billing_events\" \"bill\" {\n" + arguments + "\n}\n" + output(expression)
}

// seedBilled adds requests with numbers that were sent by the minute before now, the
// latest first.
func seedBilled(t *testing.T, env *acctest.Environment, count int, ago time.Duration, tags string) []string {
	t.Helper()

	ids := make([]string, count)
	for i := range count {
		id, err := env.Emulator.SeedRequest(emulator.SeededRequest{
			EndpointID: "fal-ai/flux-2", Input: fmt.Appendf(nil, `{"prompt":"picture %d"}`, i), SentAt: time.Now().Add(-ago - time.Duration(i+1)*time.Minute),
			Header: http.Header{"X-Fal-Tags": {tags}},
		})
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = id
	}
	return ids
}

// amount is a number as it is written.
func amount(t *testing.T, text string) knownvalue.Check {
	t.Helper()

	number, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
	if err != nil {
		t.Fatal(err)
	}
	return knownvalue.NumberExact(number)
}

// Three times a tenth is three tenths, here and in what is computed of it.
func TestBillingDataSource_tells(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithPainting(emulator.PaintOnDemand),
		emulator.WithPrice(emulator.Price{EndpointID: "fal-ai/flux-2", UnitPrice: 0.1, Unit: "megapixels", Currency: "USD"}))
	ids := seedBilled(t, env, 3, 0, "")
	entry := knownvalue.ObjectExact(map[string]knownvalue.Check{
		"request_id":   knownvalue.StringExact(ids[0]),
		"endpoint_id":  knownvalue.StringExact("fal-ai/flux-2"),
		"timestamp":    knownvalue.StringRegexp(said("T")),
		"output_units": amount(t, "1"),
		"unit_price":   amount(t, "0.1"),
		"cost_total":   amount(t, "0.1"),
	})
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
		Config: env.Config(billing("", `join(" ", [data.flux2_billing_events.bill.total_cost, sum(data.flux2_billing_events.bill.events[*].cost_total),
			sum([for event in data.flux2_billing_events.bill.events : event.output_units * event.unit_price])])`)),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(bill, at("total_cost"), amount(t, "0.3")),
			statecheck.ExpectKnownValue(bill, at("events"), knownvalue.ListPartial(map[int]knownvalue.Check{0: entry})),
			statecheck.ExpectKnownValue(bill, at("missing_request_ids"), knownvalue.Null()),
			statecheck.ExpectKnownOutputValue("out", knownvalue.StringExact("0.3 0.3 0.3")),
		},
	}}})
	onlyRead(t, env)
}

// What is added up is what was asked for, however many pages it takes.
func TestBillingDataSource_selects(t *testing.T) {
	t.Parallel()

	const day = 24 * time.Hour
	ago := func(d time.Duration) string { return time.Now().Add(-d).Format(time.RFC3339) }
	for name, test := range map[string]struct {
		// billed is how many requests of the last day have a tag; 30 by default.
		billed    int
		arguments string
		cost      string
		listed    int
		calls     int
	}{
		"two pages":             {billed: 1050, cost: "12.84", listed: 1072, calls: 2},
		"the last day":          {cost: "0.6", listed: 52, calls: 1},
		"of an endpoint":        {arguments: `endpoint_id = "fal-ai/flux-2"`, cost: "0.6", listed: 50, calls: 1},
		"of another endpoint":   {arguments: `endpoint_id = "fal-ai/flux-2-dev"`, cost: "0", listed: 2, calls: 1},
		"of an unknown one":     {arguments: `endpoint_id = "fal-ai/flux-3"`, cost: "0", calls: 1},
		"two months":            {arguments: fmt.Sprintf("start = %q", ago(60*day)), cost: "0.72", listed: 62, calls: 1},
		"half a year":           {arguments: fmt.Sprintf("start = %q", ago(180*day)), cost: "0.96", listed: 82, calls: 3},
		"a window":              {arguments: fmt.Sprintf("start = %q\nend = %q", ago(180*day), ago(60*day)), cost: "0.24", listed: 20, calls: 2},
		"up to a month ago":     {arguments: fmt.Sprintf("end = %q", ago(28*day)), cost: "0", calls: 1},
		"a tag":                 {arguments: `tags = { team = "web" }`, cost: "0.36", listed: 30, calls: 1},
		"two tags":              {arguments: `tags = { team = "web", stage = "test" }`, cost: "0", calls: 1},
		"without a tag":         {arguments: "endpoint_id = \"fal-ai/flux-2\"\ntags = { team = \"(untagged)\" }", cost: "0.24", listed: 20, calls: 1},
		"no tags in particular": {arguments: `tags = {}`, cost: "0.6", listed: 52, calls: 1},
		"no requests":           {arguments: `request_ids = []`, cost: "0"},
		"nulls among requests":  {arguments: `request_ids = [null]`, cost: "0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithPainting(emulator.PaintOnDemand))
			seedBilled(t, env, cmp.Or(test.billed, 30), 0, "team=web")
			seedBilled(t, env, 20, 0, "")
			seedBilled(t, env, 10, 30*day, "team=web")
			seedBilled(t, env, 20, 170*day, "")
			for range 2 {
				seedLighthouse(t, env, emulator.SeededRequest{ID: fmt.Sprint("lighthouse-", len(env.Emulator.Requests())), SentAt: time.Now().Add(-time.Minute)})
			}
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
				Config: env.Config(billing(test.arguments, "length(data.flux2_billing_events.bill.events)")),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(bill, at("total_cost"), amount(t, test.cost)),
					statecheck.ExpectKnownOutputValue("out", knownvalue.Int64Exact(int64(test.listed))),
				},
			}}})
			onlyRead(t, env)
			asked := len(env.Emulator.LogOf(emulator.RouteBilling))
			if test.calls == 0 && asked > 0 || test.calls > 0 && (asked == 0 || asked%test.calls != 0) {
				t.Errorf("fal was asked for %d pages in all, want a multiple of %d", asked, test.calls)
			}
		})
	}
}

// The images of this configuration are billed once they are there, and say so as
// soon as fal does.
func TestBillingDataSource_addsUpARun(t *testing.T) {
	t.Parallel()

	clock := emulator.NewFakeClock(time.Now())
	env := acctest.New(t, emulator.WithClock(clock), emulator.WithBilling(emulator.Billing{Lag: time.Hour}))
	config := env.Config(`
resource "flux2_image" "art" {
  count       = 2
  endpoint_id = "fal-ai/flux-2"
  prompt      = "a lighthouse at dusk"
  keepers     = { copy = count.index }
}
` + billing("request_ids = flux2_image.art[*].request_id\ninclude_events = false",
		`join(" ", [data.flux2_billing_events.bill.total_cost, length(data.flux2_billing_events.bill.missing_request_ids)])`))
	env.Test(t, 2, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: config,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(bill, at("events"), knownvalue.Null()),
				statecheck.ExpectKnownOutputValue("out", knownvalue.StringExact("0 2")),
			},
		},
		{
			PreConfig:         func() { clock.Advance(time.Hour) },
			Config:            config,
			ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("out", knownvalue.StringExact("0.024 0"))},
		},
	}})
}

// A sum that lacks something says so; a look-up that can't tell is no sum.
func TestBillingDataSource_nulls(t *testing.T) {
	t.Parallel()

	page := `{"billing_events":[{"request_id":"a","cost_total":0.30000000000000004},{"request_id":"b","output_units":null,"unit_price":null,"cost_total":null},{}],"next_cursor":null,"has_more":false}`
	env := acctest.New(t, emulator.WithFaults(emulator.Fault{Route: emulator.RouteBilling, Times: 1000, Body: &page}))
	config := env.Config(billing("", "data.flux2_billing_events.bill.total_cost"))
	if said := env.Engine(t).MustApply(config).String(); !strings.Contains(said, "fal does not say what 2 of the billing events cost") {
		t.Errorf("applying said %s", said)
	}
	null := knownvalue.Null()
	entry := knownvalue.ObjectExact(map[string]knownvalue.Check{
		"request_id": knownvalue.StringExact("b"), "endpoint_id": knownvalue.StringExact(""), "timestamp": null, "output_units": null, "unit_price": null, "cost_total": null,
	})
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
		Config: config,
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(bill, at("total_cost"), amount(t, "0.3")),
			statecheck.ExpectKnownValue(bill, at("events"), knownvalue.ListPartial(map[int]knownvalue.Check{1: entry})),
		},
	}}})
	onlyRead(t, env)
}

func TestBillingDataSource_fails(t *testing.T) {
	t.Parallel()

	full := `{"billing_events":[` + strings.TrimSuffix(strings.Repeat(`{"cost_total":1},`, 10_000), ",") + `],"next_cursor":"Mg","has_more":true}`
	more := `{"billing_events":[{"cost_total":2}],"next_cursor":null,"has_more":false}`
	for name, test := range map[string]struct {
		options   []emulator.Option
		faults    []emulator.Fault
		arguments string
		want      []string
	}{
		"not permitted": {
			options: []emulator.Option{emulator.WithKey(acctest.Key)},
			want:    []string{"Billing Events Not Permitted", "This API key is not permitted", "only a key of the scope ADMIN", "provider = flux2.billing"},
		},
		"tags not enabled": {
			options:   []emulator.Option{emulator.WithBilling(emulator.Billing{WithoutTags: true})},
			arguments: `tags = { team = "web" }`,
			want:      []string{"Billing Events Not Permitted", "Tagged reporting is not enabled", "only a key of the scope ADMIN", "If it has that scope: Tags can be asked for only after", "select by request_ids"},
		},
		"tags not understood": {
			faults:    []emulator.Fault{{Route: emulator.RouteBilling, Status: http.StatusBadRequest}},
			arguments: `tags = { team = "web" }`,
			want:      []string{"Billing Events Not Read", `tags = { team = "web" }`, "Tags can be asked for only after"},
		},
		"key not accepted": {
			options: []emulator.Option{emulator.WithKey("another:key")},
			want:    []string{"Billing Events Not Read", "invalid key credentials", "Check FAL_KEY, or api_key in the provider block"},
		},
		"too many": {
			faults: []emulator.Fault{{Route: emulator.RouteBilling, Times: 1, Body: &full}, {Route: emulator.RouteBilling, Times: 1, Body: &more}},
			want:   []string{"Too Many Billing Events", "more than 10000 events", "include_events = false"},
		},
		"window reversed": {
			arguments: `start = "2026-09-02T00:00:00Z"` + "\n" + `end = "2026-09-01T00:00:00Z"`,
			want:      []string{`end is "2026-09-01T00:00:00Z", but must be later than start`},
		},
		"a day without a time": {arguments: `start = "2026-09-01"`, want: []string{"start", "RFC3339"}},
		"not an endpoint":      {arguments: `endpoint_id = "flux"`, want: []string{"must have the form owner/alias"}},
		"not a request":        {arguments: `request_ids = ["a/b"]`, want: []string{"must be the id of a request, such as request_id of a flux2_image"}},
		"a tag of null":        {arguments: `tags = { team = null }`, want: []string{`tags["team"] is null. Give it a value, or remove it`}},
		"not a tag":            {arguments: `tags = { Team = "web" }`, want: []string{"Invalid Tags", "No request can have been sent with these tags", `"Team"`}},
		"no time at all":       {arguments: `timeouts = { read = "0s" }`, want: []string{`timeouts.read is "0s", but must be longer than 0`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, test.options...)
			env.Emulator.Inject(test.faults...)
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
				Config:      env.ConfigWithKey(acctest.Key, billing(test.arguments, "data.flux2_billing_events.bill.total_cost")),
				ExpectError: saidInOrder(test.want...),
			}}})
			onlyRead(t, env)
		})
	}
}
