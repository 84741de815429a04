// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

const result = "flux2_image_result.art"

// resultOf declares flux2_image_result.art.
func resultOf(requestID string, arguments ...string) string {
	return fmt.Sprintf("resource \"flux2_image_result\" \"art\" {\n  request_id = %s\n  %s\n}\n", requestID, strings.Join(arguments, "\n  "))
}

// has checks one attribute of flux2_image_result.art in state.
func has(attribute string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(result, at(attribute), check)
}

// forget has fal know nothing of any request any more, be it in the queue or in
// the history.
func forget(t *testing.T, env *acctest.Environment) {
	t.Helper()

	for _, request := range env.Emulator.Requests() {
		if err := env.Emulator.Expire(request.ID); err != nil {
			t.Error(err)
		}
	}
	env.Emulator.Inject(emptyHistory)
}

// emptyHistory is what fal shows of requests that are too old.
var emptyHistory = emulator.Fault{Route: emulator.RouteHistory, Body: ptr(`{"items":[],"next_cursor":null,"has_more":false}`)}

// Submitted first, collected afterwards, in one apply: the images' own outputs
// are null from the plan on, those of the results arrive. Nothing is planned
// later on, not even after fal has forgotten it all.
func TestImageResult_collectsWhatWasSubmittedBefore(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithRunTime(100*time.Millisecond))
	config := env.Config(`
resource "flux2_image" "art" {
  for_each = toset(["dawn", "noon", "dusk"])

  prompt              = "a lighthouse at ${each.key}"
  wait_for_completion = false
}

resource "flux2_image_result" "art" {
  for_each = flux2_image.art

  request_id  = each.value.request_id
  endpoint_id = each.value.endpoint_id
}

resource "terraform_data" "page" {
  for_each = flux2_image_result.art
  input    = "picture at ${each.value.url}"
}

output "own" {
  value = flux2_image.art["dusk"].url == null ? "none" : flux2_image.art["dusk"].url
}
`)
	own, collects, page := art+`["dusk"]`, result+`["dusk"]`, `terraform_data.page["dusk"]`
	forgotten := emptyPlan(config)
	forgotten.PreConfig = func() { forget(t, env) }
	env.Test(t, 3, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectKnownValue(own, at("url"), knownvalue.Null()),
				plancheck.ExpectKnownValue(own, at("images"), knownvalue.Null()),
				plancheck.ExpectKnownValue(own, at("media_available"), knownvalue.Null()),
				plancheck.ExpectKnownOutputValue("own", knownvalue.StringExact("none")),
				plancheck.ExpectUnknownValue(own, at("request_id")),
				plancheck.ExpectUnknownValue(own, at("status")),
				plancheck.ExpectUnknownValue(collects, at("url")),
				plancheck.ExpectKnownValue(collects, at("endpoint_id"), knownvalue.StringExact("fal-ai/flux-2-dev")),
			}},
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.CompareValuePairs(own, at("request_id"), collects, at("request_id"), compare.ValuesSame()),
				statecheck.ExpectKnownValue(own, at("status"), knownvalue.StringExact("IN_QUEUE")),
				statecheck.ExpectKnownValue(own, at("url"), knownvalue.Null()),
				statecheck.ExpectKnownValue(collects, at("status"), knownvalue.StringExact("COMPLETED")),
				statecheck.ExpectKnownValue(collects, at("url"), knownvalue.StringRegexp(said(env.URL+"/media/"))),
				statecheck.ExpectKnownValue(collects, at("images"), knownvalue.ListSizeExact(1)),
				statecheck.ExpectKnownValue(collects, at("seed"), knownvalue.Int64Exact(lighthouseSeed)),
				statecheck.ExpectKnownValue(collects, at("media_available"), knownvalue.Bool(true)),
				statecheck.ExpectKnownValue(collects, at("created_at"), knownvalue.NotNull()),
				statecheck.ExpectKnownValue(collects, at("billable_units"), knownvalue.NotNull()),
				statecheck.ExpectKnownValue(page, at("output"), knownvalue.StringRegexp(said("picture at "+env.URL+"/media/"))),
			},
		},
		emptyPlan(config),
		forgotten,
		{Config: config, Destroy: true},
	}})
}

// A dependent that can't do without an output fails before anything is paid.
func TestImageResult_dependentsFailInThePlan(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
		Config:      env.Config(image(lighthouse, "wait_for_completion = false") + "resource \"terraform_data\" \"page\" {\n  input = \"picture at ${flux2_image.art.url}\"\n}\n"),
		ExpectError: said("The expression result is null"),
	}}})
}

// Without waiting, Create ends while the request is still in fal's queue. To
// have it waited for afterwards is a change in place.
func TestImage_waitedForAfterwards(t *testing.T) {
	t.Parallel()

	clock := emulator.NewFakeClock(time.Now())
	env := acctest.New(t, emulator.WithClock(clock), emulator.WithQueueTime(time.Minute), emulator.WithRunTime(time.Hour))
	dependent := "resource \"terraform_data\" \"page\" {\n  input = { url = flux2_image.art.url }\n}\n"
	without := env.Config(image(lighthouse, "wait_for_completion = false") + dependent)
	with := env.Config(image(lighthouse) + dependent)
	request := statecheck.CompareValue(compare.ValuesSame())
	status := func(want string) []statecheck.StateCheck {
		return []statecheck.StateCheck{
			expect("status", knownvalue.StringExact(want)), expect("url", knownvalue.Null()), expect("images", knownvalue.Null()),
			expect("error", knownvalue.Null()), expect("wait_abandoned", knownvalue.Bool(false)), request.AddStateValue(art, at("request_id")),
		}
	}
	later := func(d time.Duration, want string) resource.TestStep {
		step := emptyPlan(without)
		step.PreConfig = func() { clock.Advance(d) }
		step.ConfigStateChecks = status(want)
		return step
	}
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: without, ConfigStateChecks: status("IN_QUEUE")},
		later(0, "IN_QUEUE"),
		later(2*time.Minute, "IN_PROGRESS"),
		{
			PreConfig: func() { clock.Advance(time.Hour) },
			Config:    with,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(art, plancheck.ResourceActionUpdate),
				plancheck.ExpectUnknownValue(art, at("url")),
			}},
			ConfigStateChecks: append(complete(), request.AddStateValue(art, at("request_id")),
				statecheck.CompareValuePairs(art, at("url"), "terraform_data.page", at("output", "url"), compare.ValuesSame())),
		},
		emptyPlan(with),
		// The other way round, the image keeps what it has.
		{Config: without, ConfigPlanChecks: plans(plancheck.ResourceActionUpdate), ConfigStateChecks: []statecheck.StateCheck{expect("url", knownvalue.NotNull())}},
		emptyPlan(without),
	}})
}

// A refused prompt costs one request and is said once, however often the same
// configuration is applied.
func TestImage_refusedWithoutWaiting(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	running := env.Engine(t)
	refused := env.Config(image(`prompt = "a lighthouse, `+emulator.MarkerRefuse+`"`, "wait_for_completion = false"))
	var warned []int
	for range 4 {
		warned = append(warned, strings.Count(running.MustApply(refused).String(), "Image Not Generated"))
	}
	if fmt.Sprint(warned) != "[0 1 0 0]" {
		t.Errorf("the four runs warned %v times, want once as soon as it is known", warned)
	}
	values := running.Objects()[art].AttributeValues
	if reason, _ := values["error"].(string); !strings.Contains(reason, "flagged by a content checker") || values["status"] != "COMPLETED" || values["url"] != nil {
		t.Errorf("the state has %v", values)
	}
	env.ExpectSubmissions(t, 1)

	// Another prompt is another request.
	running.MustApply(env.Config(image(lighthouse, "wait_for_completion = false")))
	if reason := running.Objects()[art].AttributeValues["error"]; reason != nil {
		t.Errorf("the error is still %v", reason)
	}
	env.ExpectSubmissions(t, 2)
}

// What fal's infrastructure failed was not billed: the image leaves the state
// and is made anew.
func TestImage_infrastructureFailedWithoutWaiting(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(emulator.Fault{
		Route: emulator.RouteSubmit, Times: 1, Job: &emulator.JobFault{ErrorType: "runner_disconnected"},
	}))
	config := env.Config(image(lighthouse, "wait_for_completion = false"))
	env.Test(t, 2, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ExpectNonEmptyPlan: true},
		{Config: config, ConfigPlanChecks: plans(plancheck.ResourceActionCreate), ConfigStateChecks: []statecheck.StateCheck{expect("error", knownvalue.Null())}},
		emptyPlan(config),
	}})
}

// What can't be an id is a mistake in the plan, on its attribute.
func TestImageResult_mistakesFailInThePlan(t *testing.T) {
	t.Parallel()

	for id, want := range map[string]string{
		" ":                                     `request_id is " ", but must not be blank`,
		"not an id":                             `request_id is "not an id", but must be the id of a request, such as request_id of a flux2_image.`,
		"fal-ai/flux-2-dev/" + knownRequest:     `but must be the id of a request, such as request_id of a flux2_image, without an endpoint or an address in front of it.`,
		"https://queue.fal.run/" + knownRequest: `request_id is set, but must be the id of a request`,
	} {
		env := acctest.New(t)
		env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
			Config:      env.Config(fmt.Sprintf("resource \"flux2_image_result\" \"art\" { request_id = %q }\n", id)),
			PlanOnly:    true,
			ExpectError: said(want),
		}}})
		if sent := env.Emulator.Log(); len(sent) > 0 {
			t.Errorf("%q: fal was asked: %v", id, sent)
		}
	}
}

// A result is for requests of anybody. What can't be collected now is collected
// later, and nothing of that costs anything.
func TestImageResult_failureIsHarmless(t *testing.T) {
	t.Parallel()

	history := emulator.Fault{Route: emulator.RouteHistory, Status: http.StatusForbidden}
	for name, test := range map[string]struct {
		faults []emulator.Fault
		want   []string
	}{
		"account locked": {unreadable(emulator.RouteStream, emulator.RouteStatus, emulator.RouteResult),
			[]string{"Result Not Collected", "could not be collected", "fal has locked the account", "Collecting a result costs nothing"}},
		"result out of order": {[]emulator.Fault{{Route: emulator.RouteResult, Status: http.StatusBadGateway}, {Route: emulator.RouteHistory, Status: http.StatusBadGateway}},
			[]string{"Result Not Collected", "Apply again to go on waiting"}},
		"forgotten": {[]emulator.Fault{{Path: "/queue", Status: http.StatusNotFound}, history},
			[]string{"Request Not Found", "Neither fal's queue nor its request history knows request " + knownRequest}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithFaults(test.faults...))
			onClock(env, acctest.NewClock(untilSilence))
			seedLighthouse(t, env, emulator.SeededRequest{SentAt: time.Now().Add(-time.Minute)})
			config := env.Config(resultOf(`"` + knownRequest + `"`))
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{
				{Config: config, ExpectError: saidInOrder(test.want...)},
				{
					PreConfig: env.Emulator.ClearFaults,
					Config:    config,
					ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(result, plancheck.ResourceActionCreate),
					}},
					ConfigStateChecks: []statecheck.StateCheck{has("url", knownvalue.NotNull()), has("error", knownvalue.Null())},
				},
				emptyPlan(config),
			}})
			onlyRead(t, env)
		})
	}
}

// A request without an image has no result, and its own words say why: in a warning,
// and in the state, since an error would keep engines from all other results.
func TestImageResult_ofARequestWithoutAnImage(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		job  emulator.JobFault
		want string
	}{
		"refused": {emulator.JobFault{Status: http.StatusUnprocessableEntity,
			Body: ptr(`{"detail":[{"loc":["body","prompt"],"msg":"The prompt is too plain","type":"value_error"}]}`)}, "The prompt is too plain"},
		"cancelled": {emulator.JobFault{ErrorType: "client_cancelled", Error: "Request cancelled by the client."}, "Request cancelled by the client"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			onClock(env, acctest.NewClock(untilSilence))
			seedLighthouse(t, env, ended(&test.job))
			config := env.Config(resultOf(`"` + knownRequest + `"`))
			e := env.Engine(t)
			warned := e.MustApply(config).String()
			if want := saidInOrder("Request Has No Image", "There is no image for request "+knownRequest, test.want, "Collecting it again won't help"); !want.MatchString(warned) {
				t.Errorf("applying said %q", warned)
			}
			values := e.Objects()[result].AttributeValues
			if failure := fmt.Sprint(values["error"]); !strings.Contains(failure, test.want) || values["url"] != nil || values["seed"] != nil || values["id"] != knownRequest {
				t.Errorf("the state is %v", values)
			}
			if plan, said := e.MustPlan(config, engine.PlanOptions{}); !plan.Empty() || len(said) > 0 {
				t.Errorf("the next plan is %s and says %s", plan, said)
			}
			onlyRead(t, env)
			env.ExpectSubmissions(t, 0)
		})
	}
}

// What failed in fal's infrastructure is an error: the image that it was for is
// generated anew by the next run.
func TestImageResult_failedInfrastructure(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	onClock(env, acctest.NewClock(untilSilence))
	seedLighthouse(t, env, ended(&emulator.JobFault{ErrorType: "runner_disconnected", Error: "Runner disconnected"}))
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
		Config:      env.Config(resultOf(`"` + knownRequest + `"`)),
		ExpectError: saidInOrder("Request Has No Image", "There is no image for request "+knownRequest, "Runner disconnected", "fal does not bill that", "Apply again"),
	}}})
	onlyRead(t, env)
}

// Somebody's request that is still queued when the time is up stays untouched.
func TestImageResult_neverCancels(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	seedLighthouse(t, env, emulator.SeededRequest{QueueTime: time.Hour})
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
		Config:      env.Config(resultOf(`"`+knownRequest+`"`, `timeouts = { create = "1s" }`)),
		ExpectError: saidInOrder("Result Not Collected", "fal had not started the request by the end of the timeout", "Apply again to go on waiting", `timeouts = { create = "2s" }`),
	}}})
	onlyRead(t, env)
}

// Results are imported by what names a request, and the plan that follows is
// empty.
func TestImageResult_import(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		endpointID, id string
	}{
		"by request":              {"fal-ai/flux-2-dev", knownRequest},
		"by endpoint and request": {"fal-ai/flux-2", "fal-ai/flux-2/" + knownRequest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			seedLighthouse(t, env, emulator.SeededRequest{EndpointID: test.endpointID, SentAt: time.Now().Add(-time.Hour)})
			config := env.Config(resultOf(`"` + knownRequest + `"`))
			step := importBy(config, test.id)
			step.ResourceName = result
			again := emptyPlan(config)
			again.ConfigStateChecks = []statecheck.StateCheck{
				has("endpoint_id", knownvalue.StringExact(test.endpointID)), has("url", knownvalue.NotNull()),
				has("seed", knownvalue.Int64Exact(lighthouseSeed)), has("media_available", knownvalue.Bool(true)),
			}
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{step, again}})
			onlyRead(t, env)
		})
	}
}

func TestImageResult_importOfNothing(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	onClock(env, acctest.NewClock(untilSilence))
	seedLighthouse(t, env, ended(&emulator.JobFault{ErrorType: "runner_disconnected"}))
	config := env.Config(resultOf(`"` + knownRequest + `"`))
	failing := func(id, want string) resource.TestStep {
		step := importBy(config, id)
		step.ResourceName, step.ExpectError = result, said(want)
		return step
	}
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{
		failing(knownRequest, "Request Has No Image"),
		failing("00000000-0000-4000-8000-000000000000", "Request Not Found"),
		failing("fal-ai/flux-2-dev/", "Invalid Import ID"),
	}})
}

// Whether the files are still there is looked up, and plans nothing: neither
// another result nor another image.
func TestImageResult_mediaGone(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	config := env.Config(image(lighthouse, "wait_for_completion = false") + resultOf("flux2_image.art.request_id"))
	gone := emptyPlan(config)
	gone.PreConfig = func() {
		if err := env.Emulator.ExpireMedia(env.Emulator.Submissions()[0].RequestID); err != nil {
			t.Error(err)
		}
	}
	gone.ConfigStateChecks = []statecheck.StateCheck{has("media_available", knownvalue.Bool(false)), has("url", knownvalue.NotNull())}
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{Config: config}, gone}})
}

// Another image has another result.
func TestImageResult_followsItsImage(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	config := func(arguments ...string) string {
		return env.Config(image(append(arguments, lighthouse, "wait_for_completion = false")...) + resultOf("flux2_image.art.request_id"))
	}
	url := statecheck.CompareValue(compare.ValuesDiffer())
	env.Test(t, 2, resource.TestCase{Steps: []resource.TestStep{
		{Config: config(), ConfigStateChecks: []statecheck.StateCheck{url.AddStateValue(result, at("url"))}},
		{
			Config: config("guidance_scale = 3"),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(art, plancheck.ResourceActionDestroyBeforeCreate),
				plancheck.ExpectResourceAction(result, plancheck.ResourceActionDestroyBeforeCreate),
			}},
			ConfigStateChecks: []statecheck.StateCheck{
				url.AddStateValue(result, at("url")),
				statecheck.CompareValuePairs(art, at("request_id"), result, at("request_id"), compare.ValuesSame()),
			},
		},
		{
			Config: config("guidance_scale = 3", `tags = { page = "home" }`),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(art, plancheck.ResourceActionUpdate),
				plancheck.ExpectResourceAction(result, plancheck.ResourceActionNoop),
			}},
		},
	}})
}
