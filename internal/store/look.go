// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// names lists the files of entries, in no order, by the part of the hash that is
// in their names.
func (j *Journal) names(wanted func(hash string) bool) ([]string, error) {
	folder, err := os.Open(j.folder)
	if err != nil {
		return nil, unlessGone(err)
	}
	defer folder.Close() //nolint:errcheck // nothing was written.
	all, err := folder.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(name string) bool {
		hash, ok := parseName(name)
		return !ok || !wanted(hash)
	}), nil
}

// open opens an entry without locking it.
func (j *Journal) open(name string) (h *Held, err error) {
	err = retryBriefly(func() error {
		h, err = j.tryOpen(name)
		return err
	})
	return h, err
}

// tryOpen opens one that can't be written to as well: its request id is worth
// more than a note in it.
func (j *Journal) tryOpen(name string) (*Held, error) {
	path := filepath.Join(j.folder, name)
	h := &Held{journal: j, entry: Entry{Path: path}}
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // a pipe would keep us waiting
		return nil, h.problem("read", errUnreadable)
	}
	if h.file, h.readOnly = os.OpenFile(path, os.O_RDWR, 0); h.readOnly == nil { //nolint:gosec // it is the store's own.
		return h, nil
	}
	if h.file, err = os.Open(path); err != nil { //nolint:gosec // it is the store's own.
		return nil, err
	}
	return h, nil
}

// read returns an entry and who holds it, or nil if there is none in the file.
func (j *Journal) read(name string) (*Entry, error) {
	h, err := j.open(name)
	if err != nil {
		return nil, unlessGone(err)
	}
	defer h.file.Close() //nolint:errcheck // nothing was written.
	if err := h.load(); errors.Is(err, errTorn) {
		_ = h.file.Close() // Windows deletes no file that is open
		j.tidy(name)
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if j.holds(name) {
		h.entry.Holder = ThisStore
		return &h.entry, nil
	}
	byOther, err := held(h.file)
	if byOther {
		h.entry.Holder = SomebodyElse
	}
	return &h.entry, err
}

// take makes this process the holder of an entry, if it is wanted and free.
func (j *Journal) take(name string, wanted func(Entry) bool) (*Held, error) {
	h, err := j.open(name)
	if err != nil {
		return nil, unlessGone(err)
	}
	taken, err := h.take(wanted)
	if taken {
		return h, nil
	}
	_ = h.file.Close()
	return nil, err
}

// take locks the file and reads it again: only a holder can be sure of what it
// says. What isn't wanted is not locked at all, so that nobody else finds it
// held. The remains of an entry are deleted.
func (h *Held) take(wanted func(Entry) bool) (bool, error) {
	err := h.load()
	torn := errors.Is(err, errTorn)
	if err != nil && !torn {
		return false, err
	}
	if !torn && !wanted(h.entry) {
		return false, nil
	}
	if locked, err := lock(h.file); !locked || err != nil {
		return false, err
	}
	err = h.load()
	if errors.Is(err, errTorn) {
		_ = remove(h.file) // else the next one tries
		return false, nil
	}
	if err != nil || !wanted(h.entry) {
		return false, errors.Join(err, unlock(h.file))
	}
	h.entry.Holder = ThisStore
	return true, nil
}

// tidy deletes what is left of an entry that came to nothing, if nobody is
// about to write it.
func (j *Journal) tidy(name string) {
	_, _ = j.take(name, func(Entry) bool { return false })
}

// identified picks the entries with a request id. Those whose id isn't known
// yet are read.
func (j *Journal) identified(names []string, id string) []string {
	j.mu.Lock()
	var found, unknown []string
	for _, name := range names {
		switch j.ids[name] {
		case id:
			found = append(found, name)
		case "":
			unknown = append(unknown, name)
		}
	}
	j.mu.Unlock()
	for _, name := range unknown {
		if j.requestID(name) == id {
			found = append(found, name)
		}
	}
	return found
}

// requestID reads the request id of an entry, if it has one.
func (j *Journal) requestID(name string) string {
	h, err := j.open(name)
	if err != nil {
		return "" // of what can't be read, Entries and Take tell
	}
	defer h.file.Close() //nolint:errcheck // nothing was written.
	if err := h.load(); errors.Is(err, errTorn) {
		_ = h.file.Close() // Windows deletes no file that is open
		j.tidy(name)
	}
	if h.entry.RequestID != "" {
		j.identify(name, h.entry.RequestID)
	}
	return h.entry.RequestID
}

// unlessGone passes over what isn't there, or not any more.
func unlessGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (j *Journal) keep(h *Held) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.held[h.name()] = h
	if id := h.entry.RequestID; id != "" {
		j.ids[h.name()] = id
	}
}

func (j *Journal) identify(name, id string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.ids[name] = id
}

func (j *Journal) forget(name string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.held, name)
	delete(j.ids, name)
}

func (j *Journal) holds(name string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.held[name] != nil
}

// heldFor returns the entries of a request that this process holds.
func (j *Journal) heldFor(id string) []*Held {
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []*Held
	for name, h := range j.held {
		if j.ids[name] == id {
			found = append(found, h)
		}
	}
	return found
}
