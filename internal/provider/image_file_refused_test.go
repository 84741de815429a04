// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// One refused prompt of three: the files of the others are written, later plans
// work, and so does the destroy. Once its prompt is changed, its file comes.
func TestImageFile_oneOfThreeIsRefused(t *testing.T) {
	t.Parallel()

	atEach(t, func(g *gallery) {
		t := g.t
		g.env.Emulator.Inject(emulator.Fault{Route: emulator.RouteSubmit, Prompt: "bad", Job: &emulator.JobFault{ModelError: "content_policy_violation"}})
		config := func(second string) string {
			return g.env.Config(fmt.Sprintf("resource \"flux2_image\" \"art\" {\n  for_each = { heron = \"a heron\", middle = %q, otter = \"an otter\" }\n  prompt = each.value\n  image_size = \"square\"\n  wait_for_completion = false\n}\n"+
				"resource \"flux2_image_result\" \"art\" {\n  for_each = flux2_image.art\n  request_id = each.value.request_id\n  endpoint_id = each.value.endpoint_id\n}\n"+
				"resource \"flux2_image_file\" \"art\" {\n  for_each = flux2_image_result.art\n  url = each.value.url\n  path = \"%s/${each.key}.png\"\n}\n", second, g.folder))
		}
		g.fails(config("bad"), engine.PlanOptions{}, "No Image to Fetch", "attribute error says why")
		written := filesBelow(t, g.folder)
		if len(written) != 2 || written["heron.png"] == nil || written["otter.png"] == nil {
			t.Errorf("%d files were written", len(written))
		}
		if refused := g.Objects()[`flux2_image_result.art["middle"]`]; refused == nil || !strings.Contains(fmt.Sprint(refused.AttributeValues["error"]), "content") {
			t.Errorf("the result is %v", refused)
		}
		plan, diags := g.MustPlan(config("bad"), engine.PlanOptions{})
		if plan.Empty() || !saidInOrder("No Image to Fetch", "The apply will fail for this file, and for nothing else").MatchString(diags.String()) {
			t.Errorf("the plan is %s and said %s", plan, diags)
		}
		g.fails(config("bad"), engine.PlanOptions{}, "No Image to Fetch")
		g.expectDisk(written)

		g.MustApply(config("a hare"))
		if found := filesBelow(t, g.folder); len(found) != 3 || string(found["heron.png"]) != string(written["heron.png"]) {
			t.Errorf("%d files were written", len(found))
		}
		g.quiet(config("a hare"))

		// Refused again, it leaves the picture of before where it is.
		before := filesBelow(t, g.folder)
		g.MustApply(config("bad"))
		g.expectDisk(before)
		g.MustRun(config("bad"), engine.PlanOptions{Destroy: true})
		g.expectDisk(nil)
		g.expectKept(written["heron.png"], written["otter.png"])
		g.paid(5)
	})
}

// While url is null, a file that stands stays, and one that is missing is an error
// of its own apply, which a warning in the plan announces.
func TestImageFile_urlIsNull(t *testing.T) {
	t.Parallel()

	g := newGallery(t, engine.Options{})
	without := strings.Replace(g.one("heron", "a.png"), g.host.from("heron"), "url = null", 1)
	g.MustApply(g.one("heron", "a.png"))
	g.MustApply(without)
	g.quiet(without)
	g.expectDisk(map[string][]byte{"a.png": g.heron})
	g.host.expect(t, 1)

	if err := os.Remove(g.at("a.png")); err != nil {
		t.Fatal(err)
	}
	if _, diags := g.MustPlan(without, engine.PlanOptions{}); !saidInOrder("No Image to Fetch", "The apply will fail for this file, and for nothing else").MatchString(diags.String()) {
		t.Errorf("the plan said %s", diags)
	}
	g.fails(without, engine.PlanOptions{}, "No Image to Fetch", "Nothing was written")
	g.expectDisk(nil)
	mustWrite(t, g.at("a.png"), g.heron)
	g.quiet(without)
	// The URL of before comes back: it is the same picture.
	g.MustApply(g.one("heron", "a.png"))
	g.quiet(g.one("heron", "a.png"))
	g.host.expect(t, 1)
	g.MustRun(without, engine.PlanOptions{Destroy: true})
	g.expectDisk(nil)
	g.expectStored(g.heron)
}

// A warning that the apply will fail is for an apply that does: not where the picture
// stands at the path already, or a mirror is asked for content that is known.
func TestImageFile_urlIsNullOfACreation(t *testing.T) {
	t.Parallel()

	expected := fmt.Sprintf("expected_sha256 = %q", hexSHA256(painted(t, 1)))
	for name, test := range map[string]struct {
		stands  bool
		mirrors string
		fails   bool
	}{
		"the picture stands there": {stands: true},
		"a mirror has it":          {mirrors: "mirrors = [null, \"%s/heron\"]"},
		"no mirror":                {mirrors: "mirrors = [null]", fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			g := newGallery(t, engine.Options{})
			config := strings.Replace(g.one("heron", "a.png", expected, strings.Replace(test.mirrors, "%s", g.host.URL, 1)), g.host.from("heron"), "url = null", 1)
			if test.stands {
				mustWrite(t, g.at("a.png"), g.heron)
			}
			_, diags := g.MustPlan(config, engine.PlanOptions{})
			if test.fails {
				if !saidInOrder("No Image to Fetch", "The apply will fail for this file").MatchString(diags.String()) {
					t.Errorf("the plan said %s", diags)
				}
				g.fails(config, engine.PlanOptions{}, "No Image to Fetch")
				g.expectDisk(nil)
				return
			}
			if len(diags) > 0 {
				t.Errorf("the plan said %s", diags)
			}
			g.MustApply(config)
			g.expectDisk(map[string][]byte{"a.png": g.heron})
			g.quiet(config)
		})
	}
}
