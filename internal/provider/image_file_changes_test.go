// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"bytes"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	pictures "image"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
)

// painted is a small picture, each shade another.
func painted(t *testing.T, shade uint8) []byte {
	t.Helper()

	canvas := pictures.NewGray(pictures.Rect(0, 0, 24, 16))
	canvas.SetGray(3, 3, color.Gray{Y: shade})
	var content bytes.Buffer
	if err := png.Encode(&content, canvas); err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}

// mediaHost serves pictures by name and counts how often.
type mediaHost struct {
	URL   string
	mutex sync.Mutex
	has   map[string][]byte
	asked int
	// status answers instead, unless it is 0.
	status int
}

func newMediaHost(t *testing.T, has map[string][]byte) *mediaHost {
	t.Helper()

	host := &mediaHost{has: has}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host.mutex.Lock()
		defer host.mutex.Unlock()
		host.asked++
		if host.status != 0 {
			w.WriteHeader(host.status)
			return
		}
		content, found := host.has[strings.TrimPrefix(r.URL.Path, "/")]
		if !found {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(content)
	}))
	t.Cleanup(server.Close)
	host.URL = server.URL
	return host
}

// set replaces what is served, and forgets how often.
func (h *mediaHost) set(has map[string][]byte) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.has, h.asked = has, 0
}

// fail has the host answer with a status to everything.
func (h *mediaHost) fail(status int) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.status, h.asked = status, 0
}

func (h *mediaHost) expect(t *testing.T, want int) {
	t.Helper()

	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.asked != want {
		t.Errorf("the media host was asked %d times, want %d", h.asked, want)
	}
}

func (h *mediaHost) from(name string) string {
	return "url = \"" + h.URL + "/" + name + "\""
}

// planned checks what is planned for the file and the upload.
func planned(ofFile, ofUpload plancheck.ResourceActionType, more ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	checks := actions(noOp, ofFile, ofUpload, more...)
	checks.PreApply = checks.PreApply[1:]
	return checks
}

// Every change is made in place, and asks the host only for content that is
// not on disk.
func TestImageFile_changes(t *testing.T) {
	t.Parallel()

	one, two := painted(t, 1), painted(t, 2)
	for name, test := range map[string]struct {
		before, after func(folder string, host *mediaHost) string
		// meanwhile happens in between; the host still has two then, but not one.
		meanwhile func(t *testing.T, folder string)
		upload    plancheck.ResourceActionType
		asked     int
		files     []string
		content   []byte
	}{
		"another URL": {
			before: func(folder string, host *mediaHost) string { return imageFile(folder+"/a.png", host.from("one")) },
			after:  func(folder string, host *mediaHost) string { return imageFile(folder+"/a.png", host.from("two")) },
			upload: update, asked: 1, files: []string{"a.png"}, content: two,
		},
		"another URL of what is expected": {
			before: func(folder string, host *mediaHost) string { return imageFile(folder+"/a.png", host.from("one")) },
			after: func(folder string, host *mediaHost) string {
				return imageFile(folder+"/a.png", host.from("gone?signature=2"), `expected_sha256 = "`+strings.ToUpper(hexSHA256(one))+`"`)
			},
			upload: noOp, files: []string{"a.png"}, content: one,
		},
		"another path": {
			before: func(folder string, host *mediaHost) string { return imageFile(folder+"/a.png", host.from("one")) },
			after:  func(folder string, host *mediaHost) string { return imageFile(folder+"/b.png", host.from("one")) },
			upload: noOp, files: []string{"b.png"}, content: one,
		},
		"another path, moved by hand": {
			before: func(folder string, host *mediaHost) string { return imageFile(folder+"/a.png", host.from("one")) },
			after:  func(folder string, host *mediaHost) string { return imageFile(folder+"/b.png", host.from("one")) },
			meanwhile: func(t *testing.T, folder string) {
				t.Helper()
				if err := os.Rename(folder+"/a.png", folder+"/b.png"); err != nil {
					t.Error(err)
				}
			},
			upload: noOp, files: []string{"b.png"}, content: one,
		},
		"another path, with somebody else's file at the old one": {
			before: func(folder string, host *mediaHost) string {
				return imageFile(folder+"/a.png", host.from("two"))
			},
			after: func(folder string, host *mediaHost) string {
				return imageFile(folder+"/b.png", host.from("two"))
			},
			meanwhile: func(t *testing.T, folder string) { t.Helper(); mustWrite(t, folder+"/a.png", one) },
			upload:    noOp, asked: 1, files: []string{"a.png", "b.png"}, content: two,
		},
		"another spelling of the path": {
			before: func(folder string, host *mediaHost) string { return imageFile(folder+"/a.png", host.from("one")) },
			after:  func(folder string, host *mediaHost) string { return imageFile(folder+"/.//a.png", host.from("one")) },
			upload: noOp, files: []string{"a.png"}, content: one,
		},
		"the same path through a linked folder": {
			before: func(folder string, host *mediaHost) string { return imageFile(folder+"/a.png", host.from("one")) },
			after: func(folder string, host *mediaHost) string {
				return imageFile(folder+".link/a.png", host.from("one"))
			},
			meanwhile: func(t *testing.T, folder string) {
				t.Helper()
				if err := os.Symlink(folder, folder+".link"); err != nil {
					t.Error(err)
				}
			},
			upload: noOp, files: []string{"a.png"}, content: one,
		},
		"another path and another URL": {
			before: func(folder string, host *mediaHost) string { return imageFile(folder+"/a.png", host.from("one")) },
			after:  func(folder string, host *mediaHost) string { return imageFile(folder+"/b.png", host.from("two")) },
			upload: update, asked: 1, files: []string{"b.png"}, content: two,
		},
		"another expected hash": {
			before: func(folder string, host *mediaHost) string { return imageFile(folder+"/a.png", host.from("one")) },
			after: func(folder string, host *mediaHost) string {
				return imageFile(folder+"/a.png", host.from("two"), `expected_sha256 = "`+hexSHA256(two)+`"`)
			},
			upload: update, asked: 1, files: []string{"a.png"}, content: two,
		},
		"an expected hash less": {
			before: func(folder string, host *mediaHost) string {
				return imageFile(folder+"/a.png", host.from("one"), `expected_sha256 = "`+hexSHA256(one)+`"`)
			},
			after:  func(folder string, host *mediaHost) string { return imageFile(folder+"/a.png", host.from("one")) },
			upload: noOp, files: []string{"a.png"}, content: one,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			folder := filepath.Join(t.TempDir(), "images")
			host := newMediaHost(t, map[string][]byte{"one": one, "two": two})
			after := env.Config(test.after(folder, host) + uploaded)
			hash := plancheck.ExpectKnownValue(file, at("sha256"), knownvalue.NotNull())
			if test.upload == update {
				hash = plancheck.ExpectUnknownValue(file, at("sha256"))
			}
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{
				{Config: env.Config(test.before(folder, host) + uploaded)},
				{
					PreConfig: func() {
						host.set(map[string][]byte{"two": two})
						if test.meanwhile != nil {
							test.meanwhile(t, folder)
						}
					},
					Config:            after,
					ConfigPlanChecks:  planned(update, test.upload, hash),
					ConfigStateChecks: []statecheck.StateCheck{of("sha256", knownvalue.StringExact(hexSHA256(test.content)))},
				},
				{
					PreConfig: func() {
						host.expect(t, test.asked)
						onlyFiles(t, folder, test.files...)
						if last := test.files[len(test.files)-1]; !bytes.Equal(mustRead(t, filepath.Join(folder, last)), test.content) {
							t.Errorf("%s has other content", last)
						}
					},
					Config:           after,
					ConfigPlanChecks: planned(noOp, noOp),
				},
			}})
		})
	}
}

// A file is its resource's own as long as its content is. All else stays.
func TestImageFile_removedOnlyIfItIsTheOne(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		happens func(path string) error
		stays   bool
	}{
		"as it was":       {func(string) error { return nil }, false},
		"removed already": {os.Remove, false},
		"edited":          {func(path string) error { return os.WriteFile(path, []byte("mine"), 0o600) }, true},
		"a link": {func(path string) error {
			if err := os.Rename(path, path+".kept"); err != nil {
				return err
			}
			return os.Symlink(path+".kept", path)
		}, true},
		"a folder": {func(path string) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			return os.MkdirAll(filepath.Join(path, "mine"), 0o755)
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			host := newMediaHost(t, map[string][]byte{"one": painted(t, 1)})
			path := filepath.Join(t.TempDir(), "a.png")
			config := env.Config(imageFile(path, host.from("one")))
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{
				{Config: config},
				{
					PreConfig: func() {
						if err := test.happens(path); err != nil {
							t.Fatal(err)
						}
					},
					Config:  config,
					Destroy: true,
				},
			}})
			if _, err := os.Lstat(path); os.IsNotExist(err) == test.stays {
				t.Errorf("stays %t, but: %v", test.stays, err)
			}
		})
	}
}

// A resource that changes its name without a moved block is a creation and a
// deletion in any order; the file they share stays.
func TestAccImageFile_renamedResourceKeepsItsFile(t *testing.T) {
	t.Parallel()

	for name, deletion := range map[string]string{"in any order": "", "created first": "lifecycle {\n create_before_destroy = true\n }\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			host := newMediaHost(t, map[string][]byte{"one": painted(t, 1)})
			path := filepath.Join(t.TempDir(), "a.png")
			config := env.Config(imageFile(path, host.from("one"), deletion))
			renamed := strings.ReplaceAll(config, `"art"`, `"renamed"`)
			env.TestAcc(t, 0, resource.TestCase{Steps: []resource.TestStep{
				{Config: config},
				{Config: renamed, Check: func(*terraform.State) error {
					_, err := os.Stat(path)
					return err
				}},
				emptyPlan(renamed),
				{Config: renamed, Taint: []string{"flux2_image_file.renamed"}, Check: func(*terraform.State) error {
					_, err := os.Stat(path)
					return err
				}},
				emptyPlan(renamed),
			}})
		})
	}
}

// A file that exists is taken over by its path, whatever has become of its URL.
func TestImageFile_imported(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	host := newMediaHost(t, nil)
	content := painted(t, 1)
	path := filepath.Join(t.TempDir(), "a.png")
	mustWrite(t, path, content)
	config := env.Config(imageFile(path, host.from("gone")) + uploaded)
	adopted := []statecheck.StateCheck{
		fileOnDisk{path},
		of("path", knownvalue.StringExact(path)),
		of("present", knownvalue.Bool(true)),
		of("width", knownvalue.Int64Exact(24)),
		of("content_type", knownvalue.StringExact("image/png")),
	}
	byPath := resource.TestStep{
		Config: acctest.RequiredProviders + config, ResourceName: file, ImportState: true, ImportStateId: path, ImportStatePersist: true,
	}
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{
		byPath,
		{
			Config:            config,
			ConfigPlanChecks:  planned(update, create, plancheck.ExpectKnownValue(file, at("sha256"), knownvalue.StringExact(hexSHA256(content)))),
			ConfigStateChecks: append(adopted, of("url", knownvalue.NotNull()), of("file_permission", knownvalue.StringExact("0644"))),
		},
		emptyPlan(config),
	}})
	host.expect(t, 0)
}
