// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

const (
	erase           = "delete_payloads_on_destroy = true"
	adoptedIsKept   = "Adopted Request Is Not Erased"
	oldIsKept       = "Old Request Is Not Erased"
	cannotBeDeleted = "Payloads Can't Be Deleted"
)

// summariesOf are what diagnostics are called.
func summariesOf(said engine.Diagnostics) []string {
	var summaries []string
	for _, d := range said {
		summaries = append(summaries, d.Summary)
	}
	return summaries
}

// expectSummaries checks what was said, by name.
func expectSummaries(t *testing.T, when string, said engine.Diagnostics, want ...string) {
	t.Helper()

	if got := summariesOf(said); !slices.Equal(got, want) {
		t.Errorf("%s: said %q, want %q:\n%s", when, got, want, said)
	}
}

// expectErased checks how many requests fal was asked to erase, and that the files of
// all others are there.
func expectErased(t *testing.T, env *acctest.Environment, want int) {
	t.Helper()

	if calls := len(env.Emulator.LogOf(emulator.RouteDeletePayloads)); calls != want {
		t.Errorf("%d deletions were asked for, want %d", calls, want)
	}
	gone := 0
	for _, request := range env.Emulator.Requests() {
		if request.MediaGone {
			gone++
		}
	}
	if gone != want {
		t.Errorf("the files of %d requests are gone, want %d", gone, want)
	}
}

// What an image has adopted is never erased. That is said when the switch is planned,
// not at each plan after it, and again at the end.
func TestErasing_adopted(t *testing.T) {
	t.Parallel()

	for name, adopt := range map[string]func(t *testing.T, env *acctest.Environment, e *acctest.Engine){
		"imported": func(t *testing.T, env *acctest.Environment, e *acctest.Engine) {
			t.Helper()
			if err := e.Import(t.Context(), env.Config(image(lighthouse)), art, knownRequest).Err(); err != nil {
				t.Fatal(err)
			}
		},
		"found in the history": func(t *testing.T, env *acctest.Environment, e *acctest.Engine) {
			t.Helper()
			e.MustApply(emulated(env, reuse, image(lighthouse)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			seedLighthouse(t, env, emulator.SeededRequest{SentAt: time.Now().Add(-time.Hour)})
			e := env.Engine(t)
			adopt(t, env, e)
			keep, config := env.Config(image(lighthouse)), env.Config(image(lighthouse, erase))

			_, said := e.MustPlan(config, engine.PlanOptions{})
			expectSummaries(t, "planning the switch", said, adoptedIsKept)
			for _, want := range []string{"request " + knownRequest, "adopted is true", "with the action flux2_delete_payloads", `The guide "Erasing what was generated"`} {
				if !strings.Contains(said.String(), want) {
					t.Errorf("planning does not say %q:\n%s", want, said)
				}
			}
			_, said = e.MustPlan(keep, engine.PlanOptions{Destroy: true})
			expectSummaries(t, "destroying without the switch", said)
			e.MustApply(config)
			_, said = e.MustPlan(config, engine.PlanOptions{})
			expectSummaries(t, "the next plan", said)

			_, said = e.MustPlan(config, engine.PlanOptions{Destroy: true})
			expectSummaries(t, "planning the end", said, adoptedIsKept)
			_, said = e.MustPlan(env.Config(image(`prompt = "a lighthouse at dawn"`, erase)), engine.PlanOptions{})
			expectSummaries(t, "planning a replacement", said, adoptedIsKept)
			plan, _ := e.MustPlan(config, engine.PlanOptions{Destroy: true})
			expectSummaries(t, "the end", e.Apply(t.Context(), plan), adoptedIsKept)
			if left := e.State().Addresses(); len(left) != 0 {
				t.Errorf("the state still has %v", left)
			}
			expectErased(t, env, 0)
			env.ExpectSubmissions(t, 0)
		})
	}
}

// That a request is adopted may be known only once it is.
func TestErasing_adoptedByTheApply(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	seedLighthouse(t, env, emulator.SeededRequest{SentAt: time.Now().Add(-time.Hour)})
	e := env.Engine(t)
	config := emulated(env, reuse, image(lighthouse, erase))
	plan, said := e.MustPlan(config, engine.PlanOptions{})
	expectSummaries(t, "planning", said)
	expectSummaries(t, "applying", e.Apply(t.Context(), plan), adoptedIsKept)
	env.ExpectSubmissions(t, 0)
}

// What becomes of an image that is replaced, its state decides. The plan says so of a
// switch that comes too late.
func TestErasing_switchedTogetherWithTheReplacement(t *testing.T) {
	t.Parallel()

	dawn := `prompt = "a lighthouse at dawn"`
	for name, test := range map[string]struct {
		before, after []string
		warned        []string
		erased, made  int
	}{
		"with the prompt":              {[]string{lighthouse}, []string{dawn, erase}, []string{oldIsKept}, 0, 2},
		"with the size":                {[]string{lighthouse}, []string{lighthouse, `image_size = "square"`, erase}, []string{oldIsKept}, 0, 2},
		"with a keeper":                {[]string{lighthouse}, []string{lighthouse, `keepers = { i = 1 }`, erase}, []string{oldIsKept}, 0, 2},
		"with an unknown prompt":       {[]string{lighthouse}, []string{"prompt = terraform_data.words.output", erase}, []string{oldIsKept}, 0, 2},
		"before the prompt":            {[]string{lighthouse, erase}, []string{dawn, erase}, nil, 1, 2},
		"taken back with the prompt":   {[]string{lighthouse, erase}, []string{dawn}, nil, 1, 2},
		"alone":                        {[]string{lighthouse}, []string{lighthouse, erase}, nil, 0, 1},
		"with another switch":          {[]string{lighthouse}, []string{lighthouse, `on_media_expired = "ignore"`, erase}, nil, 0, 1},
		"never, with another prompt":   {[]string{lighthouse}, []string{dawn}, nil, 0, 2},
		"with other line endings":      {[]string{`prompt = "a\nb"`}, []string{`prompt = "a\r\nb"`, erase}, nil, 0, 1},
		"with a seed that is the same": {[]string{lighthouse}, []string{lighthouse, "seed = 1547761601", erase}, nil, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			e := env.Engine(t)
			words := "resource \"terraform_data\" \"words\" {\n  input = \"a lighthouse at noon\"\n}\n"
			e.MustApply(env.Config(image(test.before...)))
			plan, said := e.MustPlan(env.Config(image(test.after...)+words), engine.PlanOptions{})
			expectSummaries(t, "planning", said, test.warned...)
			expectSummaries(t, "applying", e.Apply(t.Context(), plan))
			expectErased(t, env, test.erased)
			env.ExpectSubmissions(t, test.made)
		})
	}
}

// What will keep fal from erasing is said before the destroy fails of it, as far as it
// is known.
func TestErasing_plannedWhereItWillFail(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithKey(adminKey, emulator.ScopeAdmin))
	e := env.Engine(t)
	config := image(lighthouse, erase)
	with, without := env.ConfigWithKey(adminKey, config), configWith(env, "", config)
	e.MustApply(with)

	plan, said := e.MustPlan(without, engine.PlanOptions{Destroy: true})
	expectSummaries(t, "planning without a key", said, cannotBeDeleted)
	if !strings.Contains(said.String(), "API key of scope ADMIN, and none is configured: destroying the image will fail") {
		t.Errorf("planning without a key said %s", said)
	}
	expectSummaries(t, "destroying without a key", e.Apply(t.Context(), plan), "Payloads Not Deleted")
	plan, said = e.MustPlan(with, engine.PlanOptions{Destroy: true})
	expectSummaries(t, "planning with the key", said)
	expectErased(t, env, 0)
	expectSummaries(t, "destroying with the key", e.Apply(t.Context(), plan))
	expectErased(t, env, 1)
	env.ExpectSubmissions(t, 1)
}

// An answer to a direct request may name no request, and then none can be erased.
func TestErasing_withoutAnId(t *testing.T) {
	t.Parallel()

	const namelessIsKept = "Request Without an Id Is Not Erased"
	nameless := emulator.Fault{Route: emulator.RouteRun, Accept: true, Headers: map[string]string{"X-Fal-Request-Id": ""}}
	env := acctest.New(t, emulator.WithFaults(nameless))
	e := env.Engine(t)
	keep, config := emulated(env, direct, image(lighthouse)), emulated(env, direct, image(lighthouse, erase))
	e.MustApply(keep)
	_, said := e.MustPlan(config, engine.PlanOptions{})
	expectSummaries(t, "planning the switch", said, namelessIsKept)
	e.MustApply(config)
	plan, said := e.MustPlan(config, engine.PlanOptions{Destroy: true})
	expectSummaries(t, "planning the end", said, namelessIsKept)
	expectSummaries(t, "the end", e.Apply(t.Context(), plan), namelessIsKept)
	expectErased(t, env, 0)
	env.ExpectSubmissions(t, 1)
}

// An image that fal made is not erased from a run on an emulator. The plan says so
// before the destroy fails of it.
func TestErasing_onAnotherOrigin(t *testing.T) {
	t.Parallel()

	origins := newTwoOrigins(t)
	own, other, asked := origins.configs(false, image(lighthouse, erase))
	e := origins.fal.Engine(t)
	e.MustApply(own)
	_, said := e.MustPlan(other, engine.PlanOptions{Destroy: true, SkipRefresh: true})
	expectSummaries(t, "planning the end", said, cannotBeDeleted)
	if !strings.Contains(said.String(), "but this run talks to an emulator") {
		t.Errorf("planning said %s", said)
	}
	asked.ExpectSubmissions(t, 0)
	origins.fal.ExpectSubmissions(t, 1)
}
