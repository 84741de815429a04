// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

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

// What is damaged can be larger than the memory.
func TestPictures_damagedIsNotLoaded(t *testing.T) { //nolint:paralleltest // it measures memory.
	folder := t.TempDir()
	s := Open(folder)
	putPicture(t, s, picture)
	must(t, os.Truncate(blob(folder, picture), 16<<20))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	wantDamaged(t, s, folder)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
		t.Errorf("took %d bytes of memory", took)
	}
}

// exchanged is a file that somebody exchanges after it was hashed.
type exchanged struct{ *strings.Reader }

func (e exchanged) Seek(int64, int) (int64, error) {
	e.Reset(strings.Repeat("x", len(picture)))
	return 0, nil
}

func TestPictures_exchangedWhileItIsRead(t *testing.T) {
	t.Parallel()
	content, err := readWhole(exchanged{strings.NewReader(picture)}, hash(picture))
	if content != nil || !errors.Is(err, errOtherContent) {
		t.Errorf("read %q, %v", content, err)
	}
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
	defer func() { _ = found.Close() }()
	damaged, err := found.Stat()
	must(t, err)
	putPicture(t, s, picture)

	root, err := s.enter()
	must(t, err)
	defer func() { _ = root.Close() }()
	wantError(t, s.Pictures().setAside(root, hash(picture), damaged), errReplaced, blob(folder, picture))
	wantPicture(t, s, picture)
}
