// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package provider_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
)

func TestImageFile_permissions(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	folder := filepath.Join(t.TempDir(), "images")
	path := filepath.Join(folder, "hero.png")
	with := func(arguments ...string) string {
		return env.Config(image(lighthouse, `image_size = "square"`) + imageFile(path, append(arguments, imageURL)...) + uploaded)
	}
	modes := func(ofFolder, ofFile os.FileMode) func() {
		return func() {
			for at, want := range map[string]os.FileMode{folder: ofFolder, path: ofFile} {
				if stat, err := os.Stat(at); err != nil || stat.Mode().Perm() != want {
					t.Errorf("%s: %v, %v, want %v", at, stat.Mode().Perm(), err, want)
				}
			}
		}
	}
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: with(`file_permission = "0600"`, `directory_permission = "700"`)},
		{
			PreConfig:        modes(0o700, 0o600),
			Config:           with(`file_permission = "0664"`, `directory_permission = "0750"`),
			ConfigPlanChecks: actions(noOp, update, noOp),
		},
		{
			PreConfig:        modes(0o700, 0o664),
			Config:           with(`file_permission = "664"`, `directory_permission = "0750"`),
			ConfigPlanChecks: actions(noOp, update, noOp),
		},
		emptyPlan(with(`file_permission = "664"`, `directory_permission = "0750"`)),
	}})
	if got := downloads(t, env); got != 1 {
		t.Errorf("the picture was fetched %d times, want once", got)
	}
}

// A file can't be where nobody may write; the one of before is then still
// where it was.
func TestImageFile_movedWhereItCanNotBe(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	content := painted(t, 1)
	host := newMediaHost(t, map[string][]byte{"art": content})
	folder := t.TempDir()
	path := filepath.Join(folder, "a.png")
	config := env.Config(imageFile(path, host.from("art")))
	forbidden := readOnlyFolder(t)
	env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{
		{Config: config},
		{
			Config:      env.Config(imageFile(filepath.Join(forbidden, "a.png"), host.from("art"))),
			ExpectError: saidInOrder("Unusable Path", "could not be put at", "give the user that runs this the permission, or use another path"),
		},
		{
			PreConfig: func() {
				onlyFiles(t, folder, "a.png")
				if !bytes.Equal(mustRead(t, path), content) {
					t.Error("the file has changed")
				}
			},
			Config:           config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: emptyPlan(config).ConfigPlanChecks.PreApply},
		},
	}})
}

// readOnlyFolder is a folder that even root can't write to.
func readOnlyFolder(t *testing.T) string {
	t.Helper()

	if os.Geteuid() == 0 {
		return "/sys/kernel"
	}
	folder := filepath.Join(t.TempDir(), "read-only")
	if err := os.Mkdir(folder, 0o555); err != nil {
		t.Fatal(err)
	}
	return folder
}
