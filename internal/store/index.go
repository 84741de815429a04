// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package store

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// Index knows what was last put at which path, in all the runs that share the
// store. It is a note, and no proof: what is there now, only the file can tell.
type Index struct{ store *Store }

// Place is what was last put at a path.
type Place struct {
	// Path is absolute, and the links of its folder are resolved.
	Path string `json:"path"`
	// SHA256 is that of the file, in lower-case hexadecimal digits. It is empty
	// while it isn't known.
	SHA256 string `json:"sha256"`
	// Displaced is the SHA-256 of what stood there when this was noted. It is still
	// there if the run was killed before its own was. Empty is for nothing, and for
	// what is no picture.
	Displaced string `json:"displaced,omitempty"`
	// Object is the resource object that put it there.
	Object string `json:"object"`
	// Owner names the state that the object is in.
	Owner string `json:"owner"`
	// Origin is the kind of server that the picture came from.
	Origin string `json:"origin"`
	// Run is the id of the process of the engine that wrote it, and Process that of
	// the provider.
	Run     int `json:"run"`
	Process int `json:"process"`
	// Adopted says that it stood there before.
	Adopted bool `json:"adopted"`
	// Time is when it was put there, by the clock of the machine.
	Time time.Time `json:"time"`
}

// maxPlace is the largest size of a note, in bytes. They have a few hundred.
const maxPlace = 64 << 10

var errNoNote = errors.New("what is to be noted of it is too long, not text, or has no SHA-256 where there should be one")

// At returns what the index has of a path. It returns false for nothing, and
// for a note that can't be understood.
func (i *Index) At(path string) (Place, bool, error) {
	root, err := i.store.enter()
	if err != nil {
		return Place{}, false, unlessGone(err)
	}
	defer root.Close() //nolint:errcheck // nothing was written.
	return i.read(root, Resolve(path))
}

// Take notes that an object puts something at a path, unless the check objects
// to what is noted there so far, nil for nothing. Both happen under a lock of
// the path, which other processes honour as well. An error of the check is
// returned as it is.
func (i *Index) Take(place Place, check func(before *Place) error) error {
	place.Path, place.Process, place.Time = Resolve(place.Path), os.Getpid(), place.Time.UTC().Round(0)
	note, err := encode(place)
	if err != nil || parsePlace(note) != place {
		return &fs.PathError{Op: "note", Path: place.Path, Err: errNoNote}
	}
	root, err := i.store.prepare()
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // nothing is written to it.
	lock, err := i.store.lockFile(root, pathLock(place.Path), true, true)
	if err != nil {
		return err
	}
	defer release(lock) //nolint:errcheck // closed is unlocked.
	before, found, err := i.read(root, place.Path)
	if err != nil {
		return err
	}
	if check != nil {
		if err := check(given(before, found)); err != nil {
			return err
		}
	}
	// Should this end in between, there is a mark too many, which does no harm.
	if err := i.mark(root, place); err != nil {
		return err
	}
	unused := before
	if err = i.store.write(root, pathName(place.Path), note); err != nil {
		unused = place
	}
	if before.SHA256 != place.SHA256 {
		i.unmark(root, unused)
	}
	return err
}

// given returns a copy, or nil.
func given(place Place, found bool) *Place {
	if !found {
		return nil
	}
	return &place
}

// WrittenBesides reports whether another process has written it after that time.
// Process ids alone prove little: containers give the same ones again and again.
func (p Place) WrittenBesides(since time.Time) bool {
	return p.Process != os.Getpid() && p.Time.After(since)
}

// Leave removes what is at a path by the function, and then the note of it. Both
// happen under the lock of the path, and only if the note does not name another
// object. An error of the function is returned as it is, and keeps the note.
func (i *Index) Leave(path, object string, remove func() error) error {
	path = Resolve(path)
	root, err := i.store.prepare()
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // nothing is written to it.
	lock, err := i.store.lockFile(root, pathLock(path), true, true)
	if err != nil {
		return err
	}
	defer release(lock) //nolint:errcheck // closed is unlocked.
	place, found, err := i.read(root, path)
	if err != nil || found && place.Object != object {
		return err
	}
	if err := remove(); err != nil || !found {
		return err
	}
	return i.remove(root, place)
}

// Release removes the note of a path, if it still names the object.
func (i *Index) Release(path, object string) error {
	path = Resolve(path)
	root, err := i.store.enter()
	if err != nil {
		return unlessGone(err)
	}
	defer root.Close() //nolint:errcheck // nothing is written to it.
	if place, found, err := i.read(root, path); !found || place.Object != object {
		return err
	}
	lock, err := i.store.lockFile(root, pathLock(path), true, true)
	if err != nil {
		return err
	}
	defer release(lock) //nolint:errcheck // closed is unlocked.
	place, found, err := i.read(root, path)
	if !found || place.Object != object {
		return err
	}
	return i.remove(root, place)
}

// remove removes a note, whose lock is held.
func (i *Index) remove(root *os.Root, place Place) error {
	if err := root.Remove(pathName(place.Path)); err != nil {
		return unlessGone(i.store.located(err))
	}
	i.unmark(root, place)
	return nil
}

// Standing returns the paths at which a picture was put last, the newest first.
// Whether it is there still, only its hash can tell.
func (i *Index) Standing(sha256 string) ([]string, error) {
	if !isSum(sha256) {
		return nil, nil
	}
	root, err := i.store.enter()
	if err != nil {
		return nil, unlessGone(err)
	}
	defer root.Close() //nolint:errcheck // nothing was written.
	return i.standing(root, sha256)
}

func (i *Index) standing(root *os.Root, sha256 string) ([]string, error) {
	names, err := i.store.names(root, contentsFolder+"/"+sha256[:2])
	if err != nil {
		return nil, err
	}
	var places []Place
	var problems []error
	for _, name := range names {
		ofPath, ok := strings.CutPrefix(name, sha256+"-")
		if !ok || !isSum(ofPath) {
			continue
		}
		place, err := i.readFile(root, pathsFolder+"/"+ofPath+placeEnding)
		if err != nil {
			problems = append(problems, err)
		} else if place.SHA256 == sha256 && sumOf(place.Path) == ofPath {
			places = append(places, place)
		}
	}
	slices.SortFunc(places, func(a, b Place) int { return b.Time.Compare(a.Time) })
	var paths []string
	for _, place := range places {
		paths = append(paths, place.Path)
	}
	return paths, errors.Join(problems...)
}

const placeEnding = ".json"

// The note of a path, its lock, and the mark by which a look for a picture finds
// it without reading the notes of others. One lock is for many paths: to wait a
// moment for each other is better than to have a file for each.
func pathName(path string) string { return pathsFolder + "/" + sumOf(path) + placeEnding }
func pathLock(path string) string { return locksFolder + "/paths-" + sumOf(path)[:2] }
func markName(p Place) string {
	return contentsFolder + "/" + p.SHA256[:2] + "/" + p.SHA256 + "-" + sumOf(p.Path)
}

func (i *Index) mark(root *os.Root, place Place) error {
	if place.SHA256 == "" {
		return nil
	}
	file, err := i.store.openFile(root, markName(place), 0)
	if err != nil {
		return err
	}
	return file.Close()
}

func (i *Index) unmark(root *os.Root, place Place) {
	if isSum(place.SHA256) {
		_ = root.Remove(markName(place))
	}
}

// read returns the note of a path, which is resolved.
func (i *Index) read(root *os.Root, path string) (Place, bool, error) {
	place, err := i.readFile(root, pathName(path))
	if err != nil || place.Path != path {
		return Place{}, false, err
	}
	return place, true, nil
}

// readFile reads a note. What can't be understood is as good as nothing.
func (i *Index) readFile(root *os.Root, name string) (Place, error) {
	file, err := openRegular(root, name)
	if errors.Is(err, errNotRegular) || errors.Is(err, fs.ErrNotExist) {
		return Place{}, nil
	} else if err != nil {
		return Place{}, i.store.located(err)
	}
	defer file.Close() //nolint:errcheck // nothing was written.
	content, err := io.ReadAll(io.LimitReader(file, maxPlace+1))
	if err != nil {
		return Place{}, err
	}
	return parsePlace(content), nil
}

// parsePlace returns no place for what can't be understood.
func parsePlace(content []byte) Place {
	var place Place
	if len(content) > maxPlace || json.Unmarshal(content, &place) != nil || !place.complete() {
		return Place{}
	}
	return place
}

func (p Place) complete() bool { return p.Path != "" && (p.SHA256 == "" || isSum(p.SHA256)) }
