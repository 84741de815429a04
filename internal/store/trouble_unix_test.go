// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package store

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func init() { children["full disk"] = fillDisk }

// A disk that is full, as a limit on the size of files, which is that of a
// process: each length up to which a write may come.
func TestTrouble_fullDisk(t *testing.T) {
	t.Parallel()
	if out, err := command(t, "full disk", t.TempDir()).Output(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func fillDisk(folder string) error {
	signal.Ignore(unix.SIGXFSZ)
	var unlimited unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &unlimited); err != nil {
		return err
	}
	limit := func(size int) error {
		limited := unlimited
		setTo(&limited.Cur, size)
		return unix.Setrlimit(unix.RLIMIT_FSIZE, &limited)
	}
	s := Open(folder)
	first, err := encode(submission())
	if err != nil {
		return err
	}
	for size := range len(first) {
		if err := limit(size); err != nil {
			return err
		}
		if h, err := s.Journal().Begin(submission()); h != nil || err == nil {
			return fmt.Errorf("began with room for %d bytes: %v, %w", size, h, err)
		}
		if files, err := os.ReadDir(filepath.Join(folder, "journal")); err != nil || len(files) > 0 {
			return fmt.Errorf("room for %d bytes leaves %v, %w", size, files, err)
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "README.txt")); err == nil {
		return fmt.Errorf("a part of the README was kept")
	}

	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unlimited); err != nil {
		return err
	}
	h, err := s.Journal().Begin(submission())
	if err != nil {
		return err
	}
	second, err := encode(note{RequestID: "r-1"})
	if err != nil {
		return err
	}
	for room := range len(second) {
		if err := limit(len(first) + room); err != nil {
			return err
		}
		if err := h.NoteRequestID("r-1"); err == nil {
			return fmt.Errorf("noted with room for %d bytes", room)
		}
		if content, err := os.ReadFile(h.Entry().Path); err != nil || !bytes.Equal(content, first) {
			return fmt.Errorf("room for %d bytes leaves %q, %w", room, content, err)
		}
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unlimited); err != nil {
		return err
	}
	if err := h.NoteRequestID("r-1"); err != nil {
		return err
	}
	if content, err := os.ReadFile(h.Entry().Path); err != nil || !bytes.Equal(content, append(first, second...)) {
		return fmt.Errorf("with room again: %q, %w", content, err)
	}

	// The id is known to the process, although it couldn't be noted.
	h, err = s.Journal().Begin(submission())
	if err != nil {
		return err
	}
	if err := limit(len(first)); err != nil {
		return err
	}
	if err := h.NoteRequestID("r-2"); err == nil {
		return fmt.Errorf("noted without room")
	}
	if err := s.Journal().CloseRequest("r-2"); err != nil {
		return err
	}
	if _, err := os.Stat(h.Entry().Path); err == nil {
		return fmt.Errorf("the entry whose id could not be noted is still there")
	}
	return nil
}

// setTo sets a limit, whose type is the system's.
func setTo[T int64 | uint64](limit *T, size int) { *limit = T(size) }

// An entry is never waited for, nor looked for elsewhere.
func TestTrouble_pipesAndLinks(t *testing.T) {
	t.Parallel()
	for name, put := range map[string]func(path string) error{
		"pipe":           func(path string) error { return unix.Mkfifo(path, 0o600) },
		"link to file":   func(path string) error { return os.Symlink("/etc/hosts", path) },
		"link nowhere":   func(path string) error { return os.Symlink("nowhere", path) },
		"link to itself": func(path string) error { return os.Symlink(path, path) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			j := Open(folder).Journal()
			path := filepath.Join(folder, "journal", newName(submission()))
			must(t, os.Mkdir(filepath.Dir(path), 0o755))
			must(t, put(path))
			list, err := j.Entries()
			wantError(t, err, errUnreadable, path)
			if list != nil {
				t.Errorf("entries %+v", list)
			}
			_, err = j.Take(request("a heron"), anyEntry)
			wantError(t, err, errUnreadable, path)
			must(t, j.CloseRequest("r-1"))
			wantFiles(t, folder, filepath.Base(path))
		})
	}
}

// The folder vanishes under a run: what is noted next says so, what begins next
// makes it anew.
func TestTrouble_folderGone(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "store")
	s := Open(folder)
	h := begin(t, s, submission())
	must(t, os.RemoveAll(folder))
	wantError(t, h.NoteRequestID("r-1"), fs.ErrNotExist, h.Entry().Path)
	if list := entries(t, s); list != nil {
		t.Errorf("entries %+v", list)
	}
	must(t, s.Journal().CloseRequest("r-1"))

	h = begin(t, s, submission())
	must(t, os.RemoveAll(folder))
	must(t, h.Close())
	h = begin(t, s, submission())
	must(t, os.RemoveAll(folder))
	must(t, h.Release())
}
