// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

const knownRequest = "764cabcf-b745-4b3e-ae38-1200304cf45b"

// seedLighthouse adds a request that somebody else has made, for the image that
// lighthouse declares.
func seedLighthouse(t *testing.T, env *acctest.Environment, seeded emulator.SeededRequest) string {
	t.Helper()

	if seeded.ID == "" {
		seeded.ID = knownRequest
	}
	if seeded.Input == nil {
		seeded.Input = fmt.Appendf(nil, `{"prompt":"a lighthouse at dusk","seed":%d}`, lighthouseSeed)
	}
	id, err := env.Emulator.SeedRequest(seeded)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// freePlan checks that a plan generates nothing: no creation and no replacement
// of an image, and no update either unless updates says so.
type freePlan struct {
	updates bool
}

func (f freePlan) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	for _, change := range req.Plan.ResourceChanges {
		actions := change.Change.Actions
		if change.Type == "flux2_image" && change.Mode == tfjson.ManagedResourceMode && !actions.NoOp() && (!actions.Update() || !f.updates) {
			resp.Error = fmt.Errorf("%s is planned for %s", actions, change.Address)
		}
	}
}

// free checks that a step generates nothing.
func free() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{freePlan{updates: true}}}
}

// importBy imports with the CLI. For this command alone, the harness does not
// say where the provider comes from.
func importBy(config, id string) resource.TestStep {
	return resource.TestStep{
		Config:       acctest.RequiredProviders + config,
		ResourceName: art,
		ImportState:  true, ImportStateId: id, ImportStatePersist: true,
	}
}

// imported is what every import of the lighthouse brings.
func imported(endpointID string) []statecheck.StateCheck {
	return []statecheck.StateCheck{
		expect("request_id", knownvalue.StringExact(knownRequest)),
		expect("endpoint_id", knownvalue.StringExact(endpointID)),
		expect("seed", knownvalue.Int64Exact(lighthouseSeed)),
		expect("prompt", knownvalue.StringExact("a lighthouse at dusk")),
		expect("image_size", knownvalue.StringExact("landscape_4_3")),
		expect("num_images", knownvalue.Int64Exact(1)),
		expect("guidance_scale", knownvalue.Float64Exact(2.5)),
		expect("output_format", knownvalue.StringExact("png")),
		expect("status", knownvalue.StringExact("COMPLETED")),
		expect("url", knownvalue.NotNull()),
		expect("adopted", knownvalue.Bool(true)),
		expect("wait_abandoned", knownvalue.Bool(false)),
		expect("error", knownvalue.Null()),
	}
}

// A request that exists is taken over for nothing, whichever way it is named:
// the configuration that describes it plans no new image, and is absorbed, so
// that the plan which the harness makes after every step is empty.
func TestImageImport_costsNothing(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		endpointID string
		id         string
		block      bool
		arguments  string
		// unlisted and forgotten say that the history, or the queue, is of no help.
		unlisted, forgotten bool
	}{
		"by request":                {endpointID: "fal-ai/flux-2-dev", id: knownRequest},
		"by endpoint and request":   {endpointID: "fal-ai/flux-2", id: "fal-ai/flux-2/" + knownRequest},
		"with the endpoint spelt":   {endpointID: "fal-ai/flux-2", id: "fal-ai/flux-2/" + knownRequest, arguments: `endpoint_id = "fal-ai/flux-2"`},
		"with the seed spelt":       {endpointID: "fal-ai/flux-2-dev", id: knownRequest, arguments: fmt.Sprintf("seed = %d", lighthouseSeed)},
		"with keepers":              {endpointID: "fal-ai/flux-2-dev", id: knownRequest, arguments: `keepers = { i = "1" }`},
		"without the history":       {endpointID: "fal-ai/flux-2-dev", id: knownRequest, unlisted: true},
		"from the history alone":    {endpointID: "fal-ai/flux-2-dev", id: knownRequest, forgotten: true},
		"by block":                  {endpointID: "fal-ai/flux-2-dev", id: knownRequest, block: true},
		"by block with an endpoint": {endpointID: "fal-ai/flux-2", id: "fal-ai/flux-2/" + knownRequest, block: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			seedLighthouse(t, env, emulator.SeededRequest{EndpointID: test.endpointID, SentAt: time.Now().Add(-time.Hour)})
			if test.unlisted {
				env.Emulator.Inject(emulator.Fault{Route: emulator.RouteHistory, Status: http.StatusForbidden})
			}
			if test.forgotten {
				if err := env.Emulator.Expire(knownRequest); err != nil {
					t.Fatal(err)
				}
			}
			config := env.Config(image(lighthouse, test.arguments))
			steps := []resource.TestStep{importBy(config, test.id), {Config: config, ConfigPlanChecks: free(), ConfigStateChecks: imported(test.endpointID)}}
			if test.block {
				steps = []resource.TestStep{{
					Config:            config + fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", art, test.id),
					ConfigPlanChecks:  free(),
					ConfigStateChecks: imported(test.endpointID),
				}}
			}
			env.Test(t, 0, resource.TestCase{Steps: steps})
			if cancelled := env.Emulator.Cancellations(); len(cancelled) > 0 {
				t.Errorf("%d requests of somebody else were cancelled", len(cancelled))
			}
		})
	}
}

// A configuration that contradicts what was imported shows as a replacement in
// the plan, where the user can still see it.
func TestImageImport_contradictionIsAReplacement(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	seedLighthouse(t, env, emulator.SeededRequest{})
	matching, contradicting := env.Config(image(lighthouse)), env.Config(image(lighthouse, `seed = 7`))
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{
		importBy(matching, knownRequest),
		{
			Config: contradicting, PlanOnly: true, ExpectNonEmptyPlan: true,
			ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPreRefresh: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(art, plancheck.ResourceActionDestroyBeforeCreate),
			}},
		},
		{Config: matching, ConfigPlanChecks: free(), ConfigStateChecks: imported("fal-ai/flux-2-dev")},
	}})
}

// A request that is still running is imported as it is. A later run finds it
// finished, or waits for it; neither cancels it or submits another.
func TestImageImport_running(t *testing.T) {
	t.Parallel()

	for name, finish := range map[string]func(t *testing.T, env *acctest.Environment, clock *emulator.FakeClock){
		"finished by the next run": func(_ *testing.T, _ *acctest.Environment, clock *emulator.FakeClock) {
			clock.Advance(time.Hour)
		},
		"waited for by the next run": func(t *testing.T, env *acctest.Environment, clock *emulator.FakeClock) {
			t.Helper()
			go func() {
				waiting := func() bool { return len(env.Emulator.LogOf(emulator.RouteStream)) > 0 }
				if env.Emulator.WaitFor(t.Context(), waiting) == nil {
					clock.Advance(time.Hour)
				}
			}()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			clock := emulator.NewFakeClock(time.Now())
			env := acctest.New(t, emulator.WithClock(clock))
			seedLighthouse(t, env, emulator.SeededRequest{RunTime: time.Hour})
			config := env.Config(image(lighthouse))
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{
				importBy(config, knownRequest),
				{
					PreConfig:         func() { finish(t, env, clock) },
					Config:            config,
					ConfigPlanChecks:  free(),
					ConfigStateChecks: imported("fal-ai/flux-2-dev"),
				},
			}})
			if cancelled := env.Emulator.Cancellations(); len(cancelled) > 0 {
				t.Errorf("%d requests of somebody else were cancelled", len(cancelled))
			}
		})
	}
}

// Destroying an image that somebody else is still waiting for leaves it alone.
func TestImageImport_destroyedWhileRunning(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	seedLighthouse(t, env, emulator.SeededRequest{RunTime: time.Hour})
	config := env.Config(image(lighthouse))
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{
		importBy(config, knownRequest),
		{Config: config, Destroy: true},
	}})
	if request, _ := env.Emulator.Request(knownRequest); request.Status != "IN_PROGRESS" || len(env.Emulator.Cancellations()) > 0 {
		t.Errorf("the request is %s after %d cancellations", request.Status, len(env.Emulator.Cancellations()))
	}
}

// What can't be imported is an error that says what was looked for.
func TestImageImport_refused(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		id   string
		want []string
	}{
		"unknown request":       {"00000000-0000-4000-8000-000000000000", []string{"Request Not Found", "request 00000000-0000-4000-8000-000000000000 at fal-ai/flux-2-dev", "Check the request id and the endpoint"}},
		"request of another":    {"fal-ai/flux-2/" + knownRequest, []string{"Request Not Found", "request " + knownRequest + " at fal-ai/flux-2", "Check the request id and the endpoint"}},
		"endpoint alone":        {"fal-ai/flux-2-dev/", []string{"Invalid Import ID", "by the id of its request, either alone or behind its endpoint", "fal-ai/flux-2-dev/764cabcf-b745-4b3e-ae38-1200304cf45b"}},
		"endpoint without path": {"flux-2-dev/" + knownRequest, []string{"Invalid Request Reference", `"flux-2-dev" is not an endpoint id`}},
		"no id":                 {"not an id", []string{`"not an id" is not a request id`}},
		"path for an id":        {"..", []string{`".." is not a request id`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			seedLighthouse(t, env, emulator.SeededRequest{})
			step := importBy(env.Config(image(lighthouse)), test.id)
			step.ExpectError = saidInOrder(test.want...)
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{step}})
		})
	}
}

// An import needs a key, since it asks fal.
func TestImageImport_withoutKey(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	seedLighthouse(t, env, emulator.SeededRequest{})
	step := importBy(fmt.Sprintf("provider \"flux2\" {\n  queue_url = \"%s/queue\"\n}\n%s", env.URL, image(lighthouse)), knownRequest)
	step.ExpectError = said("Set the environment variable FAL_KEY, or api_key in the provider block")
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{step}})
}
