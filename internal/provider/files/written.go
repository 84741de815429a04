// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package files

import (
	"maps"
	"sync"
)

// writtenPaths keeps the files of objects out of each other's way in an apply. A
// claim ends once its object is read or planned again, which engines do in the next
// walk. What other processes write, the index of the store knows.
type writtenPaths struct {
	mutex sync.Mutex
	// claimed are the places that were written to, by which object.
	claimed map[string]string
	// left are the places of files whose objects are replaced, until that is done or
	// the next walk reads what there is.
	left map[string]bool
	// removed are the pictures that deletions have taken from their places into the
	// store, until the next walk reads what there is.
	removed map[string]string
}

// claim notes that an object writes to a place, and reports whether no other
// object has done so.
func (p *writtenPaths) claim(object, place string) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if by, taken := p.claimed[place]; taken && by != object {
		return false
	}
	if p.claimed == nil {
		p.claimed = make(map[string]string)
	}
	p.claimed[place] = object
	return true
}

// release ends the claims of an object.
func (p *writtenPaths) release(object string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	maps.DeleteFunc(p.claimed, func(_, by string) bool { return by == object })
}

// unlessClaimed removes what no other object has written in this walk, and lets
// nobody claim the place meanwhile.
func (p *writtenPaths) unlessClaimed(object, place string, remove func()) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if by, taken := p.claimed[place]; taken && by != object {
		return
	}
	remove()
}

// remove notes, within unlessClaimed, which picture a place had.
func (p *writtenPaths) remove(place, sha256 string) {
	if p.removed == nil {
		p.removed = make(map[string]string)
	}
	p.removed[place] = sha256
}

// removedFrom returns the hash of the picture that a place had, empty for none.
func (p *writtenPaths) removedFrom(place string) string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.removed[place]
}

// leave notes that a file stays for the replacement of its object, whatever has
// become of it.
func (p *writtenPaths) leave(place string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.left == nil {
		p.left = make(map[string]bool)
	}
	p.left[place] = true
}

// wasLeft reports whether a file stayed like that.
func (p *writtenPaths) wasLeft(place string) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.left[place]
}

// settle ends that for a place.
func (p *writtenPaths) settle(place string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	delete(p.left, place)
}

// read ends it for all, and the claims of an object that is read.
func (p *writtenPaths) read(object string) {
	p.release(object)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	clear(p.left)
	clear(p.removed)
}
