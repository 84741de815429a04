// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
)

// gallery is a folder of image files, the engine that keeps them, and a host that
// has three pictures until it is told otherwise.
type gallery struct {
	*acctest.Engine

	t   *testing.T
	env *acctest.Environment
	// folder is where the files go.
	folder             string
	host               *mediaHost
	heron, hare, otter []byte
	// submissions is how many are expected at the end.
	submissions int
}

func newGallery(t *testing.T, options engine.Options) *gallery {
	t.Helper()

	env := acctest.New(t)
	onClock(env, acctest.NewClock(untilSilence))
	g := &gallery{t: t, env: env, folder: t.TempDir(), heron: painted(t, 1), hare: painted(t, 2), otter: painted(t, 3)}
	g.host = newMediaHost(t, map[string][]byte{"heron": g.heron, "hare": g.hare, "otter": g.otter})
	g.Engine = env.EngineWith(t, options)
	t.Cleanup(func() { env.ExpectSubmissions(t, g.submissions) })
	return g
}

// paid says how many submissions fal has to have accepted at the end, other than
// none.
func (g *gallery) paid(submissions int) { g.submissions = submissions }

// at is a path in the folder.
func (g *gallery) at(name string) string { return filepath.Join(g.folder, name) }

// one declares flux2_image_file.art, which is one picture.
func (g *gallery) one(picture, name string, arguments ...string) string {
	return g.env.Config(g.named("art", picture, name, arguments...))
}

// named declares a file without the provider.
func (g *gallery) named(resource, picture, name string, arguments ...string) string {
	arguments = append([]string{g.host.from(picture)}, arguments...)
	return strings.Replace(imageFile(g.at(name), arguments...), `"art"`, fmt.Sprintf("%q", resource), 1)
}

// each declares flux2_image_file.art for each picture, by the name of its file.
func (g *gallery) each(names map[string]string, arguments ...string) string {
	var entries []string
	for _, picture := range slices.Sorted(maps.Keys(names)) {
		entries = append(entries, fmt.Sprintf("%s = %q", picture, g.at(names[picture])))
	}
	arguments = append([]string{
		"for_each = { " + strings.Join(entries, ", ") + " }", fmt.Sprintf("url = \"%s/${each.key}\"", g.host.URL), "path = each.value",
	}, arguments...)
	return g.env.Config("resource \"flux2_image_file\" \"art\" {\n  " + strings.Join(arguments, "\n  ") + "\n}\n")
}

// fails plans and applies what has to fail in the plan or in the apply.
func (g *gallery) fails(config string, options engine.PlanOptions, words ...string) {
	g.t.Helper()
	expectFailure(g.t, g.Run(g.t.Context(), config, options), words...)
}

// refused plans what has to fail in the plan.
func (g *gallery) refused(config string, options engine.PlanOptions, words ...string) {
	g.t.Helper()

	_, diags := g.Plan(g.t.Context(), config, options)
	expectFailure(g.t, diags, words...)
}

func expectFailure(t *testing.T, diags engine.Diagnostics, words ...string) {
	t.Helper()
	if err := diags.Err(); err == nil || !saidInOrder(words...).MatchString(err.Error()) {
		t.Errorf("said %v, want %q", err, words)
	}
}

// quiet wants a plan without changes and without a word.
func (g *gallery) quiet(config string) {
	g.t.Helper()

	plan, diags := g.MustPlan(config, engine.PlanOptions{})
	if !plan.Empty() || len(diags) > 0 {
		g.t.Errorf("the plan is %s, and said %v", plan, diags)
	}
}

// expectDisk wants the folder to hold these files and no others, temporary ones
// included.
func (g *gallery) expectDisk(want map[string][]byte) {
	g.t.Helper()

	found := filesBelow(g.t, g.folder)
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if content, wanted := want[name]; !wanted {
			g.t.Errorf("there is a file %s", name)
		} else if string(content) != string(found[name]) {
			g.t.Errorf("%s has other content: %s", name, g.name(found[name]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if _, there := found[name]; !there {
			g.t.Errorf("%s is missing", name)
		}
	}
}

// name tells which picture some content is.
func (g *gallery) name(content []byte) string {
	for name, picture := range map[string][]byte{"heron": g.heron, "hare": g.hare, "otter": g.otter} {
		if string(content) == string(picture) {
			return name
		}
	}
	return fmt.Sprintf("%d bytes", len(content))
}

// expectKept wants each picture to be in the folder or in the store.
func (g *gallery) expectKept(pictures ...[]byte) {
	g.t.Helper()

	found := filesBelow(g.t, g.folder)
	for _, picture := range pictures {
		onDisk := slices.ContainsFunc(slices.Collect(maps.Values(found)), func(content []byte) bool { return string(content) == string(picture) })
		if !onDisk && !isStored(g.t, g.env, picture) {
			g.t.Errorf("the %s is lost", g.name(picture))
		}
	}
}

// expectStored wants the store to have a copy of each.
func (g *gallery) expectStored(contents ...[]byte) {
	g.t.Helper()
	expectStored(g.t, g.env, contents...)
}

func expectStored(t *testing.T, env *acctest.Environment, contents ...[]byte) {
	t.Helper()

	for _, content := range contents {
		if !isStored(t, env, content) {
			t.Errorf("the store has no copy of what has SHA-256 %s", hexSHA256(content))
		}
	}
}

// isStored looks for content by its hash, where the store keeps it.
func isStored(t *testing.T, env *acctest.Environment, content []byte) bool {
	t.Helper()

	sum := hexSHA256(content)
	stored, err := os.ReadFile(filepath.Join(env.DataFolder, "flux2", "blobs", "sha256", sum[:2], sum))
	return err == nil && string(stored) == string(content)
}

// filesBelow reads all files of a folder and of those in it.
func filesBelow(t *testing.T, folder string) map[string][]byte {
	t.Helper()

	found := make(map[string][]byte)
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(folder, path)
		found[filepath.ToSlash(name)] = mustRead(t, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// parallelisms are those at which what depends on the order of calls is tried.
var parallelisms = []int{1, 2, 10}

// atEach runs a test at each parallelism, with a gallery for each.
func atEach(t *testing.T, test func(g *gallery)) {
	t.Helper()

	for _, parallelism := range parallelisms {
		t.Run(fmt.Sprintf("parallelism %d", parallelism), func(t *testing.T) {
			t.Parallel()
			test(newGallery(t, engine.Options{Parallelism: parallelism}))
		})
	}
}
