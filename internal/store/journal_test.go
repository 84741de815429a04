// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestJournal_lifeOfAnEntry(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s, other := Open(folder), Open(folder)
	h := begin(t, s, submission())
	first := `{"time":"2026-11-25T23:54:01.123456789Z","endpoint_id":"fal-ai/flux-2-dev",` +
		`"origin":{"url":"https://queue.fal.run","kind":"fal"},"input_sha256":"` + hash("a heron") + `","workspace":"default"}` + "\n"

	path := h.Entry().Path
	name := filepath.Base(path)
	if !strings.HasPrefix(name, "20261125T235401.123456789Z-"+hash("a heron")[:16]+"-") || filepath.Dir(path) != filepath.Join(folder, "journal") {
		t.Errorf("the entry is at %s", path)
	}
	want := Entry{Submission: submission(), Path: path}
	steps := []struct {
		name    string
		do      func() error
		content string
		id      string
		given   bool
		holders [2]Holder
	}{
		{"begun", func() error { return nil }, first, "", false, [2]Holder{ThisStore, SomebodyElse}},
		{"accepted", func() error { return h.NoteRequestID("r-1") },
			first + `{"request_id":"r-1"}` + "\n", "r-1", false, [2]Holder{ThisStore, SomebodyElse}},
		{"abandoned", h.NoteAbandoned,
			first + `{"request_id":"r-1"}` + "\n" + `{"abandoned":true}` + "\n", "r-1", true, [2]Holder{ThisStore, SomebodyElse}},
		{"released", h.Release,
			first + `{"request_id":"r-1"}` + "\n" + `{"abandoned":true}` + "\n", "r-1", true, [2]Holder{Nobody, Nobody}},
	}
	for _, step := range steps {
		must(t, step.do())
		if content, err := os.ReadFile(path); err != nil || string(content) != step.content {
			t.Errorf("%s: the file has %q, %v", step.name, content, err)
		}
		want.RequestID, want.Abandoned = step.id, step.given
		for i, store := range []*Store{s, other} {
			want.Holder = step.holders[i]
			if list := entries(t, store); len(list) != 1 || list[0] != want {
				t.Errorf("%s: store %d has %+v, want %+v", step.name, i, list, want)
			}
		}
		want.Holder = ThisStore
		if h.Entry() != want {
			t.Errorf("%s: the entry is %+v, want %+v", step.name, h.Entry(), want)
		}
	}

	taken := take(t, other, request("a heron"))
	if taken == nil || taken.Entry() != want {
		t.Fatalf("took %+v, want %+v", taken.Entry(), want)
	}
	must(t, taken.Close())
	must(t, taken.Close())
	must(t, taken.Release())
	wantFiles(t, folder)
	if list := entries(t, s); list != nil {
		t.Errorf("closed, but there are %+v", list)
	}
}

func TestJournal_Begin_takesUTC(t *testing.T) {
	t.Parallel()
	what := submission()
	what.Time = time.Now().In(time.FixedZone("", 3600))
	h := begin(t, Open(t.TempDir()), what)
	must(t, h.Release())
	got := h.Entry().Time
	if !got.Equal(what.Time) || got.Location() != time.UTC {
		t.Errorf("%v became %v", what.Time, got)
	}
}

func TestJournal_Begin_refuses(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*Submission){
		"no time":              func(s *Submission) { s.Time = time.Time{} },
		"a time beyond 9999":   func(s *Submission) { s.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"no endpoint":          func(s *Submission) { s.EndpointID = "" },
		"no origin":            func(s *Submission) { s.Origin.URL = "" },
		"no kind":              func(s *Submission) { s.Origin.Kind = "" },
		"no hash":              func(s *Submission) { s.InputSHA256 = "" },
		"a short hash":         func(s *Submission) { s.InputSHA256 = "abcd" },
		"a hash in capitals":   func(s *Submission) { s.InputSHA256 = strings.ToUpper(s.InputSHA256) },
		"no hash at all":       func(s *Submission) { s.InputSHA256 = strings.Repeat("../", 22)[:64] },
		"bytes, not text":      func(s *Submission) { s.Workspace = "\xff" },
		"a novel of workspace": func(s *Submission) { s.Workspace = strings.Repeat("x", maxEntry) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			what := submission()
			spoil(&what)
			if h, err := Open(folder).Journal().Begin(what); h != nil || err == nil {
				t.Errorf("began %v, %v", h, err)
			}
			wantFiles(t, folder)
		})
	}
}

// What differs in one respect is another request.
func TestJournal_Take_findsItsRequestOnly(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Request){
		"endpoint": func(r *Request) { r.EndpointID = "fal-ai/flux-2" },
		"origin":   func(r *Request) { r.Origin.URL = "https://fal.run" },
		"kind":     func(r *Request) { r.Origin.Kind = "emulator" },
		"input":    func(r *Request) { r.InputSHA256 = hash("an egret") },
		"end of the hash": func(r *Request) {
			r.InputSHA256 = r.InputSHA256[:hashLength] + strings.Repeat("0", 64-hashLength)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			s := Open(folder)
			must(t, begin(t, s, submission()).Release())
			other := request("a heron")
			change(&other)
			if h := take(t, s, other); h != nil {
				t.Errorf("took %+v", h.Entry())
			}
			if h := take(t, s, request("a heron")); h == nil {
				t.Error("did not take its own")
			}
		})
	}
}

// That a state has a request is told to whoever looks, in this process or another.
func TestHeld_NoteInState(t *testing.T) {
	t.Parallel()

	folder := t.TempDir()
	h := begin(t, Open(folder), submission())
	must(t, h.NoteRequestID("an-id"))
	must(t, h.NoteInState(7))
	must(t, h.Release())
	listed := entries(t, Open(folder))
	if len(listed) != 1 || !listed[0].InState || listed[0].InStateOf != 7 || listed[0].Abandoned || listed[0].RequestID != "an-id" {
		t.Errorf("there are %+v", listed)
	}
	must(t, Open(folder).Journal().CloseRequest("an-id"))
	if listed := entries(t, Open(folder)); len(listed) > 0 {
		t.Errorf("there are %+v", listed)
	}
}

// What isn't wanted is left for others to take.
func TestJournal_Take_passesOver(t *testing.T) {
	t.Parallel()

	s := Open(t.TempDir())
	what := submission()
	must(t, begin(t, s, what).Release())
	what.Workspace = "elsewhere"
	must(t, begin(t, s, what).Release())
	for range 2 {
		h, err := s.Journal().Take(what.Request, func(e Entry) bool { return e.Workspace == "elsewhere" })
		must(t, err)
		if h == nil || h.Entry().Workspace != "elsewhere" {
			t.Fatalf("took %v", h.Entry())
		}
		must(t, h.Release())
	}
	if listed := entries(t, s); len(listed) != 2 || listed[0].Holder != Nobody {
		t.Errorf("there are %v", listed)
	}
}

func TestJournal_Take_oldestFirst(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := Open(folder)
	for _, age := range []time.Duration{2 * time.Nanosecond, time.Hour, time.Nanosecond} {
		what := submission()
		what.Time = what.Time.Add(-age)
		must(t, begin(t, s, what).Release())
	}
	for _, age := range []time.Duration{time.Hour, 2 * time.Nanosecond, time.Nanosecond} {
		h := take(t, s, request("a heron"))
		if h == nil || !h.Entry().Time.Equal(submission().Time.Add(-age)) {
			t.Errorf("took %+v, want the one that is %v older", h.Entry(), age)
		}
	}
	if h := take(t, s, request("a heron")); h != nil {
		t.Errorf("took a fourth: %+v", h.Entry())
	}
}

func TestJournal_CloseRequest(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s, other := Open(folder), Open(folder)
	mine, theirs, free, unknown := begin(t, s, submission()), begin(t, other, submission()), begin(t, other, submission()), begin(t, other, submission())
	another := begin(t, s, submission())
	for _, h := range []*Held{mine, theirs, free} {
		must(t, h.NoteRequestID("r-1"))
	}
	must(t, another.NoteRequestID("r-2"))
	must(t, free.Release())
	must(t, unknown.Release())

	must(t, s.Journal().CloseRequest("r-3"))
	must(t, s.Journal().CloseRequest(""))
	if list := entries(t, s); len(list) != 5 {
		t.Fatalf("entries %+v, want all five", list)
	}
	must(t, s.Journal().CloseRequest("r-1"))
	wantFiles(t, folder, theirs.name(), unknown.name(), another.name())
	wantError(t, mine.NoteAbandoned(), fs.ErrClosed, mine.Entry().Path)

	// An id that is read once is remembered; that the entry is free by now is not.
	must(t, theirs.Release())
	must(t, s.Journal().CloseRequest("r-1"))
	wantFiles(t, folder, unknown.name(), another.name())

	// Nor is that an entry had no id.
	h := take(t, other, request("a heron"))
	must(t, h.NoteRequestID("r-4"))
	must(t, h.Release())
	must(t, s.Journal().CloseRequest("r-4"))
	wantFiles(t, folder, another.name())
	if len(s.Journal().held) != 1 || len(s.Journal().ids) != 1 {
		t.Errorf("remembered: %v, %v", s.Journal().held, s.Journal().ids)
	}
}

func TestHeld_requestIDStays(t *testing.T) {
	t.Parallel()
	s := Open(t.TempDir())
	h := begin(t, s, submission())
	if err := h.NoteRequestID(""); err == nil {
		t.Error("noted an empty id")
	}
	must(t, h.NoteRequestID("r-1"))
	must(t, h.NoteRequestID("r-1"))
	if err := h.NoteRequestID("r-2"); err == nil || !strings.Contains(err.Error(), h.Entry().Path) {
		t.Errorf("noted another id: %v", err)
	}
	must(t, h.Release())
	if list := entries(t, s); list[0].RequestID != "r-1" {
		t.Errorf("the id became %q", list[0].RequestID)
	}
	wantError(t, h.NoteRequestID("r-1"), fs.ErrClosed, h.Entry().Path)
}

// Between reading an entry and locking it, others may do anything to it. What
// isn't wanted isn't locked, so that it seems held to nobody.
func TestJournal_take_whileOthersWrite(t *testing.T) {
	t.Parallel()
	id := func(path string) error {
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return err
		}
		content, _ := encode(note{RequestID: "r-1"})
		_, err = file.Write(content)
		return errors.Join(err, file.Close())
	}
	for name, test := range map[string]struct {
		meanwhile func(path string) error
		wanted    [2]bool // before and after
		taken     bool
		left      bool
	}{
		"nothing":             {func(string) error { return nil }, [2]bool{true, true}, true, true},
		"it gets an id":       {id, [2]bool{true, true}, true, true},
		"its id is not ours":  {id, [2]bool{true, false}, false, true},
		"it isn't wanted":     {func(string) error { return nil }, [2]bool{false, true}, false, true},
		"it is closed":        {func(path string) error { return os.Truncate(path, 0) }, [2]bool{true, true}, false, false},
		"it becomes unusable": {func(path string) error { return os.WriteFile(path, []byte("hello\n"), 0o644) }, [2]bool{true, true}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			s := Open(folder)
			path := put(t, folder, submission(), text(t, submission()))
			calls := 0
			h, err := s.Journal().take(filepath.Base(path), func(Entry) bool {
				calls++
				if calls == 1 {
					if list := entries(t, Open(folder)); len(list) != 1 || list[0].Holder != Nobody {
						t.Errorf("before it is locked: %+v", list)
					}
					must(t, test.meanwhile(path))
				}
				return test.wanted[calls-1]
			})
			if taken := h != nil; taken != test.taken {
				t.Errorf("taken: %v, %v", taken, err)
			}
			if h != nil {
				list := entries(t, Open(folder))
				if list[0].Holder != SomebodyElse || list[0].RequestID != h.Entry().RequestID {
					t.Errorf("took %+v, but the file has %+v", h.Entry(), list[0])
				}
				must(t, h.Release())
			}
			if test.left {
				wantFiles(t, folder, filepath.Base(path))
			} else {
				wantFiles(t, folder)
			}
			// Nothing is left locked.
			if h, err := s.Journal().take(filepath.Base(path), func(Entry) bool { return true }); h != nil {
				must(t, h.Release())
			} else if test.left && !errors.Is(err, errUnreadable) {
				t.Errorf("it is not free: %v", err)
			}
		})
	}
}

// A submission whose entry couldn't be begun goes on without.
func TestHeld_nil(t *testing.T) {
	t.Parallel()
	var h *Held
	if err := errors.Join(h.NoteRequestID("r-1"), h.NoteAbandoned(), h.Release(), h.Close()); err != nil {
		t.Error(err)
	}
	if e := h.Entry(); e != (Entry{}) {
		t.Errorf("entry %+v", e)
	}
}

// Nobody has to keep what Begin returns for the entry to stay held.
func TestHeld_survivesTheGarbageCollector(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := Open(folder)
	func() {
		h, err := s.Journal().Begin(submission())
		must(t, err)
		must(t, h.NoteRequestID("r-1"))
	}()
	for range 3 {
		runtime.GC()
	}
	if list := entries(t, Open(folder)); list[0].Holder != SomebodyElse {
		t.Errorf("the holder is %v", list[0].Holder)
	}
	must(t, s.Journal().CloseRequest("r-1"))
}

// Of all who have found one request for equal submissions, one has it.
func TestJournal_NoteFound(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	const searching = 8
	var held [searching]*Held
	var stores [searching]*Store
	for i := range searching {
		stores[i] = Open(folder)
		held[i] = begin(t, stores[i], submission())
	}
	var has [searching]bool
	var running sync.WaitGroup
	for i := range searching {
		running.Go(func() {
			var err error
			if has[i], err = stores[i].Journal().NoteFound(held[i], "r-1"); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	count := 0
	for i, has := range has {
		if has {
			count++
		}
		if id := held[i].Entry().RequestID; (id == "r-1") != has {
			t.Errorf("it has noted %q and was told %t", id, has)
		}
	}
	if count != 1 {
		t.Errorf("%d have it", count)
	}
	if free, err := stores[0].Journal().NoteFound(held[0], "r-2"); !has[0] && (!free || err != nil) {
		t.Errorf("another request: %t, %v", free, err)
	}
}
