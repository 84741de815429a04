// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Held is an entry that this process holds, until it releases or closes it or
// ends. The methods of nil do nothing, so that a submission whose entry could
// not be begun goes on like any other.
type Held struct {
	journal *Journal

	mu    sync.Mutex
	file  *os.File // nil once the entry is released or closed
	entry Entry
	size  int64 // of the whole lines
	// readOnly says why nothing can be noted in an entry that can be read.
	readOnly error
}

// Entry returns what the journal knows of the submission.
func (h *Held) Entry() Entry {
	if h == nil {
		return Entry{}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.entry
}

// NoteRequestID notes the id under which the submission was accepted, for
// good. Should that fail, CloseRequest finds the entry by it all the same, as
// long as this process holds it.
func (h *Held) NoteRequestID(id string) error {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if known := h.entry.RequestID; id == "" || known != "" && known != id {
		return h.problem("note the request id", errors.New("an entry has one, and keeps it"))
	}
	h.entry.RequestID = id
	if h.file != nil {
		h.journal.identify(h.name(), id)
	}
	return h.append(note{RequestID: id})
}

// NoteAbandoned notes that the wait for the request was given up. The entry
// stays open, and held.
func (h *Held) NoteAbandoned() error { return h.mark(note{Abandoned: true}) }

// NoteReturned notes that the engine was given the request.
func (h *Held) NoteReturned() error { return h.mark(note{Returned: true}) }

// NoteInState notes that a run has seen the request in its state.
func (h *Held) NoteInState(run int) error { return h.mark(note{InState: true, Run: run}) }

func (h *Held) mark(what note) error {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.entry.Abandoned = h.entry.Abandoned || what.Abandoned
	h.entry.Returned = h.entry.Returned || what.Returned
	if what.InState {
		h.entry.InState, h.entry.InStateOf = true, what.Run
	}
	return h.append(what)
}

// Release lets go of the entry, which stays open: whoever makes the same
// request next may take it, in this process or another.
func (h *Held) Release() error {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.file == nil {
		return nil
	}
	h.journal.forget(h.name())
	err := errors.Join(unlock(h.file), h.file.Close())
	h.file = nil
	return err
}

// Close ends the entry, and deletes its file: the submission was refused, or
// its request is known to be in state.
func (h *Held) Close() error {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.file == nil {
		return nil
	}
	h.journal.forget(h.name())
	err := end(h.file)
	h.file = nil
	return err
}

// end deletes the file of an entry that is held. One that can't be deleted is
// emptied at least, which reads as if nothing had been sent.
func end(file *os.File) error {
	emptied := file.Truncate(0)
	removed := remove(file)
	if emptied == nil || errors.Is(removed, fs.ErrNotExist) {
		return nil
	}
	return removed
}

// append writes a line, and syncs it.
func (h *Held) append(line any) error {
	const what = "note"
	switch {
	case h.file == nil:
		return h.problem(what, fs.ErrClosed)
	case h.readOnly != nil:
		return h.readOnly
	}
	content, err := encode(line)
	if err != nil {
		return h.problem(what, err)
	}
	if h.size+int64(len(content)) > maxEntry {
		return h.problem(what, errors.New("this is too long for an entry"))
	}
	// A line that could be written in part only must not run into this one.
	if err := h.file.Truncate(h.size); err != nil {
		return err
	}
	_, err = h.file.WriteAt(content, h.size)
	if err == nil {
		err = h.file.Sync()
	}
	if err != nil {
		_ = h.file.Truncate(h.size) // else the next line does
		return err
	}
	h.size += int64(len(content))
	if there, err := standing(h.file); !there || err != nil {
		return h.problem(what, cmp.Or(err, fs.ErrNotExist))
	}
	return nil
}

// load reads what the file says now.
func (h *Held) load() error {
	content, err := io.ReadAll(io.NewSectionReader(h.file, 0, maxEntry+1))
	if err != nil {
		return err
	}
	entry, size, err := parse(content)
	if err != nil {
		return h.problem("read", err)
	}
	entry.Path = h.file.Name()
	h.entry, h.size = entry, int64(size)
	return nil
}

func (h *Held) name() string { return filepath.Base(h.entry.Path) }

func (h *Held) problem(what string, err error) error {
	return &fs.PathError{Op: what, Path: h.entry.Path, Err: err}
}
