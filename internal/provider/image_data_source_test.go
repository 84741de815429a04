// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
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

const past = "data.flux2_image.past"

// look declares a look-up of the known request.
func look(arguments ...string) string {
	return fmt.Sprintf("data \"flux2_image\" \"past\" {\n  request_id = %q\n  %s\n}\n", knownRequest, strings.Join(arguments, "\n  "))
}

// found checks what a look-up brings.
func found(want map[string]knownvalue.Check) []statecheck.StateCheck {
	var checks []statecheck.StateCheck
	for attribute, check := range want {
		checks = append(checks, statecheck.ExpectKnownValue(past, at(attribute), check))
	}
	return checks
}

// onlyRead checks that nothing was called that could change anything.
func onlyRead(t *testing.T, env *acctest.Environment) {
	t.Helper()

	for _, entry := range env.Emulator.Log() {
		if entry.Method != http.MethodGet && entry.Method != http.MethodHead {
			t.Errorf("%s %s was called", entry.Method, entry.Path)
		}
	}
}

// noResult is what a request without a result leaves null.
func noResult(want map[string]knownvalue.Check) map[string]knownvalue.Check {
	for _, name := range []string{"url", "images", "seed", "expanded_prompt", "has_nsfw_concepts", "timings", "billable_units", "media_available"} {
		want[name] = knownvalue.Null()
	}
	return want
}

func ended(fault *emulator.JobFault) emulator.SeededRequest {
	return emulator.SeededRequest{SentAt: time.Now().Add(-time.Hour), RunTime: time.Second, Job: fault}
}

// A look-up tells how a request stands, whoever made it, and costs nothing.
func TestImageDataSource_tells(t *testing.T) {
	t.Parallel()

	refusal := `{"detail":[{"loc":["body","seed"],"msg":"Input should be less than or equal to 4294967295","type":"less_than_equal"}]}`
	for name, test := range map[string]struct {
		request   emulator.SeededRequest
		arguments string
		block     string
		want      map[string]knownvalue.Check
	}{
		"a finished request": {
			request: ended(nil),
			want: map[string]knownvalue.Check{
				"status":            knownvalue.StringExact("COMPLETED"),
				"endpoint_id":       knownvalue.StringExact("fal-ai/flux-2-dev"),
				"queue_position":    knownvalue.Null(),
				"seed":              knownvalue.Int64Exact(lighthouseSeed),
				"url":               knownvalue.StringRegexp(said("/media/")),
				"images":            knownvalue.ListSizeExact(1),
				"has_nsfw_concepts": knownvalue.ListExact([]knownvalue.Check{knownvalue.Bool(false)}),
				"timings":           knownvalue.MapPartial(map[string]knownvalue.Check{"inference": knownvalue.Float64Exact(1)}),
				"billable_units":    knownvalue.Float64Exact(1),
				"media_available":   knownvalue.Bool(true),
				"error":             knownvalue.Null(),
				"logs": knownvalue.ListPartial(map[int]knownvalue.Check{0: knownvalue.ObjectExact(map[string]knownvalue.Check{
					"message": knownvalue.StringExact("Loading the prompt"), "level": knownvalue.StringExact("INFO"), "timestamp": knownvalue.NotNull(),
				})}),
			},
		},
		"a finished request by another endpoint": {
			request:   emulator.SeededRequest{EndpointID: "fal-ai/flux-2"},
			arguments: `endpoint_id = "fal-ai/flux-2"`,
			want:      map[string]knownvalue.Check{"status": knownvalue.StringExact("COMPLETED"), "endpoint_id": knownvalue.StringExact("fal-ai/flux-2")},
		},
		"a finished request by the provider's endpoint": {
			request: emulator.SeededRequest{EndpointID: "fal-ai/flux-2"},
			block:   `endpoint_id = "fal-ai/flux-2"`,
			want:    map[string]knownvalue.Check{"status": knownvalue.StringExact("COMPLETED"), "endpoint_id": knownvalue.StringExact("fal-ai/flux-2")},
		},
		"a queued request": {
			request: emulator.SeededRequest{QueueTime: time.Hour},
			want: noResult(map[string]knownvalue.Check{
				"status": knownvalue.StringExact("IN_QUEUE"), "queue_position": knownvalue.Int64Exact(1), "error": knownvalue.Null(),
			}),
		},
		"a running request": {
			request:   emulator.SeededRequest{RunTime: time.Hour},
			arguments: `wait = false`,
			want: noResult(map[string]knownvalue.Check{
				"status": knownvalue.StringExact("IN_PROGRESS"), "queue_position": knownvalue.Null(), "error": knownvalue.Null(),
			}),
		},
		"a request worth waiting for": {
			request:   emulator.SeededRequest{RunTime: 50 * time.Millisecond},
			arguments: `wait = true`,
			want:      map[string]knownvalue.Check{"status": knownvalue.StringExact("COMPLETED"), "url": knownvalue.NotNull()},
		},
		"a request that fal lost": {
			request: ended(&emulator.JobFault{ErrorType: "runner_disconnected", Error: "Runner disconnected"}),
			want: noResult(map[string]knownvalue.Check{
				"status": knownvalue.StringExact("COMPLETED"), "error": knownvalue.StringExact("Runner disconnected"),
			}),
		},
		"a request that the model refused": {
			request:   ended(&emulator.JobFault{Status: http.StatusUnprocessableEntity, Body: &refusal}),
			arguments: `wait = true`,
			want: noResult(map[string]knownvalue.Check{
				"status": knownvalue.StringExact("COMPLETED"),
				"error":  knownvalue.StringRegexp(said("Input should be less than or equal to 4294967295")),
			}),
		},
		"a request that was cancelled": {
			request: ended(&emulator.JobFault{ErrorType: "client_cancelled", Error: "Request cancelled by the client."}),
			want: noResult(map[string]knownvalue.Check{
				"status": knownvalue.StringExact("COMPLETED"), "error": knownvalue.StringRegexp(said("cancelled")),
			}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			// Somebody ahead in the queue.
			if _, err := env.Emulator.SeedRequest(emulator.SeededRequest{Input: []byte(`{"prompt":"a buoy"}`), QueueTime: time.Hour}); err != nil {
				t.Fatal(err)
			}
			seedLighthouse(t, env, test.request)
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
				Config:            fmt.Sprintf("provider \"flux2\" {\n  emulator_url = %q\n  %s\n}\n%s", env.URL, test.block, look(test.arguments)),
				ConfigStateChecks: found(test.want),
			}}})
			onlyRead(t, env)
		})
	}
}

// Media that are gone show, although the request is as good as ever.
func TestImageDataSource_mediaGone(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	id := seedLighthouse(t, env, ended(nil))
	if err := env.Emulator.ExpireMedia(id); err != nil {
		t.Fatal(err)
	}
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
		Config: env.Config(look()),
		ConfigStateChecks: found(map[string]knownvalue.Check{
			"media_available": knownvalue.Bool(false), "url": knownvalue.NotNull(), "status": knownvalue.StringExact("COMPLETED"),
		}),
	}}})
	onlyRead(t, env)
}

// What the queue has forgotten may still be in the history.
func TestImageDataSource_forgottenByTheQueue(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	id := seedLighthouse(t, env, ended(nil))
	if err := env.Emulator.Expire(id); err != nil {
		t.Fatal(err)
	}
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
		Config: env.Config(look()),
		ConfigStateChecks: found(map[string]knownvalue.Check{
			"status": knownvalue.StringExact("COMPLETED"), "url": knownvalue.StringRegexp(said("/media/")),
			"seed": knownvalue.Int64Exact(lighthouseSeed), "media_available": knownvalue.Bool(true), "error": knownvalue.Null(),
		}),
	}}})
	onlyRead(t, env)
}

// A look-up that can't tell is an error, never an empty answer.
func TestImageDataSource_fails(t *testing.T) {
	t.Parallel()

	locked := []emulator.Option{emulator.WithLock(emulator.LockExhausted), emulator.WithLockedReads()}
	for name, test := range map[string]struct {
		options []emulator.Option
		request emulator.SeededRequest
		config  string
		want    []string
	}{
		"no such request": {
			config: `data "flux2_image" "past" { request_id = "00000000-0000-4000-8000-000000000000" }`,
			want:   []string{"Request Not Found", "request 00000000-0000-4000-8000-000000000000 at fal-ai/flux-2-dev", "Check the request id and the endpoint"},
		},
		"request of another endpoint": {
			config: look(`endpoint_id = "fal-ai/flux-2"`),
			want:   []string{"Request Not Found", "request " + knownRequest + " at fal-ai/flux-2", "Check the request id and the endpoint"},
		},
		"blank id": {
			config: `data "flux2_image" "past" { request_id = " " }`,
			want:   []string{`: data "flux2_image" "past" { request_id = " " }`, "must not be blank"},
		},
		"no id at all": {
			config: `data "flux2_image" "past" { request_id = "../status" }`,
			want:   []string{`request_id is "../status", but must be the id of a request, such as request_id of a flux2_image`},
		},
		"endpoint misspelt": {
			config: look(`endpoint_id = "flux-2-dev"`),
			want:   []string{`: endpoint_id = "flux-2-dev"`, "must have the form owner/alias"},
		},
		"key not accepted": {
			options: []emulator.Option{emulator.WithKey("another:key")},
			config:  look(),
			want:    []string{"invalid key credentials", "Check FAL_KEY, or api_key in the provider block"},
		},
		"account locked": {
			options: locked,
			config:  look(),
			want:    []string{"User is locked. Reason: Exhausted balance", "fal has locked the account"},
		},
		"not worth waiting for any longer": {
			request: emulator.SeededRequest{RunTime: time.Hour},
			config:  look("wait = true", `timeouts = { read = "300ms" }`),
			want:    []string{"request " + knownRequest},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, test.options...)
			seedLighthouse(t, env, test.request)
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
				Config:      env.Config(test.config),
				ExpectError: saidInOrder(test.want...),
			}}})
			onlyRead(t, env)
		})
	}
}

// An image and a look-up of its request agree.
func TestImageDataSource_agreesWithTheResource(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	config := env.Config(image(lighthouse, "enable_prompt_expansion = true") + `
data "flux2_image" "past" {
  request_id = flux2_image.art.request_id
}

locals {
  outputs = ["url", "images", "seed", "status", "has_nsfw_concepts", "timings", "billable_units", "media_available", "expanded_prompt", "error"]
}

output "different" {
  value = [for name in local.outputs : name if jsonencode(flux2_image.art[name]) != jsonencode(data.flux2_image.past[name])]
}
`)
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{
		Config:            config,
		ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("different", knownvalue.ListSizeExact(0))},
	}}})
}
