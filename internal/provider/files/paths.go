// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package files

import (
	"maps"
	"path/filepath"
	"sync"

	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
)

// paths keeps the files of objects out of each other's way: when a resource
// has a new name in the configuration, or create_before_destroy is on, a file is
// written by one object and removed by the other, in any order. A claim ends
// once its object is read or planned again, which engines do in the next walk.
type paths struct {
	mutex sync.Mutex
	// claimed are the paths that were written to, by which object.
	claimed map[string]string
}

// claim notes that an object writes to a path, and reports whether no other
// object has done so.
func (p *paths) claim(object, path string) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	place := placeOf(path)
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
func (p *paths) release(object string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	maps.DeleteFunc(p.claimed, func(_, by string) bool { return by == object })
}

// unlessClaimed removes what nobody has written in this walk, and lets nobody
// claim the path meanwhile.
func (p *paths) unlessClaimed(path string, remove func()) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for claimed := range p.claimed {
		// Folders may be links.
		if claimed == placeOf(path) || imagefile.Same(claimed, path) {
			return
		}
	}
	remove()
}

// placeOf is one spelling of a path.
func placeOf(path string) string {
	if absolute, err := filepath.Abs(path); err == nil {
		return absolute
	}
	return filepath.Clean(path)
}
