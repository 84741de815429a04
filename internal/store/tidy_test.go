// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// epoch is when the clock of these tests begins. It is long ago, so what is
// written on the machine's clock is young.
var epoch = time.Date(2001, 11, 25, 12, 0, 0, 0, time.UTC)

// age makes a file as old as a time before the epoch.
func age(path string, by time.Duration) error {
	at := epoch.Add(-by)
	return os.Chtimes(path, at, at)
}

// edit makes a file another, as old as it takes to be removed.
func edit(path, content string) error {
	return errors.Join(os.WriteFile(path, []byte(content), 0o644), age(path, standingFor))
}

// stands makes a picture stand at a path of the index and in the store, both
// older than it takes to be removed.
func stands(t *testing.T, s *Store, path string) {
	t.Helper()
	putPicture(t, s, picture)
	write(t, path, picture)
	must(t, s.Index().Take(Place{Path: path, SHA256: hash(picture), Object: "a"}, nil))
	must(t, errors.Join(age(path, standingFor), age(blob(s.folder, picture), standingFor)))
}

func TestTidy_picturesThatStand(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(s *Store, path string) error
		kept   bool
	}{
		"stands": {change: func(*Store, string) error { return nil }},
		"stands at one of two": {change: func(s *Store, path string) error {
			return s.Index().Take(Place{Path: path + ".gone", SHA256: hash(picture), Object: "b", Time: epoch}, nil)
		}},
		"was written lately": {kept: true, change: func(_ *Store, path string) error {
			return age(path, standingFor-time.Minute)
		}},
		"was stored lately": {kept: true, change: func(s *Store, _ string) error {
			return age(blob(s.folder, picture), standingFor-time.Minute)
		}},
		"is of the future": {kept: true, change: func(s *Store, _ string) error {
			return age(blob(s.folder, picture), -time.Hour)
		}},
		"is stored again": {kept: true, change: func(s *Store, path string) error {
			_, err := s.Pictures().Keep(path)
			return err
		}},
		"is gone":    {kept: true, change: func(_ *Store, path string) error { return os.Remove(path) }},
		"was edited": {kept: true, change: func(_ *Store, path string) error { return edit(path, strings.Repeat("x", len(picture))) }},
		"was edited and is longer": {kept: true, change: func(_ *Store, path string) error {
			return edit(path, picture+"x")
		}},
		"was released": {kept: true, change: func(s *Store, path string) error { return s.Index().Release(path, "a") }},
		"another was put there": {kept: true, change: func(s *Store, path string) error {
			return s.Index().Take(Place{Path: path, SHA256: hash("another"), Object: "a"}, nil)
		}},
		"is a folder": {kept: true, change: func(_ *Store, path string) error {
			return errors.Join(os.Remove(path), os.Mkdir(path, 0o755), age(path, standingFor))
		}},
		"is a link to the picture": {kept: true, change: func(s *Store, path string) error {
			return errors.Join(os.Remove(path), os.Symlink(blob(s.folder, picture), path))
		}},
		"is a link to a copy": {kept: true, change: func(_ *Store, path string) error {
			return errors.Join(os.Rename(path, path+".real"), os.Symlink(path+".real", path))
		}},
		"is the stored file": {kept: true, change: func(s *Store, path string) error {
			return errors.Join(s.Index().Release(path, "a"), s.Index().Take(Place{Path: blob(s.folder, picture), SHA256: hash(picture)}, nil))
		}},
		"is the stored file by another name": {kept: true, change: func(s *Store, path string) error {
			return errors.Join(os.Remove(path), os.Link(blob(s.folder, picture), path))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder, path := t.TempDir(), filepath.Join(t.TempDir(), "heron.png")
			s := Open(folder)
			stands(t, s, path)
			putPicture(t, s, "an egret, which stands nowhere")
			must(t, age(blob(folder, "an egret, which stands nowhere"), 100*standingFor))
			err := c.change(s, path)
			if link := new(os.LinkError); errors.As(err, &link) {
				t.Skip(err) // Windows doesn't let everybody make links
			}
			must(t, err)
			there, err := os.ReadFile(path)
			must(t, s.Pictures().Tidy(epoch))
			if c.kept {
				wantStored(t, folder, picture, "an egret, which stands nowhere")
			} else {
				wantStored(t, folder, "an egret, which stands nowhere")
				wantNoPicture(t, s, picture)
			}
			if err == nil {
				wantContent(t, path, string(there))
			}
		})
	}
}

// A damaged picture is for Open to find.
func TestTidy_damagedPictureStays(t *testing.T) {
	t.Parallel()
	folder, path := t.TempDir(), filepath.Join(t.TempDir(), "heron.png")
	s := Open(folder)
	stands(t, s, path)
	must(t, edit(blob(folder, picture), strings.Repeat("x", len(picture))))
	must(t, s.Pictures().Tidy(epoch))
	wantDamaged(t, s, folder)
}

// Whoever stores a picture between the look and the removal relies on it.
func TestTidy_storedMeanwhile(t *testing.T) {
	t.Parallel()
	folder, path := t.TempDir(), filepath.Join(t.TempDir(), "heron.png")
	s := Open(folder)
	stands(t, s, path)
	root, err := s.enter()
	must(t, err)
	defer func() { _ = root.Close() }()
	seen, err := root.Lstat(blobName(hash(picture)))
	must(t, err)
	_, err = s.Pictures().Keep(path)
	must(t, err)
	write(t, path, "another")
	must(t, s.Pictures().removeUntouched(root, blobName(hash(picture)), seen))
	wantPicture(t, s, picture)
}

// While somebody is about to store something, nothing is removed, and nobody is
// waited for.
func TestTidy_doesNotWait(t *testing.T) {
	t.Parallel()
	folder, path := t.TempDir(), filepath.Join(t.TempDir(), "heron.png")
	s := Open(folder)
	stands(t, s, path)
	left := write(t, filepath.Join(folder, "ingest", "left"+draftEnding), "half a")
	root, err := s.enter()
	must(t, err)
	defer func() { _ = root.Close() }()
	now := epoch
	for _, name := range []string{tidied, blobsLock, ingestLock} {
		lock, err := s.lockFile(root, name, name == tidied, false)
		if lock == nil || err != nil {
			t.Fatal(lock, err)
		}
		must(t, s.Pictures().Tidy(now))
		_, noPicture := os.Stat(blob(folder, picture))
		_, noLeftOver := os.Stat(left)
		if (noPicture != nil) != (name == ingestLock) || (noLeftOver != nil) != (name == blobsLock) {
			t.Errorf("while %s is locked: %v, %v", name, noPicture, noLeftOver)
		}
		must(t, release(lock))
		now = now.Add(tidyEvery)
		stands(t, s, path)
		write(t, left, "half a")
	}
}

func TestTidy_onceADay(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := Open(folder)
	left := filepath.Join(folder, "ingest", "left"+draftEnding)
	stamp := filepath.Join(folder, tidied)
	now := epoch
	for _, step := range []struct {
		after time.Duration
		stamp string // what somebody made of it
		tidy  bool
	}{
		{after: 0, tidy: true},
		{after: 0},
		{after: tidyEvery - time.Second},
		{after: time.Second, tidy: true},
		{after: time.Second, stamp: "2001-11-", tidy: true}, // torn
		{after: time.Second, stamp: " ", tidy: true},
		{after: time.Second, stamp: strings.Repeat("0", 1000), tidy: true},
		{after: time.Second},
		{after: -time.Hour, tidy: true}, // the clock was wrong
		{after: time.Second},
	} {
		now = now.Add(step.after)
		if step.stamp != "" {
			write(t, stamp, step.stamp)
		}
		write(t, left, "half a")
		must(t, s.Pictures().Tidy(now))
		if _, err := os.Stat(left); (err != nil) != step.tidy {
			t.Errorf("after %v, with %q: %v", step.after, step.stamp, err)
		}
	}
}

// What isn't the store's own stays, and a store that isn't there isn't made.
func TestTidy_nothingElse(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "store")
	s := Open(folder)
	must(t, s.Pictures().Tidy(epoch))
	if _, err := os.Stat(folder); err == nil {
		t.Error("the folder was made")
	}
	files := []string{
		"ingest/mine.txt", "ingest/folder" + draftEnding + "/mine.txt", "mine.txt", "blobs/sha256/mine.txt", "blobs/sha256/ab/mine.txt",
		"blobs/sha256/cd/" + hash(picture), "derived/later", "damaged/some", "paths/mine.json", "contents/ab/mine", "locks/mine",
	}
	for _, file := range files {
		write(t, filepath.Join(folder, filepath.FromSlash(file)), "mine")
	}
	for day := range 3 {
		must(t, s.Pictures().Tidy(epoch.Add(time.Duration(day)*tidyEvery)))
	}
	for _, file := range files {
		wantContent(t, filepath.Join(folder, filepath.FromSlash(file)), "mine")
	}
}

// There is an end to what is hashed at a time.
func TestTidy_limited(t *testing.T) {
	t.Parallel()
	folder, path := t.TempDir(), filepath.Join(t.TempDir(), "heron.png")
	s := Open(folder)
	stands(t, s, path)
	root, err := s.enter()
	must(t, err)
	defer func() { _ = root.Close() }()
	left := 2*int64(len(picture)) - 1
	must(t, s.Pictures().removeIfStanding(root, hash(picture), epoch, &left))
	wantStored(t, folder, picture)
	left++
	must(t, s.Pictures().removeIfStanding(root, hash(picture), epoch, &left))
	wantStored(t, folder)
	if left != 0 {
		t.Errorf("%d bytes are left", left)
	}
}
