// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"time"
)

var errBusy = errors.New("others keep looking at it")

// lock tries to become the holder of a file that is still at its path. That a
// shared lock is in the way means that somebody is just looking: to be told
// from a holder, or an entry that is free would seem to be held, and its
// request be paid for again.
func lock(file *os.File) (bool, error) {
	for range 1000 {
		if locked, err := tryLock(file, exclusive); err != nil {
			return false, err
		} else if locked {
			if locked, err = standing(file); !locked || err != nil {
				return false, errors.Join(err, unlock(file))
			}
			return true, nil
		}
		if looked, err := tryLock(file, shared); !looked || err != nil {
			return false, err
		}
		if err := unlock(file); err != nil {
			return false, err
		}
		pause()
	}
	return false, &fs.PathError{Op: "lock", Path: file.Name(), Err: errBusy}
}

// pause waits for others to be done. Two that wait for each other go on at
// different times.
func pause() { time.Sleep(rand.N(2 * time.Millisecond)) } //nolint:gosec // jitter needs no secrecy.

// retryBriefly tries again what fails for a moment only.
func retryBriefly(do func() error) error {
	for try := 1; ; try++ {
		err := do()
		if err == nil || try == 50 || !passing(err) && !errors.Is(err, errReplaced) {
			return err
		}
		pause()
	}
}

// held reports whether somebody holds a file.
func held(file *os.File) (bool, error) {
	looked, err := tryLock(file, shared)
	if !looked || err != nil {
		return true, err
	}
	return false, unlock(file)
}

// standing reports whether a file is still what is at its path.
func standing(file *os.File) (bool, error) {
	mine, err := file.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Lstat(file.Name())
	if err != nil {
		return false, unlessGone(err)
	}
	return os.SameFile(mine, there), nil
}
