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
	// madeOf has the picture of each small file.
	madeOf map[string]string
	// byHand are contents that somebody has put at paths by hand, and foreign those
	// of them that were put where nothing of the state was.
	byHand, foreign map[int]string
	// adopted are paths at which that was declared. It may be replaced then, but stays
	// when it is declared no longer.
	adopted map[int]bool
	// put are contents that the provider has had at paths. Nobody can tell the same
	// by hand from it.
	put map[placedContent]bool
	// before is what stood at the paths before the run, and held all that was at a
	// path or in the store since.
	before map[int]string
	held   map[string]bool
	// stored and state are what the store and the state had before the run.
	stored map[string]bool
	state  map[string]stateFile
	// storeLost says that the provider can't know what it has put where.
	storeLost bool
}

// placedContent is content at a path.
type placedContent struct {
	path int
	hash string
}

func newFileRecord() fileRecord {
	return fileRecord{known: map[string]string{}, madeOf: map[string]string{}, byHand: map[int]string{}, foreign: map[int]string{}, adopted: map[int]bool{}, put: map[placedContent]bool{}}
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
			o.record.note(path, hashOf(content))
		}
	}
}

func (r *fileRecord) note(path int, hash string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.held[hash] = true
	if r.byHand[path] != hash {
		r.put[placedContent{path, hash}] = true
	}
}

// lookBefore takes note of what a run must not lose.
func (o *fileOperator) lookBefore() error {
	at, err := o.standing()
	if err != nil {
		return err
	}
	stored, err := o.stored()
	if err != nil {
		return err
	}
	held := maps.Clone(stored)
	for _, hash := range at {
		held[hash] = true
	}
	for _, slot := range o.slots {
		if slot.declared && o.record.foreign[slot.path] == hashOf(o.content(slot)) {
			o.record.adopted[slot.path] = true
		}
	}
	o.record.before, o.record.held, o.record.stored, o.record.state = at, held, stored, o.inState()
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
	return o.expected(step, said)
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
		if !stored[hash] && !slices.Contains(standing, hash) && !record.canBeMadeAgain(hash, stored, standing) {
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
		if !o.mayOverwrite(path) && (!record.adopted[path] || at[path] == "") {
			return fmt.Errorf("%s at %s was somebody else's, and is now %s", record.name(hash), filePathName(path), record.name(at[path]))
		}
	}
	for i, slot := range o.slots {
		stays := slot.declared && step.Deed != fileDestroy && record.state[fileAddress(i)].path == o.path(slot.path)
		if stays && record.before[slot.path] != "" && at[slot.path] == "" {
			return fmt.Errorf("the file of %s at %s is gone", fileAddress(i), filePathName(slot.path))
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

func (o *fileOperator) expected(step filesStep, said engine.Diagnostics) error {
	for _, diagnostic := range said {
		switch {
		case diagnostic.Warning:
		case !slices.Contains(expectedErrors, diagnostic.Summary):
			return fmt.Errorf("not expected: %s", diagnostic)
		case diagnostic.Summary == "Image Not Fetched" || diagnostic.Summary == "Image Gone at Its URL":
			if o.atHand(step, diagnostic.Address) {
				return fmt.Errorf("its content is at hand: %s", diagnostic)
			}
		}
	}
	return nil
}

// atHand reports whether the content of a declared file was known, and in the store,
// at its path or at that of before.
func (o *fileOperator) atHand(step filesStep, address string) bool {
	slot := o.slots[o.slotOf(address)]
	wanted := hashOf(o.pictures[slot.picture])
	before, inState := o.record.state[address]
	replaced := before.tainted || step.Deed == fileReplace && fileAddress(step.Slot) == address
	if !slot.expectsHash && (!inState || replaced || before.source != wanted) {
		return false
	}
	kept := slot.small && before.sha256 == hashOf(o.content(slot)) && !replaced
	for path, hash := range o.record.before {
		if (hash == wanted || kept && hash == before.sha256) && (path == slot.path || o.path(path) == before.path) {
			return true
		}
	}
	return o.record.stored[wanted]
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
		path := o.slots[o.slotOf(diagnostic.Address)].path
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

// slotOf is the slot of an instance.
func (o *fileOperator) slotOf(address string) int {
	for i := range o.slots {
		if fileAddress(i) == address {
			return i
		}
	}
	o.t.Fatalf("there is no %q", address)
	return 0
}

// stands reports what is missing although all has been applied.
func (o *fileOperator) stands() error {
	at, err := o.standing()
	if err != nil {
		return err
	}
	for i, slot := range o.slots {
		if slot.declared && !slot.ignoreMissing && at[slot.path] != hashOf(o.content(slot)) {
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
