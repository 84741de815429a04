// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// unprivileged calls f as a user to whom permissions apply: the one that runs
// the tests, or, if that is root, nobody. Only the thread changes its user, and
// it is not used again.
func unprivileged(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		const nobody = 65534
		if err := unix.Setfsuid(nobody); err != nil {
			t.Error(err)
			return
		}
		f()
	}()
	<-done
}

// folderOf returns the folder of a new store, which others may enter.
func folderOf(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	must(t, os.Chmod(filepath.Dir(folder), 0o755))
	return filepath.Join(folder, "store")
}

func chmod(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	must(t, os.Chmod(path, mode))
	t.Cleanup(func() { _ = os.Chmod(path, 0o755) })
}

func TestPermissions_readOnlyFolder(t *testing.T) {
	t.Parallel()
	folder := folderOf(t)
	journal := filepath.Join(folder, "journal")
	path := put(t, folder, submission(), text(t, submission(), note{RequestID: "r-1"}))
	torn := put(t, folder, submission(), "torn")
	chmod(t, path, 0o444)
	chmod(t, journal, 0o555)
	unprivileged(t, func() {
		j := Open(folder).Journal()
		h, err := j.Begin(submission())
		wantError(t, err, fs.ErrPermission, journal)
		if h != nil {
			t.Errorf("began %+v", h.Entry())
		}
		if list, err := j.Entries(); len(list) != 1 || list[0].Path != path || err != nil {
			t.Errorf("entries %+v, %v", list, err)
		}

		// An entry can be taken, so that nothing is paid for twice.
		h, err = j.Take(request("a heron"), anyEntry)
		if h == nil || err != nil || h.Entry().RequestID != "r-1" {
			t.Errorf("took %+v, %v", h.Entry(), err)
			return
		}
		wantError(t, h.NoteAbandoned(), fs.ErrPermission, path)
		if again, err := j.Take(request("a heron"), anyEntry); again != nil || err != nil {
			t.Errorf("took %+v twice, %v", again.Entry(), err)
		}
		wantError(t, h.Close(), fs.ErrPermission, path)
		wantError(t, j.CloseRequest("r-1"), fs.ErrPermission, path)
	})
	wantFiles(t, folder, filepath.Base(path), filepath.Base(torn))
}

// A folder that can't be written to any more, with files that can.
func TestPermissions_emptiedIsClosed(t *testing.T) {
	t.Parallel()
	folder := folderOf(t)
	path := put(t, folder, submission(), text(t, submission()))
	chmod(t, path, 0o666)
	chmod(t, filepath.Dir(path), 0o555)
	unprivileged(t, func() {
		j := Open(folder).Journal()
		h, err := j.Take(request("a heron"), anyEntry)
		if h == nil || err != nil {
			t.Errorf("took %v, %v", h, err)
			return
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		if list, err := j.Entries(); list != nil || err != nil {
			t.Errorf("entries %+v, %v", list, err)
		}
	})
	wantFiles(t, folder, filepath.Base(path))
}

func TestPermissions_unreadable(t *testing.T) {
	t.Parallel()
	folder := folderOf(t)
	path := put(t, folder, submission(), text(t, submission()))
	journal := filepath.Dir(path)
	chmod(t, path, 0)
	unprivileged(t, func() {
		j := Open(folder).Journal()
		list, err := j.Entries()
		wantError(t, err, fs.ErrPermission, path)
		if list != nil {
			t.Errorf("entries %+v", list)
		}
		h, err := j.Take(request("a heron"), anyEntry)
		wantError(t, err, fs.ErrPermission, path)
		if h != nil {
			t.Errorf("took %+v", h.Entry())
		}
	})
	wantFiles(t, folder, filepath.Base(path))
	chmod(t, journal, 0)
	unprivileged(t, func() {
		j := Open(folder).Journal()
		_, err := j.Begin(submission())
		wantError(t, err, fs.ErrPermission, journal)
		_, err = j.Entries()
		wantError(t, err, fs.ErrPermission, journal)
		_, err = j.Take(request("a heron"), anyEntry)
		wantError(t, err, fs.ErrPermission, journal)
		wantError(t, j.CloseRequest("r-1"), fs.ErrPermission, journal)
	})
}

func TestPermissions_noFolder(t *testing.T) {
	t.Parallel()
	folder := folderOf(t)
	chmod(t, filepath.Dir(folder), 0o555)
	unprivileged(t, func() {
		_, err := Open(folder).Journal().Begin(submission())
		wantError(t, err, fs.ErrPermission, folder)
	})
}
