// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

const otherInput = "Endpoint With Another Input"

// What another input costs is better known before. Of the provider's endpoint it is
// said once, of an image's own at each image, and of images that stay not at all.
func TestEndpoint_withAnotherInputWarns(t *testing.T) {
	t.Parallel()

	const turbo, pro = "fal-ai/flux-2/turbo", "fal-ai/flux-2-pro"
	env := acctest.New(t, emulator.WithEndpoints(turbo, pro))
	config := func(provider, own string) string {
		three := "resource \"flux2_image\" \"art\" {\n  count = 3\n  prompt = \"a lighthouse, ${count.index}\"\n  " + own + "\n}\n"
		return emulated(env, provider, three)
	}
	at := func(id string) string { return fmt.Sprintf("endpoint_id = %q", id) }
	e := env.Engine(t)
	for what, test := range map[string]struct {
		provider, own string
		warned        []string
		words         string
	}{
		"none":                      {"", "", nil, ""},
		"the other with this input": {at("fal-ai/flux-2"), "", nil, ""},
		"nobody knows":              {at("somebody/something"), "", nil, ""},
		"the provider's":            {at(turbo), "", []string{otherInput}, "The provider block has the endpoint_id " + turbo + ". That endpoint takes another input than flux2_image sends: it has no acceleration"},
		"each image's own":          {"", at(pro), []string{otherInput, otherInput, otherInput}, "This image has the endpoint_id " + pro + ". That endpoint takes another input"},
		"the provider's, not used":  {at(turbo), at("fal-ai/flux-2"), nil, ""},
	} {
		_, said := e.MustPlan(config(test.provider, test.own), engine.PlanOptions{})
		expectSummaries(t, what, said, test.warned...)
		if !strings.Contains(said.String(), test.words) {
			t.Errorf("%s: planning does not say %q:\n%s", what, test.words, said)
		}
		if test.warned != nil && !strings.Contains(said.String(), "Endpoints with the input of flux2_image are fal-ai/flux-2-dev and fal-ai/flux-2. To use one of them, set endpoint_id.") {
			t.Errorf("%s: planning names no other: %s", what, said)
		}
	}

	e.MustApply(config("", ""))
	_, said := e.MustPlan(config(at(turbo), ""), engine.PlanOptions{})
	expectSummaries(t, "with images that stay", said)
	_, said = e.MustPlan(strings.ReplaceAll(config(at(turbo), ""), "lighthouse", "harbour"), engine.PlanOptions{})
	expectSummaries(t, "with images that are replaced", said, otherInput)
	_, said = e.MustPlan(config("", at(pro)), engine.PlanOptions{})
	expectSummaries(t, "with images that are replaced for it", said, otherInput, otherInput, otherInput)
	env.ExpectSubmissions(t, 3)
}

// An endpoint that fal has not got is an error on endpoint_id that names others. fal
// says so at once of an owner and an alias, and in place of the result of a sub-path.
func TestEndpoint_unknownToFal(t *testing.T) {
	t.Parallel()

	const both = "Endpoints with the input of flux2_image are fal-ai/flux-2-dev and fal-ai/flux-2."
	for name, test := range map[string]struct {
		provider, own string
		faults        []emulator.Fault
		want          []string
		submissions   int
	}{
		"an alias":             {own: "nobody/nothing", want: []string{`Application "nobody/nothing" not found`, both}},
		"the provider's":       {provider: `endpoint_id = "nobody/nothing"`, want: []string{`Application "nobody/nothing" not found`, both}},
		"a sub-path":           {own: "fal-ai/flux-2-dev/nothing", want: []string{"and then had no such endpoint: Path /nothing not found (HTTP 404)", both}, submissions: 1},
		"a sub-path, direct":   {provider: direct, own: "fal-ai/flux-2-dev/nothing", want: []string{"Path /nothing not found (HTTP 404)", both}, submissions: 1},
		"one of another input": {own: "fal-ai/flux-2-flex", want: []string{"The emulator does not imitate fal-ai/flux-2-flex", both}},
		"this one, which is gone": {
			faults: []emulator.Fault{notFound("fal-ai/flux-2-dev")},
			want:   []string{"Another endpoint with the input of flux2_image is fal-ai/flux-2."},
		},
		"in the name of another": {
			own: "fal-ai/flux-2", faults: []emulator.Fault{notFound("fal-ai/flux-2-dev")},
			want: []string{"fal's answer names fal-ai/flux-2-dev, and not fal-ai/flux-2, which was asked", "fal has fal-ai/flux-2-dev no more, or not for this account",
				"Another endpoint with the input of flux2_image is fal-ai/flux-2-dev."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithFaults(test.faults...))
			onClock(env, acctest.NewClock(untilSilence))
			own := ""
			if test.own != "" {
				own = fmt.Sprintf("endpoint_id = %q", test.own)
			}
			e := env.Engine(t)
			said := e.Run(t.Context(), emulated(env, test.provider, image(lighthouse, own)), engine.PlanOptions{})
			errs := said.Err()
			if errs == nil || !saidInOrder(append([]string{"Endpoint Not Found"}, test.want...)...).MatchString(errs.Error()) {
				t.Errorf("said %s", said)
			}
			if own != "" && !strings.Contains(said.String(), ": "+own) && !strings.Contains(said.String(), own) {
				t.Errorf("it is not on endpoint_id: %s", said)
			}
			if left := e.State().Addresses(); len(left) > 0 {
				t.Errorf("the state has %v", left)
			}
			env.ExpectSubmissions(t, test.submissions)
		})
	}
}

// notFound refuses a submission as fal refuses those to an application that it has not got.
func notFound(application string) emulator.Fault {
	body := fmt.Sprintf(`{"detail":"Application \"%s\" not found"}`, application)
	return emulator.Fault{Route: emulator.RouteSubmit, Status: http.StatusNotFound, Body: &body}
}
