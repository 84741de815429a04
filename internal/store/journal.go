// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// Journal is the note of submissions under way. All that goes wrong with it is
// an error that names a file, and never a reason not to work: its callers warn.
type Journal struct {
	store  *Store
	folder string

	mu sync.Mutex
	// held keeps the entries of this process reachable, and so locked.
	held map[string]*Held
	// ids has the request ids that are known, by the name of the entry's file.
	// An id never changes, so no entry is read again for it.
	ids map[string]string
}

func newJournal(s *Store) *Journal {
	return &Journal{
		store:  s,
		folder: filepath.Join(s.folder, journalFolder),
		held:   map[string]*Held{},
		ids:    map[string]string{},
	}
}

// Begin notes a submission that is about to be sent, and holds its entry. Once
// it returns, the note survives the process and the machine.
func (j *Journal) Begin(s Submission) (*Held, error) {
	s.Time = s.Time.UTC().Round(0)
	line, err := encode(s)
	if err != nil {
		return nil, fmt.Errorf("the journal can't hold this submission: %w", err)
	}
	if read, _, err := parse(line); err != nil || read.Submission != s {
		return nil, errors.New("the journal can't hold this submission: a part of it is missing, too long or not text")
	}
	file, err := j.create(s)
	if err != nil {
		return nil, err
	}
	h := &Held{journal: j, file: file, entry: Entry{Submission: s, Path: file.Name(), Holder: ThisStore}}
	if err = h.append(s); err == nil {
		err = syncFolder(j.folder)
	}
	if err != nil {
		_ = end(file)
		return nil, err
	}
	j.keep(h)
	return h, nil
}

// create makes an empty file for an entry, and locks it. Until it is locked,
// somebody who tidies may take it for the remains of another.
func (j *Journal) create(s Submission) (*os.File, error) {
	root, err := j.store.prepare()
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // nothing is written to it.
	for range 100 {
		file, err := j.store.openFile(root, journalFolder+"/"+newName(s), os.O_EXCL)
		if err != nil {
			return nil, err
		}
		locked, err := lock(file)
		if err != nil {
			_ = end(file)
			return nil, err
		}
		if locked {
			return file, nil
		}
		_ = file.Close() // theirs to delete, or deleted
	}
	return nil, &fs.PathError{Op: "begin an entry", Path: j.folder, Err: errBusy}
}

// Entries lists the open entries, oldest first. Those that can't be read are
// kept, and named in the error; the others are listed all the same.
func (j *Journal) Entries() ([]Entry, error) {
	return j.list(func(string) bool { return true }, func(Entry) bool { return true })
}

// EntriesOf lists those of a request.
func (j *Journal) EntriesOf(r Request) ([]Entry, error) {
	return j.list(func(hash string) bool { return hash == hashInName(r.InputSHA256) }, func(e Entry) bool { return e.Request == r })
}

func (j *Journal) list(named func(hash string) bool, wanted func(Entry) bool) ([]Entry, error) {
	names, err := j.names(named)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var entries []Entry
	var problems []error
	for _, name := range names {
		entry, err := j.read(name)
		if err != nil {
			problems = append(problems, err)
		} else if entry != nil && wanted(*entry) {
			entries = append(entries, *entry)
		}
	}
	return entries, errors.Join(problems...)
}

// NoteFound notes the id of a request for an entry that is held, unless another
// entry of an equal submission has it, and reports whether it did. Processes do so
// one after the other. If that can't be had, the id is noted all the same.
func (j *Journal) NoteFound(held *Held, requestID string) (bool, error) {
	root, err := j.store.prepare()
	if err != nil {
		return true, errors.Join(err, held.NoteRequestID(requestID))
	}
	defer root.Close() //nolint:errcheck // nothing is written to it.
	lock, err := j.store.lockFile(root, foundLock, true, true)
	if err != nil {
		return true, errors.Join(err, held.NoteRequestID(requestID))
	}
	defer release(lock) //nolint:errcheck // closed is unlocked.
	own := held.Entry()
	equal, err := j.EntriesOf(own.Request)
	for _, entry := range equal {
		if entry.Path != own.Path && entry.RequestID == requestID {
			return false, nil
		}
	}
	return true, errors.Join(err, held.NoteRequestID(requestID))
}

// Take makes this process the holder of the oldest entry of a request that is
// open, held by nobody, and wanted. Of several that try at once, one gets it.
// Without such an entry it returns nil; an error then says that there may be
// one, which can't be read or locked.
func (j *Journal) Take(r Request, wanted func(Entry) bool) (*Held, error) {
	names, err := j.names(func(hash string) bool { return hash == hashInName(r.InputSHA256) })
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var problems []error
	for _, name := range names {
		h, err := j.take(name, func(e Entry) bool { return e.Request == r && wanted(e) })
		if h != nil {
			j.keep(h)
			return h, nil
		}
		if err != nil {
			problems = append(problems, err)
		}
	}
	return nil, errors.Join(problems...)
}

// CloseRequest closes the entries of a request that is known to be in state,
// but not those that others hold.
func (j *Journal) CloseRequest(id string) error {
	if id == "" {
		return nil // entries without one are for whoever takes them
	}
	var problems []error
	for _, h := range j.heldFor(id) {
		problems = append(problems, h.Close())
	}
	names, err := j.names(func(string) bool { return true })
	if err != nil {
		return errors.Join(append(problems, err)...)
	}
	for _, name := range j.identified(names, id) {
		h, err := j.take(name, func(e Entry) bool { return e.RequestID == id })
		if h != nil {
			err = h.Close()
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}
