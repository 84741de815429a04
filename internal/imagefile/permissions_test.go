// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package imagefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestSave_readOnlyFolder(t *testing.T) {
	t.Parallel()
	srv := newHost(t, serve("image/png", picture(t, "image/png", 1)))
	c := client(t, Options{}, asPublic(t, srv))
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o500); err != nil {
		t.Fatal(err)
	}
	want := ErrPath
	if os.Geteuid() == 0 {
		want = nil // nothing is read-only to root
	}
	for _, name := range []string{"a.png", "new/a.png"} {
		_, err := c.Save(t.Context(), SaveRequest{URL: srv.URL, Path: filepath.Join(folder, name)})
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
		if want != nil {
			wantText(t, err, "permission")
			wantListing(t, folder)
		}
	}
}

func TestSave_permissions(t *testing.T) {
	t.Parallel()
	uri := dataURI("image/png", picture(t, "image/png", 1))
	tests := []struct {
		name              string
		fileMode, dirMode fs.FileMode
		wantFile, wantDir fs.FileMode
	}{
		{"by default", 0, 0, 0o644, 0o755},
		{"private", 0o600, 0o700, 0o600, 0o700},
		{"open, whatever the umask", 0o666, 0o777, 0o666, 0o777},
		{"read-only", 0o444, 0o750, 0o444, 0o750},
		{"permission bits only", 0o640 | fs.ModeSetuid, 0o750 | fs.ModeSticky, 0o640, 0o750},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := client(t, Options{}, asPublic(t))
			folder := t.TempDir()
			path := filepath.Join(folder, "a", "b", "c.png")
			for range 2 { // the second one replaces the file
				if _, err := c.Save(t.Context(), SaveRequest{URL: uri, Path: path, FileMode: tt.fileMode, DirMode: tt.dirMode}); err != nil {
					t.Fatal(err)
				}
			}
			for name, want := range map[string]fs.FileMode{path: tt.wantFile, filepath.Dir(path): tt.wantDir | fs.ModeDir, filepath.Dir(filepath.Dir(path)): tt.wantDir | fs.ModeDir} {
				if stat, err := os.Stat(name); err != nil || stat.Mode() != want {
					t.Errorf("%s has %v, want %v (%v)", name, stat.Mode(), want, err)
				}
			}
		})
	}
}
