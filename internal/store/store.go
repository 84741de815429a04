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

blobs/ has pictures, each under the SHA-256 of its content. A picture may be here
and nowhere else: fal deletes its files after a while, and what a run replaced or
deleted on disk is kept here, and so is what smaller pictures are made of. To get
one back, copy it and give it an ending. A picture that has also been at its path
for a week is removed from here.

paths/ has a note for each path that a picture was written to, and contents/ finds
the paths by the picture. locks/ and ingest/ are for the runs that are at work
just now, and tidied says when they last tidied up. In damaged/ are pictures
whose content had changed: they are not used.

While no run is using it, the whole folder may be deleted, or a part of it. But
then the pictures that are only here are lost, and so is the note of requests
under way: one that had been sent may be paid for a second time.

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
	s := &Store{folder: filepath.Clean(folder)}
	s.journal = newJournal(s)
	return s
}

// Journal returns the journal of submissions.
func (s *Store) Journal() *Journal { return s.journal }

// Pictures returns the pictures of the store.
func (s *Store) Pictures() *Pictures { return &Pictures{store: s} }

// Index returns the index of paths.
func (s *Store) Index() *Index { return &Index{store: s} }

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
