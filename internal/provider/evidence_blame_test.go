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

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// blamesTheInput is what is said of an input that fal refuses.
var blamesTheInput = regexp.MustCompile(`(?s)Input Refused|refused\s+body|Correct\s+(it|the\s+input)`)

// What is fal's own fault is not blamed on the input, whatever its status and its
// shape.
func TestEvidence_faultsInAList(t *testing.T) {
	t.Parallel()

	falsFault := []string{"Image Generation Failed", "fault of fal's infrastructure, which fal does not bill", "Apply again to submit a new request"}
	for kind, want := range map[string][]string{
		"internal_server_error":          falsFault,
		"generation_timeout":             falsFault,
		"downstream_service_error":       falsFault,
		"downstream_service_unavailable": falsFault,
		"no_media_generated":             {"Image Generation Failed", "No media was generated", "No input is named as wrong", "Apply again", "change the prompt or the seed"},
	} {
		for _, style := range []emulator.ErrorStyle{emulator.ErrorsPydantic2, emulator.ErrorsCatalogue} {
			t.Run(fmt.Sprintf("%s, %s", kind, style), func(t *testing.T) {
				t.Parallel()

				env := acctest.New(t, emulator.WithEveryJob(emulator.JobFault{ModelError: kind, ErrorStyle: style}))
				onClock(env, acctest.NewClock(untilSilence))
				running := env.Engine(t)
				said := running.Run(t.Context(), env.Config(image(lighthouse)), engine.PlanOptions{}).String()
				if !saidInOrder(want...).MatchString(said) || blamesTheInput.MatchString(said) {
					t.Errorf("the run said %s", said)
				}
				if left := running.State().Addresses(); len(left) > 0 {
					t.Errorf("the state still has %v", left)
				}
				env.ExpectSubmissions(t, 1)
			})
		}
	}
}

// What stands in front of fal answers 403 too. That passes, and says nothing of
// the key.
func TestEvidence_pagesInFrontOfFal(t *testing.T) {
	t.Parallel()

	forAWhile := func(route emulator.Route, page emulator.Page) emulator.Fault {
		return emulator.Fault{Route: route, Times: 3, Page: page}
	}
	for _, page := range []emulator.Page{emulator.PageChallenge, emulator.PageForbidden} {
		for name, faults := range map[string][]emulator.Fault{
			"before the result":       {forAWhile(emulator.RouteResult, page)},
			"before the status":       {noStream, forAWhile(emulator.RouteStatus, page)},
			"before a lost request":   {lost, forAWhile(emulator.RouteHistory, page)},
			"for long, before a lost": {lost, {Route: emulator.RouteHistory, Times: 30, Page: page}},
		} {
			t.Run(fmt.Sprintf("%s %s", page, name), func(t *testing.T) {
				t.Parallel()

				env := acctest.New(t, emulator.WithFaults(faults...))
				onClock(env, acctest.NewClock(untilSilence))
				config := env.Config(image(lighthouse))
				env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{Config: config, ConfigStateChecks: complete()}, emptyPlan(config)}})
				sent(t, env, 1)
			})
		}
		t.Run(fmt.Sprintf("%s before the result for good", page), func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithFaults(
				emulator.Fault{Route: emulator.RouteResult, Page: page}, emulator.Fault{Route: emulator.RouteHistory, Page: page}))
			onClock(env, acctest.NewClock(untilSilence))
			running := env.Engine(t)
			config := env.Config(image(lighthouse))
			said := running.Run(t.Context(), config, engine.PlanOptions{}).String()
			if !saidInOrder("Image Not Collected", "Apply again to collect the image").MatchString(said) || keyBlamed.MatchString(said) {
				t.Errorf("the run said %s", said)
			}
			env.Emulator.ClearFaults()
			running.MustApply(config)
			expectOneImage(t, env, running)
		})
	}
}

// keyBlamed is what is said of a key that may not do something.
var keyBlamed = regexp.MustCompile(`(?s)key\s+may\s+not|does\s+not\s+accept\s+the\s+API\s+key`)

// When the time is up, the error names what kept fal from being reached. With
// reuse on, nobody is told to switch it off.
func TestEvidence_outOfReachUntilTheTimeIsUp(t *testing.T) {
	t.Parallel()

	// Nobody listens there, and no test of this package is given that port.
	const refusing = "http://127.0.0.1:1"
	for name, test := range map[string]struct {
		url, arguments string
		want           []string
	}{
		"refused":             {refusing, "", []string{"Image Not Submitted", "refused", "Nothing was generated", "fal could not be reached"}},
		"refused, with reuse": {refusing, reuse, []string{"Request History Not Read", "refused", "Nothing was submitted", "fal could not be reached"}},
		"no such host":        {"https://fal.invalid", "", []string{"Image Not Submitted", "fal.invalid", "Nothing was generated", "fal could not be reached"}},
		"no such host, with reuse": {"https://fal.invalid", reuse,
			[]string{"Request History Not Read", "fal.invalid", "Nothing was submitted", "fal could not be reached"}},
	} {
		for _, timeout := range []string{"", `timeouts = { create = "1s" }`} {
			t.Run(fmt.Sprintf("%s %s", name, timeout), func(t *testing.T) {
				t.Parallel()

				env := acctest.New(t)
				if timeout == "" {
					onClock(env, acctest.NewClock(untilSilence))
				}
				config := fmt.Sprintf("provider \"flux2\" {\n  api_key = %q\n  queue_url = %q\n  platform_url = %[2]q\n  %[3]s\n}\n%[4]s",
					acctest.Key, test.url, test.arguments, image(lighthouse, timeout))
				running := env.Engine(t)
				said := running.Run(t.Context(), config, engine.PlanOptions{}).String()
				if !saidInOrder(test.want...).MatchString(said) || regexp.MustCompile(`(?s)switch\s+it\s+off|[Rr]emove\s+reuse|without\s+reuse|interrupted`).MatchString(said) {
					t.Errorf("the run said %s", said)
				}
				env.ExpectSubmissions(t, 0)
			})
		}
	}
}

// The same while an image is waited for: the error says what came back last.
func TestEvidence_outOfReachWhileWaiting(t *testing.T) {
	t.Parallel()

	env, clock := onSteppedClock(t, emulator.WithRunTime(time.Hour), emulator.WithFaults(noStream))
	running := env.Engine(t)
	config := env.Config(image(lighthouse, "wait_for_completion = false"))
	running.MustApply(config)
	env.Emulator.Inject(emulator.Fault{Route: emulator.RouteStatus, Status: http.StatusBadGateway, Skip: 1})
	clock.flow()
	said := running.Run(t.Context(), env.Config(image(lighthouse, `timeouts = { update = "5m" }`)), engine.PlanOptions{}).String()
	if !saidInOrder("Image Not Collected", "(HTTP 502)", "Apply again to collect the image").MatchString(said) {
		t.Errorf("the run said %s", said)
	}
	expectCancellations(t, env)
	env.ExpectSubmissions(t, 1)
}
