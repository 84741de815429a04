// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func init() {
	// On a sign, takes a path that nobody has, and says whether it did.
	children["take a path"] = func(folder string) error {
		fmt.Println("ready")
		if _, err := os.Stdin.Read(make([]byte, 1)); err != nil {
			return err
		}
		err := Open(folder).Index().Take(place("/gallery/heron.png", picture, fmt.Sprint(os.Getpid())), unlessTaken)
		if err != nil && !errors.Is(err, errTaken) {
			return err
		}
		fmt.Println(err == nil)
		return nil
	}
}

var errTaken = errors.New("it is another's")

func unlessTaken(before *Place) error {
	if before != nil {
		return errTaken
	}
	return nil
}

// What another process wrote since a time is told from what it wrote before, and
// from this one's own, whether it is still there or not.
func TestIndexShared_writtenBesides(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	i := Open(folder).Index()
	written := place("/gallery/heron.png", picture, "a").Time
	expect := func(earlier, later bool) {
		t.Helper()
		got, found, err := i.At("/gallery/heron.png")
		if !found || err != nil {
			t.Errorf("nothing is noted: %v", err)
		}
		if got.WrittenBesides(written.Add(-time.Second)) != earlier || got.WrittenBesides(written.Add(time.Second)) != later {
			t.Errorf("written besides: %v", got)
		}
	}
	child, _ := start(t, "put and take", folder)
	expect(true, false)
	must(t, child.Process.Kill())
	_ = child.Wait()
	expect(true, false)
	must(t, i.Take(place("/gallery/heron.png", picture, "a"), nil))
	expect(false, false)
}

// Of all that take a path which nobody has, one gets it, in one process and in
// several.
func TestIndexShared_oneTakesAPath(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for round := range 10 {
		path := filepath.Join(t.TempDir(), "heron.png")
		var takers sync.WaitGroup
		var taken atomic.Int32
		for n := range 8 {
			i := Open(folder).Index()
			takers.Go(func() {
				err := i.Take(place(path, picture, fmt.Sprint(n)), unlessTaken)
				if err == nil {
					taken.Add(1)
				} else if !errors.Is(err, errTaken) {
					t.Error(err)
				}
			})
		}
		takers.Wait()
		if taken.Load() != 1 {
			t.Errorf("round %d: %d took the path", round, taken.Load())
		}
	}

	all := make([]process, 4)
	for n := range all {
		all[n], _ = start(t, "take a path", folder)
	}
	for _, p := range all {
		_, err := p.in.Write([]byte{'\n'})
		must(t, err)
	}
	var taken []string
	for _, p := range all {
		if p.line(t) == "true" {
			taken = append(taken, fmt.Sprint(p.Process.Pid))
		}
		must(t, p.Wait())
	}
	got, _, err := Open(folder).Index().At("/gallery/heron.png")
	if must(t, err); len(taken) != 1 || got.Object != taken[0] {
		t.Errorf("%q took the path, %+v has it", taken, got)
	}
}
