// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// targets are what can be spoilt, each with the operation that it needs: the
// same call may be made from several places.
var targets = map[string]string{
	"submit": "submit", "run": "run", "reuse": "history", "status": "status", "result": "result", // creating an image
	"refresh": "status", "cancel": "cancel", "delete": "delete", // reading and deleting one
	"lookup": "status", "history": "history", "billing": "billing", "pricing": "pricing", "estimate": "estimate", // data sources
	"list": "history", "stop": "cancel", "erase": "delete", // what needs a younger engine
	"download": "download",
}

// failure is one thing that goes wrong: a sabotage of a target.
type failure struct{ sabotage, target string }

// endpoint is what a request names to meet the failure.
func (f failure) endpoint() string {
	return strings.ReplaceAll(f.sabotage, " ", "-") + "/" + f.target
}

// allFailures are every sabotage of every target, and a success of each in which
// the key is repeated, in their order.
func allFailures() []failure {
	var all []failure
	for target := range targets {
		for sabotage := range sabotages {
			all = append(all, failure{sabotage, target})
		}
		all = append(all, failure{repeats, target})
	}
	slices.SortFunc(all, func(a, b failure) int { return strings.Compare(a.endpoint(), b.endpoint()) })
	return all
}

// newSabotaged starts an emulator that accepts a key and knows the endpoints of
// all failures, and a saboteur before it.
func newSabotaged(t *testing.T, key, elsewhere string) (*acctest.Environment, *saboteur) {
	t.Helper()

	options := []emulator.Option{emulator.WithKey(key, emulator.ScopeAdmin), emulator.WithPainting(emulator.PaintOnDemand)}
	for _, failure := range allFailures() {
		options = append(options, emulator.WithEndpoints(failure.endpoint()))
		if operation := targets[failure.target]; operation == "pricing" || operation == "estimate" {
			options = append(options, emulator.WithPrice(emulator.Price{EndpointID: failure.endpoint(), UnitPrice: 1, Unit: "images", Currency: "USD"}))
		}
	}
	for _, target := range []string{"cancel", "refresh"} {
		options = append(options, emulator.WithFaults(emulator.Fault{
			Route: emulator.RouteSubmit, Path: "/queue/*/" + target, Job: &emulator.JobFault{Stuck: "IN_QUEUE"},
		}))
	}
	env := acctest.New(t, options...)
	for _, failure := range allFailures() {
		if _, err := env.Emulator.SeedRequest(emulator.SeededRequest{
			ID: failure.requestID(), EndpointID: failure.endpoint(), Input: []byte(`{"prompt":"a lighthouse at dusk"}`),
		}); err != nil {
			t.Fatal(err)
		}
	}
	return env, newSaboteur(t, env, key, elsewhere)
}

// requestID is a request that exists at the endpoint.
func (f failure) requestID() string {
	return strings.ReplaceAll(f.endpoint(), "/", ".")
}
