// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func init() { children["full disk of pictures"] = fillDiskOfPictures }

// A disk that is full after each length of a picture and of a note: what was
// there is there, and nothing in part.
func TestPictures_fullDisk(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if out, err := command(t, "full disk of pictures", folder).Output(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	wantStored(t, folder, picture, "an egret")
	path := filepath.Join(folder, "gallery", "heron.png")
	wantContent(t, path, picture)
	wantAt(t, Open(folder).Index(), path, place(path, "an egret", "a"))
	wantStanding(t, Open(folder).Index(), "an egret", path)
	wantIndexFiles(t, folder, 1, 1)
}

func fillDiskOfPictures(folder string) error {
	signal.Ignore(unix.SIGXFSZ)
	var unlimited unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &unlimited); err != nil {
		return err
	}
	limit := func(size int) error {
		limited := unlimited
		setTo(&limited.Cur, size)
		return unix.Setrlimit(unix.RLIMIT_FSIZE, &limited)
	}
	path, kept := filepath.Join(folder, "gallery", "heron.png"), filepath.Join(folder, "gallery", "egret.png")
	s := Open(folder)
	_, _, err := s.Pictures().Put(strings.NewReader("an egret"))
	if err == nil {
		err = errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(picture), 0o644),
			os.WriteFile(kept, []byte("an egret"), 0o644),
			s.Index().Take(place(path, "an egret", "a"), nil))
	}
	if err != nil {
		return err
	}
	note, err := encode(place(path, picture, "b"))
	if err != nil {
		return err
	}
	full := func(size int, err error) error {
		if !errors.Is(err, unix.EFBIG) || !strings.Contains(err.Error(), filepath.Join(folder, "ingest")) {
			return fmt.Errorf("with room for %d bytes: %w", size, err)
		}
		if left, err := os.ReadDir(filepath.Join(folder, "ingest")); err != nil || len(left) > 0 {
			return fmt.Errorf("room for %d bytes leaves %v, %w", size, left, err)
		}
		return nil
	}
	for size := range len(note) {
		if err := limit(size); err != nil {
			return err
		}
		if size < len(picture) {
			_, _, putting := s.Pictures().Put(strings.NewReader(picture))
			_, keeping := s.Pictures().Keep(path)
			if err := errors.Join(full(size, putting), full(size, keeping)); err != nil {
				return err
			}
		}
		// What is stored already needs no room.
		if _, err := s.Pictures().Keep(kept); err != nil {
			return fmt.Errorf("keep again, with room for %d bytes: %w", size, err)
		}
		if err := full(size, s.Index().Take(place(path, picture, "b"), nil)); err != nil {
			return err
		}
		got, _, err := s.Index().At(path)
		if got.Process = 0; got != place(path, "an egret", "a") {
			return fmt.Errorf("room for %d bytes leaves the note %+v, %w", size, got, err)
		}
		if standing, err := s.Index().Standing(hash("an egret")); len(standing) != 1 {
			return fmt.Errorf("room for %d bytes leaves %q, %w", size, standing, err)
		}
	}
	// With room again, and with the folder as it was left.
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unlimited); err != nil {
		return err
	}
	_, err = s.Pictures().Keep(path)
	return err
}

// Nothing in the store keeps anybody waiting.
func TestPictures_pipes(t *testing.T) {
	t.Parallel()
	folder, path := t.TempDir(), filepath.Join(t.TempDir(), "heron.png")
	s := Open(folder)
	must(t, unix.Mkfifo(path, 0o600))
	_, err := s.Pictures().Keep(path)
	wantError(t, err, errNotRegular, path)

	must(t, s.Index().Take(place(path, picture, "a"), nil))
	putPicture(t, s, picture)
	for _, file := range []string{blob(folder, picture), filepath.Join(folder, pathName(Resolve(path)))} {
		must(t, os.Remove(file))
		must(t, unix.Mkfifo(file, 0o600))
	}
	wantDamaged(t, s, folder)
	wantAt(t, s.Index(), path, Place{})
	wantStanding(t, s.Index(), picture)
	putPicture(t, s, picture)
	must(t, s.Index().Take(place(path, picture, "a"), nil))
	must(t, errors.Join(age(blob(folder, picture), standingFor), age(path, standingFor)))
	must(t, s.Pictures().Tidy(epoch)) // the pipe is at the path
	wantStored(t, folder, picture)
}

// deleting deletes a folder before it is read.
type deleting struct {
	*strings.Reader
	folder string
}

func (d deleting) WriteTo(w io.Writer) (int64, error) {
	if err := os.RemoveAll(d.folder); err != nil {
		return 0, err
	}
	return d.Reader.WriteTo(w)
}

// The folder vanishes while a picture is being stored.
func TestPictures_folderGone(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "store")
	s := Open(folder)
	sum, _, err := s.Pictures().Put(deleting{strings.NewReader(picture), folder})
	wantError(t, err, fs.ErrNotExist, folder)
	if sum != "" {
		t.Errorf("stored %s", sum)
	}
	putPicture(t, s, picture)
	wantPicture(t, s, picture)
}
