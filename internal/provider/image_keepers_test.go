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
)

const anotherPayment = "Another Payment for the Same Picture"

// An imported image takes its first keepers for nothing. The next ones are a change
// like any other.
func TestKeepers_firstOfAnImport(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	seedLighthouse(t, env, emulator.SeededRequest{SentAt: time.Now().Add(-time.Hour)})
	config := func(arguments string) string { return env.Config(image(lighthouse, arguments)) }
	e := env.Engine(t)
	if err := e.Import(t.Context(), config(""), art, knownRequest).Err(); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		arguments   string
		submissions int
	}{
		{"", 0},
		{`keepers = {}`, 0},
		{`keepers = { edition = "spring" }`, 0},
		{`keepers = { edition = "summer" }`, 1},
		{"", 2},
		{`keepers = { edition = "summer" }`, 3},
	} {
		e.MustApply(config(step.arguments))
		env.ExpectSubmissions(t, step.submissions)
		if plan, _ := e.MustPlan(config(step.arguments), engine.PlanOptions{}); !plan.Empty() {
			t.Errorf("after %q, the next plan is %s", step.arguments, plan)
		}
	}
}

// An image that was adopted with reuse_requests_within was created here: that it had
// no keepers is known.
func TestKeepers_firstOfAnAdoptedImage(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	seedLighthouse(t, env, emulator.SeededRequest{SentAt: time.Now().Add(-time.Hour)})
	e := env.Engine(t)
	e.MustApply(emulated(env, reuse, image(lighthouse)))
	env.ExpectSubmissions(t, 0)
	if e.Objects()[art].AttributeValues["adopted"] != true {
		t.Fatal("nothing was adopted")
	}
	e.MustApply(emulated(env, reuse, image(lighthouse, `keepers = { edition = "spring" }`)))
	env.ExpectSubmissions(t, 1)
}

// A keeper in a file is the same with other line endings, as a prompt is.
func TestKeepers_lineEndings(t *testing.T) {
	t.Parallel()

	const lines, windows, saved = `a boat\nat sea\n`, `a boat\r\nat sea\r\n`, `\ufeffa boat\r\nat sea\r\n`
	env := acctest.New(t)
	config := func(brief string) string {
		return env.Config(image(lighthouse, `keepers = { brief = "`+brief+`", edition = "spring" }`))
	}
	e := env.Engine(t)
	e.MustApply(config(windows))
	seed := fmt.Sprint(e.Objects()[art].AttributeValues["seed"])
	for _, brief := range []string{lines, windows, saved, lines} {
		if plan, said := e.MustPlan(config(brief), engine.PlanOptions{}); !plan.Empty() || len(said) > 0 {
			t.Errorf("%q plans %s and says %s", brief, plan, said)
		}
		e.MustApply(config(brief))
	}
	env.ExpectSubmissions(t, 1)

	// The seed follows the text.
	e.MustRun(config(windows), engine.PlanOptions{Destroy: true})
	e.MustApply(config(lines))
	if got := fmt.Sprint(e.Objects()[art].AttributeValues["seed"]); got != seed {
		t.Errorf("with LF, the seed is %s, and was %s", got, seed)
	}
	env.ExpectSubmissions(t, 2)

	// Another word makes another image, whatever the lines end with.
	e.MustApply(config(windows + `at night\r\n`))
	env.ExpectSubmissions(t, 3)
}

// Version 0 left no mark. To it, an adopted image without keepers counts as imported,
// and no other does.
func TestKeepers_firstOfVersion0(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	c := converseConfigured(t, env)
	made := c.made(t, arguments{"prompt": word("a lighthouse at dusk")})
	first := arguments{"prompt": word("a lighthouse at dusk"), "keepers": imageAttributes["keepers"].value}
	none := named(map[string]tftypes.Value{})
	for name, test := range map[string]struct {
		state    map[string]tftypes.Value
		private  []byte
		replaced bool
	}{
		"adopted":               {state: map[string]tftypes.Value{"adopted": flag(true)}},
		"created":               {state: map[string]tftypes.Value{"adopted": flag(false)}, replaced: true},
		"adopted with no words": {state: map[string]tftypes.Value{"adopted": flag(true), "keepers": none}, replaced: true},
		"adopted of today":      {state: map[string]tftypes.Value{"adopted": flag(true)}, private: made.Private, replaced: true},
	} {
		planned := c.plan(t, c.with(t, made.NewState, test.state), test.private, first)
		if said := mistakes(planned.Diagnostics); said != "" {
			t.Errorf("%s: planning said %s", name, said)
		}
		if replaced := len(planned.RequiresReplace) > 0; replaced != test.replaced {
			t.Errorf("%s: replaced for %v", name, planned.RequiresReplace)
		}
	}
	env.ExpectSubmissions(t, 1)
}

// Where the seed does not follow the keepers, the plan says that the new picture will
// be the old one.
func TestKeepers_samePictureWarns(t *testing.T) {
	t.Parallel()

	pinned := fmt.Sprintf("seed = %d", lighthouseSeed)
	for name, test := range map[string]struct {
		before, after []string
		warned        bool
	}{
		"seed pinned":                  {[]string{"seed = 7", `keepers = { i = "1" }`}, []string{"seed = 7", `keepers = { i = "2" }`}, true},
		"seed pinned, first ones":      {[]string{"seed = 7"}, []string{"seed = 7", `keepers = { i = "1" }`}, true},
		"seed pinned, none any more":   {[]string{pinned, `keepers = { i = "1" }`}, []string{pinned}, true},
		"pin of the seed without":      {[]string{pinned, `keepers = { i = "1" }`}, nil, true},
		"seed derived":                 {[]string{`keepers = { i = "1" }`}, []string{`keepers = { i = "2" }`}, false},
		"seed pinned, other size":      {[]string{"seed = 7"}, []string{"seed = 7", `keepers = { i = "1" }`, `image_size = "square"`}, false},
		"seed pinned, size by pixels":  {[]string{"seed = 7"}, []string{"seed = 7", `keepers = { i = "1" }`, `custom_image_size = { width = 1024, height = 768 }`}, true},
		"seed pinned, other endpoint":  {[]string{"seed = 7"}, []string{"seed = 7", `keepers = { i = "1" }`, `endpoint_id = "fal-ai/flux-2"`}, false},
		"seed pinned, none by a map":   {[]string{"seed = 7"}, []string{"seed = 7", `keepers = {}`}, false},
		"seed pinned with the keepers": {[]string{`keepers = { i = "1" }`}, []string{"seed = 7", `keepers = { i = "2" }`}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithPainting(emulator.PaintOnDemand))
			config := func(arguments []string) string {
				return env.Config(image(append([]string{lighthouse}, arguments...)...))
			}
			e := env.Engine(t)
			if said := e.MustApply(config(test.before)).String(); strings.Contains(said, anotherPayment) {
				t.Errorf("the first image is said to be another: %s", said)
			}
			_, said := e.MustPlan(config(test.after), engine.PlanOptions{})
			var about []string
			for _, warning := range said.Warnings() {
				if warning.Summary == anotherPayment {
					about = append(about, warning.Attribute)
				}
			}
			if warned := len(about) == 1 && about[0] == ".keepers"; warned != test.warned {
				t.Errorf("planning said %q", said)
			}
			env.ExpectSubmissions(t, 1)
		})
	}
}

// The warning is in the first of the two plans of a replacement: engines drop those
// of the second.
func TestKeepers_samePictureWarnsInTheFirstPlan(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	c := converseConfigured(t, env)
	set := arguments{"prompt": word("a lighthouse at dusk"), "seed": number(7)}
	made := c.made(t, set)
	set["keepers"] = imageAttributes["keepers"].value
	for what, planned := range map[string]*tfprotov6.PlanResourceChangeResponse{
		"first":  c.plan(t, made.NewState, made.Private, set),
		"second": c.plan(t, nil, nil, set),
	} {
		if said := spoken(planned.Diagnostics); strings.Contains(said, anotherPayment) != (what == "first") {
			t.Errorf("the %s plan said %q", what, said)
		}
	}
	env.ExpectSubmissions(t, 1)
}
