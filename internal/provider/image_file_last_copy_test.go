// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// unreachable are the ways in which a URL that has brought a picture fails later.
var unreachable = map[string]int{"gone": http.StatusNotFound, "down": http.StatusServiceUnavailable}

// A file that is replaced while its URL brings nothing is still there, whatever
// the order of deletion and creation. The error names the picture at the path, by
// which the next apply takes it back.
func TestImageFile_replacedWhileItsURLBringsNothing(t *testing.T) {
	t.Parallel()

	for why, status := range unreachable {
		for how, arguments := range map[string][]string{"deleted first": nil, "created first": {createFirst}} {
			for what, replace := range map[string]func(g *gallery) engine.PlanOptions{
				"replaced": func(*gallery) engine.PlanOptions { return engine.PlanOptions{Replace: []string{file}} },
				"tainted":  func(g *gallery) engine.PlanOptions { g.Taint(file); return engine.PlanOptions{} },
			} {
				t.Run(strings.Join([]string{what, how, why}, ", "), func(t *testing.T) {
					t.Parallel()
					atEach(t, func(g *gallery) {
						config := g.one("heron", "a.png", arguments...)
						g.MustApply(config)
						g.host.fail(status)
						g.fails(config, replace(g), "Image Not Fetched", "with SHA-256 "+hexSHA256(g.heron)+" now", "set expected_sha256")
						g.expectDisk(map[string][]byte{"a.png": g.heron})

						kept := g.one("heron", "a.png", append(arguments, fmt.Sprintf("expected_sha256 = %q", hexSHA256(g.heron)))...)
						g.MustApply(kept)
						g.expectDisk(map[string][]byte{"a.png": g.heron})
						g.quiet(kept)
						g.MustRun(kept, engine.PlanOptions{Destroy: true})
						g.expectDisk(nil)
						g.expectStored(g.heron)
					})
				})
			}
		}
	}
}

// What was made of a picture is not that picture: the error does not offer its hash,
// which would have it made again of itself.
func TestImageFile_transformReplacedWhileItsURLBringsNothing(t *testing.T) {
	t.Parallel()

	atEach(t, func(g *gallery) {
		t := g.t
		config := g.one("heron", "a.jpg", `transform = { format = "jpeg" }`)
		g.MustApply(config)
		before := filesBelow(t, g.folder)
		g.host.fail(http.StatusNotFound)
		diags := g.Run(t.Context(), config, engine.PlanOptions{Replace: []string{file}}).String()
		if !saidInOrder("Image Not Fetched", "may be in", "expected_sha256").MatchString(diags) || strings.Contains(diags, hexSHA256(before["a.jpg"])) {
			t.Errorf("the run said %s", diags)
		}
		g.expectDisk(before)

		kept := g.one("heron", "a.jpg", `transform = { format = "jpeg" }`, fmt.Sprintf("expected_sha256 = %q", hexSHA256(g.heron)))
		g.MustApply(kept)
		g.expectDisk(before)
		g.quiet(kept)
	})
}

// Under another name without a moved block, an object is one that is deleted and
// one that is created. If nothing can be fetched, the picture is kept all the same.
func TestImageFile_renamedWithoutMovedWhileItsURLBringsNothing(t *testing.T) {
	t.Parallel()

	for why, status := range unreachable {
		for how, arguments := range map[string][]string{"deleted first": nil, "created first": {createFirst}} {
			t.Run(how+", "+why, func(t *testing.T) {
				t.Parallel()
				atEach(t, func(g *gallery) {
					config := g.one("heron", "a.png", arguments...)
					g.MustApply(config)
					g.host.fail(status)
					renamed := strings.ReplaceAll(config, `"art"`, `"renamed"`)
					g.fails(renamed, engine.PlanOptions{}, "Image Not Fetched", "SHA-256 "+hexSHA256(g.heron), "set expected_sha256")
					g.expectKept(g.heron)

					kept := strings.ReplaceAll(g.one("heron", "a.png", append(arguments, fmt.Sprintf("expected_sha256 = %q", hexSHA256(g.heron)))...), `"art"`, `"renamed"`)
					g.MustApply(kept)
					g.expectDisk(map[string][]byte{"a.png": g.heron})
					g.quiet(kept)
				})
			})
		}
	}
}

// The same with the picture still at its URL, or known by its hash: the file is
// where it was when all is done, and belongs to the new object.
func TestImageFile_renamedWithoutMoved(t *testing.T) {
	t.Parallel()

	for how, arguments := range map[string]func(g *gallery) []string{
		"fetched":                func(*gallery) []string { return nil },
		"fetched, created first": func(*gallery) []string { return []string{createFirst} },
		"known by its hash": func(g *gallery) []string {
			g.host.fail(http.StatusNotFound)
			return []string{fmt.Sprintf("expected_sha256 = %q", hexSHA256(g.heron))}
		},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			atEach(t, func(g *gallery) {
				g.MustApply(g.one("heron", "a.png"))
				renamed := strings.ReplaceAll(g.one("heron", "a.png", arguments(g)...), `"art"`, `"renamed"`)
				g.MustApply(renamed)
				g.expectDisk(map[string][]byte{"a.png": g.heron})
				g.quiet(renamed)
				g.MustRun(renamed, engine.PlanOptions{Destroy: true})
				g.expectDisk(nil)
				g.expectStored(g.heron)
			})
		})
	}
}

// Files that trade places take nothing from each other, with nothing left to
// fetch, in any order of the calls.
func TestImageFile_permutedAfterTheURLsAreGone(t *testing.T) {
	t.Parallel()

	for name, after := range map[string]map[string]string{
		"swapped":     {"heron": "1.png", "hare": "0.png", "otter": "2.png"},
		"turned":      {"heron": "1.png", "hare": "2.png", "otter": "0.png"},
		"turned back": {"heron": "2.png", "hare": "0.png", "otter": "1.png"},
		"moved on":    {"heron": "1.png", "hare": "2.png", "otter": "3.png"},
		"first out":   {"hare": "0.png", "otter": "1.png"},
		"last to top": {"otter": "0.png", "heron": "1.png"},
	} {
		for how, arguments := range map[string][]string{"": nil, ", created first": {createFirst}} {
			t.Run(name+how, func(t *testing.T) {
				t.Parallel()
				atEach(t, func(g *gallery) {
					t := g.t
					g.MustApply(g.each(map[string]string{"heron": "0.png", "hare": "1.png", "otter": "2.png"}, arguments...))
					g.host.set(nil)
					g.MustApply(g.each(after, arguments...))
					g.host.expect(t, 0)
					want := make(map[string][]byte)
					for picture, path := range after {
						want[path] = map[string][]byte{"heron": g.heron, "hare": g.hare, "otter": g.otter}[picture]
					}
					g.expectDisk(want)
					g.expectKept(g.heron, g.hare, g.otter)
					g.quiet(g.each(after, arguments...))
				})
			})
		}
	}
}

// Where one of the files that trade places can't go on, nothing is lost, and the
// next apply finds it all.
func TestImageFile_permutationThatFailsHalfWay(t *testing.T) {
	t.Parallel()
	atEach(t, func(g *gallery) {
		t := g.t
		g.MustApply(g.each(map[string]string{"heron": "0.png", "hare": "1.png", "otter": "2.png"}))
		g.host.set(nil)
		mustWrite(t, g.at("3.png"), []byte("mine"))
		after := g.each(map[string]string{"heron": "1.png", "hare": "2.png", "otter": "3.png"})
		g.fails(after, engine.PlanOptions{}, "Another File at the Path")
		g.expectKept(g.heron, g.hare, g.otter)
		if string(mustRead(t, g.at("3.png"))) != "mine" {
			t.Error("the file of somebody else was replaced")
		}
		if err := os.Remove(g.at("3.png")); err != nil {
			t.Fatal(err)
		}
		g.MustApply(after)
		g.expectDisk(map[string][]byte{"1.png": g.heron, "2.png": g.hare, "3.png": g.otter})
		g.quiet(after)
	})
}

// Slots that trade their pictures, which their hashes name, find them beside each
// other. Without hashes nobody can know what a URL has brought: that is an error,
// and the files stay.
func TestImageFile_slotsSwappedAfterTheURLsAreGone(t *testing.T) {
	t.Parallel()

	for name, hashed := range map[string]bool{"by hash": true, "by URL": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			atEach(t, func(g *gallery) {
				t := g.t
				slots := func(pictures ...string) string {
					arguments := ""
					if hashed {
						arguments = fmt.Sprintf("expected_sha256 = { heron = %q, hare = %q }[each.value]", hexSHA256(g.heron), hexSHA256(g.hare))
					}
					return g.env.Config(fmt.Sprintf("resource \"flux2_image_file\" \"art\" {\n  for_each = { zero = %q, one = %q }\n  url = \"%s/${each.value}\"\n  path = \"%s/${each.key}.png\"\n  %s\n}\n",
						pictures[0], pictures[1], g.host.URL, g.folder, arguments))
				}
				g.MustApply(slots("heron", "hare"))
				g.host.set(nil)
				if !hashed {
					g.fails(slots("hare", "heron"), engine.PlanOptions{}, "Image Not Fetched")
					g.expectDisk(map[string][]byte{"zero.png": g.heron, "one.png": g.hare})
					g.quiet(slots("heron", "hare"))
					return
				}
				g.MustApply(slots("hare", "heron"))
				g.host.expect(t, 0)
				g.expectDisk(map[string][]byte{"zero.png": g.hare, "one.png": g.heron})
				g.quiet(slots("hare", "heron"))
			})
		})
	}
}

// An image that is made anew together with its file, and then refused, leaves the
// picture of before where it was.
func TestImageFile_replacedTogetherWithAnImageThatIsRefused(t *testing.T) {
	t.Parallel()

	for how, arguments := range map[string]string{
		"deleted first": "lifecycle {\n    replace_triggered_by = [flux2_image.art]\n  }",
		"created first": "lifecycle {\n    replace_triggered_by = [flux2_image.art]\n    create_before_destroy = true\n  }",
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			atEach(t, func(g *gallery) {
				t := g.t
				env, path := g.env, g.at("a.png")
				config := func(prompt string) string {
					return env.Config(image(fmt.Sprintf("prompt = %q", prompt), `image_size = "square"`) + imageFile(path, imageURL, arguments))
				}
				g.MustApply(config("a heron"))
				before := mustRead(t, path)
				env.Emulator.Inject(emulator.Fault{Route: emulator.RouteSubmit, Prompt: "refused", Job: &emulator.JobFault{Status: http.StatusUnprocessableEntity}})
				expectFailure(t, g.Run(t.Context(), config("a heron, refused"), engine.PlanOptions{}), "")
				g.expectDisk(map[string][]byte{"a.png": before})

				g.MustApply(config("a heron"))
				g.expectKept(before)
				if _, err := os.Stat(path); err != nil {
					t.Error(err)
				}
				g.paid(3)
			})
		})
	}
}
