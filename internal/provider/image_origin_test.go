// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// twoOrigins are an emulator, and what a provider takes for fal: both know
// nothing of the other's requests.
type twoOrigins struct{ emulator, fal *acctest.Environment }

func newTwoOrigins(t *testing.T, options ...emulator.Option) twoOrigins {
	t.Helper()
	return twoOrigins{acctest.New(t, options...), acctest.New(t, append(options, emulator.WithKey(acctest.Key, emulator.ScopeAdmin))...)}
}

// configs are those of a run that writes a state, and of one on the other origin,
// of which nothing may be asked.
func (o twoOrigins) configs(fromEmulator bool, config string) (own, other string, asked *acctest.Environment) {
	if fromEmulator {
		return o.emulator.Config(config), o.fal.ConfigWithKey(acctest.Key, config), o.fal
	}
	return o.fal.ConfigWithKey(acctest.Key, config), o.emulator.Config(config), o.emulator
}

const foreignWarning = "Images of Another Origin"

// A state that an emulator wrote is neither judged nor taken for real on fal, and
// the other way round: it stays, nobody is asked, and each run says so once.
func TestImage_anotherOriginJudgesNothing(t *testing.T) {
	t.Parallel()

	for _, fromEmulator := range []bool{true, false} {
		t.Run(fmt.Sprintf("from an emulator: %t", fromEmulator), func(t *testing.T) {
			t.Parallel()

			origins := newTwoOrigins(t)
			later := image("count = 2", `prompt = "a lighthouse, view ${count.index}"`) + `
resource "flux2_image" "later" {
  prompt              = "a harbour"
  wait_for_completion = WAIT
}

resource "flux2_image" "again" {
  prompt           = "an empty pier"
  on_media_expired = "regenerate"
}

resource "flux2_image_result" "art" {
  request_id = flux2_image.art[0].request_id
}
`
			own, other, asked := origins.configs(fromEmulator, later)
			e := origins.fal.Engine(t)
			e.MustApply(strings.Replace(own, "WAIT", "false", 1))
			wrote := origins.emulator
			if !fromEmulator {
				wrote = origins.fal
			}
			for _, submission := range wrote.Emulator.Submissions() {
				if err := wrote.Emulator.ExpireMedia(submission.RequestID); err != nil {
					t.Fatal(err)
				}
			}
			// The files are known to be gone, which plans a new image there.
			if diags := e.Refresh(t.Context(), strings.Replace(own, "WAIT", "false", 1)); diags.Err() != nil {
				t.Fatal(diags)
			}
			for name, options := range map[string]engine.PlanOptions{"plan": {}, "without a refresh": {SkipRefresh: true}, "only a refresh": {RefreshOnly: true}} {
				for _, wait := range []string{"false", "true"} {
					plan, said := e.MustPlan(strings.Replace(other, "WAIT", wait, 1), options)
					if got := strings.Count(said.String(), foreignWarning); got != 1 {
						t.Errorf("%s: %d warnings:\n%s", name, got, said)
					}
					if wait == "false" && !plan.Empty() {
						t.Errorf("%s is not empty: %s", name, plan)
					}
				}
			}
			// What changes in place changes, and nobody waits.
			e.MustApply(strings.Replace(other, "WAIT", "true", 1))
			if calls := asked.Emulator.Log(); len(calls) > 0 {
				t.Errorf("asked %v", calls)
			}
			asked.ExpectSubmissions(t, 0)
			wrote.ExpectSubmissions(t, 4)
			// At home again, the one is waited for, and the other made again.
			if plan, said := e.MustPlan(strings.Replace(own, "WAIT", "true", 1), engine.PlanOptions{}); plan.Empty() || strings.Contains(said.String(), foreignWarning) {
				t.Errorf("planned %s, and said %s", plan, said)
			}
			e.MustRun(strings.Replace(other, "WAIT", "true", 1), engine.PlanOptions{Destroy: true})
			if calls := asked.Emulator.Log(); len(calls) > 0 {
				t.Errorf("asked %v to destroy", calls)
			}
		})
	}
}

// What is deleted on another origin can't be cancelled or erased from there,
// which matters for fal's.
func TestImage_anotherOriginDeletes(t *testing.T) {
	t.Parallel()

	slow := emulator.Duration(time.Hour)
	queued := emulator.WithFaults(emulator.Fault{Route: emulator.RouteSubmit, Job: &emulator.JobFault{QueueTime: &slow}})
	for name, test := range map[string]struct {
		fromEmulator bool
		arguments    string
		options      []emulator.Option
		says         string
		fails        bool
	}{
		"an emulator's, queued":   {true, "wait_for_completion = false", []emulator.Option{queued}, "", false},
		"an emulator's, to erase": {true, "delete_payloads_on_destroy = true", nil, "", false},
		"fal's":                   {false, "", nil, "", false},
		"fal's, queued":           {false, "wait_for_completion = false", []emulator.Option{queued}, "Request Not Cancelled", false},
		"fal's, to erase":         {false, "delete_payloads_on_destroy = true", nil, "unset the environment variable FLUX2_EMULATOR_URL", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			origins := newTwoOrigins(t, test.options...)
			own, other, asked := origins.configs(test.fromEmulator, image(lighthouse, test.arguments))
			e := origins.fal.Engine(t)
			e.MustApply(own)
			said := e.Run(t.Context(), other, engine.PlanOptions{Destroy: true, SkipRefresh: true})
			if (said.Err() != nil) != test.fails || !strings.Contains(said.String(), test.says) || test.says == "" && len(said) > 0 {
				t.Errorf("said %s", said)
			}
			if calls := asked.Emulator.Log(); len(calls) > 0 {
				t.Errorf("asked %v", calls)
			}
			origins.emulator.ExpectSubmissions(t, btoi(test.fromEmulator))
			origins.fal.ExpectSubmissions(t, btoi(!test.fromEmulator))
		})
	}
}

func btoi(is bool) int {
	if is {
		return 1
	}
	return 0
}

// States of older versions don't say whose an image is. Their URLs may.
func TestImage_originOfOlderStates(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		address   string
		onFal     bool
		isForeign bool
	}{
		"fal's, on fal":                   {"https://queue.fal.run/fal-ai/flux-2-dev/requests/x", true, false},
		"fal's, on an emulator":           {"https://queue.fal.run/fal-ai/flux-2-dev/requests/x", false, true},
		"an emulator's, on fal":           {"http://127.0.0.1:8787/queue/fal-ai/flux-2-dev/requests/x", true, true},
		"an emulator's, on another":       {"http://127.0.0.1:8787/queue/fal-ai/flux-2-dev/requests/x", false, false},
		"a proxy's, on fal":               {"https://proxy.example/queue/fal-ai/flux-2-dev/requests/x", true, false},
		"a proxy's, on an emulator":       {"https://proxy.example/queue/fal-ai/flux-2-dev/requests/x", false, false},
		"at this run's address, on fal":   {"OWN/queue/fal-ai/flux-2-dev/requests/x", true, false},
		"at this run's, on an emulator":   {"OWN/queue/fal-ai/flux-2-dev/requests/x", false, false},
		"nothing, on fal":                 {"", true, false},
		"like fal's name, on fal":         {"http://queue.fal.run.example/requests/x", true, true},
		"like fal's name, on an emulator": {"https://fal.run.example/requests/x", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			origins := newTwoOrigins(t)
			env, set := origins.emulator, arguments{"emulator_url": word(origins.emulator.URL)}
			if test.onFal {
				env = origins.fal
				set = arguments{"api_key": word(acctest.Key), "queue_url": word(env.URL + "/queue"), "run_url": word(env.URL + "/run"), "platform_url": word(env.URL + "/platform/v1")}
			}
			c := converse(t, env, nil)
			c.configure(t, set)
			handle, err := json.Marshal(map[string]string{"status_url": strings.Replace(test.address, "OWN", env.URL, 1)})
			if err != nil {
				t.Fatal(err)
			}
			private, err := json.Marshal(map[string][]byte{"handle": handle})
			if err != nil {
				t.Fatal(err)
			}
			state := packed(t, object(t, c.image, arguments{"request_id": word("x"), "endpoint_id": word("fal-ai/flux-2-dev"), "status": word("COMPLETED")}, leftOut))
			read, err := c.server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: "flux2_image", CurrentState: state, Private: private})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(spoken(read.Diagnostics), foreignWarning); got != test.isForeign {
				t.Errorf("said %q", spoken(read.Diagnostics))
			}
			if string(read.Private) != string(private) {
				t.Errorf("private state is %s now", read.Private)
			}
			env.ExpectSubmissions(t, 0)
		})
	}
}
