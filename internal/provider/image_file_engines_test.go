// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// onEngine is a gallery that a real engine keeps, in its working folder.
type onEngine struct {
	*gallery

	workspace   *acctest.Workspace
	parallelism int
}

func newOnEngine(t *testing.T, parallelism int) *onEngine {
	t.Helper()

	g := &gallery{t: t, env: acctest.New(t), heron: painted(t, 1), hare: painted(t, 2), otter: painted(t, 3)}
	o := &onEngine{gallery: g, workspace: g.env.HastyWorkspace(t), parallelism: parallelism}
	g.folder, g.env.DataFolder = o.workspace.Path("site"), o.workspace.Path(".terraform")
	g.host = newMediaHost(t, map[string][]byte{"heron": g.heron, "hare": g.hare, "otter": g.otter})
	t.Cleanup(func() { g.env.ExpectSubmissions(t, g.submissions) })
	return o
}

// apply applies a configuration, and returns the exit code and what was said.
func (o *onEngine) apply(config string, arguments ...string) (int, string) {
	o.t.Helper()

	o.workspace.Write(o.env.Config(config))
	return o.workspace.Run(append([]string{"apply", "-auto-approve", "-no-color", fmt.Sprintf("-parallelism=%d", o.parallelism)}, arguments...)...)
}

func (o *onEngine) mustApply(config string, arguments ...string) {
	o.t.Helper()
	if code, said := o.apply(config, arguments...); code != 0 {
		o.t.Fatalf("the apply ended with %d:\n%s", code, said)
	}
}

// unchanged wants a plan without changes.
func (o *onEngine) unchanged() {
	o.t.Helper()
	if code, said := o.workspace.Run("plan", "-detailed-exitcode", "-no-color"); code != 0 {
		o.t.Errorf("the plan ended with %d:\n%s", code, said)
	}
}

// local is the file as the configuration names it, from the working folder on.
func local(name string) string { return "site/" + name }

// file declares a file by its resource's name.
func (o *onEngine) file(resource, picture, name string, arguments ...string) string {
	arguments = append([]string{o.host.from(picture)}, arguments...)
	return strings.Replace(imageFile(local(name), arguments...), `"art"`, fmt.Sprintf("%q", resource), 1)
}

// lastCopies are the situations in which a picture could be lost by the order in
// which an engine makes its calls, all of them in one configuration.
func (o *onEngine) lastCopies(before bool, prompt string) string {
	cards, slots, name, moved := []string{"heron", "hare", "otter"}, []string{"heron", "hare"}, "old", ""
	if !before {
		cards, slots, name = []string{"otter", "heron", "hare"}, []string{"hare", "heron"}, "new"
		moved = "moved {\n  from = flux2_image_file.moved_old\n  to = flux2_image_file.moved_new\n}\n"
	}
	quoted := func(names []string) string { return `["` + strings.Join(names, `", "`) + `"]` }
	return moved + o.file("replaced", "heron", "replaced.png") + o.file("replaced_first", "heron", "replaced_first.png", createFirst) +
		o.file("tainted", "heron", "tainted.png") + o.file("moved_"+name, "heron", "moved.png") +
		o.file("renamed_"+name, "heron", "renamed.png") + o.file("renamed_first_"+name, "heron", "renamed_first.png", createFirst) +
		o.file("hashed_"+name, "heron", "hashed.png", fmt.Sprintf("expected_sha256 = %q", hexSHA256(o.heron))) +
		fmt.Sprintf(`
resource "flux2_image_file" "card" {
  for_each = { for i, picture in %s : picture => i }
  url      = "%s/${each.key}"
  path     = "site/card-${each.value}.png"
}

resource "flux2_image_file" "slot" {
  for_each        = { for i, picture in %s : "slot-${i}" => picture }
  url             = "%s/${each.value}"
  path            = "site/${each.key}.png"
  expected_sha256 = { heron = %q, hare = %q }[each.value]
}

resource "flux2_image" "art" {
  prompt     = %q
  image_size = "square"
}

resource "flux2_image_file" "triggered" {
  url  = flux2_image.art.url
  path = "site/triggered.png"

  lifecycle {
    replace_triggered_by = [flux2_image.art]
  }
}
`, quoted(cards), o.host.URL, quoted(slots), o.host.URL, hexSHA256(o.heron), hexSHA256(o.hare), prompt)
}

// No order of an engine's calls takes the last copy of a picture: files that are
// replaced, tainted, renamed, permuted and swapped after their URLs are gone, and one
// that is made anew together with an image, which is then refused.
func TestAccImageFile_lastCopies(t *testing.T) {
	t.Parallel()
	for _, parallelism := range parallelisms {
		t.Run(fmt.Sprintf("parallelism %d", parallelism), func(t *testing.T) {
			t.Parallel()

			o := newOnEngine(t, parallelism)
			o.env.Emulator.Inject(emulator.Fault{Route: emulator.RouteSubmit, Prompt: "refused", Job: &emulator.JobFault{ModelError: "content_policy_violation"}})
			o.mustApply(o.lastCopies(true, "a heron"))
			triggered := filesBelow(t, o.folder)["triggered.png"]
			o.workspace.MustRun("taint", "flux2_image_file.tainted")

			o.host.set(nil)
			code, said := o.apply(o.lastCopies(false, "a heron, refused"), "-replace=flux2_image_file.replaced", "-replace=flux2_image_file.replaced_first")
			if code != 1 || !saidInOrder("Image Not Fetched").MatchString(said) || saidInOrder("Path Used Twice").MatchString(said) || saidInOrder("Another File").MatchString(said) {
				t.Errorf("the apply ended with %d:\n%s", code, said)
			}
			want := map[string][]byte{
				"card-0.png": o.otter, "card-1.png": o.heron, "card-2.png": o.hare, "slot-0.png": o.hare, "slot-1.png": o.heron,
				"replaced.png": o.heron, "replaced_first.png": o.heron, "tainted.png": o.heron, "moved.png": o.heron, "hashed.png": o.heron, "triggered.png": triggered,
			}
			// Of files under new names, nobody knows what their URLs have brought: the
			// pictures are in the store.
			found := filesBelow(t, o.folder)
			for _, name := range slices.Sorted(maps.Keys(want)) {
				if string(found[name]) != string(want[name]) {
					t.Errorf("%s has %s, want %s", name, o.name(found[name]), o.name(want[name]))
				}
			}
			o.expectKept(o.heron, o.hare, o.otter, triggered)

			o.host.set(map[string][]byte{"heron": o.heron, "hare": o.hare, "otter": o.otter})
			o.mustApply(o.lastCopies(false, "a heron"))
			want["renamed.png"], want["renamed_first.png"] = o.heron, o.heron
			want["triggered.png"] = filesBelow(t, o.folder)["triggered.png"]
			o.expectDisk(want)
			o.expectKept(triggered)
			o.unchanged()
			o.mustApply("")
			o.expectDisk(nil)
			o.expectKept(o.heron, o.hare, o.otter, triggered, want["triggered.png"])
			o.paid(3)
		})
	}
}

// Each alias of the provider is a process of its own, which knows nothing of what the
// others plan. The index of the store tells them apart.
func TestAccImageFile_twoAliases(t *testing.T) {
	t.Parallel()

	const under = "provider = flux2.other"
	for _, parallelism := range []int{1, 10} {
		t.Run(fmt.Sprintf("parallelism %d", parallelism), func(t *testing.T) {
			t.Parallel()

			o := newOnEngine(t, parallelism)
			other := fmt.Sprintf("provider \"flux2\" {\n  alias = \"other\"\n  emulator_url = %q\n}\n", o.env.URL)
			o.mustApply(other + o.file("one", "heron", "a.png"))
			// Under another name and alias, it is deleted by one process and created by
			// another.
			o.mustApply(other + o.file("two", "heron", "a.png", under))
			o.expectDisk(map[string][]byte{"a.png": o.heron})
			o.unchanged()

			// Two are created at one path.
			code, said := o.apply(other + o.file("two", "heron", "a.png", under) + o.file("three", "hare", "b.png") + o.file("four", "otter", "b.png", under))
			if code != 1 || strings.Count(said, "Error: Path Used Twice") != 1 {
				t.Errorf("the apply ended with %d:\n%s", code, said)
			}
			found := filesBelow(t, o.folder)
			if len(found) != 2 || string(found["b.png"]) != string(o.hare) && string(found["b.png"]) != string(o.otter) {
				t.Errorf("there are %d files, and b.png is %s", len(found), o.name(found["b.png"]))
			}

			// One that is created at the path of another, in a later run: its process can't
			// tell it from one that takes the other's place. The plan after that warns.
			three := other + o.file("two", "heron", "a.png", under) + o.file("three", "hare", "b.png")
			o.mustApply(three)
			o.expectDisk(map[string][]byte{"a.png": o.heron, "b.png": o.hare})
			o.mustApply(three + o.file("five", "otter", "b.png", under))
			o.expectDisk(map[string][]byte{"a.png": o.heron, "b.png": o.otter})
			o.expectStored(o.hare)
			if said := o.workspace.MustRun("plan", "-no-color"); !saidInOrder("Warning: Path Used Twice", "each apply replaces the file of the other").MatchString(said) {
				t.Errorf("the plan said:\n%s", said)
			}
			o.mustApply(three)
			o.expectDisk(map[string][]byte{"a.png": o.heron, "b.png": o.hare})
			o.expectKept(o.otter)
			o.unchanged()
		})
	}
}

// Two workspaces of one folder have one store and two states: the pictures of one are
// not replaced by the other, nor deleted at its end.
func TestAccImageFile_twoWorkspaces(t *testing.T) {
	t.Parallel()

	o := newOnEngine(t, 10)
	o.mustApply(o.file("art", "heron", "a.png"))
	o.workspace.MustRun("workspace", "new", "preview")
	if code, said := o.apply(o.file("art", "hare", "a.png")); code != 1 || !saidInOrder("Another File at the Path", "belongs to another state").MatchString(said) {
		t.Errorf("the apply ended with %d:\n%s", code, said)
	}
	o.mustApply(o.file("art", "hare", "preview.png"))
	o.expectDisk(map[string][]byte{"a.png": o.heron, "preview.png": o.hare})
	o.mustApply("")
	o.expectDisk(map[string][]byte{"a.png": o.heron})
	o.expectStored(o.hare)
	o.workspace.MustRun("workspace", "select", "default")
	o.mustApply(o.file("art", "heron", "a.png"))
	o.unchanged()
}
