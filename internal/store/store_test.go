// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestOpen_makesNothing(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "new", "store")
	j := Open(folder).Journal()
	if list, err := j.Entries(); list != nil || err != nil {
		t.Errorf("entries %v, %v", list, err)
	}
	if h, err := j.Take(request("a heron"), anyEntry); h != nil || err != nil {
		t.Errorf("took %v, %v", h, err)
	}
	if err := j.CloseRequest("id"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Dir(folder)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a look made a folder: %v", err)
	}
}

func TestReadme(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "new", "store")
	path := filepath.Join(folder, "README.txt")
	s := Open(folder)
	h := begin(t, s, submission())
	content, err := os.ReadFile(path)
	must(t, err)
	if string(content) != readme {
		t.Errorf("README is %q", content)
	}

	// It is the user's from now on.
	must(t, os.WriteFile(path, []byte("mine"), 0o644))
	must(t, h.Close())
	must(t, os.Remove(filepath.Join(folder, "journal")))
	begin(t, s, submission())
	if content, err := os.ReadFile(path); err != nil || string(content) != "mine" {
		t.Errorf("README is %q, %v", content, err)
	}
}
