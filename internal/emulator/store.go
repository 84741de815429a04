// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/google/renameio/v2/maybe"
)

// store keeps jobs in files, one each, so that a crash loses nothing that was
// acknowledged.
type store struct {
	directory string
	mu        sync.Mutex
	written   map[string]int
	version   int
	failed    error
}

// snapshot is a job's record at one time.
type snapshot struct {
	id      string
	version int
	content []byte
}

// snapshots takes the records of what has changed. The lock must be held.
func (s *Server) snapshots() []snapshot {
	if len(s.dirty) == 0 {
		return nil
	}
	records := make([]snapshot, len(s.dirty))
	for i, j := range s.dirty {
		s.store.version++
		records[i] = snapshot{id: j.ID, version: s.store.version, content: encode(j)}
	}
	s.dirty = nil
	return records
}

// save writes a record unless a later one of the same job is there already.
func (st *store) save(record snapshot) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.written[record.id] > record.version {
		return
	}
	st.written[record.id] = record.version
	err := maybe.WriteFile(filepath.Join(st.directory, record.id+".json"), record.content, 0o600)
	if err != nil && st.failed == nil {
		st.failed = err
	}
}

// problem is the first error of all writes.
func (st *store) problem() error {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.failed
}

// restore reads the jobs of the directory. Those that were under way go on:
// time has passed for them too.
func (s *Server) restore() error {
	s.store = &store{directory: filepath.Join(s.directory, "requests"), written: map[string]int{}}
	if err := os.MkdirAll(s.store.directory, 0o750); err != nil {
		return err
	}
	directory := os.DirFS(s.store.directory)
	files, err := fs.Glob(directory, "*.json")
	if err != nil {
		return err
	}
	for _, file := range files {
		content, err := fs.ReadFile(directory, file)
		if err != nil {
			return err
		}
		j := &job{}
		if err := json.Unmarshal(content, j); err != nil {
			return fmt.Errorf("%s: %w", filepath.Join(s.store.directory, file), err)
		}
		s.prepare(j)
		s.jobs[j.ID] = j
		s.order = append(s.order, j)
	}
	slices.SortFunc(s.order, func(a, b *job) int { return a.Seq - b.Seq })

	s.mu.Lock()
	defer s.unlock()
	for _, j := range s.order {
		s.jobCount = max(s.jobCount, j.Seq)
		s.index(j)
		if j.Phase == completed {
			continue
		}
		if j.Direct {
			j.Phase, j.EndedAt = completed, s.clock.Now()
			j.Failure = broken("client_disconnected", "Client disconnected")
			s.changedJob(j)
			continue
		}
		if j.Phase == inProgress && !j.Seeded {
			s.running++
		}
		s.activate(j)
	}
	s.settle()
	return nil
}
