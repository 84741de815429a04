// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func hash(input string) string {
	sum := sha256.Sum256([]byte(input))
	return hex.EncodeToString(sum[:])
}

func request(input string) Request {
	return Request{
		EndpointID:  "fal-ai/flux-2-dev",
		Origin:      Origin{URL: "https://queue.fal.run", Kind: "fal"},
		InputSHA256: hash(input),
	}
}

// submission is the same each time it is called.
// anyEntry wants whatever there is.
func anyEntry(Entry) bool { return true }

func submission() Submission {
	return Submission{
		Time:      time.Date(2026, 11, 25, 23, 54, 1, 123456789, time.UTC),
		Request:   request("a heron"),
		Workspace: "default",
	}
}

func begin(t *testing.T, s *Store, what Submission) *Held {
	t.Helper()
	h, err := s.Journal().Begin(what)
	must(t, err)
	t.Cleanup(func() { _ = h.Release() }) // Windows deletes no file that is open
	return h
}

// take returns the entry, or nil if there is none to take.
func take(t *testing.T, s *Store, r Request) *Held {
	t.Helper()
	h, err := s.Journal().Take(r, anyEntry)
	must(t, err)
	t.Cleanup(func() { _ = h.Release() })
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func entries(t *testing.T, s *Store) []Entry {
	t.Helper()
	list, err := s.Journal().Entries()
	must(t, err)
	return list
}

// wantFiles checks what is in the folder of the journal.
func wantFiles(t *testing.T, folder string, want ...string) {
	t.Helper()
	files, err := os.ReadDir(filepath.Join(folder, "journal"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	var got []string
	for _, file := range files {
		got = append(got, file.Name())
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the journal has the files %q, want %q", got, want)
	}
}

// put writes the file of an entry as another process may have left it.
func put(t *testing.T, folder string, s Submission, content string) (path string) {
	t.Helper()
	path = filepath.Join(folder, "journal", newName(s))
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(content), 0o644))
	return path
}

// text is a whole entry.
func text(t *testing.T, lines ...any) string {
	t.Helper()
	var whole strings.Builder
	for _, line := range lines {
		content, err := encode(line)
		must(t, err)
		whole.Write(content)
	}
	return whole.String()
}

// wantError checks that an error is of a kind and names a path.
func wantError(t *testing.T, err, kind error, path string) {
	t.Helper()
	if !errors.Is(err, kind) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v, want one that is %v and names %s", err, kind, path)
	}
}
