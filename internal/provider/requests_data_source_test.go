// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// seedHistory adds one request for each minute before now, the latest first, all
// with one and the same fate.
func seedHistory(t *testing.T, env *acctest.Environment, count int, fate *emulator.JobFault) {
	t.Helper()

	for i := range count {
		_, err := env.Emulator.SeedRequest(emulator.SeededRequest{
			Input:  fmt.Appendf(nil, `{"prompt":"picture %d","seed":9223372036854775807}`, i),
			SentAt: time.Now().Add(-time.Duration(i+1) * time.Minute), RunTime: 2 * time.Second, Job: fate,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// requestsOf looks requests up and brings out what an expression says of them.
func requestsOf(arguments, expression string) string {
	return "data \"flux2_requests\" \"past\" {\n" + arguments + "\n}\n" + output(expression)
}

func TestRequestsDataSource_tells(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	seedHistory(t, env, 1, nil)
	entry := knownvalue.ObjectExact(map[string]knownvalue.Check{
		"request_id":  knownvalue.StringExact(env.Emulator.Requests()[0].ID),
		"endpoint_id": knownvalue.StringExact("fal-ai/flux-2-dev"),
		"sent_at":     knownvalue.StringRegexp(said("T")),
		"started_at":  knownvalue.NotNull(),
		"ended_at":    knownvalue.NotNull(),
		"duration":    knownvalue.Float64Exact(2),
		"status_code": knownvalue.Int64Exact(http.StatusOK),
		"input_json":  knownvalue.StringExact(`{"prompt":"picture 0","seed":9223372036854775807}`),
		"output_json": knownvalue.StringRegexp(said(`"images":[`)),
	})
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
		Config: env.Config(requestsOf("", `jsondecode(data.flux2_requests.past.requests[0].input_json).seed == 9223372036854775807`)),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue("data.flux2_requests.past", at("requests"), knownvalue.ListExact([]knownvalue.Check{entry})),
			statecheck.ExpectKnownValue("data.flux2_requests.past", at("endpoint_id"), knownvalue.StringExact("fal-ai/flux-2-dev")),
			statecheck.ExpectKnownValue("data.flux2_requests.past", at("truncated"), knownvalue.Bool(false)),
			statecheck.ExpectKnownOutputValue("out", knownvalue.Bool(true)),
		},
	}}})
	onlyRead(t, env)
}

// What is listed is what was asked for, however many pages it takes.
func TestRequestsDataSource_selects(t *testing.T) {
	t.Parallel()

	long := time.Now().AddDate(0, 0, -2).UTC().Format(time.RFC3339)
	longer := time.Now().AddDate(0, 0, -3).UTC().Format(time.RFC3339)
	for name, test := range map[string]struct {
		arguments string
		listed    int
		truncated bool
		calls     int
	}{
		"three pages":           {arguments: `limit = 10000`, listed: 246, calls: 3},
		"a hundred by default":  {listed: 100, truncated: true, calls: 2},
		"some":                  {arguments: `limit = 7`, listed: 7, truncated: true, calls: 1},
		"just enough":           {arguments: "limit = 4\nstatus = \"user_error\"", listed: 4, calls: 1},
		"failures of fal's":     {arguments: `status = "error"`, listed: 1, calls: 1},
		"successes":             {arguments: "limit = 300\nstatus = \"success\"", listed: 240, calls: 3},
		"longer ago":            {arguments: fmt.Sprintf("limit = 300\nstart = %q", longer), listed: 247, calls: 3},
		"up to two days ago":    {arguments: fmt.Sprintf("end = %q", long), listed: 1, calls: 1},
		"of another endpoint":   {arguments: `endpoint_id = "fal-ai/flux-2"`, listed: 0, calls: 1},
		"a window with nothing": {arguments: `start = "2020-01-01T00:00:00Z"` + "\n" + `end = "2020-01-02T00:00:00Z"`, listed: 0, calls: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithPainting(emulator.PaintOnDemand))
			seedHistory(t, env, 240, nil)
			seedHistory(t, env, 4, &emulator.JobFault{Status: http.StatusUnprocessableEntity})
			seedHistory(t, env, 1, &emulator.JobFault{ErrorType: "runner_disconnected"})
			seedLighthouse(t, env, emulator.SeededRequest{RunTime: time.Hour})
			seedLighthouse(t, env, emulator.SeededRequest{ID: "00000000-0000-4000-8000-00000000000a", SentAt: time.Now().AddDate(0, 0, -2).Add(-time.Hour)})

			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
				Config: env.Config(requestsOf(test.arguments+"\ninclude_payloads = false", "jsonencode(distinct(data.flux2_requests.past.requests[*].input_json))")),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue("data.flux2_requests.past", at("requests"), knownvalue.ListSizeExact(test.listed)),
					statecheck.ExpectKnownValue("data.flux2_requests.past", at("truncated"), knownvalue.Bool(test.truncated)),
					statecheck.ExpectKnownOutputValue("out", knownvalue.StringRegexp(regexp.MustCompile(`^\[(null)?\]$`))),
				},
			}}})
			onlyRead(t, env)
			asked := len(env.Emulator.LogOf(emulator.RouteHistory))
			if asked == 0 || asked%test.calls != 0 {
				t.Errorf("the history was asked for %d pages in all, want a multiple of %d", asked, test.calls)
			}
		})
	}
}

// A look-up that can't tell says whether it is the key or the thing.
func TestRequestsDataSource_fails(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		options   []emulator.Option
		fault     emulator.Fault
		arguments string
		want      []string
	}{
		"not permitted": {
			fault: emulator.Fault{Route: emulator.RouteHistory, Status: http.StatusForbidden},
			want:  []string{"Request History Not Permitted", "fal-ai/flux-2-dev can't be read", "The API key is valid, but may not read the request history", "about the key and not about the endpoint"},
		},
		"no such endpoint": {
			fault:     emulator.Fault{Route: emulator.RouteHistory, Status: http.StatusNotFound},
			arguments: `endpoint_id = "fal-ai/flux-3"`,
			want:      []string{"Endpoint Not Found", `endpoint_id = "fal-ai/flux-3"`, "fal knows no endpoint of that name"},
		},
		"key not accepted": {
			options: []emulator.Option{emulator.WithKey("another:key")},
			want:    []string{"Request History Not Read", "invalid key credentials", "Check FAL_KEY, or api_key in the provider block"},
		},
		"fails on the second page": {
			fault:     emulator.Fault{Route: emulator.RouteHistory, Skip: 1, Status: http.StatusForbidden},
			arguments: "limit = 150",
			want:      []string{"Request History Not Permitted"},
		},
		"status misspelt":  {arguments: `status = "sucess"`, want: []string{`must be one of "success", "user_error", "error"; did you mean "success"?`}},
		"limit of nothing": {arguments: `limit = 0`, want: []string{"limit value must be between 1 and 10000"}},
		"no time at all":   {arguments: `timeouts = { read = "0s" }`, want: []string{`timeouts.read is "0s", but must be longer than 0`}},
		"not a time":       {arguments: `start = "yesterday"`, want: []string{"start", "RFC3339"}},
		"window reversed": {
			arguments: `start = "2026-09-02T00:00:00Z"` + "\n" + `end = "2026-09-01T00:00:00Z"`,
			want:      []string{`end is "2026-09-01T00:00:00Z", but must be later than start, which is "2026-09-02T00:00:00Z"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, append(test.options, emulator.WithPainting(emulator.PaintOnDemand))...)
			seedHistory(t, env, 120, nil)
			if test.fault.Route != "" {
				env.Emulator.Inject(test.fault)
			}
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
				Config:      env.Config(requestsOf(test.arguments, "data.flux2_requests.past.truncated")),
				ExpectError: saidInOrder(test.want...),
			}}})
			onlyRead(t, env)
		})
	}
}

func TestRequestsDataSource_needsAKey(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
		Config:      fmt.Sprintf("provider \"flux2\" {\n  platform_url = \"%s/platform/v1\"\n}\n", env.URL) + requestsOf("", "data.flux2_requests.past.truncated"),
		ExpectError: saidInOrder("Request History Not Read", "there is no API key", "Set the environment variable FAL_KEY"),
	}}})
	if calls := len(env.Emulator.Log()); calls > 0 {
		t.Errorf("%d calls were made without a key", calls)
	}
}
