// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

const picture = "a picture of a heron"

// putPicture stores a picture.
func putPicture(t *testing.T, s *Store, content string) (sha256 string) {
	t.Helper()
	sha256, size, err := s.Pictures().Put(strings.NewReader(content))
	must(t, err)
	if sha256 != hash(content) || size != int64(len(content)) {
		t.Fatalf("stored %q as %s, %d bytes", content, sha256, size)
	}
	return sha256
}

// wantPicture checks that a picture can be had, whole.
func wantPicture(t *testing.T, s *Store, content string) {
	t.Helper()
	r, err := s.Pictures().Open(hash(content))
	if err != nil {
		t.Errorf("no %q: %v", content, err)
		return
	}
	got, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil || string(got) != content {
		t.Errorf("got %q, %v, want %q", got, err, content)
	}
}

// wantNoPicture checks that there is none, and nothing damaged either.
func wantNoPicture(t *testing.T, s *Store, content string) {
	t.Helper()
	r, err := s.Pictures().Open(hash(content))
	var damaged *DamagedError
	if r != nil || !errors.Is(err, fs.ErrNotExist) || errors.As(err, &damaged) {
		t.Errorf("opened %v, %v", r, err)
	}
}

// blob is where the file of a picture is.
func blob(folder, content string) string {
	sum := hash(content)
	return filepath.Join(folder, "blobs", "sha256", sum[:2], sum)
}

// wantStored checks which pictures have files, and that nothing is left in
// ingest.
func wantStored(t *testing.T, folder string, contents ...string) {
	t.Helper()
	want := map[string]bool{}
	for _, content := range contents {
		want[blob(folder, content)] = true
	}
	for _, below := range []string{"blobs", "ingest"} {
		err := filepath.WalkDir(filepath.Join(folder, below), func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && !want[path] {
				t.Errorf("there is %s", path)
			}
			return unlessGone(err)
		})
		must(t, err)
	}
	for path := range want {
		content, err := os.ReadFile(path)
		if err != nil || hash(string(content)) != filepath.Base(path) {
			t.Errorf("%s has %q, %v", path, content, err)
		}
	}
}

// write writes a file of the user's, and returns its path.
func write(t *testing.T, path, content string) string {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(content), 0o644))
	return path
}

func wantContent(t *testing.T, path, content string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != content {
		t.Errorf("%s has %q, %v, want %q", path, got, err, content)
	}
}

func TestPictures(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "new", "store")
	s := Open(folder)
	for _, content := range []string{picture, "", strings.Repeat("large", 100_000), picture} {
		putPicture(t, s, content)
		wantPicture(t, s, content)
		wantPicture(t, Open(folder), content)
	}
	wantStored(t, folder, picture, "", strings.Repeat("large", 100_000))
	wantContent(t, filepath.Join(folder, "README.txt"), readme)
}

func TestPictures_whatIsNotThere(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "store")
	s := Open(folder)
	wantNoPicture(t, s, picture)
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a look made the folder: %v", err)
	}
	putPicture(t, s, picture)
	wantNoPicture(t, s, "another")
	for _, no := range []string{"", "ab", "../../../README.txt", strings.ToUpper(hash(picture)), hash(picture)[:62] + "/.", hash(picture) + "00"} {
		if r, err := s.Pictures().Open(no); r != nil || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("opened %q: %v, %v", no, r, err)
		}
	}
}

// What was handed out stays what it was, whatever becomes of the file.
func TestPictures_openIsApart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := Open(folder)
	r, err := s.Pictures().Open(putPicture(t, s, picture))
	must(t, err)
	write(t, blob(folder, picture), strings.Repeat("x", len(picture)))
	must(t, os.Remove(blob(folder, picture)))
	for range 2 {
		if got, err := io.ReadAll(r); err != nil || string(got) != picture {
			t.Errorf("got %q, %v", got, err)
		}
		_, err := r.Seek(0, io.SeekStart)
		must(t, err)
	}
	must(t, r.Close())
}

func TestPictures_readerFails(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := Open(folder)
	cut := errors.New("the connection was cut")
	sum, size, err := s.Pictures().Put(io.MultiReader(strings.NewReader(picture), iotest.ErrReader(cut)))
	if sum != "" || size != 0 || !errors.Is(err, cut) {
		t.Errorf("stored %q, %d, %v", sum, size, err)
	}
	wantStored(t, folder)
	wantNoPicture(t, s, picture)
}

func TestPictures_keep(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "store")
	s := Open(folder)
	path := write(t, filepath.Join(t.TempDir(), "heron.png"), picture)
	must(t, os.Chmod(path, 0o444))
	for range 2 {
		if sum, err := s.Pictures().Keep(path); sum != hash(picture) || err != nil {
			t.Errorf("kept %s, %v", sum, err)
		}
	}
	wantContent(t, path, picture)
	wantStored(t, folder, picture)

	// It is a copy: what becomes of the file is nothing to the store.
	must(t, os.Chmod(path, 0o644))
	write(t, path, "edited")
	wantPicture(t, s, picture)
	must(t, os.Remove(path))
	wantPicture(t, s, picture)
}

func TestPictures_keepRefuses(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "store")
	p := Open(folder).Pictures()
	elsewhere := t.TempDir()
	missing := filepath.Join(elsewhere, "missing.png")
	_, err := p.Keep(missing)
	wantError(t, err, fs.ErrNotExist, missing)
	_, err = p.Keep(elsewhere)
	wantError(t, err, errNotRegular, elsewhere)
	link := filepath.Join(elsewhere, "link.png")
	if err := os.Symlink(write(t, filepath.Join(elsewhere, "heron.png"), picture), link); err == nil {
		_, err = p.Keep(link)
		wantError(t, err, errNotRegular, link)
	}
	wantStored(t, folder)
}

// What isn't what its name says is as good as not there. It is moved aside, and
// can be stored again.
func TestPictures_damaged(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"same size": strings.Repeat("x", len(picture)),
		"longer":    picture + "x",
		"large":     strings.Repeat(picture, 10_000),
		"another":   "an egret",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			s := Open(folder)
			putPicture(t, s, picture)
			write(t, blob(folder, picture), content)
			aside := wantDamaged(t, s, folder)
			wantContent(t, aside, content)
			wantNoPicture(t, s, picture)
			putPicture(t, s, picture)
			wantPicture(t, s, picture)
			wantContent(t, aside, content)
			wantStored(t, folder, picture)

			// A second one doesn't take the place of the first.
			write(t, blob(folder, picture), "again")
			wantContent(t, wantDamaged(t, s, folder), "again")
			wantContent(t, aside, content)
		})
	}
}

// wantDamaged checks that the picture is damaged, and returns where it is now.
func wantDamaged(t *testing.T, s *Store, folder string) string {
	t.Helper()
	r, err := s.Pictures().Open(hash(picture))
	wantError(t, err, fs.ErrNotExist, blob(folder, picture))
	var damaged *DamagedError
	if !errors.As(err, &damaged) || r != nil {
		t.Fatalf("opened %v, %v", r, err)
	}
	if damaged.Path != blob(folder, picture) || filepath.Dir(damaged.MovedTo) != filepath.Join(folder, "damaged") {
		t.Errorf("damaged: %+v", damaged)
	}
	if _, err := os.Lstat(damaged.Path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the damaged file is still there: %v", err)
	}
	return damaged.MovedTo
}

// A file that ends anywhere, as after a loss of power.
func TestPictures_tornAtEveryLength(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := Open(folder)
	putPicture(t, s, picture)
	for size := range len(picture) {
		must(t, os.Truncate(blob(folder, picture), int64(size)))
		wantContent(t, wantDamaged(t, s, folder), picture[:size])
		putPicture(t, s, picture)
	}
	wantPicture(t, s, picture)
}

// What is stored again is whole, whatever was there before.
func TestPictures_putOverDamaged(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := Open(folder)
	putPicture(t, s, picture)
	write(t, blob(folder, picture), strings.Repeat("x", len(picture)))
	must(t, os.Chmod(blob(folder, picture), 0o444)) // Windows replaces no such file by itself
	putPicture(t, s, picture)
	wantStored(t, folder, picture)
	wantPicture(t, s, picture)
}

func TestPictures_damagedIsNoFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := Open(folder)
	write(t, filepath.Join(blob(folder, picture), "in a folder"), "mine")
	_, _, err := s.Pictures().Put(strings.NewReader(picture))
	if err == nil || !strings.Contains(err.Error(), blob(folder, picture)) {
		t.Errorf("stored in place of a folder: %v", err)
	}
	wantContent(t, filepath.Join(wantDamaged(t, s, folder), "in a folder"), "mine")
	putPicture(t, s, picture)
	wantPicture(t, s, picture)
}

// Whoever found a damaged file leaves the good one alone that has replaced it.
func TestPictures_damagedAndReplaced(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := Open(folder)
	putPicture(t, s, picture)
	write(t, blob(folder, picture), "damaged")
	found, err := os.Open(blob(folder, picture))
	must(t, err)
	defer found.Close()
	damaged, err := found.Stat()
	must(t, err)
	putPicture(t, s, picture)

	root, err := s.enter()
	must(t, err)
	defer root.Close()
	wantError(t, s.Pictures().setAside(root, hash(picture), damaged), errReplaced, blob(folder, picture))
	wantPicture(t, s, picture)
}

// Links in the store are not followed out of it.
func TestPictures_linksOutOfTheStore(t *testing.T) {
	t.Parallel()
	sum := hash(picture)
	path := filepath.Join(t.TempDir(), "heron.png")
	for _, link := range []string{
		"blobs", "blobs/sha256", "blobs/sha256/" + sum[:2], "ingest", "locks", "locks/blobs", "locks/ingest",
		"paths", "contents", "contents/" + sum[:2], "damaged", "tidied", pathLock(Resolve(path)), "journal",
	} {
		t.Run(link, func(t *testing.T) {
			t.Parallel()
			outside := t.TempDir()
			folder := filepath.Join(t.TempDir(), "store")
			at := filepath.Join(folder, filepath.FromSlash(link))
			must(t, os.MkdirAll(filepath.Dir(at), 0o755))
			target := outside
			if link == "tidied" || strings.HasPrefix(link, "locks/") {
				target = filepath.Join(outside, "file")
			}
			if err := os.Symlink(target, at); err != nil {
				t.Skip(err)
			}
			s := Open(folder)
			var problems []error
			_, _, err := s.Pictures().Put(strings.NewReader(picture))
			problems = append(problems, err)
			problems = append(problems, s.Index().Take(Place{Path: path, SHA256: sum, Object: "a"}, nil))
			h, err := s.Journal().Begin(submission())
			problems = append(problems, err, h.Release())
			write(t, blob(outside, picture), "damaged")
			_, err = s.Pictures().Open(sum)
			if err != nil {
				problems = append(problems, unlessGone(err))
			}
			problems = append(problems, s.Pictures().Tidy(epoch))
			if err := errors.Join(problems...); link != "damaged" && (err == nil || !strings.Contains(err.Error(), folder)) {
				t.Errorf("no error for a link: %v", err)
			}
			wantContent(t, blob(outside, picture), "damaged")
			var files []string
			must(t, filepath.WalkDir(outside, func(path string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					files = append(files, path)
				}
				return err
			}))
			if len(files) != 1 {
				t.Errorf("there are %q outside", files)
			}
		})
	}
}

// In place of a picture, a link is replaced, and what it leads to is not.
func TestPictures_linkInPlaceOfPicture(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := Open(folder)
	for _, target := range []string{write(t, filepath.Join(t.TempDir(), "mine"), picture), write(t, filepath.Join(folder, "inside"), picture), "nowhere"} {
		must(t, os.MkdirAll(filepath.Dir(blob(folder, picture)), 0o755))
		link := func() {
			_ = os.Remove(blob(folder, picture))
			if err := os.Symlink(target, blob(folder, picture)); err != nil {
				t.Skip(err)
			}
		}
		link()
		wantDamaged(t, s, folder)
		link()
		putPicture(t, s, picture)
		if info, err := os.Lstat(blob(folder, picture)); err != nil || !info.Mode().IsRegular() {
			t.Errorf("%v, %v", info, err)
		}
		if target != "nowhere" {
			wantContent(t, target, picture)
		}
	}
}

// The folder itself may be a link, or be named in another way.
func TestPictures_folderIsALink(t *testing.T) {
	t.Parallel()
	folder, link := t.TempDir(), filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(folder, link); err != nil {
		t.Skip(err)
	}
	putPicture(t, Open(link), picture)
	wantPicture(t, Open(folder+string(filepath.Separator)), picture)
}

// Whatever is deleted of the store, what is there otherwise is found, and the
// rest is made anew.
func TestPictures_partsDeleted(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "store")
	path := filepath.Join(t.TempDir(), "heron.png")
	s := Open(folder)
	for _, part := range []string{".", "blobs", "blobs/sha256", "ingest", "locks", "paths", "contents", "damaged", "tidied", "README.txt"} {
		place := Place{Path: path, SHA256: hash(picture), Object: "a"}
		putPicture(t, s, picture)
		must(t, s.Index().Take(place, nil))
		must(t, os.RemoveAll(filepath.Join(folder, filepath.FromSlash(part))))
		_, err := s.Index().Standing(hash(picture))
		must(t, err)
		_, _, err = s.Index().At(path)
		must(t, err)
		must(t, s.Pictures().Tidy(epoch))
		if part == "." || strings.HasPrefix(part, "blobs") {
			wantNoPicture(t, s, picture)
		} else {
			wantPicture(t, s, picture)
		}
		must(t, s.Index().Release(path, "a"))
	}
}

// A file stands where a folder of the store should be.
func TestPictures_fileInTheWay(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"a", "a/store", "a/store/blobs", "a/store/blobs/sha256", "a/store/ingest", "a/store/locks"} {
		root := t.TempDir()
		path := write(t, filepath.Join(root, filepath.FromSlash(file)), "mine")
		s := Open(filepath.Join(root, "a", "store"))
		sum, _, err := s.Pictures().Put(strings.NewReader(picture))
		if sum != "" || err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: stored %s, %v", file, sum, err)
		}
		if r, err := s.Pictures().Open(hash(picture)); r != nil || err == nil {
			t.Errorf("%s: opened %v, %v", file, r, err)
		}
		if err := s.Pictures().Tidy(epoch); err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", file, err)
		}
		wantContent(t, path, "mine")
	}
}
