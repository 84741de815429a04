// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
)

// What is at a path and is not an image, or is one that somebody else has made, is
// refused in the plan, before an image is paid for.
func TestImageFile_filesOfOthersAreRefusedInThePlan(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		content func(g *gallery) []byte
		want    []string
	}{
		"prompts/heron.txt": {func(*gallery) []byte { return []byte("a heron at dusk\n") }, []string{"Another File at the Path", "it is not an image", "It is not replaced"}},
		"main.tf":           {func(*gallery) []byte { return []byte("resource {}\n") }, []string{"Another File at the Path", "it is not an image"}},
		"terraform.tfstate": {func(*gallery) []byte { return []byte("{\"version\": 4}\n") }, []string{"Another File at the Path", "it is not an image"}},
		"empty.png":         {func(*gallery) []byte { return nil }, []string{"Another File at the Path", "it is not an image"}},
		"logo.png": {func(g *gallery) []byte { return g.otter }, []string{
			"Another File at the Path", "There is an image at", "add a moved block", "import it: terraform import ADDRESS", "set overwrite = true",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			g := newGallery(t, engine.Options{})
			theirs := test.content(g)
			if err := os.MkdirAll(filepath.Dir(g.at(name)), 0o755); err != nil {
				t.Fatal(err)
			}
			mustWrite(t, g.at(name), theirs)
			g.refused(g.env.Config(image(lighthouse)+imageFile(g.at(name), imageURL)), engine.PlanOptions{}, test.want...)
			g.expectDisk(map[string][]byte{name: theirs})
		})
	}
}

// The same for a file that moves there, and for one that comes there by a new name
// of its resource: its own stays where it was.
func TestImageFile_movesOntoNothingOfOthers(t *testing.T) {
	t.Parallel()

	words := []byte("a heron at dusk\n")
	for name, theirs := range map[string]func(g *gallery) []byte{
		"words":   func(*gallery) []byte { return words },
		"a logo":  func(g *gallery) []byte { return g.otter },
		"nothing": func(*gallery) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			g := newGallery(t, engine.Options{})
			g.MustApply(g.one("heron", "a.png"))
			mustWrite(t, g.at("b.png"), theirs(g))
			g.fails(g.one("heron", "b.png"), engine.PlanOptions{}, "Another File at the Path", "It is not replaced")
			g.expectDisk(map[string][]byte{"a.png": g.heron, "b.png": theirs(g)})
			g.quiet(g.one("heron", "a.png"))
		})
	}
}

// A file that comes to the path after the plan is found by the apply, before
// anything is fetched.
func TestImageFile_fileOfOthersAfterThePlan(t *testing.T) {
	t.Parallel()

	g := newGallery(t, engine.Options{})
	plan, _ := g.MustPlan(g.one("heron", "a.png"), engine.PlanOptions{})
	mustWrite(t, g.at("a.png"), []byte("mine"))
	expectFailure(t, g.Apply(t.Context(), plan), "Another File at the Path", "It is not replaced")
	g.host.expect(t, 0)
	g.expectDisk(map[string][]byte{"a.png": []byte("mine")})
}

// With overwrite, what was there is in the store before it is replaced, and the
// user gets it back from there.
func TestImageFile_overwriteKeepsACopy(t *testing.T) {
	t.Parallel()

	for name, theirs := range map[string]func(g *gallery) []byte{
		"a logo": func(g *gallery) []byte { return g.otter },
		"words":  func(*gallery) []byte { return []byte("mine") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			g := newGallery(t, engine.Options{})
			mustWrite(t, g.at("a.png"), theirs(g))
			config := g.one("heron", "a.png", "overwrite = true")
			_, warned := g.MustPlan(config, engine.PlanOptions{})
			if got := strings.Contains(warned.String(), "File That Is No Image Will Be Replaced"); got != (name == "words") || !got && len(warned) > 0 {
				t.Errorf("the plan warned of %s", warned)
			}
			g.MustApply(config)
			g.expectDisk(map[string][]byte{"a.png": g.heron})
			g.expectStored(theirs(g))
			g.quiet(config)
			g.quiet(g.one("heron", "a.png", "overwrite = true"))
			g.MustApply(g.one("heron", "a.png"))
			g.quiet(g.one("heron", "a.png"))
			g.MustRun(config, engine.PlanOptions{Destroy: true})
			g.expectDisk(nil)
			g.expectStored(g.heron, theirs(g))
		})
	}
}

// A file with the very content is adopted as it is, and left by a destroy: it was
// there before.
func TestImageFile_adoptedIsLeftByDestroy(t *testing.T) {
	t.Parallel()

	g := newGallery(t, engine.Options{})
	mustWrite(t, g.at("a.png"), g.heron)
	before, err := os.Stat(g.at("a.png"))
	if err != nil {
		t.Fatal(err)
	}
	config := g.one("heron", "a.png", fmt.Sprintf("expected_sha256 = %q", hexSHA256(g.heron)))
	g.MustApply(config)
	g.host.expect(t, 0)
	if after, err := os.Stat(g.at("a.png")); err != nil || !os.SameFile(before, after) || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("the file was written anew: %v", err)
	}
	g.quiet(config)
	g.MustRun(config, engine.PlanOptions{Replace: []string{file}})
	g.quiet(config)
	g.MustRun(config, engine.PlanOptions{Destroy: true})
	g.expectDisk(map[string][]byte{"a.png": g.heron})
}

// What only the apply can see to be the same, since it has to be fetched first, is
// adopted by it.
func TestImageFile_adoptedInTheApply(t *testing.T) {
	t.Parallel()

	g := newGallery(t, engine.Options{})
	g.MustApply(g.one("heron", "a.png"))
	mustWrite(t, g.at("b.png"), g.hare)
	config := g.one("hare", "b.png")
	g.MustApply(config)
	g.expectDisk(map[string][]byte{"b.png": g.hare})
	g.expectStored(g.heron)
	g.quiet(config)
	g.MustRun(config, engine.PlanOptions{Destroy: true})
	g.expectDisk(map[string][]byte{"b.png": g.hare})
}

// What is imported is this resource's own: a destroy takes it, and keeps a copy.
func TestImageFile_importedIsDestroyed(t *testing.T) {
	t.Parallel()

	for name, applied := range map[string]bool{"at once": false, "after an apply": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			g := newGallery(t, engine.Options{})
			mustWrite(t, g.at("a.png"), g.heron)
			config := g.one("gone", "a.png")
			if err := g.Import(t.Context(), config, file, g.at("a.png")).Err(); err != nil {
				t.Fatal(err)
			}
			if applied {
				g.MustApply(config)
				g.quiet(config)
			}
			g.expectDisk(map[string][]byte{"a.png": g.heron})
			g.MustRun(config, engine.PlanOptions{Destroy: true})
			g.expectDisk(nil)
			g.expectStored(g.heron)
			g.host.expect(t, 0)
		})
	}
}

// A second resource at the path of one that is in the state is refused in the plan,
// in whichever run it comes, by creation or by a move, through a linked folder too.
func TestImageFile_pathOfAnotherInTheState(t *testing.T) {
	t.Parallel()

	for name, second := range map[string]func(t *testing.T, g *gallery) string{
		"created": func(_ *testing.T, g *gallery) string { return g.named("second", "hare", "a.png") },
		"created with the same picture": func(_ *testing.T, g *gallery) string {
			return g.named("second", "heron", "a.png", fmt.Sprintf("expected_sha256 = %q", hexSHA256(g.heron)))
		},
		"created, to overwrite": func(_ *testing.T, g *gallery) string { return g.named("second", "hare", "a.png", "overwrite = true") },
		"created in a linked folder": func(t *testing.T, g *gallery) string {
			t.Helper()
			if err := os.Symlink(g.folder, g.at("link")); err != nil {
				t.Fatal(err)
			}
			return g.named("second", "hare", "link/a.png")
		},
		"moved": func(_ *testing.T, g *gallery) string {
			g.MustApply(g.one("heron", "a.png") + g.named("second", "hare", "b.png"))
			return g.named("second", "hare", "a.png")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			atEach(t, func(g *gallery) {
				t := g.t
				g.MustApply(g.one("heron", "a.png"))
				config := g.one("heron", "a.png") + second(t, g)
				before := filesBelow(t, g.folder)
				g.refused(config, engine.PlanOptions{}, "Path Used Twice", "Give each a path of its own")
				g.refused(config, engine.PlanOptions{SkipRefresh: true}, "Path Used Twice")
				g.expectDisk(before)
			})
		})
	}
}

// Two that are to be created at one path are refused in the plan, before their
// images are paid for, where the engine configures its providers for each walk.
func TestImageFile_pathUsedTwiceBeforeAnythingIsPaidFor(t *testing.T) {
	t.Parallel()

	for name, paths := range map[string]string{"the same path": "%s/art.png", "two spellings": "%s/${count.index == 0 ? \"\" : \"./\"}art.png", "a linked folder": "%s/${count.index == 0 ? \"\" : \"link/\"}art.png"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			g := newGallery(t, engine.Options{})
			if err := os.Symlink(g.folder, g.at("link")); err != nil {
				t.Fatal(err)
			}
			g.refused(g.env.Config(image(`prompt = "art ${count.index}"`, "count = 2")+
				"resource \"flux2_image_file\" \"art\" {\n  count = 2\n  url = flux2_image.art[count.index].url\n  path = \""+fmt.Sprintf(paths, g.folder)+"\"\n}\n"),
				engine.PlanOptions{}, "Path Used Twice", "Give each a path of its own")
			g.expectDisk(nil)
		})
	}
}

// A path in a folder that would be another file is refused in the plan as well,
// whichever of the two is planned first, and whether or not one is in state.
func TestImageFile_pathInsideOfAFile(t *testing.T) {
	t.Parallel()

	for name, paths := range map[string][2]string{"file first": {"art", "art/small.png"}, "folder first": {"art/a/small.png", "art"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			atEach(t, func(g *gallery) {
				both := g.one("heron", paths[0]) + g.named("second", "hare", paths[1])
				g.refused(both, engine.PlanOptions{}, "Path Inside of a File", "can't both be files", "Give each a path of its own")
				g.expectDisk(nil)

				// One of them is about to leave what it has.
				g.MustApply(g.one("heron", "b.png"))
				g.refused(both, engine.PlanOptions{}, "Path Inside of a File")
				g.expectDisk(map[string][]byte{"b.png": g.heron})
			})
		})
	}
	g := newGallery(t, engine.Options{})
	g.MustApply(g.one("heron", "art") + g.named("second", "hare", "art2/small.png") + g.named("third", "otter", "art.png"))
	g.expectDisk(map[string][]byte{"art": g.heron, "art2/small.png": g.hare, "art.png": g.otter})
}

// Paths that come out equal in the apply only are an error of one of the two, which
// leaves the other's file.
func TestImageFile_pathsEqualInTheApply(t *testing.T) {
	t.Parallel()

	atEach(t, func(g *gallery) {
		t := g.t
		config := g.env.Config(fmt.Sprintf("resource \"terraform_data\" \"name\" {\n  for_each = toset([\"heron\", \"hare\"])\n  input = \"art\"\n}\n"+
			"resource \"flux2_image_file\" \"art\" {\n  for_each = terraform_data.name\n  url = \"%s/${each.key}\"\n  path = \"%s/${each.value.output}.png\"\n}\n", g.host.URL, g.folder))
		g.fails(config, engine.PlanOptions{}, "Path Used Twice")
		found := filesBelow(t, g.folder)
		if of := g.name(found["art.png"]); len(found) != 1 || of != "heron" && of != "hare" {
			t.Errorf("there are %d files, and art.png is %s", len(found), of)
		}
		g.refused(config, engine.PlanOptions{}, "Path Used Twice")
		g.expectDisk(found)
	})
}

// Paths that differ only in case are one file on some systems: a warning in the
// plan. Here they are two.
func TestImageFile_pathsThatDifferInCase(t *testing.T) {
	t.Parallel()

	g := newGallery(t, engine.Options{Parallelism: 1})
	config := g.each(map[string]string{"heron": "art.png", "hare": "Art.png"})
	warned := func(diags engine.Diagnostics) {
		t.Helper()
		if text := diags.String(); strings.Count(text, "Paths Differ Only in Case") != 1 {
			t.Errorf("said %s", text)
		}
	}
	_, diags := g.MustPlan(config, engine.PlanOptions{})
	warned(diags)
	g.MustApply(config)
	g.expectDisk(map[string][]byte{"art.png": g.heron, "Art.png": g.hare})
	_, diags = g.MustPlan(config, engine.PlanOptions{})
	warned(diags)
}

// Instances that get other keys, and resources that get other names, use the paths
// of those that they stand for: no false alarm.
func TestImageFile_otherKeysForTheSamePaths(t *testing.T) {
	t.Parallel()

	atEach(t, func(g *gallery) {
		before, after := g.each(map[string]string{"heron": "0.png", "hare": "1.png"}), g.each(map[string]string{"otter": "0.png", "hare": "1.png"})
		g.MustApply(before)
		g.MustApply(after)
		g.expectDisk(map[string][]byte{"0.png": g.otter, "1.png": g.hare})
		g.expectKept(g.heron)
		g.quiet(after)
		g.MustApply(before)
		g.expectDisk(map[string][]byte{"0.png": g.heron, "1.png": g.hare})
		g.expectKept(g.otter)
		g.quiet(before)
	})
}

// The files of one state are nobody else's: not another workspace's, and not those
// of a run on an emulator, as a test or a preview. Such a run is refused in the
// plan, and its destroy leaves them.
func TestImageFile_filesOfAnotherStateAndServer(t *testing.T) {
	t.Parallel()

	fromFal := func(g *gallery, picture string) string {
		return g.env.ConfigWithKey(acctest.Key, g.named("art", picture, "a.png"))
	}
	for name, test := range map[string]struct {
		other func(g *gallery) (*acctest.Engine, string)
		want  []string
	}{
		"a workspace": {func(g *gallery) (*acctest.Engine, string) {
			return g.env.EngineWith(g.t, engine.Options{Providers: g.env.ProvidersWith(map[string]string{"TF_WORKSPACE": "preview"})}), fromFal(g, "hare")
		}, []string{"belongs to another state", "default of", "terraform.workspace in the path"}},
		"an emulator": {func(g *gallery) (*acctest.Engine, string) {
			return g.env.Engine(g.t), g.one("hare", "a.png")
		}, []string{"has an image from another server", "in a folder of their own"}},
		"terraform test": {func(g *gallery) (*acctest.Engine, string) {
			return g.env.ConfiguredOnce(g.t), g.one("hare", "a.png")
		}, []string{"has an image from another server"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			g := newGallery(t, engine.Options{})
			g.MustApply(fromFal(g, "heron"))
			other, config := test.other(g)
			_, diags := other.Plan(t.Context(), config, engine.PlanOptions{})
			expectFailure(t, diags, append([]string{"Another File at the Path"}, test.want...)...)
			g.expectDisk(map[string][]byte{"a.png": g.heron})
			other.MustRun(config, engine.PlanOptions{Destroy: true})
			g.expectDisk(map[string][]byte{"a.png": g.heron})
			g.quiet(fromFal(g, "heron"))
		})
	}
}

// What the provider and the engine keep for themselves is no place for a picture,
// whatever overwrite says.
func TestImageFile_pathsOfTheStoreAndTheEngine(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	store := filepath.Join(env.DataFolder, "flux2")
	if err := os.MkdirAll(filepath.Join(store, "blobs", "sha256", "ab"), 0o755); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, filepath.Join(store, "blobs", "sha256", "ab", "cd"), painted(t, 1))
	linked := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(store, linked); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(store, "blobs", "sha256", "ab", "cd"): "in the provider's image_store",
		filepath.Join(store, "new.png"):                     "in the provider's image_store",
		filepath.Join(linked, "journal", "a.png"):           "in the provider's image_store",
		store:                                "in the provider's image_store",
		".terraform/terraform.tfstate":       "the engine's own files",
		"site/.terraform/providers/hero.png": "the engine's own files",
		".terraform.lock.hcl":                "the engine's own files",
	} {
		env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
			Config:      env.Config(imageFile(path, fmt.Sprintf("url = %q", env.URL+"/media/files/b/1/a.png"), "overwrite = true")),
			ExpectError: saidInOrder("Unusable Path", want),
		}}})
	}
	if content := mustRead(t, filepath.Join(store, "blobs", "sha256", "ab", "cd")); !bytes.Equal(content, painted(t, 1)) {
		t.Error("the stored picture was replaced")
	}
	// A folder beside it only begins with the same letters.
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
		Config:      env.Config(imageFile(store+"-pictures/a.png", `url = "data:image/png;base64,AAAA"`)),
		ExpectError: saidInOrder("not a PNG"),
	}}})
}
