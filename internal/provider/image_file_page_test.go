// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
)

// pageRow is a row of the table on the page of flux2_image_file. Its words are
// compared with the page, so that a row there has a test here.
type pageRow struct {
	// situation is the first cell.
	situation string
	// stands is at the path before anything is applied.
	stands []byte
	// before is applied first, unless it is empty, and then the host has the
	// picture "two" alone.
	before string
	// meanwhile happens in between.
	meanwhile func(t *testing.T, path string)
	after     string
	options   engine.PlanOptions
	// actions are what is planned for the file; none where the plan fails.
	actions string
	// said is in a warning or error.
	said  string
	fails bool
	// content is at the path in the end, nil for nothing.
	content []byte
	// stored has to be in the store.
	stored []byte
}

func TestImageFile_doesWhatItsPageSays(t *testing.T) {
	t.Parallel()

	one, two, edited, note := painted(t, 1), painted(t, 2), painted(t, 3), []byte("not a picture")
	const fromOne, fromTwo, ignore = `url = "HOST/one"`, `url = "HOST/two"`, `on_missing = "ignore"`
	deleted := func(t *testing.T, path string) {
		t.Helper()
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	copied := func(t *testing.T, path string) {
		t.Helper()
		mustWrite(t, path, edited)
	}
	rows := []pageRow{
		{situation: "nothing is at the path yet", after: fromOne, actions: "create", content: one},
		{situation: "an image is at the path, and `expected_sha256` names it", stands: one,
			after: `url = "HOST/gone"` + "\n" + `expected_sha256 = "` + hexSHA256(one) + `"`, actions: "create", content: one},
		{situation: "another image is at the path", stands: edited, after: fromOne, said: "Another File at the Path", fails: true, content: edited},
		{situation: "something that is no image is at the path", stands: note, after: fromOne, said: "Another File at the Path", fails: true, content: note},
		{situation: "the same, with `overwrite = true`", stands: note, after: fromOne + "\noverwrite = true", actions: "create",
			said: "File That Is No Image Will Be Replaced", content: one, stored: note},
		{situation: "the file is missing", before: fromTwo, meanwhile: deleted, after: fromTwo, actions: "update", content: two},
		{situation: "the file is missing, with `on_missing = \"ignore\"`", before: fromOne + "\n" + ignore, meanwhile: deleted,
			after: fromOne + "\n" + ignore, actions: "no-op"},
		{situation: "somebody has changed the file", before: fromTwo, meanwhile: copied, after: fromTwo, actions: "update",
			said: "Changed File Will Be Replaced", content: two, stored: edited},
		{situation: "somebody has changed the file, with `on_missing = \"ignore\"`", before: fromOne + "\n" + ignore, meanwhile: copied,
			after: fromOne + "\n" + ignore, actions: "no-op", content: edited},
		{situation: "`url` brings a new image", before: fromOne, after: fromTwo, actions: "update", content: two, stored: one},
		{situation: "`url` changes, `expected_sha256` is that of the file", before: fromOne,
			after: `url = "HOST/gone"` + "\n" + `expected_sha256 = "` + hexSHA256(one) + `"`, actions: "update", content: one},
		{situation: "`transform` changes, comes or goes", before: fromOne + "\n" + half, after: fromOne + "\ntransform = { width = 6 }", actions: "update",
			content: made(t, imagefile.Transform{Width: 6}, one), stored: one},
		{situation: "the file of a `transform` is missing", before: fromOne + "\n" + half, meanwhile: deleted, after: fromOne + "\n" + half, actions: "update",
			content: made(t, imagefile.Transform{Width: 12}, one), stored: one},
		{situation: "destroy of a file with a `transform`", before: fromOne + "\n" + half, options: engine.PlanOptions{Destroy: true},
			after: fromOne + "\n" + half, actions: "delete", stored: one},
		{situation: "`url` is null, the file is there", before: fromOne, after: "url = null", actions: "update", content: one},
		{situation: "`url` is null, there is no file", after: "url = null", actions: "create", said: "No Image to Fetch", fails: true},
		{situation: "`terraform apply -replace`", before: fromTwo, after: fromTwo,
			options: engine.PlanOptions{Replace: []string{file}}, actions: "delete create", content: two},
		{situation: "`terraform apply -replace`, and the URL is gone", before: fromOne, after: fromOne,
			options: engine.PlanOptions{Replace: []string{file}}, actions: "delete create", said: "Image Not Fetched", fails: true, content: one},
		{situation: "destroy, or the block is removed", before: fromOne, options: engine.PlanOptions{Destroy: true},
			after: fromOne, actions: "delete", stored: one},
		{situation: "destroy, and somebody has changed the file", before: fromOne, meanwhile: copied, after: fromOne,
			options: engine.PlanOptions{Destroy: true}, actions: "delete", said: "File Left Alone", content: edited},
	}
	elsewhere := []string{"`path` changes", "two files swap their paths"} // two paths, which have tests of their own
	tested := make(map[string]bool)
	for _, situation := range elsewhere {
		tested[situation] = true
	}
	for _, row := range rows {
		tested[row.situation] = true
		t.Run(row.situation, func(t *testing.T) {
			t.Parallel()
			row.run(t, map[string][]byte{"one": one, "two": two})
		})
	}
	page := string(mustRead(t, "../../templates/resources/image_file.md.tmpl"))
	_, page, _ = strings.Cut(page, "## What happens to a file")
	page, _, _ = strings.Cut(page, "\n## ")
	for line := range strings.Lines(page) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || strings.HasPrefix(cells[1], "---") || cells[1] == " situation " {
			continue
		}
		if situation := strings.TrimSpace(cells[1]); !tested[situation] {
			t.Errorf("the page has a situation without a test: %s", situation)
		}
		delete(tested, strings.TrimSpace(cells[1]))
	}
	for situation := range tested {
		t.Errorf("the page does not have the situation %s", situation)
	}
}

func (r pageRow) run(t *testing.T, pictures map[string][]byte) {
	t.Helper()

	env := acctest.New(t)
	host := newMediaHost(t, pictures)
	path := filepath.Join(t.TempDir(), "art.png")
	config := func(arguments string) string {
		return env.Config(imageFile(path, strings.ReplaceAll(arguments, "HOST", host.URL)))
	}
	if r.stands != nil {
		mustWrite(t, path, r.stands)
	}
	running := env.Engine(t)
	if r.before != "" {
		running.MustApply(config(r.before))
		host.set(map[string][]byte{"two": pictures["two"]})
	}
	if r.meanwhile != nil {
		r.meanwhile(t, path)
	}
	plan, said := running.Plan(t.Context(), config(r.after), r.options)
	if plan != nil {
		document, err := plan.Document()
		if err != nil {
			t.Fatal(err)
		}
		var actions []string
		for _, change := range document.ResourceChanges {
			for _, action := range change.Change.Actions {
				actions = append(actions, string(action))
			}
		}
		if got := strings.Join(actions, " "); got != r.actions {
			t.Errorf("the plan has %q, want %q", got, r.actions)
		}
		said = append(said, running.Apply(t.Context(), plan)...)
	}
	if failed := said.Err() != nil; failed != r.fails || r.said == "" && len(said) > 0 || !strings.Contains(said.String(), r.said) {
		t.Errorf("failed: %t, want %t with %q; said:\n%s", failed, r.fails, r.said, said)
	}
	if content, err := os.ReadFile(path); r.content == nil && !errors.Is(err, fs.ErrNotExist) || string(content) != string(r.content) {
		t.Errorf("at the path are %d bytes, %v; want %d", len(content), err, len(r.content))
	}
	if r.stored != nil && string(mustRead(t, storedAt(env, r.stored))) != string(r.stored) {
		t.Error("the store has other content under that name")
	}
	env.ExpectSubmissions(t, 0)
}

// storedAt is where the store has a picture.
func storedAt(env *acctest.Environment, content []byte) string {
	sum := hexSHA256(content)
	return filepath.Join(env.DataFolder, "flux2", "blobs", "sha256", sum[:2], sum)
}

// The recovery guide says how to have a picture of before at its path again, from
// the store and without asking anybody.
func TestImageFile_comesBackFromTheStoreByItsHash(t *testing.T) {
	t.Parallel()

	one, two := painted(t, 1), painted(t, 2)
	env := acctest.New(t)
	host := newMediaHost(t, map[string][]byte{"one": one, "two": two})
	path := filepath.Join(t.TempDir(), "art.png")
	running := env.Engine(t)
	running.MustApply(env.Config(imageFile(path, host.from("one"))))
	running.MustApply(env.Config(imageFile(path, host.from("two"))))
	host.set(nil)
	again := env.Config(imageFile(path, host.from("two"), fmt.Sprintf("expected_sha256 = %q", hexSHA256(one))))
	running.MustApply(again)
	if string(mustRead(t, path)) != string(one) {
		t.Error("the picture of before is not at its path")
	}
	if string(mustRead(t, storedAt(env, two))) != string(two) {
		t.Error("what it replaced is not in the store")
	}
	host.expect(t, 0)
	if plan, _ := running.MustPlan(again, engine.PlanOptions{}); !plan.Empty() {
		t.Errorf("the next plan changes something: %s", plan)
	}
	env.ExpectSubmissions(t, 0)
}

// Two files that swap their paths are two changes in place, and the URLs are not
// needed.
func TestImageFile_pathsAreSwapped(t *testing.T) {
	t.Parallel()

	one, two := painted(t, 1), painted(t, 2)
	env := acctest.New(t)
	host := newMediaHost(t, map[string][]byte{"one": one, "two": two})
	folder := t.TempDir()
	first, second := filepath.Join(folder, "1.png"), filepath.Join(folder, "2.png")
	config := func(of, ofOther string) string {
		other := strings.Replace(imageFile(ofOther, host.from("two")), `"art"`, `"other"`, 1)
		return env.Config(imageFile(of, host.from("one")) + other)
	}
	running := env.Engine(t)
	running.MustApply(config(first, second))
	host.set(nil)
	running.MustApply(config(second, first))
	if string(mustRead(t, first)) != string(two) || string(mustRead(t, second)) != string(one) {
		t.Error("the pictures have not changed their places")
	}
	onlyFiles(t, folder, "1.png", "2.png")
	host.expect(t, 0)
	if plan, _ := running.MustPlan(config(second, first), engine.PlanOptions{}); !plan.Empty() {
		t.Errorf("the next plan changes something: %s", plan)
	}
	env.ExpectSubmissions(t, 0)
}
