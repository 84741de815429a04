// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"os"
	"path/filepath"
	"testing"
)

func TestResolve(t *testing.T) {
	t.Parallel()
	root := Resolve(t.TempDir())
	must(t, os.MkdirAll(filepath.Join(root, "real", "deep"), 0o755))
	write(t, filepath.Join(root, "file"), "")
	for link, target := range map[string]string{"link": "real", "deeper": "real/deep", "loop": "loop", "nowhere": "missing", "real/file.png": "../file"} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Skip(err)
		}
	}
	for path, want := range map[string]string{
		"a.png":                  "a.png",
		"real/a.png":             "real/a.png",
		"link/a.png":             "real/a.png",
		"link/deep/a.png":        "real/deep/a.png",
		"link/new/er/a.png":      "real/new/er/a.png",
		"link/./deep//a.png":     "real/deep/a.png",
		"deeper/../a.png":        "real/a.png", // as the system takes it
		"missing/../a.png":       "a.png",
		"real/new/../deep/a.png": "real/deep/a.png",
		"loop/a.png":             "loop/a.png",
		"nowhere/a.png":          "nowhere/a.png",
		"file/a.png":             "file/a.png",
		"real/file.png":          "real/file.png", // the link itself
		"link/":                  "real",
	} {
		got := Resolve(root + string(filepath.Separator) + filepath.FromSlash(path))
		if want := filepath.Join(root, filepath.FromSlash(want)); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
		if again := Resolve(got); again != got {
			t.Errorf("%s is %s, and then %s", path, got, again)
		}
	}
}

// A relative path is below the working folder, whatever link led there.
func TestResolve_relative(t *testing.T) { //nolint:paralleltest // it changes the working folder.
	root := Resolve(t.TempDir())
	must(t, os.MkdirAll(filepath.Join(root, "real", "deep"), 0o755))
	if err := os.Symlink("real", filepath.Join(root, "link")); err != nil {
		t.Skip(err)
	}
	t.Chdir(filepath.Join(root, "link"))
	for path, want := range map[string]string{"a.png": "real/a.png", "./deep/a.png": "real/deep/a.png", "../a.png": "a.png", "new/a.png": "real/new/a.png", "../link/a.png": "real/a.png"} {
		if got := Resolve(filepath.FromSlash(path)); got != filepath.Join(root, filepath.FromSlash(want)) {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}
