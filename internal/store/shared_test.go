// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// Of all that want an entry, in one store or in several, one gets it, while
// others keep looking at it; and it is never one too few.
func TestShared_oneTakesAnEntry(t *testing.T) {
	t.Parallel()
	const rounds, stores, takers = 20, 3, 8
	folder := t.TempDir()
	all := make([]*Store, stores)
	for i := range all {
		all[i] = Open(folder)
	}
	for round := range rounds {
		must(t, begin(t, all[0], submission()).Release())
		var taken atomic.Int32
		var last atomic.Pointer[Held]
		var workers, lookers sync.WaitGroup
		done := make(chan struct{})
		for _, s := range all {
			lookers.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					if list, err := s.Journal().Entries(); err != nil || len(list) != 1 {
						t.Errorf("round %d: entries %+v, %v", round, list, err)
						return
					}
				}
			})
			for range takers {
				workers.Go(func() {
					h, err := s.Journal().Take(request("a heron"), anyEntry)
					if err != nil {
						t.Error(err)
					}
					if h != nil {
						taken.Add(1)
						last.Store(h)
					}
				})
			}
		}
		workers.Wait()
		close(done)
		lookers.Wait()
		if taken.Load() != 1 {
			t.Fatalf("round %d: %d took the entry", round, taken.Load())
		}
		must(t, last.Load().Close())
	}
	wantFiles(t, folder)
}

// Some begin and close entries all the time, others look and tidy: nobody's
// entry is lost, and nobody sees an error.
func TestShared_manyAtOnce(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var workers, lookers sync.WaitGroup
	done := make(chan struct{})
	for worker := range 4 {
		s := Open(folder)
		what := submission()
		what.Request = request(fmt.Sprint(worker))
		workers.Go(func() {
			for i := range 25 {
				id := fmt.Sprint(worker, "-", i)
				h, err := s.Journal().Begin(what)
				if err != nil {
					t.Error(err)
					return
				}
				if err := h.NoteRequestID(id); err != nil {
					t.Error(err)
				}
				if i%2 == 0 {
					if err := h.Release(); err != nil {
						t.Error(err)
					}
					if h, err = s.Journal().Take(what.Request, anyEntry); h == nil || err != nil || h.Entry().RequestID != id {
						t.Errorf("took %+v, %v, want %s", h.Entry(), err, id)
						return
					}
				}
				if err := s.Journal().CloseRequest(id); err != nil {
					t.Error(err)
				}
			}
		})
		lookers.Go(func() {
			looker := Open(folder)
			for {
				select {
				case <-done:
					return
				default:
				}
				if _, err := looker.Journal().Entries(); err != nil {
					t.Error(err)
				}
				if err := looker.Journal().CloseRequest("nobody's"); err != nil {
					t.Error(err)
				}
				if h, err := looker.Journal().Take(request("nobody's"), anyEntry); h != nil || err != nil {
					t.Errorf("took %v, %v", h, err)
				}
			}
		})
	}
	workers.Wait()
	close(done)
	lookers.Wait()
	for _, e := range entries(t, Open(folder)) {
		t.Errorf("left behind: %+v", e)
	}
}

// A process that is killed lets go of its entry, and of nothing else.
func TestShared_killedProcess(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := Open(folder)
	child, path := start(t, "hold", folder)
	want := Entry{Submission: submission(), RequestID: "of-the-child", Path: path, Holder: SomebodyElse}
	if list := entries(t, s); len(list) != 1 || list[0] != want {
		t.Errorf("entries %+v, want %+v", list, want)
	}
	if h := take(t, s, request("a heron")); h != nil {
		t.Errorf("took %+v from a process that runs", h.Entry())
	}
	must(t, s.Journal().CloseRequest("of-the-child"))
	wantFiles(t, folder, filepath.Base(path))

	must(t, child.Process.Kill())
	if err := child.Wait(); err == nil {
		t.Error("the child was not killed")
	}
	want.Holder = Nobody
	if list := entries(t, s); len(list) != 1 || list[0] != want {
		t.Errorf("entries %+v, want %+v", list, want)
	}
	want.Holder = ThisStore
	if h := take(t, s, request("a heron")); h == nil || h.Entry() != want {
		t.Fatalf("took %+v, want %+v", h.Entry(), want)
	}
	must(t, s.Journal().CloseRequest("of-the-child"))
	wantFiles(t, folder)
}

func TestShared_oneProcessTakesAnEntry(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	must(t, begin(t, Open(folder), submission()).Release())
	all := make([]process, 6)
	for i := range all {
		all[i], _ = start(t, "take", folder)
	}
	for _, p := range all {
		_, err := p.in.Write([]byte{'\n'})
		must(t, err)
	}
	taken := 0
	for _, p := range all {
		if p.line(t) == "true" {
			taken++
		}
	}
	if taken != 1 {
		t.Errorf("%d processes took the entry", taken)
	}
	for _, p := range all {
		must(t, p.in.Close())
		must(t, p.Wait())
	}
	if list := entries(t, Open(folder)); len(list) != 1 || list[0].Holder != Nobody {
		t.Errorf("entries %+v", list)
	}
}

// What another machine left in a cache is free.
func TestShared_copiedFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	h := begin(t, Open(folder), submission())
	must(t, h.NoteRequestID("r-1"))
	elsewhere := t.TempDir()
	must(t, os.CopyFS(elsewhere, os.DirFS(folder)))
	s := Open(elsewhere)
	if list := entries(t, s); len(list) != 1 || list[0].Holder != Nobody {
		t.Errorf("entries %+v", list)
	}
	if h := take(t, s, request("a heron")); h == nil || h.Entry().RequestID != "r-1" {
		t.Errorf("took %+v", h.Entry())
	}
}
