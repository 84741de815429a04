// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	pictures "image"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
)

// needsEncoders ends a test at once in a program without the encoders of WebP and AVIF.
func needsEncoders(t *testing.T) {
	t.Helper()

	if err := imagefile.CheckEncoder(imagefile.FormatAVIF); err != nil {
		t.Fatal(err)
	}
}

// published is a site: three widths of a picture in three formats each, and four icons.
// What the WebP files keep of it can be chosen.
func published(folder, quality string) string {
	var files []string
	add := func(name, transform string) {
		files = append(files, fmt.Sprintf("    %q = { %s }", filepath.Join(folder, name), transform))
	}
	for _, width := range []int{320, 160, 80} {
		add(fmt.Sprintf("hero-%d.avif", width), fmt.Sprintf(`width = %d, height = null, format = "avif", quality = null`, width))
		add(fmt.Sprintf("hero-%d.webp", width), fmt.Sprintf(`width = %d, height = null, format = "webp", quality = %s`, width, quality))
		add(fmt.Sprintf("hero-%d.jpg", width), fmt.Sprintf(`width = %d, height = null, format = "jpeg", quality = null`, width))
	}
	for _, side := range []int{64, 48, 32, 16} {
		add(fmt.Sprintf("icons/%d.png", side), fmt.Sprintf(`width = %d, height = %d, format = "png", quality = null`, side, side))
	}
	return image(lighthouse, `image_size = "landscape_16_9"`) +
		"resource \"flux2_image_file\" \"site\" {\n  for_each = {\n" + strings.Join(files, "\n") + "\n  }\n" +
		"  url       = flux2_image.art.url\n  path      = each.key\n  transform = each.value\n}\n"
}

// sizes of the published files.
var publishedSizes = map[string][2]int64{
	"hero-320.avif": {320, 180}, "hero-320.webp": {320, 180}, "hero-320.jpg": {320, 180},
	"hero-160.avif": {160, 90}, "hero-160.webp": {160, 90}, "hero-160.jpg": {160, 90},
	"hero-80.avif": {80, 45}, "hero-80.webp": {80, 45}, "hero-80.jpg": {80, 45},
	"icons/64.png": {64, 64}, "icons/48.png": {48, 48}, "icons/32.png": {32, 32}, "icons/16.png": {16, 16},
}

// expectPublished wants all files of the site, each of its size and of the format that
// its ending says, and no others.
func expectPublished(t *testing.T, folder string) {
	t.Helper()

	found := filesBelow(t, folder)
	for _, name := range slices.Sorted(maps.Keys(found)) {
		info, err := imagefile.Describe(found[name])
		if err != nil || [2]int64{info.Width, info.Height} != publishedSizes[name] {
			t.Errorf("%s is %+v, %v", name, info, err)
		}
		if problem := imagefile.EndingProblem(name, info.ContentType); problem != "" {
			t.Error(problem)
		}
	}
	if len(found) != len(publishedSizes) {
		t.Errorf("there are %d files, want %d", len(found), len(publishedSizes))
	}
}

// writtenAt is when each file was written, and what is in it.
func writtenAt(t *testing.T, folder string) map[string]string {
	t.Helper()

	found := make(map[string]string)
	for name, content := range filesBelow(t, folder) {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		found[name] = info.ModTime().Format(time.RFC3339Nano) + " " + hexSHA256(content)
	}
	return found
}

// One paid picture is nine files and four icons. One that is deleted comes back, and
// others are made, with no host to ask.
func TestImageFile_oneSubmissionForAWholeSite(t *testing.T) {
	t.Parallel()
	needsEncoders(t)

	env := acctest.New(t)
	folder := t.TempDir()
	running := env.Engine(t)
	quiet := func(config string) {
		t.Helper()
		if plan, said := running.MustPlan(config, engine.PlanOptions{}); !plan.Empty() || len(said) > 0 {
			t.Errorf("the plan is %s, and said %v", plan, said)
		}
	}
	config := env.Config(published(folder, "null"))
	running.MustApply(config)
	expectPublished(t, folder)
	if got := downloads(t, env); got != 1 {
		t.Errorf("the picture was fetched %d times, want once", got)
	}
	quiet(config)
	original := env.Emulator.Requests()[0].Media[0]
	picture, err := fetch(t, env.URL+original)
	if err != nil {
		t.Fatal(err)
	}
	expectStored(t, env, picture)
	for address, object := range running.Objects() {
		if got := object.AttributeValues["source_sha256"]; strings.HasPrefix(address, "flux2_image_file") && got != hexSHA256(picture) {
			t.Errorf("%s is made of %v", address, got)
		}
	}

	env.Emulator.Inject(emulator.Fault{Route: emulator.RouteMedia, Method: http.MethodGet, Status: http.StatusNotFound})
	before := downloads(t, env)
	all := filesBelow(t, folder)
	if err := os.Remove(filepath.Join(folder, "hero-160.avif")); err != nil {
		t.Fatal(err)
	}
	plan, _ := running.MustPlan(config, engine.PlanOptions{})
	expectChanges(t, plan, `flux2_image_file.site["`+filepath.Join(folder, "hero-160.avif")+`"]`)
	running.MustApply(config)
	if again := filesBelow(t, folder); !maps.EqualFunc(again, all, func(a, b []byte) bool { return string(a) == string(b) }) {
		t.Error("the files are not those of before")
	}
	quiet(config)

	written := writtenAt(t, folder)
	smaller := env.Config(published(folder, "20"))
	running.MustApply(smaller)
	expectPublished(t, folder)
	for name, is := range writtenAt(t, folder) {
		if changed := is != written[name]; changed != strings.HasSuffix(name, ".webp") {
			t.Errorf("%s was written again: %t", name, changed)
		}
	}
	quiet(smaller)
	if got := downloads(t, env); got != before {
		t.Errorf("the picture was fetched %d times more", got-before)
	}
	stored := filesBelow(t, filepath.Join(env.DataFolder, "flux2", "blobs"))
	if len(stored) != 1 {
		t.Errorf("the store has %v, want the picture alone", slices.Collect(maps.Keys(stored)))
	}
	running.MustRun(smaller, engine.PlanOptions{Destroy: true})
	if left := filesBelow(t, folder); len(left) > 0 {
		t.Errorf("a destroy leaves %v", slices.Collect(maps.Keys(left)))
	}
	expectStored(t, env, picture)
	env.ExpectSubmissions(t, 1)
}

// expectChanges wants a plan to change these objects and no others.
func expectChanges(t *testing.T, plan *engine.Plan, addresses ...string) {
	t.Helper()

	document, err := plan.Document()
	if err != nil {
		t.Fatal(err)
	}
	var changed []string
	for _, change := range document.ResourceChanges {
		if !change.Change.Actions.NoOp() {
			changed = append(changed, change.Address)
		}
	}
	if !slices.Equal(changed, addresses) {
		t.Errorf("the plan changes %v, want %v", changed, addresses)
	}
}

// What can't be meant is refused in the plan, on its argument; nothing is fetched,
// written or paid.
func TestImageFile_transformsThatCannotBe(t *testing.T) {
	t.Parallel()

	for transform, want := range map[string][2]string{
		"width = 0":                             {"transform.width", "between 1 and 8192, got: 0"},
		"height = 8193":                         {"transform.height", "between 1 and 8192, got: 8193"},
		"width = 10.5":                          {"transform.width", "must be a whole number, got: 10.5"},
		`format = "jpg"`:                        {"transform.format", `did you mean "jpeg"?`},
		`format = "gif"`:                        {"transform.format", `must be one of "png", "jpeg", "webp", "avif"`},
		`width = 10, height = 10, fit = "crop"`: {"transform.fit", `must be one of "cover", "contain", "fill"`},
		`width = 10, fit = "cover"`:             {"transform.fit", "Set both, or remove fit"},
		`enlarge = true`:                        {"transform.enlarge", "Set one, or remove enlarge"},
		"quality = 0":                           {"transform.quality", "between 1 and 100, got: 0"},
		"quality = 101":                         {"transform.quality", "between 1 and 100, got: 101"},
		`format = "png", quality = 80`:          {"transform.quality", "Remove quality, or choose another format"},
	} {
		t.Run(transform, func(t *testing.T) {
			t.Parallel()

			g := newGallery(t, engine.Options{})
			_, diags := g.Plan(t.Context(), g.one("heron", "a.png", "transform = { "+transform+" }"), engine.PlanOptions{})
			refused := func(d engine.Diagnostic) bool {
				return !d.Warning && strings.TrimPrefix(d.Attribute, ".") == want[0] && strings.Contains(d.Detail, want[1])
			}
			if !slices.ContainsFunc(diags, refused) || len(diags) != 1 {
				t.Errorf("said %+v, want %q", diags, want)
			}
			g.expectDisk(nil)
			g.host.expect(t, 0)
		})
	}
}

// Values that are not known yet are not judged, and are once they are.
func TestImageFile_transformKnownLater(t *testing.T) {
	t.Parallel()

	g := newGallery(t, engine.Options{})
	later := fmt.Sprintf(chosenLater, "12")
	config := later + g.one("heron", "a.png", "transform = { width = tonumber(terraform_data.later.output) }")
	plan, _ := g.MustPlan(config, engine.PlanOptions{})
	expectChanges(t, plan, file, "terraform_data.later")
	g.MustApply(config)
	g.expectSize("a.png", 12, 8)
	g.quiet(config)
	config = strings.Replace(config, `"12"`, `"99999"`, 1)
	g.fails(config, engine.PlanOptions{}, "between 1 and 8192, got: 99999")
	g.expectSize("a.png", 12, 8)
}

// expectSize wants a file of this size.
func (g *gallery) expectSize(name string, width, height int64) {
	g.t.Helper()

	info, err := imagefile.Inspect(g.at(name))
	if err != nil || info.Width != width || info.Height != height {
		g.t.Errorf("%s is %+v, %v; want %d × %d", name, info, err, width, height)
	}
}

// made is what a transform makes of a picture.
func made(t *testing.T, transform imagefile.Transform, picture []byte) []byte {
	t.Helper()

	content, err := transform.Apply(t.Context(), picture)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

const half = "transform = { width = 12 }"

// A transform comes, changes and goes, each time in place and without a host.
func TestImageFile_transformChanges(t *testing.T) {
	t.Parallel()

	for name, life := range map[string]func(t *testing.T, g *gallery){
		"comes": func(t *testing.T, g *gallery) {
			t.Helper()
			g.MustApply(g.one("heron", "a.png"))
			g.host.set(nil)
			g.MustApply(g.one("heron", "a.png", half))
			g.expectDisk(map[string][]byte{"a.png": made(t, imagefile.Transform{Width: 12}, g.heron)})
			g.quiet(g.one("heron", "a.png", half))
			g.host.expect(t, 0)
		},
		"goes": func(t *testing.T, g *gallery) {
			t.Helper()
			g.MustApply(g.one("heron", "a.png", half))
			g.host.set(nil)
			g.MustApply(g.one("heron", "a.png"))
			g.expectDisk(map[string][]byte{"a.png": g.heron})
			g.quiet(g.one("heron", "a.png"))
			g.host.expect(t, 0)
		},
		"goes with the URL": func(t *testing.T, g *gallery) {
			t.Helper()
			g.MustApply(g.one("heron", "a.png", half))
			g.host.set(nil)
			without := strings.Replace(g.one("heron", "a.png"), g.host.from("heron"), "url = null", 1)
			if said := g.MustApply(without); len(said) > 0 {
				t.Errorf("said %v", said)
			}
			g.expectDisk(map[string][]byte{"a.png": g.heron})
			g.host.expect(t, 0)
		},
		"changes while the URL is null": func(t *testing.T, g *gallery) {
			t.Helper()
			g.MustApply(g.one("heron", "a.png", half))
			g.host.set(nil)
			other := strings.Replace(g.one("heron", "a.png", "transform = { width = 6 }"), g.host.from("heron"), "url = null", 1)
			if said := g.MustApply(other); len(said) > 0 {
				t.Errorf("said %v", said)
			}
			g.expectDisk(map[string][]byte{"a.png": made(t, imagefile.Transform{Width: 6}, g.heron)})
			g.quiet(other)
			g.host.expect(t, 0)
		},
		"is of nulls alone": func(t *testing.T, g *gallery) {
			t.Helper()
			g.MustApply(g.one("heron", "a.png"))
			g.host.set(nil)
			g.MustApply(g.one("heron", "a.png", "transform = { width = null, format = null }"))
			g.expectDisk(map[string][]byte{"a.png": g.heron})
			g.quiet(g.one("heron", "a.png", "transform = { width = null, format = null }"))
			g.host.expect(t, 0)
		},
		"changes nothing": func(t *testing.T, g *gallery) {
			t.Helper()
			g.MustApply(g.one("heron", "a.png", `transform = { width = 1000, format = "png" }`))
			g.expectDisk(map[string][]byte{"a.png": g.heron})
			g.quiet(g.one("heron", "a.png", `transform = { width = 1000, format = "png" }`))
		},
		"another picture, then moved": func(t *testing.T, g *gallery) {
			t.Helper()
			g.MustApply(g.one("heron", "a.png", half))
			g.MustApply(g.one("hare", "a.png", half))
			small := made(t, imagefile.Transform{Width: 12}, g.hare)
			g.expectDisk(map[string][]byte{"a.png": small})
			g.host.set(nil)
			g.MustApply(g.one("hare", "b.png", half))
			g.expectDisk(map[string][]byte{"b.png": small})
			g.quiet(g.one("hare", "b.png", half))
			g.expectStored(g.heron, g.hare)
			g.host.expect(t, 0)
		},
		"replaced": func(t *testing.T, g *gallery) {
			t.Helper()
			g.MustApply(g.one("heron", "a.png", half))
			g.MustRun(g.one("heron", "a.png", half), engine.PlanOptions{Replace: []string{file}})
			g.expectDisk(map[string][]byte{"a.png": made(t, imagefile.Transform{Width: 12}, g.heron)})
			g.quiet(g.one("heron", "a.png", half))
		},
		"replaced, and the host is gone": func(t *testing.T, g *gallery) {
			t.Helper()
			g.MustApply(g.one("heron", "a.png", half))
			small := mustRead(t, g.at("a.png"))
			g.host.set(nil)
			g.fails(g.one("heron", "a.png", half), engine.PlanOptions{Replace: []string{file}}, "Image Not Fetched")
			g.expectDisk(map[string][]byte{"a.png": small})
		},
		"edited by hand": func(t *testing.T, g *gallery) {
			t.Helper()
			g.MustApply(g.one("heron", "a.png", half))
			small := mustRead(t, g.at("a.png"))
			mustWrite(t, g.at("a.png"), g.otter)
			g.host.set(nil)
			g.MustApply(g.one("heron", "a.png", half))
			g.expectDisk(map[string][]byte{"a.png": small})
			g.expectStored(g.otter)
		},
		"store and file are lost, and a mirror has the picture": func(t *testing.T, g *gallery) {
			t.Helper()
			mirrored := g.one("heron", "a.png", half, `mirrors = ["`+g.host.URL+`/mirrored"]`)
			g.MustApply(mirrored)
			small := mustRead(t, g.at("a.png"))
			g.lose("a.png")
			g.host.set(map[string][]byte{"mirrored": g.heron})
			g.MustApply(mirrored)
			g.expectDisk(map[string][]byte{"a.png": small})
			g.expectStored(g.heron)
		},
		"store and file are lost, and the URL": func(t *testing.T, g *gallery) {
			t.Helper()
			g.MustApply(g.one("heron", "a.png", half))
			g.lose("a.png")
			g.host.set(nil)
			g.fails(g.one("heron", "a.png", half), engine.PlanOptions{}, "Image Gone at Its URL", "copy of the picture that the file is made of elsewhere, with SHA-256 "+hexSHA256(g.heron))
			g.expectDisk(nil)
		},
		"store and file are lost, and the URL brings another": func(t *testing.T, g *gallery) {
			t.Helper()
			g.MustApply(g.one("heron", "a.png", half))
			g.lose("a.png")
			g.host.set(map[string][]byte{"heron": g.hare})
			g.fails(g.one("heron", "a.png", half), engine.PlanOptions{}, "URL Brings Another Image", "the picture that the file is made of had "+hexSHA256(g.heron))
			g.expectDisk(nil)
		},
		"a made file without its picture is kept": func(t *testing.T, g *gallery) {
			t.Helper()
			g.MustApply(g.one("heron", "a.png", half))
			small := mustRead(t, g.at("a.png"))
			if err := os.RemoveAll(filepath.Join(g.env.DataFolder, "flux2", "blobs")); err != nil {
				t.Fatal(err)
			}
			g.MustRun(g.one("heron", "a.png", half), engine.PlanOptions{Destroy: true})
			g.expectDisk(nil)
			g.expectStored(small)
		},
		"the expected hash is that of the picture": func(t *testing.T, g *gallery) {
			t.Helper()
			pinned := func(of []byte) string { return fmt.Sprintf("expected_sha256 = %q", hexSHA256(of)) }
			g.fails(g.one("heron", "a.png", half, pinned(g.hare)), engine.PlanOptions{}, "Unexpected Image", hexSHA256(g.heron))
			g.expectDisk(nil)
			g.MustApply(g.one("heron", "a.png", half, pinned(g.heron)))
			g.expectDisk(map[string][]byte{"a.png": made(t, imagefile.Transform{Width: 12}, g.heron)})
			g.quiet(g.one("heron", "a.png", half, pinned(g.heron)))
			// Another address of the same picture fetches nothing.
			g.host.set(nil)
			g.MustApply(g.one("gone", "a.png", half, pinned(g.heron)))
			g.expectDisk(map[string][]byte{"a.png": made(t, imagefile.Transform{Width: 12}, g.heron)})
			g.host.expect(t, 0)
		},
		"the very file is there already": func(t *testing.T, g *gallery) {
			t.Helper()
			small := made(t, imagefile.Transform{Width: 12}, g.heron)
			g.MustApply(g.one("heron", "a.png", half))
			g.SetState(engine.New(engine.Options{}).State())
			g.MustApply(g.one("heron", "a.png", half))
			g.expectDisk(map[string][]byte{"a.png": small})
			g.quiet(g.one("heron", "a.png", half))
		},
		"somebody else's file is in the way": func(t *testing.T, g *gallery) {
			t.Helper()
			mustWrite(t, g.at("a.png"), g.otter)
			g.refused(g.one("heron", "a.png", half), engine.PlanOptions{}, "Another File at the Path")
			g.expectDisk(map[string][]byte{"a.png": g.otter})
			g.MustApply(g.one("heron", "a.png", half, "overwrite = true"))
			g.expectDisk(map[string][]byte{"a.png": made(t, imagefile.Transform{Width: 12}, g.heron)})
			g.expectStored(g.otter)
		},
		"a picture that is none": func(t *testing.T, g *gallery) {
			t.Helper()
			g.host.set(map[string][]byte{"heron": g.heron[:len(g.heron)-20]})
			g.fails(g.one("heron", "a.png", half), engine.PlanOptions{}, "Picture Not Transformed", "Nothing was written")
			g.expectDisk(nil)
		},
		"missing is ignored": func(t *testing.T, g *gallery) {
			t.Helper()
			ignoring := func(width int) string {
				return g.one("heron", "a.png", fmt.Sprintf("transform = { width = %d }", width), `on_missing = "ignore"`)
			}
			g.MustApply(ignoring(12))
			g.lose("a.png")
			g.quiet(ignoring(12))
			g.MustApply(ignoring(6))
			g.expectDisk(map[string][]byte{"a.png": made(t, imagefile.Transform{Width: 6}, g.heron)})
			g.quiet(ignoring(6))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			life(t, newGallery(t, engine.Options{}))
		})
	}
}

// lose deletes files, and the store with them.
func (g *gallery) lose(names ...string) {
	g.t.Helper()

	for _, name := range names {
		if err := os.Remove(g.at(name)); err != nil {
			g.t.Fatal(err)
		}
	}
	if err := os.RemoveAll(g.env.DataFolder); err != nil {
		g.t.Fatal(err)
	}
}

// What a plan can know of a file that is to be made, it says.
func TestImageFile_plannedTransform(t *testing.T) {
	t.Parallel()

	planned := func(t *testing.T, g *gallery, config string) map[string]any {
		t.Helper()
		plan, _ := g.MustPlan(config, engine.PlanOptions{})
		document, err := plan.Document()
		if err != nil {
			t.Fatal(err)
		}
		after, ok := document.ResourceChanges[0].Change.After.(map[string]any)
		if !ok {
			t.Fatalf("the plan has %v", document.ResourceChanges[0].Change.After)
		}
		return after
	}
	g := newGallery(t, engine.Options{})
	created := planned(t, g, g.one("heron", "a.jpg", `transform = { format = "jpeg" }`))
	if created["content_type"] != "image/jpeg" || created["width"] != nil || created["sha256"] != nil {
		t.Errorf("a new file is planned as %v", created)
	}
	g.MustApply(g.one("heron", "a.png", half))
	changed := planned(t, g, g.one("heron", "a.png", `transform = { width = 6 }`))
	if fmt.Sprintf("%v × %v, %v", changed["width"], changed["height"], changed["content_type"]) != "6 × 4, image/png" || changed["source_sha256"] != hexSHA256(g.heron) || changed["sha256"] != nil {
		t.Errorf("a smaller one is planned as %v", changed)
	}
	g.expectSize("a.png", 12, 8)
	g.MustApply(g.one("heron", "a.png", `transform = { width = 6 }`))
	g.expectSize("a.png", 6, 4)
	if other := planned(t, g, g.one("hare", "a.png", `transform = { width = 6 }`)); other["width"] != nil || other["source_sha256"] != nil {
		t.Errorf("one of another picture is planned as %v", other)
	}
}

// An ending that contradicts the format is said in the plan, where the format is known.
func TestImageFile_transformContradictsItsEnding(t *testing.T) {
	t.Parallel()

	g := newGallery(t, engine.Options{})
	contradicting := g.one("heron", "a.png", `transform = { format = "jpeg" }`)
	_, said := g.MustPlan(contradicting, engine.PlanOptions{})
	if !saidInOrder("Ending Contradicts the Image", "image/jpeg", "the format of transform, which costs nothing").MatchString(said.String()) {
		t.Errorf("said %v", said)
	}
	// Engines plan anew in the apply.
	if said := g.MustApply(contradicting); strings.Count(said.String(), "Ending Contradicts the Image") != 2 {
		t.Errorf("plan and apply said %v", said)
	}
	if info, err := imagefile.Inspect(g.at("a.png")); err != nil || info.ContentType != "image/jpeg" {
		t.Errorf("the file is %+v, %v", info, err)
	}
}

// A file that a transform has made, whatever that was, can be taken over by its path.
func TestImageFile_transformImported(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		transform string
		fits      bool
		makes     imagefile.Transform
	}{
		"that could have made it":  {transform: half, fits: true},
		"of another size":          {transform: "transform = { width = 6 }", makes: imagefile.Transform{Width: 6}},
		"of another format":        {transform: `transform = { format = "jpeg" }`, makes: imagefile.Transform{Format: "jpeg"}},
		"that crops to that":       {transform: `transform = { width = 12, height = 8, fit = "cover" }`, fits: true},
		"none, the file is it all": {fits: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			g := newGallery(t, engine.Options{})
			small := made(t, imagefile.Transform{Width: 12}, g.heron)
			mustWrite(t, g.at("a.png"), small)
			config := g.one("heron", "a.png", test.transform)
			if err := g.Import(t.Context(), config, file, g.at("a.png")).Err(); err != nil {
				t.Fatal(err)
			}
			g.MustApply(config)
			plan, _ := g.MustPlan(config, engine.PlanOptions{})
			if !plan.Empty() {
				t.Errorf("the next plan is %s", plan)
			}
			g.host.expect(t, 0)
			if !test.fits {
				// It is taken for the picture itself.
				g.expectDisk(map[string][]byte{"a.png": made(t, test.makes, small)})
				g.expectStored(small)
				return
			}
			g.expectDisk(map[string][]byte{"a.png": small})
			if test.transform == "" {
				return
			}
			if source := g.Objects()[file].AttributeValues["source_sha256"]; source != nil {
				t.Errorf("it is said to be made of %v", source)
			}
			// It is nobody's last copy to throw away, and made anew once it is missing.
			if err := os.Remove(g.at("a.png")); err != nil {
				t.Fatal(err)
			}
			g.MustApply(config)
			g.expectSize("a.png", 12, 8)
			if source := g.Objects()[file].AttributeValues["source_sha256"]; source != hexSHA256(g.heron) {
				t.Errorf("it is said to be made of %v", source)
			}
			g.quiet(config)
		})
	}
}

// An AVIF picture is an image like others, but nothing is made of it.
func TestImageFile_avif(t *testing.T) {
	t.Parallel()

	g := newGallery(t, engine.Options{})
	content := mustRead(t, "../imagefile/testdata/photo.avif")
	mustWrite(t, g.at("a.avif"), content)
	g.host.set(map[string][]byte{"photo": content})
	config := g.one("photo", "a.avif", fmt.Sprintf("expected_sha256 = %q", hexSHA256(content)))
	if err := g.Import(t.Context(), config, file, g.at("a.avif")).Err(); err != nil {
		t.Fatal(err)
	}
	g.MustApply(config)
	values := g.Objects()[file].AttributeValues
	if info, err := imagefile.Describe(content); err != nil || values["content_type"] != "image/avif" || fmt.Sprint(values["width"]) != fmt.Sprint(info.Width) {
		t.Errorf("the state has %v, the file is %+v, %v", values, info, err)
	}
	g.quiet(config)
	if err := os.Remove(g.at("a.avif")); err != nil {
		t.Fatal(err)
	}
	g.MustApply(config)
	g.expectDisk(map[string][]byte{"a.avif": content})
	g.fails(config+g.named("small", "photo", "b.avif", `transform = { width = 2 }`), engine.PlanOptions{},
		"Picture Not Transformed", "the source is an AVIF picture", "Nothing was written")
	g.expectDisk(map[string][]byte{"a.avif": content})
}

// An imported file may be all that there is of its picture.
func TestImageFile_importedTransformIsKept(t *testing.T) {
	t.Parallel()

	g := newGallery(t, engine.Options{})
	small := made(t, imagefile.Transform{Width: 12}, g.heron)
	mustWrite(t, g.at("a.png"), small)
	config := g.one("heron", "a.png", half)
	if err := g.Import(t.Context(), config, file, g.at("a.png")).Err(); err != nil {
		t.Fatal(err)
	}
	g.MustApply(config)
	g.MustRun(config, engine.PlanOptions{Destroy: true})
	g.expectDisk(nil)
	g.expectStored(small)
}

// A file of another version of what makes it is left alone, until it has to be made
// again: then the plan does not claim to know its hash.
func TestImageFile_transformOfAnotherVersion(t *testing.T) {
	t.Parallel()

	g := newGallery(t, engine.Options{})
	config := g.one("heron", "a.png", half)
	g.MustApply(config)
	current := mustRead(t, g.at("a.png"))
	// What an earlier version has made.
	earlier := made(t, imagefile.Transform{Width: 12}, g.hare)
	mustWrite(t, g.at("a.png"), earlier)
	info, err := imagefile.Inspect(g.at("a.png"))
	if err != nil {
		t.Fatal(err)
	}
	g.rewriteFile(map[string]any{"sha256": info.SHA256, "sha256_base64": info.SHA256Base64, "md5": info.MD5, "size_bytes": info.SizeBytes})
	g.quiet(config)
	g.MustApply(g.one("heron", "b.png", half))
	g.expectDisk(map[string][]byte{"b.png": earlier})
	g.quiet(g.one("heron", "b.png", half))

	if err := os.Remove(g.at("b.png")); err != nil {
		t.Fatal(err)
	}
	plan, _ := g.MustPlan(g.one("heron", "b.png", half), engine.PlanOptions{})
	document, err := plan.Document()
	if err != nil {
		t.Fatal(err)
	}
	unknown, ok := document.ResourceChanges[0].Change.AfterUnknown.(map[string]any)
	if !ok || unknown["sha256"] != true || unknown["width"] == true || unknown["source_sha256"] == true {
		t.Errorf("what is not known is %v", document.ResourceChanges[0].Change.AfterUnknown)
	}
	g.host.set(nil)
	g.MustApply(g.one("heron", "b.png", half))
	g.expectDisk(map[string][]byte{"b.png": current})
	g.quiet(g.one("heron", "b.png", half))
	g.host.expect(t, 0)
}

// rewriteFile has the state be as if an earlier version had made flux2_image_file.art.
func (g *gallery) rewriteFile(values map[string]any) {
	g.t.Helper()

	attributes := g.Objects()[file].AttributeValues
	maps.Copy(attributes, values)
	encoded, err := json.Marshal(attributes)
	if err != nil {
		g.t.Fatal(err)
	}
	state := g.State().Copy()
	var kept []byte
	state.RewritePrivate(file, func(private []byte) []byte {
		kept = private
		return private
	})
	state.Rewrite(file, stateVersions["flux2_image_file"], encoded)
	state.RewritePrivate(file, func([]byte) []byte { return anotherVersion(g.t, kept) })
	g.SetState(state)
}

// anotherVersion has the note of a file say that an earlier version has made it.
func anotherVersion(t *testing.T, private []byte) []byte {
	t.Helper()

	var notes map[string][]byte
	var noted map[string]any
	if err := errors.Join(json.Unmarshal(private, &notes), json.Unmarshal(notes["file"], &noted)); err != nil {
		t.Fatal(err)
	}
	if noted["version"] == nil {
		t.Fatalf("the note has no version: %v", noted)
	}
	noted["version"] = "0"
	content, err := json.Marshal(noted)
	notes["file"] = content
	private, again := json.Marshal(notes)
	if err := errors.Join(err, again); err != nil {
		t.Fatal(err)
	}
	return private
}

// Nine files of one picture, and the picture itself, are one fetch.
func TestImageFile_transformsOfOneURLFetchOnce(t *testing.T) {
	t.Parallel()

	atEach(t, func(g *gallery) {
		var config strings.Builder
		for i := range 9 {
			config.WriteString(g.named(fmt.Sprintf("n%d", i), "heron", fmt.Sprintf("%d.png", i), fmt.Sprintf("transform = { width = %d }", i+1)))
		}
		config.WriteString(g.named("plain", "heron", "plain.png"))
		g.MustApply(g.env.Config(config.String()))
		g.host.expect(g.t, 1)
		for i := range 9 {
			width, height := imagefile.Transform{Width: i + 1}.Size(24, 16)
			g.expectSize(fmt.Sprintf("%d.png", i), int64(width), int64(height))
		}
	})
}

// The sizes on the page are those of its transforms.
func TestImageFile_sizesOfItsPage(t *testing.T) {
	t.Parallel()

	rows := regexp.MustCompile("(?m)^\\| `(\\{.*\\})` \\|.* (\\d+) × (\\d+)\\D*$").FindAllStringSubmatch(string(mustRead(t, "../../templates/resources/image_file.md.tmpl")), -1)
	if len(rows) != 9 {
		t.Errorf("the page has %d sizes", len(rows))
	}
	var wide bytes.Buffer
	if err := png.Encode(&wide, pictures.NewGray(pictures.Rect(0, 0, 1792, 768))); err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		g := newGallery(t, engine.Options{})
		g.host.set(map[string][]byte{"wide": wide.Bytes()})
		g.MustApply(g.one("wide", "a.png", "transform = "+row[1]))
		info, err := imagefile.Inspect(g.at("a.png"))
		if got := fmt.Sprint(info.Width, " × ", info.Height); err != nil || got != row[2]+" × "+row[3] {
			t.Errorf("row %d: %s makes %s, %v; the page says %s × %s", i+1, row[1], got, err, row[2], row[3])
		}
	}
}
