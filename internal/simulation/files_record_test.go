// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
)

// fileRecord is what is known of the files of a life, as somebody knows it who
// looks at the disk.
type fileRecord struct {
	mutex sync.Mutex
	// known names all contents that there have been, whole ones.
	known map[string]string
	// byHand are contents that somebody has put at paths by hand, and foreign those
	// of them that were put where nothing of the state was.
	byHand, foreign map[int]string
	// before is what stood at the paths before the run, and held all that was at a
	// path or in the store since.
	before map[int]string
	held   map[string]bool
	// storeLost says that the provider can't know what it has put where.
	storeLost bool
}

func newFileRecord() fileRecord {
	return fileRecord{known: map[string]string{}, byHand: map[int]string{}, foreign: map[int]string{}}
}

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// know takes content for whole.
func (r *fileRecord) know(content []byte) {
	hash := hashOf(content)
	if _, again := r.known[hash]; !again {
		r.known[hash] = fmt.Sprintf("content %d", len(r.known))
	}
}

// name is what a content is called, for messages.
func (r *fileRecord) name(hash string) string {
	if hash == "" {
		return "nothing"
	}
	if name, known := r.known[hash]; known {
		return name
	}
	return "unknown content " + hash[:8]
}

// standing returns what is at the paths, and complains about what is elsewhere.
func (o *fileOperator) standing() (map[int]string, error) {
	found := map[string]string{}
	err := filepath.WalkDir(o.folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path) //nolint:gosec // in the test's own folder
		found[path] = hashOf(content)
		return err
	})
	if err != nil {
		return nil, err
	}
	at := map[int]string{}
	for path := range filePaths {
		if hash, there := found[o.path(path)]; there {
			at[path] = hash
			delete(found, o.path(path))
		}
	}
	for path := range found {
		return nil, fmt.Errorf("there is a file at %s, which no path names", path)
	}
	return at, nil
}

// stored returns what the store has, and complains about what is not what its name
// says, or is left over.
func (o *fileOperator) stored() (map[string]bool, error) {
	stored := map[string]bool{}
	err := filepath.WalkDir(filepath.Join(o.store, "blobs"), func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path) //nolint:gosec // in the test's own folder
		if err != nil {
			return err
		}
		if hashOf(content) != entry.Name() {
			return fmt.Errorf("the store has something else in %s", path)
		}
		stored[entry.Name()] = true
		return nil
	})
	if err != nil {
		return nil, err
	}
	if left, err := os.ReadDir(filepath.Join(o.store, "ingest")); err == nil && len(left) > 0 {
		return nil, fmt.Errorf("%s is left over in the store", left[0].Name())
	}
	return stored, nil
}

// noteFiles takes note of what is on disk while a run goes on.
func (o *fileOperator) noteFiles() {
	for path := range filePaths {
		if content, err := os.ReadFile(o.path(path)); err == nil {
			o.record.mutex.Lock()
			o.record.held[hashOf(content)] = true
			o.record.mutex.Unlock()
		}
	}
}

// lookBefore takes note of what a run must not lose.
func (o *fileOperator) lookBefore() error {
	at, err := o.standing()
	if err != nil {
		return err
	}
	held, err := o.stored()
	if err != nil {
		return err
	}
	for _, hash := range at {
		held[hash] = true
	}
	o.record.before, o.record.held = at, held
	return nil
}

// lookAfter returns the first promise that a run has broken.
func (o *fileOperator) lookAfter(step filesStep, r *filesRun, said engine.Diagnostics) error {
	if err := o.compare(step); err != nil {
		planned := "nothing"
		if r.plan != nil {
			planned = r.plan.String()
		}
		return fmt.Errorf("%w\nThe plan was:\n%s\n%s", err, planned, said)
	}
	return o.expected(said)
}

func (o *fileOperator) compare(step filesStep) error {
	record := &o.record
	at, err := o.standing()
	if err != nil {
		return err
	}
	stored, err := o.stored()
	if err != nil {
		return err
	}
	for path, hash := range at {
		if _, whole := record.known[hash]; !whole {
			return fmt.Errorf("half of something is at %s", filePathName(path))
		}
	}
	standing := slices.Collect(maps.Values(at))
	for hash := range record.held {
		if !stored[hash] && !slices.Contains(standing, hash) {
			return fmt.Errorf("%s is lost: it is at no path, and not in the store", record.name(hash))
		}
	}
	for path, hash := range record.foreign {
		if record.before[path] != hash {
			delete(record.foreign, path) // somebody has taken it away by hand
			continue
		}
		if at[path] == hash {
			continue
		}
		delete(record.foreign, path)
		if !o.mayOverwrite(path) {
			return fmt.Errorf("%s at %s was somebody else's, and is now %s", record.name(hash), filePathName(path), record.name(at[path]))
		}
	}
	if (step.Deed == filePlan || step.Deed == fileRefresh) && !maps.Equal(at, record.before) {
		return fmt.Errorf("a %s has changed files", step.Deed)
	}
	return nil
}

// mayOverwrite reports whether a declaration allows it at a path.
func (o *fileOperator) mayOverwrite(path int) bool {
	return slices.ContainsFunc(o.slots[:], func(slot declaredFile) bool { return slot.declared && slot.overwrite && slot.path == path })
}

// expectedErrors are those that a life may meet. All else is a fault.
var expectedErrors = []string{
	"Another File at the Path", "Path Used Twice", "Image Not Fetched", "Image Gone at Its URL", "Image File Interrupted",
	"No Image to Fetch", "execution halted",
}

func (o *fileOperator) expected(said engine.Diagnostics) error {
	for _, diagnostic := range said {
		if !diagnostic.Warning && !slices.Contains(expectedErrors, diagnostic.Summary) {
			return fmt.Errorf("not expected: %s", diagnostic)
		}
	}
	return nil
}

// finish is the end of each life. All URLs work, each path is used once, and what
// somebody else has in the way is taken out of it: all that is declared has to be
// there then, and the last plan is empty.
func (o *fileOperator) finish() error {
	o.down, o.expired = false, [filePictures]bool{}
	o.faults()
	o.separate()
	for range filePaths + 1 {
		if err := o.lookBefore(); err != nil {
			return err
		}
		said, r := o.engineRun(filesStep{Deed: fileApply})
		if err := o.lookAfter(filesStep{Deed: fileApply}, r, said); err != nil {
			return fmt.Errorf("in the end: %w", err)
		}
		if said.Err() == nil {
			return o.stands()
		}
		if err := o.clearTheWay(said); err != nil {
			return err
		}
	}
	return errors.New("the last apply never succeeds")
}

// separate has each declared file have a path of its own, and a URL.
func (o *fileOperator) separate() {
	var used [filePaths]bool
	for i := range o.slots {
		slot := &o.slots[i]
		if !slot.declared {
			continue
		}
		slot.withoutAURL = false
		for used[slot.path] {
			slot.path = (slot.path + 1) % filePaths
		}
		used[slot.path] = true
	}
}

// clearTheWay removes what is in the way, by somebody else's hand alone.
func (o *fileOperator) clearTheWay(said engine.Diagnostics) error {
	for _, diagnostic := range said {
		if diagnostic.Warning {
			continue
		}
		if diagnostic.Summary != "Another File at the Path" {
			return fmt.Errorf("all is well, and the provider says:\n%s", said)
		}
		path := o.pathOf(diagnostic.Address)
		content, err := os.ReadFile(o.path(path))
		if errors.Is(err, fs.ErrNotExist) && o.record.storeLost {
			continue
		} else if err != nil {
			return fmt.Errorf("there is nothing in the way: %s", diagnostic)
		}
		if o.record.byHand[path] != hashOf(content) && !o.record.storeLost {
			return fmt.Errorf("%s at %s was put there by the provider, which says:\n%s", o.record.name(hashOf(content)), filePathName(path), diagnostic)
		}
		if err := os.Remove(o.path(path)); err != nil {
			return err
		}
	}
	return nil
}

// pathOf is where an instance is declared to be.
func (o *fileOperator) pathOf(address string) int {
	for i, slot := range o.slots {
		if fileAddress(i) == address {
			return slot.path
		}
	}
	return -1
}

// stands reports what is missing although all has been applied.
func (o *fileOperator) stands() error {
	at, err := o.standing()
	if err != nil {
		return err
	}
	for i, slot := range o.slots {
		if slot.declared && !slot.ignoreMissing && at[slot.path] != hashOf(o.pictures[slot.picture]) {
			return fmt.Errorf("%s is to be picture %d at %s, where %s is", fileAddress(i), slot.picture, filePathName(slot.path), o.record.name(at[slot.path]))
		}
	}
	for _, options := range []engine.PlanOptions{{}, {SkipRefresh: true}, {RefreshOnly: true}} {
		r := o.start()
		r.begin(filesStep{}, o.state, func() {})
		r.engine.SetState(o.state)
		plan, said := r.engine.Plan(context.Background(), o.config(), options)
		if err := said.Err(); err != nil {
			return fmt.Errorf("the last plan %+v fails: %w", options, err)
		}
		if !plan.Empty() {
			return fmt.Errorf("the last plan %+v is not empty:\n%s\n%s", options, plan, o.config())
		}
	}
	return nil
}
