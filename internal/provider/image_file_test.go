// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

const (
	file     = "flux2_image_file.art"
	upload   = "terraform_data.upload"
	imageURL = "url = flux2_image.art.url"
)

// imageFile declares flux2_image_file.art.
func imageFile(path string, arguments ...string) string {
	return fmt.Sprintf("resource \"flux2_image_file\" \"art\" {\n  path = %q\n  %s\n}\n", path, strings.Join(arguments, "\n  "))
}

// uploaded stands for whatever is built on the content of a file.
const uploaded = "resource \"terraform_data\" \"upload\" {\n  input = flux2_image_file.art.sha256\n}\n"

// actions checks what is planned for the image, its file and the upload.
func actions(ofImage, ofFile, ofUpload plancheck.ResourceActionType, more ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: append([]plancheck.PlanCheck{
		plancheck.ExpectResourceAction(art, ofImage),
		plancheck.ExpectResourceAction(file, ofFile),
		plancheck.ExpectResourceAction(upload, ofUpload),
	}, more...)}
}

const (
	noOp   = plancheck.ResourceActionNoop
	update = plancheck.ResourceActionUpdate
	create = plancheck.ResourceActionCreate
)

// of checks one attribute of flux2_image_file.art in state.
func of(attribute string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(file, at(attribute), check)
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()

	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func mustWrite(t *testing.T, path string, content []byte) {
	t.Helper()

	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func hexSHA256(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// onlyFiles wants a folder to hold these files and no others, temporary ones
// included.
func onlyFiles(t *testing.T, folder string, want ...string) {
	t.Helper()

	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, entry := range entries {
		found = append(found, entry.Name())
	}
	if strings.Join(found, " ") != strings.Join(want, " ") {
		t.Errorf("the folder holds %v, want %v", found, want)
	}
}

// downloads counts how often pictures were fetched, and refuses keys.
func downloads(t *testing.T, env *acctest.Environment) int {
	t.Helper()

	count := 0
	for _, entry := range env.Emulator.LogOf(emulator.RouteMedia) {
		if entry.Header.Get("Authorization") != "" {
			t.Errorf("the key was sent to the media host with %s %s", entry.Method, entry.Path)
		}
		if entry.Method == http.MethodGet {
			count++
		}
	}
	return count
}

// The picture is on disk as the emulator serves it, and the state describes it.
func TestImageFile_created(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithKey(acctest.Key))
	path := filepath.Join(t.TempDir(), "site", "images", "hero.webp")
	config := env.ConfigWithKey(acctest.Key, image(lighthouse, `output_format = "webp"`, `image_size = "square"`)+imageFile(path, imageURL)+uploaded)
	same := statecheck.CompareValue(compare.ValuesSame())
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: config,
			ConfigPlanChecks: actions(create, create, create,
				plancheck.ExpectUnknownValue(file, at("sha256")),
				plancheck.ExpectUnknownValue(file, at("width")),
				plancheck.ExpectKnownValue(file, at("present"), knownvalue.Bool(true)),
			),
			ConfigStateChecks: []statecheck.StateCheck{
				of("width", knownvalue.Int64Exact(512)),
				of("height", knownvalue.Int64Exact(512)),
				of("content_type", knownvalue.StringExact("image/webp")),
				of("file_permission", knownvalue.StringExact("0644")),
				of("directory_permission", knownvalue.StringExact("0755")),
				of("expected_sha256", knownvalue.Null()),
				of("present", knownvalue.Bool(true)),
				same.AddStateValue(file, at("sha256")),
			},
		},
		{
			PreConfig: func() {
				content := mustRead(t, path)
				original, err := fetch(t, env.URL+env.Emulator.Requests()[0].Media[0])
				if err != nil || !bytes.Equal(content, original) {
					t.Errorf("the file has %d bytes, the picture %d, %v", len(content), len(original), err)
				}
			},
			Config:           config,
			ConfigPlanChecks: actions(noOp, noOp, noOp),
			ConfigStateChecks: []statecheck.StateCheck{
				same.AddStateValue(file, at("sha256")),
				fileOnDisk{path},
			},
		},
	}})
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the file was not removed with its resource: %v", err)
	}
	// One for the provider, one for this test.
	if got := downloads(t, env); got != 2 {
		t.Errorf("the picture was fetched %d times, want 2", got)
	}
}

// Whatever happens to the file on disk, the plan shows one repair in place and
// nothing else, and the same bytes are back without a submission.
func TestImageFile_restored(t *testing.T) {
	t.Parallel()

	for name, damage := range map[string]func(path string, content []byte) error{
		"missing":    func(path string, _ []byte) error { return os.Remove(path) },
		"empty disk": func(path string, _ []byte) error { return os.RemoveAll(filepath.Dir(path)) },
		"cut off":    func(path string, content []byte) error { return os.Truncate(path, int64(len(content)/2)) },
		"of equal size": func(path string, content []byte) error {
			return os.WriteFile(path, bytes.Repeat([]byte{7}, len(content)), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			path := filepath.Join(t.TempDir(), "images", "hero.png")
			config := env.Config(image(lighthouse, `image_size = "square"`) + imageFile(path, imageURL) + uploaded)
			var content []byte
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
				{Config: config},
				{
					PreConfig: func() {
						content = mustRead(t, path)
						if err := damage(path, content); err != nil {
							t.Fatal(err)
						}
					},
					Config: config,
					ConfigPlanChecks: actions(noOp, update, noOp,
						plancheck.ExpectKnownValue(file, at("sha256"), knownvalue.NotNull()),
						plancheck.ExpectKnownValue(file, at("present"), knownvalue.Bool(true)),
					),
					ConfigStateChecks: []statecheck.StateCheck{of("present", knownvalue.Bool(true)), fileOnDisk{path}},
				},
				{
					PreConfig: func() {
						if !bytes.Equal(mustRead(t, path), content) {
							t.Error("what was put back is not what was there")
						}
					},
					Config:           config,
					ConfigPlanChecks: actions(noOp, noOp, noOp),
				},
			}})
			if got := downloads(t, env); got != 2 {
				t.Errorf("the picture was fetched %d times, want 2", got)
			}
		})
	}
}

// A file that is there needs no URL. One that is gone with it can be put back
// by hand; until then an error says what to look for.
func TestImageFile_expiredURL(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	folder := t.TempDir()
	path := filepath.Join(folder, "hero.png")
	config := env.Config(image(lighthouse, `image_size = "square"`) + imageFile(path, imageURL) + uploaded)
	var content []byte
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: config},
		{
			PreConfig: func() {
				content = mustRead(t, path)
				if err := env.Emulator.ExpireMedia(env.Emulator.Submissions()[0].RequestID); err != nil {
					t.Fatal(err)
				}
			},
			Config:            config,
			ConfigPlanChecks:  actions(noOp, noOp, noOp),
			ConfigStateChecks: []statecheck.StateCheck{of("present", knownvalue.Bool(true))},
		},
		{
			PreConfig: func() {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			},
			Config:      config,
			ExpectError: saidInOrder("Image Gone at Its URL", "answered 404", "copy of the file elsewhere, with SHA-256"),
		},
		{
			PreConfig: func() {
				onlyFiles(t, folder)
				mustWrite(t, path, content)
			},
			Config:            config,
			ConfigPlanChecks:  actions(noOp, noOp, noOp),
			ConfigStateChecks: []statecheck.StateCheck{of("present", knownvalue.Bool(true)), fileOnDisk{path}},
		},
	}})
}

// A new image is a new file at the same path, and whatever is built on it
// follows.
func TestAccImageFile_followsItsImage(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	path := filepath.Join(t.TempDir(), "hero.png")
	with := func(seed string) string {
		return env.Config(image(lighthouse, `image_size = "square"`, seed) + imageFile(path, imageURL) + uploaded)
	}
	differ := statecheck.CompareValue(compare.ValuesDiffer())
	env.TestAcc(t, 2, resource.TestCase{Steps: []resource.TestStep{
		{Config: with("seed = 1"), ConfigStateChecks: []statecheck.StateCheck{differ.AddStateValue(file, at("sha256"))}},
		{
			Config: with("seed = 2"),
			ConfigPlanChecks: actions(plancheck.ResourceActionDestroyBeforeCreate, update, update,
				plancheck.ExpectUnknownValue(file, at("sha256")), plancheck.ExpectUnknownValue(file, at("size_bytes"))),
			ConfigStateChecks: []statecheck.StateCheck{differ.AddStateValue(file, at("sha256")), fileOnDisk{path}},
		},
		emptyPlan(with("seed = 2")),
	}})
}

// An image inside of the answer comes from the state itself.
func TestImageFile_fromDataURI(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	path := filepath.Join(t.TempDir(), "hero.jpg")
	config := env.Config(image(lighthouse, `sync_mode = true`, `image_size = "square"`, `output_format = "jpeg"`) +
		imageFile(path, `url = flux2_image.art.images[0].url`) + uploaded)
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ConfigStateChecks: []statecheck.StateCheck{
			of("content_type", knownvalue.StringExact("image/jpeg")), of("width", knownvalue.Int64Exact(512)), fileOnDisk{path},
		}},
		{
			PreConfig: func() {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			},
			Config:            config,
			ConfigPlanChecks:  actions(noOp, update, noOp),
			ConfigStateChecks: []statecheck.StateCheck{fileOnDisk{path}},
		},
	}})
	if got := downloads(t, env); got != 0 {
		t.Errorf("%d pictures were fetched", got)
	}
}

// fileOnDisk compares a file with what the state says of it.
type fileOnDisk struct{ path string }

func (f fileOnDisk) CheckState(ctx context.Context, req statecheck.CheckStateRequest, resp *statecheck.CheckStateResponse) {
	content, err := os.ReadFile(f.path)
	if err != nil {
		resp.Error = err
		return
	}
	sum := sha256.Sum256(content)
	md := md5.Sum(content)
	for _, check := range []statecheck.StateCheck{
		of("sha256", knownvalue.StringExact(hex.EncodeToString(sum[:]))),
		of("sha256_base64", knownvalue.StringExact(base64.StdEncoding.EncodeToString(sum[:]))),
		of("md5", knownvalue.StringExact(hex.EncodeToString(md[:]))),
		of("size_bytes", knownvalue.Int64Exact(int64(len(content)))),
	} {
		var answer statecheck.CheckStateResponse
		check.CheckState(ctx, req, &answer)
		resp.Error = errors.Join(resp.Error, answer.Error)
	}
}
