// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
)

// asVersion0 makes objects in state be those of the first release, which all are at one
// path: without what came later, without private data, and with nothing in the store.
func (g *gallery) asVersion0(path string, addresses ...string) {
	g.t.Helper()

	state := g.State().Copy()
	for _, address := range addresses {
		attributes := g.Objects()[address].AttributeValues
		for _, later := range []string{"id", "mirrors", "overwrite", "on_missing", "transform", "source_sha256"} {
			delete(attributes, later)
		}
		attributes["path"] = path
		encoded, err := json.Marshal(attributes)
		if err != nil {
			g.t.Fatal(err)
		}
		state.Rewrite(address, 0, encoded)
	}
	g.SetState(state)
	if err := os.RemoveAll(g.env.DataFolder); err != nil {
		g.t.Fatal(err)
	}
}

// Objects of the first release plan nothing, and are cared for like all others.
func TestImageFile_objectsOfTheFirstRelease(t *testing.T) {
	t.Parallel()

	for name, life := range map[string]func(t *testing.T, g *gallery){
		"unchanged": func(*testing.T, *gallery) {},
		"moved after the URL is gone": func(t *testing.T, g *gallery) {
			t.Helper()
			g.host.set(nil)
			g.MustApply(g.one("heron", "b.png"))
			g.expectDisk(map[string][]byte{"b.png": g.heron})
			g.quiet(g.one("heron", "b.png"))
		},
		"changed": func(t *testing.T, g *gallery) {
			t.Helper()
			g.MustApply(g.one("hare", "a.png"))
			g.expectDisk(map[string][]byte{"a.png": g.hare})
			g.expectStored(g.heron)
		},
		"replaced after the URL is gone": func(t *testing.T, g *gallery) {
			t.Helper()
			g.host.set(nil)
			g.fails(g.one("heron", "a.png"), engine.PlanOptions{Replace: []string{file}}, "Image Not Fetched")
			g.expectDisk(map[string][]byte{"a.png": g.heron})
		},
		"tainted after the URL is gone": func(t *testing.T, g *gallery) {
			t.Helper()
			g.host.set(nil)
			g.Taint(file)
			g.fails(g.one("heron", "a.png"), engine.PlanOptions{}, "Image Not Fetched")
			g.expectDisk(map[string][]byte{"a.png": g.heron})
		},
		"replaced": func(t *testing.T, g *gallery) {
			t.Helper()
			g.MustRun(g.one("heron", "a.png"), engine.PlanOptions{Replace: []string{file}})
			g.expectDisk(map[string][]byte{"a.png": g.heron})
			g.quiet(g.one("heron", "a.png"))
		},
		"replaced, created first": func(t *testing.T, g *gallery) {
			t.Helper()
			g.MustRun(g.one("hare", "a.png", createFirst), engine.PlanOptions{Replace: []string{file}})
			g.expectDisk(map[string][]byte{"a.png": g.hare})
			g.expectStored(g.heron)
			g.quiet(g.one("hare", "a.png", createFirst))
		},
		"under another name": func(t *testing.T, g *gallery) {
			t.Helper()
			renamed := strings.ReplaceAll(g.one("heron", "a.png"), `"art"`, `"renamed"`)
			g.MustApply(renamed)
			g.expectDisk(map[string][]byte{"a.png": g.heron})
			g.quiet(renamed)
		},
		"moved, then destroyed": func(t *testing.T, g *gallery) {
			t.Helper()
			g.MustApply(g.one("heron", "b.png"))
			g.MustRun(g.one("heron", "b.png"), engine.PlanOptions{Destroy: true})
			g.expectDisk(nil)
			g.expectStored(g.heron)
		},
		"a second at its path": func(t *testing.T, g *gallery) {
			t.Helper()
			g.refused(g.one("heron", "a.png")+g.named("second", "hare", "a.png"), engine.PlanOptions{}, "Path Used Twice")
			g.expectDisk(map[string][]byte{"a.png": g.heron})
		},
		"destroyed": func(t *testing.T, g *gallery) {
			t.Helper()
			g.MustRun(g.one("heron", "a.png"), engine.PlanOptions{Destroy: true})
			g.expectDisk(nil)
			g.expectStored(g.heron)
		},
		"destroyed without a refresh": func(t *testing.T, g *gallery) {
			t.Helper()
			g.MustRun(g.one("heron", "a.png"), engine.PlanOptions{Destroy: true, SkipRefresh: true})
			g.expectDisk(nil)
			g.expectStored(g.heron)
		},
		"removed from the configuration": func(t *testing.T, g *gallery) {
			t.Helper()
			g.MustApply(g.env.Config(""))
			g.expectDisk(nil)
			g.expectStored(g.heron)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			g := newGallery(t, engine.Options{})
			g.MustApply(g.one("heron", "a.png"))
			g.asVersion0(g.at("a.png"), file)
			g.quiet(g.one("heron", "a.png"))
			plan, _ := g.MustPlan(g.one("heron", "a.png"), engine.PlanOptions{RefreshOnly: true})
			if !plan.Empty() {
				t.Errorf("with -refresh-only the plan is %s", plan)
			}
			life(t, g)
		})
	}
}

// The first release let two objects have one path in two runs, and each apply put the
// file of one over that of the other. That is an error now, until one of them goes.
func TestImageFile_twoAtOnePathOfTheFirstRelease(t *testing.T) {
	t.Parallel()

	atEach(t, func(g *gallery) {
		g.MustApply(g.one("heron", "a.png") + g.named("second", "hare", "b.png"))
		g.asVersion0(g.at("a.png"), file, "flux2_image_file.second")
		if err := os.Remove(g.at("b.png")); err != nil {
			g.t.Fatal(err)
		}
		g.refused(g.one("heron", "a.png")+g.named("second", "hare", "a.png"), engine.PlanOptions{}, "Path Used Twice")
		g.expectDisk(map[string][]byte{"a.png": g.heron})
		g.MustApply(g.one("heron", "a.png"))
		g.expectDisk(map[string][]byte{"a.png": g.heron})
		g.quiet(g.one("heron", "a.png"))
	})
}
