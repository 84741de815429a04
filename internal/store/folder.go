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

// The folders and files of pictures and of the index, below that of the store.
const (
	blobsFolder    = "blobs/sha256"
	contentsFolder = "contents"
	damagedFolder  = "damaged"
	ingestFolder   = "ingest"
	locksFolder    = "locks"
	pathsFolder    = "paths"

	// ingestLock is shared by those who have a file in ingest.
	ingestLock = locksFolder + "/ingest"
	// blobsLock is shared by those who are about to put something in blobs.
	blobsLock = locksFolder + "/blobs"
)

// lockTries is how often a lock is tried for, some ten seconds long: what is
// done under one takes milliseconds.
const lockTries = 10_000

var (
	errLocked     = errors.New("another run keeps it locked")
	errNotRegular = errors.New("this is not a regular file")
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
	file, err := root.OpenFile(name, flags, fileMode)
	if !errors.Is(err, fs.ErrNotExist) {
		return file, s.located(err)
	}
	if err := root.MkdirAll(path.Dir(name), folderMode); err != nil {
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
	for try := 1; ; try++ {
		file, err := s.tryLockFile(root, name, alone)
		switch {
		case file != nil, err != nil && !passing(err), err == nil && !wait:
			return file, err
		case try == lockTries:
			return nil, s.located(&fs.PathError{Op: "lock", Path: name, Err: errLocked})
		}
		pause()
	}
}

func (s *Store) tryLockFile(root *os.Root, name string, alone bool) (*os.File, error) {
	file, err := s.openFile(root, name, 0)
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
	err := replace(d.root, d.name, name)
	if !errors.Is(err, fs.ErrNotExist) {
		return d.store.located(errors.Join(err, d.store.syncFolders(name, 1)))
	}
	if err := d.root.MkdirAll(path.Dir(name), folderMode); err != nil {
		return d.store.located(err)
	}
	if err := replace(d.root, d.name, name); err != nil {
		return d.store.located(err)
	}
	return d.store.syncFolders(name, strings.Count(name, "/")+1)
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

// openRegular opens a file, but no pipe that would keep us waiting, and nothing
// that a link leads to.
func openRegular(lstat func(string) (fs.FileInfo, error), open func(string) (*os.File, error), name string) (*os.File, error) {
	there, err := lstat(name)
	if err != nil {
		return nil, err
	}
	if !there.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errNotRegular}
	}
	file, err := open(name)
	if err != nil {
		return nil, err
	}
	opened, err := file.Stat()
	if err == nil && !os.SameFile(there, opened) {
		err = &fs.PathError{Op: "open", Path: name, Err: errNotRegular}
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

// located names the whole path in an error of a root, which knows the part
// below the folder of the store.
func (s *Store) located(err error) error {
	whole := func(name string) string {
		if strings.HasPrefix(name, s.folder) {
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
