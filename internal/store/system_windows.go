// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

const (
	exclusive = windows.LOCKFILE_EXCLUSIVE_LOCK
	shared    = 0
)

// lockedByte is the one that locks are about. Windows keeps everybody else from
// reading what is locked, so it is far behind the end of any entry.
func lockedByte() *windows.Overlapped { return &windows.Overlapped{OffsetHigh: 1 << 30} }

// tryLock locks a file unless another lock is in the way.
func tryLock(file *os.File, kind uint32) (bool, error) {
	err := windows.LockFileEx(windows.Handle(file.Fd()), kind|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, lockedByte())
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, windows.ERROR_LOCK_VIOLATION), errors.Is(err, windows.ERROR_IO_PENDING):
		return false, nil
	}
	return false, &fs.PathError{Op: "lock", Path: file.Name(), Err: err}
}

// unlock is not left to closing the file: Windows takes its time for that.
func unlock(file *os.File) error {
	err := windows.UnlockFileEx(windows.Handle(file.Fd()), 0, 1, 0, lockedByte())
	if err != nil {
		return &fs.PathError{Op: "unlock", Path: file.Name(), Err: err}
	}
	return nil
}

// remove deletes and closes a file that is locked. A file that is open can't be
// deleted; should somebody open it in between, it stays.
func remove(file *os.File) error {
	_ = unlock(file)
	_ = file.Close()
	return os.Remove(file.Name())
}

// syncFolder does nothing: Windows has no such call.
func syncFolder(string) error { return nil }

// replace moves a file to a name, whatever is there. A root opens files such
// that one that is being read can be replaced. Programs that look for viruses
// do not, for a moment; and what is read-only can't be replaced.
func replace(root *os.Root, from, to string) error {
	return retryBriefly(func() error {
		err := root.Rename(from, to)
		if errors.Is(err, fs.ErrPermission) && root.Chmod(to, fileMode) == nil {
			return root.Rename(from, to)
		}
		return err
	})
}

// passing reports whether an error is that of a moment: a file can't be opened
// while somebody deletes it.
func passing(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_ACCESS_DENIED)
}

// processExists reports whether there is a process of that id.
func processExists(id int) bool {
	process, err := os.FindProcess(id)
	if err != nil {
		return false
	}
	return process.Release() == nil
}
