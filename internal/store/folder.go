// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// What is in the folder of the store.
const (
	blobsFolder    = "blobs/sha256"
	contentsFolder = "contents"
	damagedFolder  = "damaged"
	ingestFolder   = "ingest"
	journalFolder  = "journal"
	locksFolder    = "locks"
	pathsFolder    = "paths"

	// ingestLock is shared by those who have a file in ingest.
	ingestLock = locksFolder + "/ingest"
	// foundLock is held by whoever notes a request that was found.
	foundLock = locksFolder + "/found"
	// blobsLock is shared by those who are about to put something in blobs.
	blobsLock = locksFolder + "/blobs"
)

// lockTries is how often a lock is tried for, some ten seconds long: what is
// done under one takes milliseconds.
const lockTries = 10_000

var (
	errLocked     = errors.New("another run keeps it locked")
	errNotRegular = errors.New("this is not a regular file")
	errReplaced   = errors.New("others keep replacing it")
)

// enter opens the folder of the store, if there is one. What is done in a root
// follows no link out of it.
func (s *Store) enter() (*os.Root, error) { return os.OpenRoot(s.folder) }

// prepare makes the folder if need be, and opens it.
func (s *Store) prepare() (*os.Root, error) {
	root, err := s.enter()
	if !errors.Is(err, fs.ErrNotExist) {
		return root, err
	}
	if err := os.MkdirAll(s.folder, folderMode); err != nil {
		return nil, err
	}
	return s.enter()
}

// openFile opens a file for writing that is to be there, and makes the folders
// that it lacks.
func (s *Store) openFile(root *os.Root, name string, flags int) (*os.File, error) {
	flags |= os.O_RDWR | os.O_CREATE
	name = filepath.FromSlash(name) // a part of the file's name
	file, err := root.OpenFile(name, flags, fileMode)
	if !errors.Is(err, fs.ErrNotExist) {
		return file, s.located(err)
	}
	if err := root.MkdirAll(filepath.Dir(name), folderMode); err != nil {
		return nil, s.located(err)
	}
	s.explain()
	file, err = root.OpenFile(name, flags, fileMode)
	return file, s.located(err)
}

// lockFile locks a file of the store, alone or together with others who share
// it, and waits for whoever is in the way, if it is to. Closing the file ends
// that. It returns nil if the file is locked by others.
func (s *Store) lockFile(root *os.Root, name string, alone, wait bool) (*os.File, error) {
	for range lockTries {
		file, err := s.tryLockFile(root, name, alone)
		if file != nil || err != nil || !wait {
			return file, err
		}
		pause()
	}
	return nil, s.located(&fs.PathError{Op: "lock", Path: name, Err: errLocked})
}

func (s *Store) tryLockFile(root *os.Root, name string, alone bool) (*os.File, error) {
	var file *os.File
	err := retryBriefly(func() (err error) {
		file, err = s.openFile(root, name, 0)
		return err
	})
	if err != nil {
		return nil, err
	}
	var locked bool
	if alone {
		locked, err = tryLock(file, exclusive)
	} else {
		locked, err = tryLock(file, shared)
	}
	if locked { // a file that was deleted meanwhile keeps nobody out
		locked, err = standing(file)
	}
	if !locked || err != nil {
		_ = release(file)
		return nil, err
	}
	return file, nil
}

// release unlocks and closes a file.
func release(file *os.File) error { return errors.Join(unlock(file), file.Close()) }

// draft is a file in ingest, on its way to a place of its own.
type draft struct {
	*os.File
	store *Store
	root  *os.Root
	name  string
	lock  *os.File
}

// draft makes one. While it is not discarded, the lock tells others that what is
// in ingest is not left over.
func (s *Store) draft(root *os.Root) (*draft, error) {
	lock, err := s.lockFile(root, ingestLock, false, true)
	if err != nil {
		return nil, err
	}
	name := ingestFolder + "/" + rand.Text() + draftEnding
	file, err := s.openFile(root, name, os.O_EXCL)
	if err != nil {
		_ = release(lock)
		return nil, err
	}
	return &draft{File: file, store: s, root: root, name: name, lock: lock}, nil
}

const draftEnding = ".part"

// publish makes the content durable, and then moves it to a name.
func (d *draft) publish(name string) error {
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return err
	}
	folders := 1
	err := replace(d.root, d.name, name)
	if errors.Is(err, fs.ErrNotExist) {
		if err := d.root.MkdirAll(path.Dir(name), folderMode); err != nil {
			return d.store.located(err)
		}
		folders = strings.Count(name, "/") + 1
		err = replace(d.root, d.name, name)
	}
	if err != nil {
		return d.store.located(err)
	}
	return d.store.syncFolders(name, folders)
}

// discard removes what wasn't published, and ends the draft.
func (d *draft) discard() {
	_ = d.Close() // it may be closed already
	_ = d.root.Remove(d.name)
	_ = release(d.lock)
}

// syncFolders makes the name of a file durable, and those of the folders above
// it that may be new.
func (s *Store) syncFolders(name string, count int) error {
	for range count {
		name = path.Dir(name)
		if err := syncFolder(filepath.Join(s.folder, name)); err != nil {
			return err
		}
	}
	return nil
}

// write puts a small file at a name, as a whole or not at all.
func (s *Store) write(root *os.Root, name string, content []byte) error {
	d, err := s.draft(root)
	if err != nil {
		return err
	}
	defer d.discard()
	if _, err := d.Write(content); err != nil {
		return err
	}
	return d.publish(name)
}

// opener is a root, or anywhere.
type opener interface {
	Lstat(name string) (fs.FileInfo, error)
	Open(name string) (*os.File, error)
}

type anywhere struct{}

func (anywhere) Lstat(name string) (fs.FileInfo, error) { return os.Lstat(name) }
func (anywhere) Open(name string) (*os.File, error)     { return os.Open(name) } //nolint:gosec // the caller's.

// openRegular opens a file, but no pipe that would keep us waiting, and nothing
// that a link leads to.
func openRegular(in opener, name string) (file *os.File, err error) {
	err = retryBriefly(func() error {
		there, err := in.Lstat(name)
		if err != nil {
			return err
		}
		if !there.Mode().IsRegular() {
			return &fs.PathError{Op: "open", Path: name, Err: errNotRegular}
		}
		if file, err = in.Open(name); err != nil {
			return err
		}
		opened, err := file.Stat()
		if err == nil && !os.SameFile(there, opened) {
			err = &fs.PathError{Op: "open", Path: name, Err: errReplaced}
		}
		if err != nil {
			_ = file.Close()
		}
		return err
	})
	return file, err
}

// names lists a folder of the store, in no order.
func (s *Store) names(root *os.Root, folder string) ([]string, error) {
	file, err := root.Open(folder)
	if err != nil {
		return nil, unlessGone(s.located(err))
	}
	defer file.Close() //nolint:errcheck // nothing was written.
	return file.Readdirnames(-1)
}

// located names the whole path in an error of a root, which knows the part
// below the folder of the store.
func (s *Store) located(err error) error {
	whole := func(name string) string {
		if name == s.folder || strings.HasPrefix(name, s.folder+string(filepath.Separator)) {
			return name
		}
		return filepath.Join(s.folder, name)
	}
	var ofPath *fs.PathError
	if errors.As(err, &ofPath) {
		return &fs.PathError{Op: ofPath.Op, Path: whole(ofPath.Path), Err: ofPath.Err}
	}
	var ofMove *os.LinkError
	if errors.As(err, &ofMove) {
		return &os.LinkError{Op: ofMove.Op, Old: whole(ofMove.Old), New: whole(ofMove.New), Err: ofMove.Err}
	}
	return err
}
