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

// allow gives everybody the same permissions for all that is in a folder.
func allow(t *testing.T, folder string, ofFolders, ofFiles fs.FileMode) {
	t.Helper()
	var folders []string
	must(t, filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			folders = append(folders, path)
			return nil
		}
		return errors.Join(err, os.Chmod(path, ofFiles))
	}))
	for _, path := range folders {
		chmod(t, path, ofFolders)
	}
}

// Whatever can't be written to, the error names it, what is stored can be had,
// and nothing is left in part.
func TestPicturesPermissions_readOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ put, take, tidy bool }{
		"":             {},
		"locks":        {},
		"ingest":       {tidy: true},
		"blobs/sha256": {take: true, tidy: true},
		"paths":        {put: true, tidy: true},
		"contents":     {put: true, tidy: true},
	} {
		t.Run("folder "+name, func(t *testing.T) {
			t.Parallel()
			folder := folderOf(t)
			path := filepath.Join(t.TempDir(), "heron.png")
			s := Open(folder)
			putPicture(t, s, picture)
			must(t, s.Index().Take(place(path, picture, "a"), nil))
			allow(t, folder, 0o777, 0o666)
			allow(t, filepath.Join(folder, filepath.FromSlash(name)), 0o555, 0o444)
			unprivileged(t, func() {
				want := func(what string, works bool, err error) {
					t.Helper()
					if works != (err == nil) || err != nil && (!errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), filepath.Join(folder, name))) {
						t.Errorf("%s: %v", what, err)
					}
				}
				wantPicture(t, s, picture)
				wantAt(t, s.Index(), path, place(path, picture, "a"))
				wantStanding(t, s.Index(), picture, path)
				_, _, err := s.Pictures().Put(strings.NewReader("an egret"))
				want("put", c.put, err)
				want("take", c.take, s.Index().Take(place(path, "an egret", "b"), nil))
				want("tidy", c.tidy, s.Pictures().Tidy(epoch))
			})
			stored := []string{picture}
			if c.put {
				stored = append(stored, "an egret")
			}
			wantStored(t, folder, stored...)
			if c.take {
				wantAt(t, s.Index(), path, place(path, "an egret", "b"))
			} else {
				wantAt(t, s.Index(), path, place(path, picture, "a"))
				wantStanding(t, s.Index(), picture, path)
			}
			wantIndexFiles(t, folder, 1, 1)
		})
	}
}

// What is damaged is not handed out, although it can't be moved.
func TestPicturesPermissions_damaged(t *testing.T) {
	t.Parallel()
	folder := folderOf(t)
	s := Open(folder)
	putPicture(t, s, picture)
	write(t, blob(folder, picture), "damaged")
	allow(t, folder, 0o555, 0o444)
	unprivileged(t, func() {
		r, err := s.Pictures().Open(hash(picture))
		wantError(t, err, fs.ErrNotExist, blob(folder, picture))
		var damaged *DamagedError
		if r != nil || !errors.As(err, &damaged) || damaged.MovedTo != "" {
			t.Errorf("opened %v, %v", r, err)
		}
	})
	wantContent(t, blob(folder, picture), "damaged")
}

func TestPicturesPermissions_unreadable(t *testing.T) {
	t.Parallel()
	folder := folderOf(t)
	mine := write(t, filepath.Join(filepath.Dir(folder), "heron.png"), picture)
	s := Open(folder)
	putPicture(t, s, picture)
	must(t, s.Index().Take(place(mine, picture, "a"), nil))
	allow(t, folder, 0o777, 0)
	chmod(t, mine, 0)
	unprivileged(t, func() {
		note := filepath.Join(folder, pathName(mine))
		r, err := s.Pictures().Open(hash(picture))
		wantError(t, err, fs.ErrPermission, blob(folder, picture))
		if r != nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("opened %v, %v", r, err)
		}
		_, err = s.Pictures().Keep(mine)
		wantError(t, err, fs.ErrPermission, mine)
		_, _, err = s.Index().At(mine)
		wantError(t, err, fs.ErrPermission, note)
		_, err = s.Index().Standing(hash(picture))
		wantError(t, err, fs.ErrPermission, note)
		wantError(t, s.Index().Release(mine, "a"), fs.ErrPermission, note)
	})
	chmod(t, blob(folder, picture), 0o644)
	wantStored(t, folder, picture)
}

func TestPicturesPermissions_noFolder(t *testing.T) {
	t.Parallel()
	folder := folderOf(t)
	chmod(t, filepath.Dir(folder), 0o555)
	unprivileged(t, func() {
		_, _, err := Open(folder).Pictures().Put(strings.NewReader(picture))
		wantError(t, err, fs.ErrPermission, folder)
		wantError(t, Open(folder).Index().Take(Place{Path: "heron.png"}, nil), fs.ErrPermission, folder)
		if err := Open(folder).Pictures().Tidy(epoch); err != nil {
			t.Error(err)
		}
	})
}
