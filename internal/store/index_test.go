// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// place is what an object puts at a path.
func place(path, content, object string) Place {
	return Place{
		Path: Resolve(path), SHA256: hash(content), Object: object, Owner: "default", Origin: "emulator", Run: 4711, Adopted: true,
		Time: time.Date(2026, 11, 26, 5, 30, 0, 123, time.UTC),
	}
}

// wantAt checks what is noted of a path, the zero value for nothing, by
// whichever process.
func wantAt(t *testing.T, i *Index, path string, want Place) {
	t.Helper()
	got, found, err := i.At(path)
	if got.Process = 0; got != want || found != (want != Place{}) || err != nil {
		t.Errorf("at %s: %+v, %v, %v, want %+v", path, got, found, err, want)
	}
}

func wantStanding(t *testing.T, i *Index, content string, want ...string) {
	t.Helper()
	for n := range want {
		want[n] = Resolve(want[n])
	}
	if got, err := i.Standing(hash(content)); !slices.Equal(got, want) || err != nil {
		t.Errorf("%q stands at %q, %v, want %q", content, got, err, want)
	}
}

// wantIndexFiles checks how many notes and marks there are, and that nothing is
// left in ingest.
func wantIndexFiles(t *testing.T, folder string, notes, marks int) {
	t.Helper()
	for below, want := range map[string]int{"paths": notes, "contents": marks, "ingest": 0} {
		got := 0
		must(t, filepath.WalkDir(filepath.Join(folder, below), func(_ string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				got++
			}
			return unlessGone(err)
		}))
		if got != want {
			t.Errorf("%s has %d files, want %d", below, got, want)
		}
	}
}

func TestIndex(t *testing.T) {
	t.Parallel()
	folder, path := filepath.Join(t.TempDir(), "new", "store"), filepath.Join(t.TempDir(), "gallery", "heron.png")
	i := Open(folder).Index()
	wantAt(t, i, path, Place{})
	wantStanding(t, i, picture)
	must(t, i.Release(path, "a"))
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a look made the folder: %v", err)
	}

	// The first note, and those that take its place.
	var before *Place
	heron, egret, unknown := place(path, picture, "a"), place(path, "an egret", "b"), place(path, "", "c")
	unknown.SHA256 = "" // until it is fetched
	for _, next := range []Place{heron, heron, egret, unknown, unknown, heron} {
		must(t, i.Take(next, func(got *Place) error {
			if got != nil {
				got.Process -= os.Getpid()
			}
			if (got == nil) != (before == nil) || got != nil && *got != *before {
				t.Errorf("before was %+v, want %+v", got, before)
			}
			if got != nil {
				*got = Place{} // it is a copy
			}
			return nil
		}))
		before = &next
		wantAt(t, i, path, next)
		wantAt(t, Open(folder).Index(), path, next)
		for _, content := range []string{picture, "an egret"} {
			if hash(content) == next.SHA256 {
				wantStanding(t, i, content, path)
			} else {
				wantStanding(t, i, content)
			}
		}
		marks := 1
		if next.SHA256 == "" {
			marks = 0
		}
		wantIndexFiles(t, folder, 1, marks)
	}

	must(t, i.Release(path, "another"))
	wantAt(t, i, path, heron)
	must(t, i.Release(path, "a"))
	wantAt(t, i, path, Place{})
	wantStanding(t, i, picture)
	wantIndexFiles(t, folder, 0, 0)
	must(t, i.Release(path, "a"))
}

func TestIndex_checkObjects(t *testing.T) {
	t.Parallel()
	folder, path := t.TempDir(), filepath.Join(t.TempDir(), "heron.png")
	i := Open(folder).Index()
	no := errors.New("not yours")
	object := func(*Place) error { return no }
	if err := i.Take(place(path, picture, "a"), object); err != no { //nolint:errorlint // as it is.
		t.Errorf("took: %v", err)
	}
	wantAt(t, i, path, Place{})
	wantIndexFiles(t, folder, 0, 0)
	must(t, i.Take(place(path, picture, "a"), nil))
	if err := i.Take(place(path, "an egret", "b"), object); err != no { //nolint:errorlint // as it is.
		t.Errorf("took: %v", err)
	}
	wantAt(t, i, path, place(path, picture, "a"))
	wantIndexFiles(t, folder, 1, 1)
}

func TestIndex_leave(t *testing.T) {
	t.Parallel()
	folder, path := filepath.Join(t.TempDir(), "store"), filepath.Join(t.TempDir(), "heron.png")
	i := Open(folder).Index()
	calls := 0
	remove := func() error { calls++; return os.Remove(path) }
	leave := func(object string, want int) {
		t.Helper()
		must(t, i.Leave(path, object, remove))
		if calls != want {
			t.Errorf("removed %d times, want %d", calls, want)
		}
	}
	write(t, path, picture)
	leave("a", 1) // nothing is noted
	write(t, path, picture)
	must(t, i.Take(place(path, picture, "a"), nil))
	leave("b", 1)
	wantContent(t, path, picture)
	wantAt(t, i, path, place(path, picture, "a"))

	no := errors.New("it is in use")
	if err := i.Leave(path, "a", func() error { return no }); err != no { //nolint:errorlint // as it is.
		t.Errorf("left: %v", err)
	}
	wantAt(t, i, path, place(path, picture, "a"))
	wantStanding(t, i, picture, path)

	leave("a", 2)
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
	wantIndexFiles(t, folder, 0, 0)
}

// Nobody takes a path while somebody removes what is there.
func TestIndex_leaveIsAlone(t *testing.T) {
	t.Parallel()
	s, path := Open(t.TempDir()), filepath.Join(t.TempDir(), "heron.png")
	must(t, s.Index().Take(place(path, picture, "a"), nil))
	var taker sync.WaitGroup
	begun := make(chan struct{})
	must(t, s.Index().Leave(path, "a", func() error {
		taker.Go(func() {
			close(begun)
			if err := s.Index().Take(place(path, "an egret", "b"), unlessTaken); err != nil {
				t.Error(err)
			}
		})
		<-begun
		// What is removed can be stored, and the note be looked at.
		wantAt(t, s.Index(), path, place(path, picture, "a"))
		putPicture(t, s, picture)
		return nil
	}))
	taker.Wait()
	wantAt(t, s.Index(), path, place(path, "an egret", "b"))
	wantPicture(t, s, picture)
}

// One place has one note, however it is spelt.
func TestIndex_onePlace(t *testing.T) {
	t.Parallel()
	folder, root := t.TempDir(), t.TempDir()
	path, link := filepath.Join(root, "gallery", "heron.png"), filepath.Join(root, "link")
	must(t, os.Mkdir(filepath.Join(root, "gallery"), 0o755))
	if err := os.Symlink("gallery", link); err != nil {
		t.Skip(err)
	}
	i := Open(folder).Index()
	linked := place(path, picture, "a")
	linked.Path = filepath.Join(link, "heron.png")
	must(t, i.Take(linked, nil))
	wantAt(t, i, path, place(path, picture, "a"))
	wantAt(t, i, root+"/link/../link//./heron.png", place(path, picture, "a"))
	wantStanding(t, i, picture, path)
	must(t, i.Release(link+"/heron.png", "a"))
	wantAt(t, i, path, Place{})
}

func TestIndex_newestFirst(t *testing.T) {
	t.Parallel()
	i, root := Open(t.TempDir()).Index(), t.TempDir()
	var want []string
	for n := range 5 {
		p := place(filepath.Join(root, fmt.Sprint(n)), picture, "a")
		p.Time = p.Time.Add(time.Duration(n*7%5) * time.Minute)
		must(t, i.Take(p, nil))
	}
	for _, n := range []int{2, 4, 1, 3, 0} {
		want = append(want, filepath.Join(root, fmt.Sprint(n)))
	}
	wantStanding(t, i, picture, want...)
	if got, err := i.Standing("../../etc"); got != nil || err != nil {
		t.Errorf("a hash that is none stands at %q, %v", got, err)
	}
}

// What can't be understood is as good as nothing, and is written over.
func TestIndex_noteThatIsNone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "heron.png")
	whole := text(t, place(path, picture, "a"))
	elsewhere := text(t, place(path+"2", picture, "a"))
	noHash := strings.Replace(whole, hash(picture), "../../heron", 1)
	for name, content := range map[string]string{
		"empty": "", "torn": whole[:len(whole)/2], "null": "null\n", "list": "[]\n", "number": `{"path":4}` + "\n", "text": "hello",
		"of another path": elsewhere, "without a hash": noHash, "too long": whole + strings.Repeat(" ", maxPlace),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			i := Open(folder).Index()
			must(t, i.Take(place(path, picture, "a"), nil))
			write(t, filepath.Join(folder, pathName(Resolve(path))), content)
			wantAt(t, i, path, Place{})
			wantStanding(t, i, picture)
			must(t, i.Release(path, "a"))
			must(t, i.Take(place(path, "an egret", "b"), func(before *Place) error {
				if before != nil {
					t.Errorf("before was %+v", before)
				}
				return nil
			}))
			wantAt(t, i, path, place(path, "an egret", "b"))
			wantStanding(t, i, picture)
			wantStanding(t, i, "an egret", path)
		})
	}
}

// A mark without a note, as a deleted folder or a killed process leaves it, is
// nothing.
func TestIndex_markWithoutNote(t *testing.T) {
	t.Parallel()
	folder, path := t.TempDir(), filepath.Join(t.TempDir(), "heron.png")
	i := Open(folder).Index()
	must(t, i.Take(place(path, picture, "a"), nil))
	must(t, os.RemoveAll(filepath.Join(folder, "paths")))
	wantStanding(t, i, picture)
	must(t, i.Take(place(path, "an egret", "a"), nil))
	wantStanding(t, i, picture)
	wantStanding(t, i, "an egret", path)
}

func TestIndex_refuses(t *testing.T) {
	t.Parallel()
	folder, path := filepath.Join(t.TempDir(), "store"), filepath.Join(t.TempDir(), "heron.png")
	for name, spoil := range map[string]func(*Place){
		"hash":     func(p *Place) { p.SHA256 = strings.ToUpper(p.SHA256) },
		"too long": func(p *Place) { p.Owner = strings.Repeat("x", maxPlace) },
		"not text": func(p *Place) { p.Object = "\xff" },
		"time":     func(p *Place) { p.Time = time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		p := place(path, picture, "a")
		spoil(&p)
		err := Open(folder).Index().Take(p, func(*Place) error {
			t.Errorf("%s: was checked", name)
			return nil
		})
		wantError(t, err, errNoNote, path)
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("something was written")
	}
}

// A look for one picture reads no note of another: each costs dozens of
// allocations.
func TestIndex_readsItsOwnNotes(t *testing.T) { //nolint:paralleltest // it counts allocations.
	folder, root := t.TempDir(), t.TempDir()
	i := Open(folder).Index()
	const others = 200
	for n := range others {
		p := place(filepath.Join(root, fmt.Sprint(n)), fmt.Sprint(n), "a")
		p.SHA256 = hash(picture)[:2] + p.SHA256[2:] // its mark is in the same folder
		write(t, filepath.Join(folder, markName(p)), "")
		write(t, filepath.Join(folder, pathName(p.Path)), text(t, p))
	}
	must(t, i.Take(place(filepath.Join(root, "heron"), picture, "a"), nil))
	wantStanding(t, i, picture, filepath.Join(root, "heron"))
	if got := testing.AllocsPerRun(3, func() { _, _ = i.Standing(hash(picture)) }); got > 5*others {
		t.Errorf("a look among %d notes took %v allocations", others, got)
	}
}
