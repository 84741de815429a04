// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file stands where a folder should be.
func TestTrouble_fileInTheWay(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"a", "a/store", "a/store/journal"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			path := filepath.Join(root, filepath.FromSlash(file))
			must(t, os.MkdirAll(filepath.Dir(path), 0o755))
			must(t, os.WriteFile(path, []byte("mine"), 0o644))
			j := Open(filepath.Join(root, "a", "store")).Journal()

			h, err := j.Begin(submission())
			if h != nil || err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("began %v, %v", h, err)
			}
			// A look may say that nothing is there, where the system says so.
			if list, err := j.Entries(); list != nil || err != nil && !strings.Contains(err.Error(), path) {
				t.Errorf("entries %v, %v", list, err)
			}
			if h, err := j.Take(request("a heron"), anyEntry); h != nil || err != nil && !strings.Contains(err.Error(), path) {
				t.Errorf("took %v, %v", h, err)
			}
			if err := j.CloseRequest("r-1"); err != nil && !strings.Contains(err.Error(), path) {
				t.Error(err)
			}
			if content, err := os.ReadFile(path); err != nil || string(content) != "mine" {
				t.Errorf("the file has %q, %v", content, err)
			}
		})
	}
}

// What can't be read is kept and named, and hides nothing but its own input.
func TestTrouble_unreadableEntries(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(path string) error{
		"no entry": func(path string) error { return os.WriteFile(path, []byte("hello\n"), 0o644) },
		"too large": func(path string) error {
			return os.WriteFile(path, []byte(strings.Repeat("x", maxEntry)+"\n"), 0o644)
		},
		"a folder": func(path string) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			return os.Mkdir(path, 0o755)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			j := Open(folder).Journal()
			path := put(t, folder, submission(), text(t, submission(), note{RequestID: "r-1"}))
			must(t, spoil(path))
			egret := submission()
			egret.Request = request("an egret")
			good := put(t, folder, egret, text(t, egret, note{RequestID: "r-2"}))

			list, err := j.Entries()
			wantError(t, err, errUnreadable, path)
			if len(list) != 1 || list[0].Path != good {
				t.Errorf("entries %+v", list)
			}
			h, err := j.Take(submission().Request, anyEntry)
			wantError(t, err, errUnreadable, path)
			if h != nil {
				t.Errorf("took %+v", h.Entry())
			}
			h, err = j.Take(egret.Request, anyEntry)
			if h == nil || err != nil {
				t.Errorf("took %v, %v", h, err)
			}
			must(t, h.Release())
			must(t, j.CloseRequest("r-1"))
			must(t, j.CloseRequest("r-2"))
			wantFiles(t, folder, filepath.Base(path))

			// A good one of the same input is found in spite of it.
			put(t, folder, submission(), text(t, submission()))
			h, err = j.Take(submission().Request, anyEntry)
			if h == nil || err != nil {
				t.Errorf("took %v, %v", h, err)
			}
			must(t, h.Close())
		})
	}
}

// What a line leaves behind that could be written in part only is overwritten,
// by the same process as by the next.
func TestTrouble_noteAfterTornNote(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := Open(folder)
	h := begin(t, s, submission())
	file, err := os.OpenFile(h.Entry().Path, os.O_WRONLY|os.O_APPEND, 0)
	must(t, err)
	_, err = file.WriteString(`{"request_id":"the start of something that is longer than the line which is next`)
	must(t, err)
	must(t, file.Close())
	must(t, h.NoteAbandoned())
	content, err := os.ReadFile(h.Entry().Path)
	must(t, err)
	if want := text(t, submission(), note{Abandoned: true}); string(content) != want {
		t.Errorf("the file has %q, want %q", content, want)
	}
}

func TestTrouble_notesAreLimited(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	h := begin(t, s, submission())
	if err := h.NoteRequestID(strings.Repeat("x", maxEntry)); err == nil || !strings.Contains(err.Error(), h.Entry().Path) {
		t.Errorf("noted too much: %v", err)
	}
	must(t, h.Release())
	if list := entries(t, s); len(list) != 1 || list[0].RequestID != "" {
		t.Errorf("entries %+v", list)
	}
}
