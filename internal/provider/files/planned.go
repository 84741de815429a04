// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package files

import (
	"path/filepath"
	"strings"
	"sync"
)

// plannedPaths finds objects that are planned to be at one path. Engines plan them
// one at a time and in any order. A walk's end is seen by what only the next one
// does: to create, change or delete anything, and to read or plan an object again.
type plannedPaths struct {
	mutex sync.Mutex
	// objects are those in state that keep a path or move to it.
	objects map[string]plannedObject
	// created are the places at which something is to be created.
	created map[string]bool
}

// plannedObject is an object in state as the plan has it.
type plannedObject struct {
	// place is where it is to be, file is what it has, and before where that is.
	place, before string
	file          standingFile
	// adopted says that the file stood there before.
	adopted bool
	// replaced says that another object is created in its stead.
	replaced bool
}

// next forgets everything: another walk has begun.
func (p *plannedPaths) next() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	clear(p.objects)
	clear(p.created)
}

// read notes that an object is read.
func (p *plannedPaths) read(object string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if _, planned := p.objects[object]; planned {
		clear(p.objects)
		clear(p.created)
	}
}

// keep notes where an object of the state is to be, and reports how that goes with
// the others.
func (p *plannedPaths) keep(object string, planned plannedObject) (meeting, string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if _, again := p.objects[object]; again {
		clear(p.objects)
		clear(p.created)
	}
	met, other := p.meets(planned.place, object)
	if p.objects == nil {
		p.objects = make(map[string]plannedObject)
	}
	p.objects[object] = planned
	return met, other
}

// keeper finds the object that keeps a place which another one is about to leave: a
// run that failed half way may have put both there. It returns both names.
func (p *plannedPaths) keeper(place string) (name string, keeps plannedObject, leaver string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for object, planned := range p.objects {
		switch {
		case planned.before != place || planned.replaced:
		case planned.place == place:
			name, keeps = object, planned
		default:
			leaver = object
		}
	}
	if leaver == "" {
		name = ""
	}
	return name, keeps, leaver
}

// leave notes that an object is to be deleted.
func (p *plannedPaths) leave(object string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	delete(p.objects, object)
}

// replace notes that an object is to be replaced, and returns how it was planned.
func (p *plannedPaths) replace(object string) (plannedObject, bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	planned, known := p.objects[object]
	if known {
		planned.replaced = true
		p.objects[object] = planned
	}
	return planned, known
}

// create notes that something is to be created, and reports how that goes with the
// objects of the state. Two creations are told apart elsewhere.
func (p *plannedPaths) create(place string) (meeting, string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	met, other := p.meets(place, "")
	if p.created == nil {
		p.created = make(map[string]bool)
	}
	p.created[place] = true
	return met, other
}

// holds reports whether an object of the state has that very content at a place,
// as far as it was planned already.
func (p *plannedPaths) holds(place, sha256 string) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, planned := range p.objects {
		if planned.before == place && planned.file.SHA256 == sha256 {
			return true
		}
	}
	return false
}

// meeting is how a place goes with others of the same plan.
type meeting int

const (
	// alone says that nothing else is planned there.
	alone meeting = iota
	// alike says that another is planned at a place that differs in case only.
	alike
	// apart says that another is to be created at a place that this one needs for a
	// folder, or in a folder that would be this one. It may be of an earlier plan.
	apart
	// inside says the same of an object of the state.
	inside
	// taken says that another is planned there.
	taken
)

// meets also returns the place of the other one.
func (p *plannedPaths) meets(place, object string) (meeting, string) {
	found, with := alone, ""
	note := func(met meeting, other string) {
		if met > found {
			found, with = met, other
		}
	}
	compare := func(other string, nested meeting) {
		switch {
		case other == place:
			note(taken, other)
		case strings.EqualFold(other, place):
			note(alike, other)
		case within(place, other) || within(other, place):
			note(nested, other)
		}
	}
	for name, planned := range p.objects {
		if name != object && !planned.replaced {
			compare(planned.place, inside)
		}
	}
	for other := range p.created {
		// Creations tell two of one place apart from one that is planned again.
		switch {
		case object != "":
			compare(other, inside)
		case other != place:
			compare(other, apart)
		}
	}
	return found, with
}

// within reports whether a place is in a folder.
func within(place, folder string) bool {
	return strings.HasPrefix(place, strings.TrimSuffix(folder, string(filepath.Separator))+string(filepath.Separator))
}
