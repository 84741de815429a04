// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// several are pictures of several sizes.
func several() []string {
	var all []string
	for n := range 6 {
		all = append(all, strings.Repeat(fmt.Sprint("picture ", n, "; "), 1+n*2_000))
	}
	return all
}

func init() {
	// Stores half a picture, says so, and waits to be killed.
	children["half a picture"] = func(folder string) error {
		_, _, err := Open(folder).Pictures().Put(io.MultiReader(strings.NewReader(picture[:8]), sayAndWait{}))
		return err
	}
	// Stores pictures and notes, and says so after each, until it is killed.
	children["put and take"] = func(folder string) error {
		s := Open(folder)
		for {
			for _, content := range several() {
				sum, _, err := s.Pictures().Put(strings.NewReader(content))
				if err == nil {
					err = s.Index().Take(place("/gallery/heron.png", content, sum), nil)
				}
				if err != nil {
					return err
				}
				fmt.Println("stored")
			}
		}
	}
}

// sayAndWait is what comes after half a picture.
type sayAndWait struct{}

func (sayAndWait) Read([]byte) (int, error) {
	fmt.Println("half")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0, errors.New("it was not killed")
}

// Many store, keep, open and tidy at once, in several stores of one folder:
// nobody sees an error, a part of a picture, or none that was stored.
func TestPicturesShared_manyAtOnce(t *testing.T) {
	t.Parallel()
	folder, gallery := t.TempDir(), t.TempDir()
	all := several()
	for n, content := range all {
		write(t, filepath.Join(gallery, fmt.Sprint(n)), content)
		putPicture(t, Open(folder), content)
	}
	var workers, tidiers sync.WaitGroup
	done := make(chan struct{})
	for worker := range 4 {
		s := Open(folder)
		workers.Go(func() {
			for round := range 8 {
				n := (worker + round) % len(all)
				path := filepath.Join(gallery, fmt.Sprint(n))
				if sum, err := s.Pictures().Keep(path); sum != hash(all[n]) || err != nil {
					t.Errorf("kept %s, %v", sum, err)
				}
				putPicture(t, s, all[(n+1)%len(all)])
				wantPicture(t, s, all[n])
				if err := s.Index().Take(place(path, all[n], "a"), nil); err != nil {
					t.Error(err)
				}
				if _, err := s.Index().Standing(hash(all[n])); err != nil {
					t.Error(err)
				}
			}
		})
	}
	tidiers.Go(func() {
		s := Open(folder)
		for now := epoch; ; now = now.Add(tidyEvery) {
			select {
			case <-done:
				return
			default:
				if err := s.Pictures().Tidy(epoch); err != nil {
					t.Error(err)
				}
				_ = os.Remove(filepath.Join(folder, tidied))
			}
		}
	})
	workers.Wait()
	close(done)
	tidiers.Wait()
	wantStored(t, folder, all...)
	wantIndexFiles(t, folder, len(all), len(all))
}

// What stands at its path is removed from the store again and again, while it
// is stored again and again by somebody who then replaces the file. Whenever
// the file isn't there any more, the store has it.
func TestPicturesShared_keepAgainstTidy(t *testing.T) {
	t.Parallel()
	folder, path := t.TempDir(), filepath.Join(t.TempDir(), "heron.png")
	s := Open(folder)
	var tidier sync.WaitGroup
	done := make(chan struct{})
	tidier.Go(func() {
		other := Open(folder)
		for {
			select {
			case <-done:
				return
			default:
				_ = os.Remove(filepath.Join(folder, tidied))
				if err := other.Pictures().Tidy(epoch); err != nil {
					t.Error(err)
				}
			}
		}
	})
	for range 20 {
		stands(t, s, path)
		if _, err := s.Pictures().Keep(path); err != nil {
			t.Error(err)
		}
		write(t, path, "another")
		wantPicture(t, s, picture)
	}
	close(done)
	tidier.Wait()
}

// Of all that find a damaged picture, each sees that it is, or that it is gone,
// or a good one that somebody has stored meanwhile.
func TestPicturesShared_damaged(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for range 10 {
		putPicture(t, Open(folder), picture)
		write(t, blob(folder, picture), "damaged")
		var openers sync.WaitGroup
		for n := range 6 {
			s := Open(folder)
			openers.Go(func() {
				if n == 3 {
					putPicture(t, s, picture)
				}
				r, err := s.Pictures().Open(hash(picture))
				if err != nil && !errors.Is(err, fs.ErrNotExist) || n == 3 && err != nil {
					t.Error(err)
				}
				if err == nil {
					if content, err := io.ReadAll(r); err != nil || string(content) != picture {
						t.Errorf("opened %q, %v", content, err)
					}
				}
			})
		}
		openers.Wait()
		wantPicture(t, Open(folder), picture)
	}
}

// The folder is deleted again and again under those who work in it. What fails
// names it, and what is handed out is whole.
func TestPicturesShared_deletedMeanwhile(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "store")
	var workers, deleter sync.WaitGroup
	done := make(chan struct{})
	check := func(err error) {
		if err != nil && !strings.Contains(err.Error(), folder) {
			t.Errorf("not named: %v", err)
		}
	}
	for worker := range 3 {
		s := Open(folder)
		workers.Go(func() {
			for range 10 {
				content := several()[worker]
				path := filepath.Join(t.TempDir(), fmt.Sprint(worker))
				_, _, err := s.Pictures().Put(strings.NewReader(content))
				check(err)
				r, err := s.Pictures().Open(hash(content))
				check(err)
				if err == nil {
					if got, err := io.ReadAll(r); string(got) != content || err != nil {
						t.Errorf("opened %q, %v", got, err)
					}
				}
				check(s.Index().Take(place(path, content, "a"), nil))
				_, err = s.Index().Standing(hash(content))
				check(err)
				check(s.Index().Release(path, "a"))
				check(s.Pictures().Tidy(epoch))
			}
		})
	}
	deleter.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			default:
				_ = os.RemoveAll(filepath.Join(folder, []string{"ingest", "locks", "blobs", "paths", "contents", "."}[n%6]))
			}
		}
	})
	workers.Wait()
	close(done)
	deleter.Wait()
	putPicture(t, Open(folder), picture)
	wantPicture(t, Open(folder), picture)
}

// A process that is killed in the middle of a picture leaves something in
// ingest, which goes once the process is dead, and not before.
func TestPicturesShared_killedInMidWrite(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := Open(folder)
	putPicture(t, s, "an egret")
	child, _ := start(t, "half a picture", folder)
	ingest := func() int {
		files, err := os.ReadDir(filepath.Join(folder, "ingest"))
		must(t, err)
		return len(files)
	}
	must(t, s.Pictures().Tidy(epoch))
	if n := ingest(); n != 1 {
		t.Errorf("%d files in ingest while the child writes", n)
	}
	must(t, child.Process.Kill())
	_ = child.Wait()
	if n := ingest(); n != 1 {
		t.Errorf("%d files in ingest after the child", n)
	}
	wantPicture(t, s, "an egret")
	wantNoPicture(t, s, picture)
	putPicture(t, s, picture)
	wantPicture(t, s, picture)
	must(t, s.Pictures().Tidy(epoch.Add(tidyEvery)))
	wantStored(t, folder, picture, "an egret")
}

// Processes are killed at any moment, while this one works on: all that is in
// the store is whole, and nobody is kept waiting by the dead.
func TestPicturesShared_killedAnytime(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := Open(folder)
	for n := range 4 {
		child, _ := start(t, "put and take", folder)
		for range n {
			child.line(t)
		}
		for _, content := range several() {
			putPicture(t, s, content)
			wantPicture(t, s, content)
			must(t, s.Index().Take(place("/gallery/heron.png", content, "a"), nil))
		}
		must(t, child.Process.Kill())
		_ = child.Wait()
		for _, content := range several() {
			wantPicture(t, s, content)
		}
		if _, found, err := s.Index().At("/gallery/heron.png"); !found || err != nil {
			t.Errorf("the note is gone: %v", err)
		}
	}
	must(t, s.Pictures().Tidy(epoch))
	wantStored(t, folder, several()...)
}
