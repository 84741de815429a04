// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

const (
	art = "flux2_image.art"

	// The seed that DeriveSeed's golden vectors give for lighthouse.
	lighthouseSeed = 1547761601
	lighthouse     = `prompt = "a lighthouse at dusk"`
)

// image declares flux2_image.art.
func image(arguments ...string) string {
	return "resource \"flux2_image\" \"art\" {\n  " + strings.Join(arguments, "\n  ") + "\n}\n"
}

func at(steps ...string) tfjsonpath.Path {
	path := tfjsonpath.New(steps[0])
	for _, step := range steps[1:] {
		path = path.AtMapKey(step)
	}
	return path
}

// expect checks one attribute of flux2_image.art in state.
func expect(attribute string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(art, at(attribute), check)
}

// plans checks what is planned for flux2_image.art.
func plans(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(art, action)}}
}

// emptyPlan applies a configuration again and wants nothing to be planned.
func emptyPlan(config string) resource.TestStep {
	return resource.TestStep{Config: config, ConfigPlanChecks: resource.ConfigPlanChecks{
		PreApply:             []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
		PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
	}}
}

func TestImage_createdWithOneSubmissionAndThreeCalls(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	config := env.Config(image(lighthouse))
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(art, plancheck.ResourceActionCreate),
				plancheck.ExpectKnownValue(art, at("seed"), knownvalue.Int64Exact(lighthouseSeed)),
				plancheck.ExpectKnownValue(art, at("image_size"), knownvalue.StringExact("landscape_4_3")),
				plancheck.ExpectKnownValue(art, at("endpoint_id"), knownvalue.StringExact("fal-ai/flux-2-dev")),
				plancheck.ExpectUnknownValue(art, at("request_id")),
				plancheck.ExpectUnknownValue(art, at("url")),
			}},
			ConfigStateChecks: []statecheck.StateCheck{
				expect("seed", knownvalue.Int64Exact(lighthouseSeed)),
				expect("guidance_scale", knownvalue.Float64Exact(2.5)),
				expect("num_inference_steps", knownvalue.Int64Exact(28)),
				expect("custom_image_size", knownvalue.Null()),
				expect("acceleration", knownvalue.StringExact("regular")),
				expect("output_format", knownvalue.StringExact("png")),
				expect("status", knownvalue.StringExact("COMPLETED")),
				expect("request_id", knownvalue.StringRegexp(said("-7"))),
				expect("url", knownvalue.StringRegexp(said(env.URL+"/media/"))),
				expect("has_nsfw_concepts", knownvalue.ListExact([]knownvalue.Check{knownvalue.Bool(false)})),
				expect("images", knownvalue.ListPartial(map[int]knownvalue.Check{0: knownvalue.ObjectPartial(map[string]knownvalue.Check{
					"width": knownvalue.Int64Exact(1024), "height": knownvalue.Int64Exact(768), "content_type": knownvalue.StringExact("image/png"),
				})})),
				expect("timings", knownvalue.MapPartial(map[string]knownvalue.Check{"inference": knownvalue.NotNull()})),
				expect("billable_units", knownvalue.NotNull()),
				expect("media_available", knownvalue.Bool(true)),
				expect("adopted", knownvalue.Bool(false)),
				expect("wait_abandoned", knownvalue.Bool(false)),
				expect("error", knownvalue.Null()),
				expect("created_at", knownvalue.NotNull()),
			},
		},
		emptyPlan(config),
	}})

	var calls []string
	for _, entry := range env.Emulator.Log() {
		if entry.Route != emulator.RouteMedia {
			calls = append(calls, string(entry.Route))
		}
	}
	if got := strings.Join(calls, " "); got != "submit stream result" {
		t.Errorf("called %s, want submit stream result", got)
	}
}

// Two runs from nothing send the same bytes and get the same picture.
func TestImage_sameConfigurationSameRequestSamePicture(t *testing.T) {
	t.Parallel()

	type run struct {
		body, picture []byte
	}
	runs := make([]run, 2)
	for i := range runs {
		env := acctest.New(t)
		env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{
			Config: env.Config(image(lighthouse, `image_size = "square"`, `output_format = "webp"`)),
			ConfigStateChecks: []statecheck.StateCheck{expect("url", knownvalue.StringFunc(func(url string) error {
				picture, err := fetch(t, url)
				runs[i].picture = picture
				return err
			}))},
		}}})
		runs[i].body = env.Emulator.Submissions()[0].Body
	}
	if !bytes.Equal(runs[0].body, runs[1].body) {
		t.Errorf("sent %s, then %s", runs[0].body, runs[1].body)
	}
	if len(runs[0].picture) == 0 || !bytes.Equal(runs[0].picture, runs[1].picture) {
		t.Errorf("pictures of %d and %d bytes differ", len(runs[0].picture), len(runs[1].picture))
	}
}

func fetch(t *testing.T, url string) ([]byte, error) {
	t.Helper()

	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	return io.ReadAll(response.Body)
}

// Whatever decides how the image looks makes a new one, and what does not,
// doesn't.
func TestImage_changes(t *testing.T) {
	t.Parallel()

	replace := plancheck.ResourceActionDestroyBeforeCreate
	update := plancheck.ResourceActionUpdate
	nothing := plancheck.ResourceActionNoop
	for name, test := range map[string]struct {
		before, after string
		want          plancheck.ResourceActionType
		seed          int64
	}{
		"guidance_scale":           {"", `guidance_scale = 3`, replace, lighthouseSeed},
		"seed pinned to another":   {"", `seed = 7`, replace, 7},
		"seed pinned to itself":    {"", fmt.Sprintf(`seed = %d`, lighthouseSeed), nothing, lighthouseSeed},
		"seed no longer pinned":    {`seed = 7`, "", nothing, 7},
		"num_inference_steps":      {"", `num_inference_steps = 20`, replace, lighthouseSeed},
		"num_images":               {"", `num_images = 2`, replace, lighthouseSeed},
		"acceleration":             {"", `acceleration = "high"`, replace, lighthouseSeed},
		"enable_prompt_expansion":  {"", `enable_prompt_expansion = true`, replace, lighthouseSeed},
		"enable_safety_checker":    {"", `enable_safety_checker = false`, replace, lighthouseSeed},
		"output_format":            {"", `output_format = "webp"`, replace, lighthouseSeed},
		"endpoint_id":              {"", `endpoint_id = "fal-ai/flux-2"`, replace, lighthouseSeed},
		"first keeper":             {"", `keepers = { i = "0" }`, replace, 2498298820},
		"last keeper":              {`keepers = { i = "0" }`, `keepers = {}`, replace, lighthouseSeed},
		"no keepers to null":       {`keepers = {}`, "", update, lighthouseSeed},
		"null to no keepers":       {"", `keepers = {}`, update, lighthouseSeed},
		"another keeper":           {`keepers = { i = "1" }`, `keepers = { i = "0" }`, replace, 2498298820},
		"timeouts":                 {"", `timeouts = { create = "1h" }`, update, lighthouseSeed},
		"default spelt out":        {"", `num_inference_steps = 28`, nothing, lighthouseSeed},
		"preset to preset":         {`image_size = "square"`, `image_size = "square_hd"`, replace, lighthouseSeed},
		"preset to default":        {`image_size = "square"`, "", replace, lighthouseSeed},
		"preset to custom":         {`image_size = "square"`, `custom_image_size = { width = 512, height = 544 }`, replace, lighthouseSeed},
		"preset to its size":       {`image_size = "square"`, `custom_image_size = { width = 512, height = 512 }`, update, lighthouseSeed},
		"default to its size":      {"", `custom_image_size = { width = 1024, height = 768 }`, update, lighthouseSeed},
		"size to its preset":       {`custom_image_size = { width = 512, height = 512 }`, `image_size = "square"`, update, lighthouseSeed},
		"default to custom":        {"", `custom_image_size = { width = 512, height = 512 }`, replace, lighthouseSeed},
		"custom to preset":         {`custom_image_size = { width = 512, height = 544 }`, `image_size = "square"`, replace, lighthouseSeed},
		"custom to custom":         {`custom_image_size = { width = 512, height = 512 }`, `custom_image_size = { width = 512, height = 640 }`, replace, lighthouseSeed},
		"default preset spelt out": {"", `image_size = "landscape_4_3"`, nothing, lighthouseSeed},
		"sync_mode":                {"", `sync_mode = true`, replace, lighthouseSeed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			submissions := 1
			var sameRequest compare.ValueComparer = compare.ValuesSame()
			if test.want == replace {
				submissions, sameRequest = 2, compare.ValuesDiffer()
			}
			request := statecheck.CompareValue(sameRequest)
			after := env.Config(image(lighthouse, test.after))
			env.Test(t, submissions, resource.TestCase{Steps: []resource.TestStep{
				{
					Config:            env.Config(image(lighthouse, test.before)),
					ConfigStateChecks: []statecheck.StateCheck{request.AddStateValue(art, at("request_id"))},
				},
				{
					Config:           after,
					ConfigPlanChecks: plans(test.want),
					ConfigStateChecks: []statecheck.StateCheck{
						request.AddStateValue(art, at("request_id")),
						expect("seed", knownvalue.Int64Exact(test.seed)),
						expect("status", knownvalue.StringExact("COMPLETED")),
					},
				},
				emptyPlan(after),
			}})
		})
	}
}

// A prompt that is only known during apply leaves the seed open in the plan;
// once it is known, the rule is the same.
func TestAccImage_promptKnownAfterApply(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	config := env.Config(`
resource "terraform_data" "subject" {
  input = "a lighthouse at dusk"
}

` + image(`prompt = terraform_data.subject.output`))
	env.TestAcc(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectUnknownValue(art, at("prompt")),
				plancheck.ExpectUnknownValue(art, at("seed")),
			}},
			ConfigStateChecks: []statecheck.StateCheck{expect("seed", knownvalue.Int64Exact(lighthouseSeed))},
		},
		emptyPlan(config),
	}})
}

// A seed of 63 bits reaches fal and state without losing a digit.
func TestImage_largestSeed(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	config := env.Config(image(lighthouse, `seed = 9223372036854775807`))
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{
			Config:            config,
			ConfigStateChecks: []statecheck.StateCheck{expect("seed", knownvalue.Int64Exact(9223372036854775807))},
		},
		emptyPlan(config),
	}})
	if body := env.Emulator.Submissions()[0].Body; !bytes.Contains(body, []byte(`"seed":9223372036854775807,`)) {
		t.Errorf("sent %s", body)
	}
}

// The provider's endpoint is for new images only.
func TestImage_providersEndpointDoesNotReplace(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	configFor := func(endpoint string) string {
		return fmt.Sprintf("provider \"flux2\" {\n  emulator_url = %q\n  endpoint_id = %q\n}\n%s", env.URL, endpoint, image(lighthouse))
	}
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{
			Config:            configFor("fal-ai/flux-2"),
			ConfigStateChecks: []statecheck.StateCheck{expect("endpoint_id", knownvalue.StringExact("fal-ai/flux-2"))},
		},
		emptyPlan(configFor("fal-ai/flux-2-dev")),
	}})
	if endpoint := env.Emulator.Submissions()[0].EndpointID; endpoint != "fal-ai/flux-2" {
		t.Errorf("submitted to %s", endpoint)
	}
}

// Ten images share connections instead of opening one for each call.
func TestImage_manyShareConnections(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	config := env.Config(`
resource "flux2_image" "art" {
  for_each = toset([for i in range(10) : tostring(i)])

  prompt  = "a lighthouse at dusk"
  keepers = { i = each.key }
}
`)
	env.Test(t, 10, resource.TestCase{Steps: []resource.TestStep{
		{Config: config},
		emptyPlan(config),
		// The harness can't clean up after for_each with its own means.
		{Config: config, Destroy: true},
	}})

	connections := map[string]bool{}
	calls := 0
	for _, entry := range env.Emulator.Log() {
		if entry.Route != emulator.RouteMedia {
			connections[entry.RemoteAddr] = true
			calls++
		}
	}
	if calls != 30 || len(connections) > 12 {
		t.Errorf("%d calls over %d connections, want 30 over a dozen at most", calls, len(connections))
	}
}
