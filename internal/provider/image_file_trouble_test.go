// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
)

// Without a store that can be written to, nothing is replaced or deleted that may
// be the last copy. What needs no copy goes on, with a warning.
func TestImageFile_storeCanNotBeWritten(t *testing.T) {
	t.Parallel()

	g := newGallery(t, engine.Options{})
	// Nobody can make a folder below a file, not even root.
	unusable := fmt.Sprintf("image_store = %q", g.at("words/store"))
	mustWrite(t, g.at("words"), []byte("mine"))
	words := []byte("mine")
	config := func(body string) string { return emulated(g.env, unusable, body) }
	if said := g.MustApply(config(g.named("art", "heron", "a.png"))); !saidInOrder("Image Store Not Usable", "set image_store in the provider block").MatchString(said.String()) {
		t.Errorf("the apply said %s", said)
	}
	g.expectDisk(map[string][]byte{"a.png": g.heron, "words": words})
	g.quiet(config(g.named("art", "heron", "a.png")))

	// A move needs no store: the picture is at its new path.
	g.MustApply(config(g.named("art", "heron", "b.png")))
	g.expectDisk(map[string][]byte{"b.png": g.heron, "words": words})
	g.fails(config(g.named("art", "hare", "b.png")), engine.PlanOptions{}, "File Not Replaced", "may be the only copy of its image", "nothing was written", "set image_store in the provider block")
	g.expectDisk(map[string][]byte{"b.png": g.heron, "words": words})
	if said := g.MustRun(config(g.named("art", "heron", "b.png")), engine.PlanOptions{Destroy: true}); !saidInOrder("File Left Alone", "may be the only copy of its image").MatchString(said.String()) {
		t.Errorf("the destroy said %s", said)
	}
	g.expectDisk(map[string][]byte{"b.png": g.heron, "words": words})
}

// readOnlyStore has the store be read and not written, even by root: where its files
// begin, there is no folder.
func (g *gallery) readOnlyStore() {
	g.t.Helper()

	ingest := filepath.Join(g.env.DataFolder, "flux2", "ingest")
	if err := os.RemoveAll(ingest); err != nil {
		g.t.Fatal(err)
	}
	mustWrite(g.t, ingest, nil)
}

// Files can't trade places while nothing can be kept meanwhile, nor can one be
// replaced by another picture. All stay as they were, and a deleted one is left.
func TestImageFile_storeIsReadOnly(t *testing.T) {
	t.Parallel()
	atEach(t, func(g *gallery) {
		t := g.t
		names := map[string]string{"heron": "0.png", "hare": "1.png"}
		g.MustApply(g.each(names))
		g.readOnlyStore()
		g.host.set(map[string][]byte{"otter": g.otter})
		stay := map[string][]byte{"0.png": g.heron, "1.png": g.hare}
		g.fails(g.each(map[string]string{"heron": "1.png", "hare": "0.png"}), engine.PlanOptions{}, "File Not Replaced", "may be the only copy of its image", "make the folder writable")
		g.expectDisk(stay)
		g.quiet(g.each(names))
		g.fails(g.each(names, fmt.Sprintf("expected_sha256 = %q", hexSHA256(g.otter)), fmt.Sprintf("mirrors = [\"%s/otter\"]", g.host.URL)), engine.PlanOptions{}, "File Not Replaced")
		g.expectDisk(stay)
		if said := g.MustRun(g.each(names), engine.PlanOptions{Destroy: true}); !saidInOrder("File Left Alone", "may be the only copy of its image").MatchString(said.String()) {
			t.Errorf("the destroy said %s", said)
		}
		g.expectDisk(stay)
	})
}

// A transfer that ends too early, and one that is interrupted, leave what was there
// and nothing half-written beside it.
func TestImageFile_transferInterrupted(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		interrupt bool
		want      []string
	}{
		"cut off":     {want: []string{"Image Not Fetched", "Nothing was written"}},
		"interrupted": {interrupt: true, want: []string{"Image File Interrupted", "Nothing was written", "Apply again"}},
	} {
		for how, options := range map[string]engine.PlanOptions{"changed": {}, "replaced": {Replace: []string{file}}, "created": {}} {
			t.Run(name+", "+how, func(t *testing.T) {
				t.Parallel()

				g := newGallery(t, engine.Options{})
				ctx, interrupt := context.WithCancel(t.Context())
				defer interrupt()
				broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Length", fmt.Sprint(len(g.hare)))
					_, _ = w.Write(g.hare[:len(g.hare)/2])
					_ = http.NewResponseController(w).Flush()
					if test.interrupt {
						interrupt()
						<-r.Context().Done()
					}
					panic(http.ErrAbortHandler)
				}))
				defer broken.Close()
				want := map[string][]byte{}
				if how != "created" {
					g.MustApply(g.one("heron", "a.png"))
					want["a.png"] = g.heron
				}
				config := strings.Replace(g.one("hare", "a.png"), g.host.from("hare"), fmt.Sprintf("url = \"%s/hare\"", broken.URL), 1)
				expectFailure(t, g.Run(ctx, config, options), test.want...)
				g.expectDisk(want)

				g.MustApply(g.one("hare", "a.png"))
				g.expectDisk(map[string][]byte{"a.png": g.hare})
				g.quiet(g.one("hare", "a.png"))
				if how != "created" {
					g.expectStored(g.heron)
				}
			})
		}
	}
}

// An apply can end between the deletion of a replaced file and its creation. The
// file is still there, and the next apply goes on with it.
func TestImageFile_endedBetweenDeletionAndCreation(t *testing.T) {
	t.Parallel()

	g := newGallery(t, engine.Options{Parallelism: 1})
	config := g.one("heron", "a.png")
	g.MustApply(config)
	var between *engine.State
	e := g.env.EngineWith(t, engine.Options{Parallelism: 1, Saved: func(state *engine.State) {
		if between == nil && len(state.Addresses()) == 0 {
			between = state.Copy()
		}
	}})
	e.SetState(g.State())
	g.host.fail(http.StatusNotFound)
	expectFailure(t, e.Run(t.Context(), config, engine.PlanOptions{Replace: []string{file}}), "Image Not Fetched")
	if between == nil {
		t.Fatal("the deletion was not saved")
	}
	g.SetState(between)
	g.expectDisk(map[string][]byte{"a.png": g.heron})
	g.host.fail(0)
	g.MustApply(config)
	g.expectDisk(map[string][]byte{"a.png": g.heron})
	g.quiet(config)
	g.MustRun(config, engine.PlanOptions{Destroy: true})
	g.expectDisk(nil)
	g.expectStored(g.heron)
}

// A run can be killed after it has changed a file and before its state is saved. A
// destroy then knows the file from the index: it goes into the store, and the path is
// free again.
func TestImageFile_destroyedAfterAKilledChange(t *testing.T) {
	t.Parallel()

	g := newGallery(t, engine.Options{})
	g.MustApply(g.one("heron", "a.png"))
	before := g.State().Copy()
	g.MustApply(g.one("hare", "a.png"))
	g.SetState(before)
	if said := g.MustRun(g.one("hare", "a.png"), engine.PlanOptions{Destroy: true, SkipRefresh: true}).String(); said != "" {
		t.Errorf("destroying said %s", said)
	}
	g.expectDisk(nil)
	g.expectStored(g.heron, g.hare)
	g.MustApply(g.one("heron", "a.png"))
	g.expectDisk(map[string][]byte{"a.png": g.heron})
	g.quiet(g.one("heron", "a.png"))

	// What somebody has put there meanwhile is not the provider's.
	before = g.State().Copy()
	g.MustApply(g.one("hare", "a.png"))
	g.SetState(before)
	if err := os.WriteFile(g.at("a.png"), []byte("notes"), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := g.MustRun(g.one("hare", "a.png"), engine.PlanOptions{Destroy: true, SkipRefresh: true}).String(); !strings.Contains(said, "File Left Alone") {
		t.Errorf("destroying said %s", said)
	}
	g.expectDisk(map[string][]byte{"a.png": []byte("notes")})
}

// An ending that contradicts the content warns: in the apply that finds it out, and
// in each plan after that.
func TestImageFile_endingContradicts(t *testing.T) {
	t.Parallel()

	g := newGallery(t, engine.Options{})
	warned := func(what string, diags engine.Diagnostics) {
		t.Helper()
		if !saidInOrder("Ending Contradicts the Image", "the path ends in .webp", "the image is image/png", "the ending is .png").MatchString(diags.String()) {
			t.Errorf("%s said %s", what, diags)
		}
	}
	warned("the apply", g.MustApply(g.one("heron", "a.webp")))
	plan, diags := g.MustPlan(g.one("heron", "a.webp"), engine.PlanOptions{})
	if !plan.Empty() {
		t.Errorf("the plan is %s", plan)
	}
	warned("the plan", diags)
	_, diags = g.MustPlan(g.one("heron", "b.webp"), engine.PlanOptions{})
	warned("the plan of a move", diags)
	g.expectDisk(map[string][]byte{"a.webp": g.heron})
	for _, ending := range []string{"a.PNG", "a.tmp", "a"} {
		g.MustApply(g.one("heron", ending))
		g.quiet(g.one("heron", ending))
		g.expectDisk(map[string][]byte{ending: g.heron})
	}
}

// Paths that can't be meant are refused in the plan, and no file or folder of such a
// name comes into being.
func TestImageFile_pathsThatCanNotBeMeant(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct{ path, want string }{
		"home":             {"~/site/a.png", "no shell replaces here; write the folder out, or use pathexpand"},
		"variable":         {"$HOME/site/a.png", "begins with a variable of a shell"},
		"braces":           {"$${HOME}/site/a.png", "begins with a variable of a shell"},
		"Windows variable": {"%%USERPROFILE%%/a.png", "begins with a variable of a shell"},
		"URL":              {"file:///srv/site/a.png", "is a URL; write the path alone, without file://"},
		"trailing newline": {"site/a.png\n", "contains a line break or another character"},
		"backslash":        {`site\a.png`, "contains a backslash, which separates folders on Windows alone"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if os.IsPathSeparator('\\') && name == "backslash" {
				t.Skip("a backslash separates folders here")
			}
			g := newGallery(t, engine.Options{})
			g.refused(g.env.Config(image(lighthouse)+strings.ReplaceAll(imageFile(test.path, imageURL), "%%", "%")), engine.PlanOptions{}, "Unusable Path", test.want)
		})
	}
}
