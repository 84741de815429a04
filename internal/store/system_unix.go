// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package store

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

const (
	exclusive = unix.LOCK_EX
	shared    = unix.LOCK_SH
)

// tryLock locks a file unless another lock is in the way. The locks of flock
// belong to the open file, so they hold within a process, too.
func tryLock(file *os.File, kind int) (bool, error) {
	err := flock(file, kind|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// processExists reports whether there is a process of that id, whoever's it is.
func processExists(id int) bool {
	err := unix.Kill(id, 0)
	return err == nil || errors.Is(err, unix.EPERM)
}

// unlock is not left to closing the file: a process that is just being forked
// has it open too, for a moment.
func unlock(file *os.File) error { return flock(file, unix.LOCK_UN) }

func flock(file *os.File, how int) error {
	for {
		err := unix.Flock(int(file.Fd()), how) //nolint:gosec // descriptors are small.
		if err == nil {
			return nil
		}
		if !errors.Is(err, unix.EINTR) {
			return &fs.PathError{Op: "lock", Path: file.Name(), Err: err}
		}
	}
}

// remove deletes and closes a file that is locked, in this order: nobody else
// may get hold of it in between.
func remove(file *os.File) error {
	err := os.Remove(file.Name())
	_ = unlock(file)
	_ = file.Close()
	return err
}

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	folder, err := os.Open(path) //nolint:gosec // it is the store's own.
	if err != nil {
		return err
	}
	defer folder.Close() //nolint:errcheck // it was read only.
	err = folder.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		return nil // not every file system can
	}
	return err
}

// replace moves a file to a name, whatever is there.
func replace(root *os.Root, from, to string) error { return root.Rename(from, to) }

// passing reports whether an error is that of a moment.
func passing(error) bool { return false }
