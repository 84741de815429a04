// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider"
)

// shortLimit is a time that runs out in a test, once its clock has passed a pause.
const shortLimit = "200ms"

// pausesPass is a clock on which no pause is waited for, and which alone says when
// time is up.
func pausesPass() *steppedClock {
	clock := newSteppedClock()
	clock.flow()
	return clock
}

// limitOf is a value of timeouts.
func limitOf(schema *tfprotov6.Schema, operation string) tftypes.Value {
	for _, attribute := range schema.Block.Attributes {
		if attribute.Name != "timeouts" {
			continue
		}
		if object, ok := attribute.ValueType().(tftypes.Object); ok {
			values := map[string]tftypes.Value{}
			for name, of := range object.AttributeTypes {
				values[name] = nothing(of)
			}
			values[operation] = word(shortLimit)
			return tftypes.NewValue(object, values)
		}
	}
	panic("there are no timeouts")
}

// When the time of an operation runs out, its error says so, what was tried and
// what came last, what to do about that, and which argument allows more time.
func TestTimeLimits_sayWhatKeptThem(t *testing.T) {
	t.Parallel()

	for cause, test := range map[string]struct {
		queue  string
		status int
		want   []string
	}{
		"refused":         {queue: "http://127.0.0.1:1", want: []string{"http://127.0.0.1:1/", "dial tcp 127.0.0.1:1: connect", "fal could not be reached. Check the network and the provider's URLs"}},
		"no such host":    {queue: "https://" + strings.Repeat("n", 64) + ".invalid", want: []string{"no such host", "fal could not be reached"}},
		"out of order":    {status: 503, want: []string{"out of order (HTTP 503)", "The fault is on fal's side"}},
		"asked too often": {status: 429, want: []string{"out of order (HTTP 429)", "fal kept asking to slow down"}},
	} {
		for operation, operate := range map[string]struct {
			argument string
			run      func(t *testing.T, c conversation) []*tfprotov6.Diagnostic
		}{
			"data flux2_image": {"read", func(t *testing.T, c conversation) []*tfprotov6.Diagnostic {
				t.Helper()
				return c.readData(t, "flux2_image", arguments{"request_id": word(knownRequest), "timeouts": limitOf(c.data["flux2_image"], "read")})
			}},
			"data flux2_image, waiting": {"read", func(t *testing.T, c conversation) []*tfprotov6.Diagnostic {
				t.Helper()
				return c.readData(t, "flux2_image", arguments{"request_id": word(knownRequest), "wait": tftypes.NewValue(tftypes.Bool, true), "timeouts": limitOf(c.data["flux2_image"], "read")})
			}},
			"data flux2_requests": {"read", func(t *testing.T, c conversation) []*tfprotov6.Diagnostic {
				t.Helper()
				return c.readData(t, "flux2_requests", arguments{"timeouts": limitOf(c.data["flux2_requests"], "read")})
			}},
			"data flux2_billing_events": {"read", func(t *testing.T, c conversation) []*tfprotov6.Diagnostic {
				t.Helper()
				return c.readData(t, "flux2_billing_events", arguments{"timeouts": limitOf(c.data["flux2_billing_events"], "read")})
			}},
			"data flux2_pricing": {"read", func(t *testing.T, c conversation) []*tfprotov6.Diagnostic {
				t.Helper()
				return c.readData(t, "flux2_pricing", arguments{"timeouts": limitOf(c.data["flux2_pricing"], "read")})
			}},
			"list": {"list", func(t *testing.T, c conversation) []*tfprotov6.Diagnostic {
				t.Helper()
				var said []*tfprotov6.Diagnostic
				for _, result := range c.list(t, c.listConfig(t, arguments{"timeouts": limitOf(c.lists["flux2_image"], "list")}), 10, false, 0) {
					said = append(said, result.Diagnostics...)
				}
				return said
			}},
			"cancel": {"invoke", func(t *testing.T, c conversation) []*tfprotov6.Diagnostic {
				t.Helper()
				_, said := c.invoke(t, "flux2_cancel_request", arguments{"request_id": word(knownRequest), "timeouts": limitOf(c.actions["flux2_cancel_request"].Schema, "invoke")})
				return said
			}},
			"erase": {"invoke", func(t *testing.T, c conversation) []*tfprotov6.Diagnostic {
				t.Helper()
				_, said := c.invoke(t, "flux2_delete_payloads", arguments{"request_ids": texts(knownRequest), "timeouts": limitOf(c.actions["flux2_delete_payloads"].Schema, "invoke")})
				return said
			}},
		} {
			t.Run(cause+", "+operation, func(t *testing.T) {
				t.Parallel()

				body := `{"detail":"out of order"}`
				var faults []emulator.Fault
				if test.status != 0 {
					faults = append(faults, emulator.Fault{Times: 1000, Status: test.status, Body: &body})
				}
				env := acctest.New(t, emulator.WithKey(acctest.Key, emulator.ScopeAdmin), emulator.WithFaults(faults...))
				address := test.queue
				if address == "" {
					address = env.URL
				}
				c := converse(t, env, nil, provider.WithClock(pausesPass()))
				c.configure(t, arguments{"api_key": word(acctest.Key), "queue_url": word(address + "/queue"), "platform_url": word(address + "/platform/v1")})
				said := spoken(operate.run(t, c))
				want := append([]string{"the time of " + shortLimit + " ran out, fal did not answer within", "the last attempt: "}, test.want...)
				want = append(want, fmt.Sprintf("To allow more time, set timeouts = { %s = %q }", operate.argument, "400ms"))
				if !saidInOrder(want...).MatchString(said) || strings.Contains(said, "answered with an error") || strings.Contains(said, "deadline") {
					t.Errorf("said %s", said)
				}
				env.ExpectSubmissions(t, 0)
			})
		}
	}
}

// A look-up that waits and has heard all the while that the request is at work
// says that only time was missing.
func TestTimeLimits_onlyTimeWasMissing(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		seeded emulator.SeededRequest
		want   string
	}{
		"queued":  {emulator.SeededRequest{QueueTime: time.Hour}, "IN_QUEUE"},
		"running": {emulator.SeededRequest{RunTime: time.Hour}, "IN_PROGRESS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			seedLighthouse(t, env, test.seeded)
			said := env.Engine(t).Run(t.Context(), env.Config(look("wait = true", `timeouts = { read = "300ms" }`)), engine.PlanOptions{}).String()
			if !saidInOrder("Request Not Finished in Time", "request "+knownRequest, "but the time of 300ms ran out. It said last that the request is "+test.want, `timeouts = { read = "600ms" }`).MatchString(said) ||
				strings.Contains(said, "error: ") || strings.Contains(said, "deadline") {
				t.Errorf("said %s", said)
			}
			onlyRead(t, env)
			env.ExpectSubmissions(t, 0)
		})
	}
}

// A refresh and a destroy whose time runs out say the same of themselves.
func TestTimeLimits_ofAnImage(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithRunTime(time.Hour))
	env.Providers = env.ProvidersWith(nil, provider.WithClock(pausesPass()))
	config := func(operation string) string {
		return env.Config(image(lighthouse, "wait_for_completion = false", fmt.Sprintf("timeouts = { %s = \"200ms\" }", operation)))
	}
	e := env.Engine(t)
	for _, operation := range []string{"read", "delete"} {
		e.MustApply(config(operation))
		body := `{"detail":"out of order"}`
		env.Emulator.Inject(emulator.Fault{Name: operation, Times: 1000, Status: 503, Body: &body})
		said := e.Run(t.Context(), config(operation), engine.PlanOptions{Destroy: operation == "delete", SkipRefresh: operation == "delete"}).String()
		if !saidInOrder("Error: ", "the time of 200ms ran out, fal did not answer within", "out of order (HTTP 503)", "timeouts = { "+operation+" = \"400ms\" }").MatchString(said) {
			t.Errorf("said %s", said)
		}
		env.Emulator.ClearFaults()
	}
	env.ExpectSubmissions(t, 1)
}

// Where the history could not be reached, a plan that looks for requests to reuse
// says what kept it, and never to do without.
func TestTimeLimits_ofReuse(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	env.Providers = env.ProvidersWith(nil, provider.WithClock(pausesPass()))
	config := fmt.Sprintf("provider \"flux2\" {\n  api_key = %q\n  queue_url = \"%s/queue\"\n  platform_url = \"http://127.0.0.1:1\"\n  reuse_requests_within = \"1d\"\n}\n\n%s",
		acctest.Key, env.URL, image("count = 3", `prompt = "a lighthouse, view ${count.index}"`, `timeouts = { create = "200ms" }`))
	said := env.Engine(t).Run(t.Context(), config, engine.PlanOptions{}).String()
	// One reads it for all, whose time may be up a moment before.
	slow := strings.Count(said, "the time was up while it was being read for another image")
	kept := strings.Count(said, "dial tcp 127.0.0.1:1: connect")
	if strings.Count(said, "Request History Not Read") != 3 || kept == 0 || kept+slow != 3 || strings.Count(said, "fal could not be reached") != kept {
		t.Errorf("said %s", said)
	}
	if strings.Contains(said, "deadline") || strings.Contains(said, "without reuse_requests_within") {
		t.Errorf("said %s", said)
	}
	env.ExpectSubmissions(t, 0)
}
