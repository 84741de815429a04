// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Permissions are left to the user's umask, which decides who shares a folder.
const (
	fileMode   fs.FileMode = 0o666
	folderMode fs.FileMode = 0o777
)

const readme = `terraform-provider-flux2 keeps here what has to outlive one of its runs.

journal/ has a file for each request for images that may have been sent, and
that Terraform's state is not known to hold yet. If a run is cut off, the next
one finds the request by it instead of paying again.

While no run is using it, the whole folder may be deleted. That loses no picture
that is elsewhere, but it does lose the note of requests under way: one that had
been sent may be paid for a second time.

Delete a single file of the journal only if you are sure that its request was
not made, or once you have imported it. The file says when and where the request
was to be sent. Without it, an image with the same inputs is paid for again.
`

// Store is a folder that outlives runs.
type Store struct {
	folder  string
	journal *Journal
}

// Open returns the store in a folder. It makes nothing and reads nothing: the
// folder is made when something is first written.
func Open(folder string) *Store {
	s := &Store{folder: folder}
	s.journal = newJournal(s)
	return s
}

// Journal returns the journal of submissions.
func (s *Store) Journal() *Journal { return s.journal }

// Pictures returns the pictures of the store.
func (s *Store) Pictures() *Pictures { return &Pictures{store: s} }

// Index returns the index of paths.
func (s *Store) Index() *Index { return &Index{store: s} }

// create makes a file that isn't there yet, and the folders that it lacks.
func (s *Store) create(path string) (*os.File, error) {
	const flags = os.O_RDWR | os.O_CREATE | os.O_EXCL
	file, err := os.OpenFile(path, flags, fileMode) //nolint:gosec // it is the store's own.
	if !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	if err := os.MkdirAll(filepath.Dir(path), folderMode); err != nil {
		return nil, err
	}
	s.explain()
	return os.OpenFile(path, flags, fileMode) //nolint:gosec // it is the store's own.
}

// explain puts the README in the folder. It is a courtesy: that it can't be
// written stops nothing, and if a disk is full, the caller will notice.
func (s *Store) explain() {
	file, err := os.OpenFile(filepath.Join(s.folder, "README.txt"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return
	}
	_, err = file.WriteString(readme)
	if err := errors.Join(err, file.Close()); err != nil {
		_ = os.Remove(file.Name())
	}
}
