// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

const equalImage = "Equal Image Is Destroyed and Created"

// movesOf are the warnings that are about images of which an equal one goes.
func movesOf(said engine.Diagnostics) engine.Diagnostics {
	var moves engine.Diagnostics
	for _, d := range said {
		if d.Summary == equalImage {
			moves = append(moves, d)
		}
	}
	return moves
}

// viewsNamed declares images of some views of a lighthouse.
func viewsNamed(name string, views ...string) string {
	declared := ""
	for _, view := range views {
		declared += fmt.Sprintf("resource \"flux2_image\" %q {\n  prompt = \"a lighthouse, %s\"\n}\n", strings.TrimSpace(name+view), view)
	}
	return declared
}

// viewsCounted declares the same with count.
func viewsCounted(views ...string) string {
	return fmt.Sprintf("resource \"flux2_image\" \"art\" {\n  count  = %d\n  prompt = \"a lighthouse, ${[%s][count.index]}\"\n}\n", len(views), `"`+strings.Join(views, `", "`)+`"`)
}

// viewsMapped declares the same with for_each.
func viewsMapped(views ...string) string {
	return fmt.Sprintf("resource \"flux2_image\" \"art\" {\n  for_each = toset([%s])\n  prompt   = \"a lighthouse, ${each.key}\"\n}\n", `"`+strings.Join(views, `", "`)+`"`)
}

// Whoever moves an image in the configuration and does not say so pays again. The
// plan says how not to.
func TestMoves_warn(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		before, after string
		made, warned  int
	}{
		"a rename":                           {viewsNamed("old_", "dusk"), viewsNamed("new_", "dusk"), 1, 1},
		"three renames":                      {viewsNamed("old_", "dawn", "noon", "dusk"), viewsNamed("new_", "dawn", "noon", "dusk"), 3, 3},
		"count becomes for_each":             {viewsCounted("dawn", "noon"), viewsMapped("dawn", "noon"), 2, 2},
		"the first of a count is removed":    {viewsCounted("dawn", "noon", "dusk"), viewsCounted("noon", "dusk"), 3, 1},
		"a rename with another prompt":       {viewsNamed("old_", "dusk"), viewsNamed("new_", "dawn"), 1, 0},
		"one removed, one added":             {viewsNamed("a_", "dawn", "noon"), viewsNamed("a_", "noon", "dusk"), 2, 0},
		"the last of a count is removed":     {viewsCounted("dawn", "noon"), viewsCounted("dawn"), 2, 0},
		"all removed":                        {viewsCounted("dawn", "noon"), "", 2, 0},
		"another prompt at the same address": {viewsCounted("dawn"), viewsCounted("noon"), 1, 0},
		"a rename and another size":          {viewsNamed("old_", "dusk"), strings.ReplaceAll(viewsNamed("new_", "dusk"), "prompt", "image_size = \"square\"\n  prompt"), 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithPainting(emulator.PaintOnDemand))
			e := env.Engine(t)
			e.MustApply(emulated(env, "", test.before))
			for what, options := range map[string]engine.PlanOptions{"refreshed": {}, "not refreshed": {SkipRefresh: true}} {
				_, said := e.MustPlan(emulated(env, "", test.after), options)
				moves := movesOf(said)
				if len(moves) != test.warned {
					t.Errorf("%s: %d warnings, want %d: %s", what, len(moves), test.warned, said)
				}
				for _, move := range moves {
					if !strings.Contains(move.Detail, "moved {\n      from = flux2_image.OLD\n") {
						t.Errorf("%s: there is nothing to copy in %s", what, move)
					}
				}
			}
			_, said := e.MustPlan(emulated(env, "", test.before), engine.PlanOptions{Destroy: true})
			if moves := movesOf(said); len(moves) > 0 {
				t.Errorf("destroying all says %s", moves)
			}
			env.ExpectSubmissions(t, test.made)
		})
	}
}

// Engines plan both in any order, and show no warning of the second plan of a
// replacement.
func TestMoves_inAnyOrder(t *testing.T) {
	t.Parallel()

	dusk, dawn := arguments{"prompt": word("a lighthouse at dusk")}, arguments{"prompt": word("a lighthouse at dawn")}
	for name, first := range map[string]bool{"destruction first": true, "creation first": false} {
		for what, replaced := range map[string]bool{"created": false, "replaced": true} {
			t.Run(name+", "+what, func(t *testing.T) {
				t.Parallel()

				env := acctest.New(t, emulator.WithPainting(emulator.PaintOnDemand))
				c := converseConfigured(t, env)
				old, other := c.made(t, dusk), c.made(t, dawn)
				var shown []*tfprotov6.Diagnostic
				destroy := func() {
					shown = append(shown, c.planEnd(t, old).Diagnostics...)
				}
				create := func() {
					if !replaced {
						shown = append(shown, c.plan(t, nil, nil, dusk).Diagnostics...)
						return
					}
					shown = append(shown, c.plan(t, other.NewState, other.Private, dusk).Diagnostics...)
					c.plan(t, nil, other.Private, dusk)
				}
				if first {
					destroy()
					create()
				} else {
					create()
					destroy()
				}
				id := as[string](t, attributesOf(t, unpacked(t, old.NewState, c.image.ValueType()))["request_id"])
				if said := spoken(shown); strings.Count(said, equalImage) != 1 || !strings.Contains(said, "the id "+id) {
					t.Errorf("planning said %q", said)
				}
				env.ExpectSubmissions(t, 2)
			})
		}
	}
}

// planEnd plans that an image is destroyed.
func (c conversation) planEnd(t *testing.T, made *tfprotov6.ApplyResourceChangeResponse) *tfprotov6.PlanResourceChangeResponse {
	t.Helper()

	end := packed(t, nothing(c.image.ValueType()))
	response, err := c.server.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: "flux2_image", PriorState: made.NewState, PriorPrivate: made.Private, ProposedNewState: end, Config: end,
	})
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// With one provider for many walks, what is created is destroyed in a later one, and
// may be created again.
func TestMoves_oneConfigure(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithPainting(emulator.PaintOnDemand))
	e := env.ConfiguredOnce(t)
	config := emulated(env, "", viewsNamed("art_", "dawn", "dusk"))
	for range 2 {
		_, said := e.MustPlan(config, engine.PlanOptions{})
		said = append(said, e.MustApply(config)...)
		said = append(said, e.MustApply(config)...)
		said = append(said, e.MustRun(config, engine.PlanOptions{Destroy: true})...)
		if moves := movesOf(said); len(moves) > 0 {
			t.Errorf("nothing moves, and %s", moves)
		}
	}
	env.ExpectSubmissions(t, 4)

	// A rename is said all the same, each time that it is planned.
	e.MustApply(config)
	renamed := emulated(env, "", viewsNamed("new_", "dawn", "dusk"))
	for range 2 {
		if _, said := e.MustPlan(renamed, engine.PlanOptions{}); len(movesOf(said)) != 2 {
			t.Errorf("a rename says %s", said)
		}
	}
	e.MustApply(renamed)
	if moves := movesOf(e.MustRun(renamed, engine.PlanOptions{Destroy: true})); len(moves) > 0 {
		t.Errorf("the end says %s", moves)
	}
	env.ExpectSubmissions(t, 8)
}

// The block that the warning names is all that it takes.
func TestAccMoves_movedBlock(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithPainting(emulator.PaintOnDemand))
	workspace := env.Workspace(t)
	workspace.Write(env.Config(viewsNamed("old_", "dusk")))
	workspace.MustRun("apply", "-auto-approve", "-no-color")
	renamed := viewsNamed("new_", "dusk")
	workspace.Write(env.Config(renamed))
	if _, output := workspace.Run("plan", "-no-color"); !strings.Contains(output, equalImage) {
		t.Errorf("the plan says\n%s", output)
	}
	workspace.Write(env.Config(renamed + "moved {\n  from = flux2_image.old_dusk\n  to   = flux2_image.new_dusk\n}\n"))
	if output := workspace.MustRun("apply", "-auto-approve", "-no-color"); strings.Contains(output, equalImage) {
		t.Errorf("the apply says\n%s", output)
	}
	env.ExpectSubmissions(t, 1)
}

// Of an import whose inputs nobody could learn, nothing is known to be equal: it is
// destroyed, and completed in place, without a word.
func TestMoves_inputsThatAreNotKnown(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(emulator.Fault{Route: emulator.RouteHistory, Status: http.StatusForbidden}))
	seedLighthouse(t, env, emulator.SeededRequest{SentAt: time.Now().Add(-time.Hour)})
	config := env.Config(image(lighthouse))
	for what, plan := range map[string]func(e *acctest.Engine) engine.Diagnostics{
		"destroyed": func(e *acctest.Engine) engine.Diagnostics {
			return e.MustRun(config, engine.PlanOptions{Destroy: true})
		},
		"completed": func(e *acctest.Engine) engine.Diagnostics { return e.MustApply(config) },
		"removed":   func(e *acctest.Engine) engine.Diagnostics { return e.MustApply(env.Config("")) },
	} {
		e := env.Engine(t)
		if err := e.Import(t.Context(), config, art, knownRequest).Err(); err != nil {
			t.Fatal(err)
		}
		if moves := movesOf(plan(e)); len(moves) > 0 {
			t.Errorf("%s: %s", what, moves)
		}
	}
	env.ExpectSubmissions(t, 0)
}
