// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file that ends anywhere is read as far as its whole lines go.
func TestTorn_atEveryLength(t *testing.T) {
	t.Parallel()
	first := text(t, submission())
	second := text(t, note{RequestID: "r-1"})
	whole := first + second + text(t, note{Abandoned: true})
	for size := range len(whole) + 1 {
		folder := t.TempDir()
		s := Open(folder)
		path := put(t, folder, submission(), whole[:size])
		list := entries(t, s)
		if size < len(first) {
			if list != nil {
				t.Fatalf("%d bytes: read %+v", size, list)
			}
			wantFiles(t, folder) // tidied
			continue
		}
		want := Entry{Submission: submission(), Path: path, Abandoned: size == len(whole)}
		if size >= len(first)+len(second) {
			want.RequestID = "r-1"
		}
		if len(list) != 1 || list[0] != want {
			t.Fatalf("%d bytes: read %+v, want %+v", size, list, want)
		}

		// Whoever takes it goes on behind the last whole line.
		h := take(t, s, request("a heron"))
		must(t, h.NoteRequestID("r-1"))
		must(t, h.Release())
		content, err := os.ReadFile(path)
		must(t, err)
		if end := strings.LastIndex(whole[:size], "\n") + 1; string(content) != whole[:end]+second {
			t.Fatalf("%d bytes: %q after a note", size, content)
		}
	}
}

// Each way to look tidies, but never what somebody is about to write.
func TestTorn_isTidied(t *testing.T) {
	t.Parallel()
	for name, look := range map[string]func(*Journal) error{
		"Entries":      func(j *Journal) error { _, err := j.Entries(); return err },
		"Take":         func(j *Journal) error { _, err := j.Take(request("a heron"), anyEntry); return err },
		"CloseRequest": func(j *Journal) error { return j.CloseRequest("r-1") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			s := Open(folder)
			path := put(t, folder, submission(), `{"time":`)
			file, err := os.OpenFile(path, os.O_RDWR, 0)
			must(t, err)
			t.Cleanup(func() { _ = file.Close() })
			if locked, err := lock(file); !locked || err != nil {
				t.Fatal(locked, err)
			}
			must(t, look(s.Journal()))
			wantFiles(t, folder, filepath.Base(path))
			must(t, unlock(file))
			must(t, file.Close())
			must(t, look(s.Journal()))
			wantFiles(t, folder)
		})
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	first := text(t, submission())
	id := text(t, note{RequestID: "r-1"})
	for name, test := range map[string]struct {
		content string
		want    error
		id      string
		torn    int // bytes behind the last whole line
	}{
		"nothing":                    {content: "", want: errTorn},
		"zeros of a crash":           {content: strings.Repeat("\x00", 300), want: errTorn},
		"an empty line":              {content: "\n", want: errUnreadable},
		"null":                       {content: "null\n", want: errUnreadable},
		"another file":               {content: "hello\nworld\n", want: errUnreadable},
		"zeros, then a line":         {content: "\x00\x00\n" + first, want: errUnreadable},
		"not the first line":         {content: id, want: errUnreadable},
		"a part is missing":          {content: strings.Replace(first, "fal-ai/flux-2-dev", "", 1), want: errUnreadable},
		"larger than allowed":        {content: first + strings.Repeat("\n", maxEntry), want: errUnreadable},
		"members of later versions":  {content: strings.ReplaceAll(first+id, `{"`, `{"new":1,"`), id: "r-1"},
		"the first id counts":        {content: first + id + text(t, note{RequestID: "r-2"}), id: "r-1"},
		"a line that makes no sense": {content: first + "\x00\n" + id, id: "r-1"},
		"zeros behind a line":        {content: first + id + "\x00\x00", id: "r-1", torn: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entry, size, err := parse([]byte(test.content))
			if !errors.Is(err, test.want) {
				t.Fatalf("error %v, want %v", err, test.want)
			}
			if err != nil {
				return
			}
			if entry.Submission != submission() || entry.RequestID != test.id || size != len(test.content)-test.torn {
				t.Errorf("read %+v from %d of %d bytes", entry, size, len(test.content))
			}
		})
	}
}

func TestParseName(t *testing.T) {
	t.Parallel()
	name := newName(submission())
	if part, ok := parseName(name); !ok || part != hash("a heron")[:16] {
		t.Errorf("%s has %q, %v", name, part, ok)
	}
	stem := strings.TrimSuffix(name, ending)
	for _, other := range []string{"", ".jsonl", "README.txt", stem, stem + ".json", stem + " (1).jsonl", stem + "-1.jsonl", "Copy of " + name, name + "~", strings.Replace(name, "2026", "1926-", 1), "2" + name} {
		if part, ok := parseName(other); ok {
			t.Errorf("%q is taken for an entry of %s", other, part)
		}
	}
}
