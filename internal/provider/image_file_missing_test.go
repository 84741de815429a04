// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"net/http"
	"os"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
)

const ignoreMissing = `on_missing = "ignore"`

// freshRunner empties the disk and the store, as a runner has it that was made a
// moment ago.
func (g *gallery) freshRunner() {
	g.t.Helper()
	for _, folder := range []string{g.folder, g.env.DataFolder} {
		if err := os.RemoveAll(folder); err != nil {
			g.t.Fatal(err)
		}
		if err := os.Mkdir(folder, 0o755); err != nil {
			g.t.Fatal(err)
		}
	}
}

// On a runner with an empty disk nothing is planned for files that may be missing,
// whatever has become of their URLs, and nobody is asked. What changes is written,
// and nothing else.
func TestImageFile_missingFilesAreIgnored(t *testing.T) {
	t.Parallel()

	g := newGallery(t, engine.Options{})
	config := g.each(map[string]string{"heron": "0.png", "hare": "1.png"}, ignoreMissing)
	g.MustApply(config)
	g.expectDisk(map[string][]byte{"0.png": g.heron, "1.png": g.hare})
	g.quiet(config)

	g.freshRunner()
	g.host.set(map[string][]byte{"otter": g.otter})
	g.quiet(config)
	plan, diags := g.MustPlan(config, engine.PlanOptions{RefreshOnly: true})
	if !plan.Empty() || len(diags) > 0 {
		t.Errorf("with -refresh-only the plan is %s, and said %v", plan, diags)
	}
	g.MustApply(config)
	g.expectDisk(nil)

	more := g.each(map[string]string{"heron": "0.png", "hare": "1.png", "otter": "2.png"}, ignoreMissing)
	g.MustApply(more)
	g.expectDisk(map[string][]byte{"2.png": g.otter})
	g.quiet(more)
	g.host.expect(t, 1)
	g.MustRun(more, engine.PlanOptions{Destroy: true})
	g.expectDisk(nil)
}

// Whoever finds on a fresh runner that files need not be there says so then: that
// writes nothing, and fetches nothing. Saying the reverse plans each of them.
func TestImageFile_missingFilesAreIgnoredFromNowOn(t *testing.T) {
	t.Parallel()

	g := newGallery(t, engine.Options{})
	names := map[string]string{"heron": "0.png", "hare": "1.png"}
	g.MustApply(g.each(names))
	g.freshRunner()
	g.host.set(nil)
	g.fails(g.each(names), engine.PlanOptions{}, "Image Gone at Its URL", "set on_missing = \"ignore\"")
	g.MustApply(g.each(names, ignoreMissing))
	g.expectDisk(nil)
	g.quiet(g.each(names, ignoreMissing))

	g.host.set(map[string][]byte{"heron": g.heron, "hare": g.hare})
	g.MustApply(g.each(names))
	g.expectDisk(map[string][]byte{"0.png": g.heron, "1.png": g.hare})
	g.quiet(g.each(names))
}

// The same with images: a changed prompt makes one image, and writes its file.
func TestImageFile_changedPromptOnAFreshRunner(t *testing.T) {
	t.Parallel()

	g := newGallery(t, engine.Options{})
	config := func(second string) string {
		return g.env.Config(fmt.Sprintf("resource \"flux2_image\" \"art\" {\n  for_each = { one = \"a heron\", two = %q, three = \"an otter\" }\n  prompt = each.value\n  image_size = \"square\"\n  on_media_expired = \"ignore\"\n}\n"+
			"resource \"flux2_image_file\" \"art\" {\n  for_each = flux2_image.art\n  url = each.value.url\n  path = \"%s/${each.key}.png\"\n  %s\n}\n", second, g.folder, ignoreMissing))
	}
	g.MustApply(config("a hare"))
	before := filesBelow(t, g.folder)
	g.freshRunner()
	for _, request := range g.env.Emulator.Submissions() {
		if err := g.env.Emulator.ExpireMedia(request.RequestID); err != nil {
			t.Fatal(err)
		}
	}
	g.quiet(config("a hare"))
	g.MustApply(config("a hare in snow"))
	if found := filesBelow(t, g.folder); len(found) != 1 || len(found["two.png"]) == 0 || string(found["two.png"]) == string(before["two.png"]) {
		t.Errorf("the folder holds %d files", len(found))
	}
	g.quiet(config("a hare in snow"))
	g.paid(4)
}

// A file that is to be restored is planned on an empty disk, one change for each,
// and comes from the store as long as that is kept between runs.
func TestImageFile_restoredFromTheStore(t *testing.T) {
	t.Parallel()

	g := newGallery(t, engine.Options{})
	config := g.each(map[string]string{"heron": "0.png", "hare": "1.png"})
	g.MustApply(config)
	// The files come into the store when they leave the disk.
	g.MustRun(config, engine.PlanOptions{Destroy: true})
	g.MustApply(config)
	if err := os.RemoveAll(g.folder); err != nil {
		t.Fatal(err)
	}
	g.host.set(nil)
	plan, _ := g.MustPlan(config, engine.PlanOptions{})
	if plan.Empty() {
		t.Error("nothing is planned")
	}
	g.MustApply(config)
	g.host.expect(t, 0)
	g.expectDisk(map[string][]byte{"0.png": g.heron, "1.png": g.hare})
	g.quiet(config)
}

// A mirror restores what is gone at its URL, if it is the same to the last byte.
func TestImageFile_mirrors(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		published map[string][]byte
		want      []string
	}{
		"the published copy":             {published: map[string][]byte{"site/heron.png": painted(t, 1)}},
		"the second of two":              {published: map[string][]byte{"backup/heron.png": painted(t, 1)}},
		"another before the copy":        {published: map[string][]byte{"site/heron.png": painted(t, 9), "backup/heron.png": painted(t, 1)}},
		"another picture":                {published: map[string][]byte{"site/heron.png": painted(t, 9)}, want: []string{"Image Gone at Its URL", "answered 404", "mirror: "}},
		"a page":                         {published: map[string][]byte{"site/heron.png": []byte("<html>busy</html>")}, want: []string{"Image Gone at Its URL", "mirror: "}},
		"nothing":                        {want: []string{"Image Gone at Its URL", "mirror: "}},
		"part of the picture, then gone": {published: map[string][]byte{"site/heron.png": painted(t, 1)[:40]}, want: []string{"Image Gone at Its URL", "mirror: "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			g := newGallery(t, engine.Options{})
			mirror := newMediaHost(t, test.published)
			config := g.one("heron", "a.png", fmt.Sprintf("mirrors = [\"%[1]s/site/heron.png\", \"%[1]s/backup/heron.png\"]", mirror.URL))
			g.MustApply(config)
			mirror.expect(t, 0)
			before := g.Objects()[file].AttributeValues["sha256"]
			g.freshRunner()
			g.host.set(nil)
			if test.want != nil {
				g.fails(config, engine.PlanOptions{}, test.want...)
				g.expectDisk(nil)
				return
			}
			g.MustApply(config)
			g.expectDisk(map[string][]byte{"a.png": g.heron})
			if after := g.Objects()[file].AttributeValues["sha256"]; after != before || after != hexSHA256(g.heron) {
				t.Errorf("the hash is %v, was %v", after, before)
			}
			g.quiet(config)
		})
	}
}

// A creation asks mirrors only for content whose hash it knows.
func TestImageFile_mirrorsOfACreation(t *testing.T) {
	t.Parallel()

	g := newGallery(t, engine.Options{})
	mirror := newMediaHost(t, map[string][]byte{"heron": g.heron})
	mirrors := fmt.Sprintf("mirrors = [\"%s/heron\"]", mirror.URL)
	g.host.set(nil)
	g.fails(g.one("heron", "a.png", mirrors), engine.PlanOptions{}, "Image Not Fetched")
	mirror.expect(t, 0)
	g.expectDisk(nil)
	config := g.one("heron", "a.png", mirrors, fmt.Sprintf("expected_sha256 = %q", hexSHA256(g.heron)))
	g.MustApply(config)
	g.expectDisk(map[string][]byte{"a.png": g.heron})
	g.quiet(config)
}

// A missing file is nobody's work; one that was edited is, and the plan warns
// before it is replaced, whatever on_missing says. A copy of the edit is kept.
func TestImageFile_editedIsNotMissing(t *testing.T) {
	t.Parallel()

	for name, arguments := range map[string][]string{"restored": nil, "ignored": {ignoreMissing}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			g := newGallery(t, engine.Options{})
			edited := painted(t, 99)
			g.MustApply(g.one("heron", "a.png", arguments...))
			mustWrite(t, g.at("a.png"), edited)
			change := g.one("heron", "a.png", arguments...)
			if arguments != nil {
				g.quiet(change)
				g.expectDisk(map[string][]byte{"a.png": edited})
				change = g.one("hare", "a.png", arguments...)
			}
			if _, diags := g.MustPlan(change, engine.PlanOptions{}); !saidInOrder("Changed File Will Be Replaced", "A copy of what is there now is kept in").MatchString(diags.String()) {
				t.Errorf("the plan said %s", diags)
			}
			g.MustApply(change)
			g.expectStored(edited)
			want := g.heron
			if arguments != nil {
				want = g.hare
			}
			g.expectDisk(map[string][]byte{"a.png": want})
			g.quiet(change)

			if err := os.Remove(g.at("a.png")); err != nil {
				t.Fatal(err)
			}
			if _, diags := g.MustPlan(change, engine.PlanOptions{}); len(diags) > 0 {
				t.Errorf("of a missing file the plan said %s", diags)
			}
		})
	}
}

// A URL is fetched once, however many files it is for.
func TestImageFile_fetchedOnceForMany(t *testing.T) {
	t.Parallel()

	atEach(t, func(g *gallery) {
		t := g.t
		config := g.env.Config(fmt.Sprintf("resource \"flux2_image_file\" \"art\" {\n  count = 8\n  %s\n  path = \"%s/${count.index}.png\"\n}\n", g.host.from("heron"), g.folder))
		g.MustApply(config)
		g.host.expect(t, 1)
		want := make(map[string][]byte)
		for i := range 8 {
			want[fmt.Sprintf("%d.png", i)] = g.heron
		}
		g.expectDisk(want)
		g.quiet(config)
	})
}

// The same from fal's media host, for an image and all that is made of it.
func TestImageFile_imageFetchedOnceForMany(t *testing.T) {
	t.Parallel()

	g := newGallery(t, engine.Options{})
	g.MustApply(g.env.Config(image(lighthouse, `image_size = "square"`) + imageFile(g.folder+"/${count.index}.png", "count = 4", imageURL)))
	if got := downloads(t, g.env); got != 1 {
		t.Errorf("the picture was fetched %d times, want once", got)
	}
	if found := filesBelow(t, g.folder); len(found) != 4 || string(found["0.png"]) != string(found["3.png"]) {
		t.Errorf("%d files were written", len(found))
	}
	g.paid(1)
}

// The store can be deleted at any time: the next refresh notes again what stands.
func TestImageFile_storeIsDeleted(t *testing.T) {
	t.Parallel()

	g := newGallery(t, engine.Options{})
	config := g.each(map[string]string{"heron": "0.png", "hare": "1.png"})
	g.MustApply(config)
	if err := os.RemoveAll(g.env.DataFolder); err != nil {
		t.Fatal(err)
	}
	g.quiet(config)
	g.host.fail(http.StatusNotFound)
	swapped := g.each(map[string]string{"heron": "1.png", "hare": "0.png"})
	g.MustApply(swapped)
	g.expectDisk(map[string][]byte{"0.png": g.hare, "1.png": g.heron})
	g.quiet(swapped)
}
