// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

const (
	tidyEvery = 24 * time.Hour
	// standingFor is how long a picture has been in the store and at a path,
	// untouched, before the copy in the store goes. A machine that is made anew
	// for each run never comes that far: there, the store may be all that is
	// kept.
	standingFor = 7 * 24 * time.Hour
	// maxHashed is how many bytes are hashed at a time, a second or two.
	maxHashed = 1 << 30
	tidied    = "tidied"
)

// Tidy removes what needs not be kept: what is left in ingest of writes whose
// process has ended, and pictures that stand at a path of the index as well, with
// that very content, both for a week. It does so at most once a day, and never
// waits: if another run is at it, or about to store something, that is left to
// another day.
func (p *Pictures) Tidy(now time.Time) error {
	root, err := p.store.enter()
	if err != nil {
		return unlessGone(err)
	}
	defer root.Close() //nolint:errcheck // nothing is written to it.
	stamp, err := p.store.lockFile(root, tidied, true, false)
	if stamp == nil {
		return err
	}
	defer release(stamp) //nolint:errcheck // closed is unlocked.
	text, err := io.ReadAll(io.LimitReader(stamp, 100))
	if err != nil {
		return err
	}
	if last, err := time.Parse(time.RFC3339, strings.TrimSpace(string(text))); err == nil && !last.After(now) && now.Sub(last) < tidyEvery {
		return nil
	}
	if err := writeStamp(stamp, now); err != nil {
		return err
	}
	return errors.Join(p.removeLeftOvers(root), p.removeStanding(root, now))
}

func writeStamp(file *os.File, now time.Time) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(now.UTC().Format(time.RFC3339)+"\n"), 0)
	return err
}

// removeLeftOvers empties ingest, if nobody is writing to it.
func (p *Pictures) removeLeftOvers(root *os.Root) error {
	lock, err := p.store.lockFile(root, ingestLock, true, false)
	if lock == nil {
		return err
	}
	defer release(lock) //nolint:errcheck // closed is unlocked.
	names, err := p.store.names(root, ingestFolder)
	if err != nil {
		return err
	}
	var problems []error
	for _, name := range names {
		if !strings.HasSuffix(name, draftEnding) {
			continue
		}
		name = ingestFolder + "/" + name
		if file, err := root.Lstat(name); err == nil && file.Mode().IsRegular() {
			problems = append(problems, unlessGone(p.store.located(root.Remove(name))))
		}
	}
	return errors.Join(problems...)
}

func (p *Pictures) removeStanding(root *os.Root, now time.Time) error {
	folders, err := p.store.names(root, blobsFolder)
	if err != nil {
		return err
	}
	var problems []error
	left := int64(maxHashed)
	for _, folder := range folders {
		if len(folder) != 2 {
			continue
		}
		names, err := p.store.names(root, blobsFolder+"/"+folder)
		problems = append(problems, err)
		for _, name := range names {
			if !isSum(name) || name[:2] != folder {
				continue
			}
			problems = append(problems, p.removeIfStanding(root, name, now, &left))
		}
	}
	return errors.Join(problems...)
}

// removeIfStanding removes a picture that stands elsewhere. Both files are
// hashed, as long as there are bytes left for it.
func (p *Pictures) removeIfStanding(root *os.Root, sha256 string, now time.Time, left *int64) error {
	name := blobName(sha256)
	stored, err := root.Lstat(name)
	if err != nil || !untouched(stored, now) {
		return unlessGone(p.store.located(err))
	}
	paths, err := p.store.Index().standing(root, sha256)
	if err != nil {
		return err
	}
	for _, path := range paths {
		there, err := os.Lstat(path)
		if err != nil || !untouched(there, now) || os.SameFile(there, stored) || there.Size() != stored.Size() || *left < 2*stored.Size() {
			continue
		}
		*left -= 2 * stored.Size()
		if hasSum(anywhere{}, path, sha256) && hasSum(root, name, sha256) {
			return p.removeUntouched(root, name, stored)
		}
	}
	return nil
}

// removeUntouched removes a picture, unless it was stored anew meanwhile:
// whoever did so relies on it.
func (p *Pictures) removeUntouched(root *os.Root, name string, stored fs.FileInfo) error {
	lock, err := p.store.lockFile(root, blobsLock, true, false)
	if lock == nil {
		return err
	}
	defer release(lock) //nolint:errcheck // closed is unlocked.
	if there, err := root.Lstat(name); err != nil || !os.SameFile(there, stored) || !there.ModTime().Equal(stored.ModTime()) {
		return unlessGone(p.store.located(err))
	}
	return unlessGone(p.store.located(root.Remove(name)))
}

func untouched(file fs.FileInfo, now time.Time) bool {
	return file.Mode().IsRegular() && now.Sub(file.ModTime()) >= standingFor
}

func hasSum(in opener, name, sha256 string) bool {
	file, err := openRegular(in, name)
	if err != nil {
		return false
	}
	defer file.Close() //nolint:errcheck // nothing was written.
	sum, err := sumOfAll(file)
	return err == nil && sum == sha256
}
