// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// A success without images may come from something between here and fal. It is
// believed if the history has none either; until then the request is kept.
func TestImage_successWithoutImages(t *testing.T) {
	t.Parallel()

	for name, options := range map[string][]emulator.Option{
		"no images":              {emulator.WithFaults(emulator.Fault{Route: emulator.RouteSubmit, Job: &emulator.JobFault{Images: new(int)}})},
		"an empty object":        refused(http.StatusOK, `{}`),
		"images of another kind": refused(http.StatusOK, `{"images":"none","seed":1}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, options...)
			config := env.Config(image(lighthouse))
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
				{
					PreConfig: func() {
						env.Emulator.Inject(emulator.Fault{Route: emulator.RouteHistory, Times: 1, Status: http.StatusForbidden})
					},
					Config:      config,
					ExpectError: saidInOrder("Image Not Collected", "fal accepted request", "Apply again to collect the image"),
				},
				{Config: config, ExpectError: saidInOrder("Unusable Result", "fal finished request", "its result can't be used", "may have billed it")},
				{
					// Nothing of it is left, so that the next run starts afresh.
					Config: config, PlanOnly: true, ExpectNonEmptyPlan: true,
					ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPreRefresh: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(art, plancheck.ResourceActionCreate),
					}},
				},
			}})
		})
	}
}

// What fal accepted moments ago is kept whatever is said of it for a while, and
// the next run collects it.
func TestImage_acceptedRequestIsKept(t *testing.T) {
	t.Parallel()

	maintenance := `{"message":"maintenance"}`
	for name, faults := range map[string][]emulator.Fault{
		"page of a gateway": {
			{Route: emulator.RouteResult, Status: http.StatusOK, Body: &maintenance},
			{Route: emulator.RouteHistory, Status: http.StatusOK, Body: ptr(`{"items":[],"has_more":false}`)},
		},
		"unknown to fal": {
			{Path: "/queue/fal-ai/flux-2-dev/requests/", Status: http.StatusNotFound},
			{Route: emulator.RouteHistory, Status: http.StatusOK, Body: ptr(`{"items":[],"has_more":false}`)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithFaults(faults...))
			onClock(env, acctest.NewClock(untilSilence))
			config := env.Config(image(lighthouse))
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
				{Config: config, ExpectError: saidInOrder("Image Not Collected", "fal accepted request", "Apply again to collect the image")},
				{PreConfig: env.Emulator.ClearFaults, Config: config, ConfigStateChecks: complete()},
				emptyPlan(config),
			}})
		})
	}
}

// A switch that is known only in the apply changes nothing that was planned.
func TestImage_switchKnownAfterApply(t *testing.T) {
	t.Parallel()

	const chosen = "resource \"terraform_data\" \"choice\" {\n  input = %q\n}\n\n"
	config := func(env *acctest.Environment, choice, argument string) string {
		return env.Config(fmt.Sprintf(chosen, choice) + image(lighthouse, argument))
	}
	t.Run("wait_for_completion", func(t *testing.T) {
		t.Parallel()

		env := acctest.New(t)
		const argument = `wait_for_completion = terraform_data.choice.output == "wait"`
		env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
			{Config: env.Config(image(lighthouse, "wait_for_completion = false"))},
			{Config: config(env, "go on", argument), ConfigStateChecks: []statecheck.StateCheck{expect("url", knownvalue.Null())}},
			{Config: config(env, "wait", argument), ConfigStateChecks: complete()},
		}})
	})
	t.Run("on_media_expired", func(t *testing.T) {
		t.Parallel()

		env := acctest.New(t)
		const argument = "on_media_expired = terraform_data.choice.output"
		env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
			{Config: config(env, "keep", argument)},
			{
				PreConfig: func() {
					if err := env.Emulator.ExpireMedia(env.Emulator.Submissions()[0].RequestID); err != nil {
						t.Error(err)
					}
				},
				Config:      config(env, "regenerate", argument),
				ExpectError: saidInOrder("Unknown Decision About an Image That Is Gone", "a value that is known in the plan"),
			},
			{Config: config(env, "keep", argument)},
		}})
	})
}
