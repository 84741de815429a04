// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

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
