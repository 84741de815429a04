// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// hold locks a file of the store, and lets go of it after a second. Before, it
// does what is to be done then.
func hold(t *testing.T, s *Store, name string, alone bool, then func()) {
	t.Helper()
	root, err := s.prepare()
	must(t, err)
	lock, err := s.lockFile(root, name, alone, false)
	if lock == nil || err != nil {
		t.Fatal(lock, err)
	}
	time.AfterFunc(time.Second, func() {
		then()
		if err := errors.Join(release(lock), root.Close()); err != nil {
			t.Error(err)
		}
	})
}

// Whoever stores or notes something waits for whoever is in the way.
func TestLockFile_waits(t *testing.T) {
	t.Parallel()
	path := Resolve(filepath.Join(t.TempDir(), "heron.png"))
	kept := write(t, filepath.Join(t.TempDir(), "kept.png"), picture)
	for name, c := range map[string]struct {
		lock   string
		shared bool
		do     func(s *Store) error
	}{
		"put, while something is removed": {blobsLock, false, func(s *Store) error {
			_, _, err := s.Pictures().Put(strings.NewReader("an egret"))
			return err
		}},
		"keep again, while something is removed": {blobsLock, false, func(s *Store) error {
			_, err := s.Pictures().Keep(kept)
			return err
		}},
		"put, while ingest is emptied": {ingestLock, false, func(s *Store) error {
			_, _, err := s.Pictures().Put(strings.NewReader("an egret"))
			return err
		}},
		"open, while something is stored": {blobsLock, true, func(s *Store) error {
			_, err := s.Pictures().Open(hash("damaged"))
			if damaged := new(DamagedError); errors.As(err, &damaged) {
				return nil
			}
			return err
		}},
		"take, while it is taken":    {pathLock(path), false, func(s *Store) error { return s.Index().Take(place(path, "an egret", "b"), nil) }},
		"release, while it is taken": {pathLock(path), false, func(s *Store) error { return s.Index().Release(path, "a") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			s := Open(folder)
			putPicture(t, s, picture)
			write(t, blob(folder, "damaged"), "it is")
			must(t, s.Index().Take(place(path, picture, "a"), nil))
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				hold(t, s, c.lock, !c.shared, func() {
					wantContent(t, blob(folder, picture), picture)
					wantContent(t, blob(folder, "damaged"), "it is")
					wantAt(t, s.Index(), path, place(path, picture, "a"))
					if _, err := os.Stat(blob(folder, "an egret")); !errors.Is(err, fs.ErrNotExist) {
						t.Errorf("was stored: %v", err)
					}
				})
				if err := c.do(s); err != nil || time.Since(begun) < time.Second {
					t.Errorf("after %v: %v", time.Since(begun), err)
				}
			})
		})
	}
}

// What is released is looked at once more when it is locked: meanwhile it may
// have become another's.
func TestLockFile_takenMeanwhile(t *testing.T) {
	t.Parallel()
	folder, path := t.TempDir(), Resolve(filepath.Join(t.TempDir(), "heron.png"))
	s := Open(folder)
	must(t, s.Index().Take(place(path, picture, "a"), nil))
	synctest.Test(t, func(t *testing.T) {
		hold(t, s, pathLock(path), true, func() { write(t, filepath.Join(folder, pathName(path)), text(t, place(path, picture, "b"))) })
		must(t, s.Index().Release(path, "a"))
	})
	wantAt(t, s.Index(), path, place(path, picture, "b"))
	wantStanding(t, s.Index(), picture, path)
}

// Nobody is waited for without end.
func TestLockFile_givesUp(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := Open(folder)
	root, err := s.prepare()
	must(t, err)
	defer func() { _ = root.Close() }()
	lock, err := s.lockFile(root, ingestLock, true, true)
	must(t, err)
	defer func() { _ = release(lock) }()
	synctest.Test(t, func(t *testing.T) {
		_, _, err := s.Pictures().Put(strings.NewReader(picture))
		wantError(t, err, errLocked, filepath.Join(folder, filepath.FromSlash(ingestLock)))
	})
	wantStored(t, folder)
}

// Two who share a lock don't wait for each other, but who wants it alone does.
func TestLockFile_shared(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	root, err := s.prepare()
	must(t, err)
	defer func() { _ = root.Close() }()
	for range 2 {
		lock, err := s.lockFile(root, blobsLock, false, false)
		if lock == nil || err != nil {
			t.Fatal(lock, err)
		}
		defer func() { _ = release(lock) }()
	}
	if lock, err := s.lockFile(root, blobsLock, true, false); lock != nil || err != nil {
		t.Errorf("locked alone: %v, %v", lock, err)
	}
}

// replacing is a place where the file is replaced after each look.
type replacing struct {
	anywhere
	times int
}

func (r *replacing) Lstat(name string) (fs.FileInfo, error) {
	info, err := os.Lstat(name)
	if r.times--; err == nil && r.times >= 0 {
		err = errors.Join(os.WriteFile(name+".new", []byte(picture), 0o644), os.Rename(name+".new", name))
	}
	return info, err
}

// A file that is replaced while it is being opened is none the worse for it.
func TestOpenRegular_replaced(t *testing.T) {
	t.Parallel()
	path := write(t, filepath.Join(t.TempDir(), "heron.png"), "old")
	synctest.Test(t, func(t *testing.T) {
		file, err := openRegular(&replacing{times: 10}, path)
		must(t, err)
		content, err := io.ReadAll(file)
		if err := errors.Join(err, file.Close()); err != nil || string(content) != picture {
			t.Errorf("read %q, %v", content, err)
		}
		_, err = openRegular(&replacing{times: 1000}, path)
		wantError(t, err, errReplaced, path)
	})
}
