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
	"time"
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

// What is kept again is looked at again, and is as young as if it were new.
func TestPictures_keepAgain(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := Open(folder)
	path := write(t, filepath.Join(t.TempDir(), "heron.png"), picture)
	for _, damage := range []string{picture, "", strings.Repeat("x", len(picture)), picture} {
		write(t, blob(folder, picture), damage)
		must(t, age(blob(folder, picture), standingFor))
		begun := time.Now().Add(-time.Second) // file systems round
		_, err := s.Pictures().Keep(path)
		must(t, err)
		if info, err := os.Stat(blob(folder, picture)); err != nil || info.ModTime().Before(begun) {
			t.Errorf("after %q: of %v, %v", damage, info.ModTime(), err)
		}
		wantStored(t, folder, picture)
	}
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
