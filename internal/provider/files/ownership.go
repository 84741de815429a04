// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package files

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
	"github.com/flux2-provider/terraform-provider-flux2/internal/store"
)

// foreignError says that a file stands in the way that this state has not put there.
type foreignError struct {
	path    string
	isImage bool
	// noted is what the index has of the path, nil for nothing, and other says that it
	// belongs to another state or comes from another kind of server.
	noted      *store.Place
	otherOwner bool
	otherKind  bool
	// moves says that the file which it is in the way of has been elsewhere.
	moves bool
	// origin is the kind of server of this run.
	origin string
}

// Error says what is in the way.
func (e *foreignError) Error() string {
	return fmt.Sprintf("at %s there is a file that was not put there by this state", e.path)
}

// whoseIs returns nil if what stands at a path was put there by this state, and by
// a run on the same kind of server.
func (s *Shared) whoseIs(at string, there thing) *foreignError {
	foreign := &foreignError{path: at, isImage: there.isImage, origin: s.Origin}
	if s.Store == nil {
		return foreign
	}
	noted, found, err := s.Store.Index().At(at)
	if err != nil || !found {
		return foreign
	}
	foreign.noted = &noted
	foreign.otherOwner, foreign.otherKind = noted.Owner != s.Owner, noted.Origin != s.Origin && noted.Origin != ""
	if foreign.otherOwner || foreign.otherKind || there.sha256 == "" {
		return foreign
	}
	if noted.SHA256 == there.sha256 || noted.Displaced == there.sha256 {
		// A run that was killed has noted what it was about to put there, and has kept
		// what stands.
		return nil
	}
	return foreign
}

// nameOf is the name of an object. One of the first release has none in its note,
// and is called by where it is and what, until an update notes that: two of them may
// be at one path.
func (s *Shared) nameOf(noted note, file *imageFileModel) string {
	if noted.Object != "" {
		return noted.Object
	}
	return sourceOf(strings.Join([]string{s.Owner, store.Resolve(file.Path.ValueString()), file.SHA256.ValueString(), file.URL.ValueString()}, " "))
}

// noteStanding has the index know of a file again, should the store have been
// deleted, or the state have moved to another backend.
func (s *Shared) noteStanding(file imageFileModel, noted note) {
	if s.Store == nil || noted.Object == "" {
		return
	}
	at := file.standing()
	known := func(before *store.Place) bool {
		return before != nil && (before.Object != noted.Object || before.Owner == s.Owner && before.SHA256 == at.SHA256)
	}
	before, found, err := s.Store.Index().At(at.Path)
	if err != nil || found && known(&before) {
		return
	}
	if intact, err := at.intact(); !intact || err != nil {
		return
	}
	place := s.placed(at.Path, at.SHA256, noted)
	// Where the picture came from is only known if the index has it.
	place.Origin = before.Origin
	place.Run = 0 // this run has not written it
	// It is a courtesy: what can't be noted is told of when it matters.
	_ = s.Store.Index().Take(place, func(before *store.Place) error {
		if known(before) {
			return errPathTaken
		}
		return nil
	})
}

// noteKeeper has the index name the object that keeps a place, if it names one that
// is about to leave it: that one would take the file along.
func (s *Shared) noteKeeper(place string) {
	name, keeps, leaver := s.planned.keeper(place)
	if s.Store == nil || name == "" {
		return
	}
	noted := s.placed(keeps.file.Path, keeps.file.SHA256, note{Object: name, Adopted: keeps.adopted})
	noted.Run = 0 // this run has not written it
	if before, found, err := s.Store.Index().At(place); err != nil || found && before.Object != leaver {
		return
	} else if found {
		noted.Origin = before.Origin
	}
	_ = s.Store.Index().Take(noted, func(before *store.Place) error {
		if before != nil && before.Object != leaver {
			return errPathTaken
		}
		return nil
	})
}

func (s *Shared) placed(at, sha256 string, noted note) store.Place {
	return store.Place{
		Path: at, SHA256: sha256, Object: noted.Object, Owner: s.Owner, Origin: s.Origin,
		Run: s.Run, Adopted: noted.Adopted, Time: s.Now(),
	}
}

// clear removes a file that is no longer wanted, unless it has become somebody
// else's. A copy stays in the store if it is needed: it isn't if the picture was moved,
// and is at its new path, or can be made again.
func (s *Shared) clear(file standingFile, object string, needed bool) diag.Diagnostics {
	place := store.Resolve(file.Path)
	var diags diag.Diagnostics
	s.written.unlessClaimed(object, place, func() {
		noted, found, err := s.Store.Index().At(file.Path)
		found = found && err == nil
		if found && noted.Object != object {
			// It is another object's by now.
			return
		}
		intact, err := file.intact()
		if err != nil || !intact {
			there, err := lookAt(file.Path)
			// A run that was killed may have changed the file before its state was saved.
			intact = err == nil && found && there.sha256 != "" && there.sha256 == noted.SHA256 && !noted.Adopted
			needed = true
			if !intact && (err != nil || there.exists) {
				diags.Append(fileLeft(file.Path))
			}
		}
		if !intact {
			_ = s.Store.Index().Release(file.Path, object)
			return
		}
		var failure error
		err = s.Store.Index().Leave(file.Path, object, func() error {
			var kept string
			if needed {
				var err error
				if kept, err = s.Store.Pictures().Keep(file.Path); err != nil {
					return &notKeptError{at: file.Path, folder: s.StoreFolder, err: err}
				}
			}
			if failure = imagefile.Remove(file.Path); failure == nil && needed {
				s.written.remove(place, kept)
			}
			return failure
		})
		var notKept *notKeptError
		switch {
		case err == nil:
		case failure != nil:
			diags.Append(fileNotRemoved(failure))
		case errors.As(err, &notKept):
			diags.Append(fileLeftUnkept(notKept))
		case !needed:
			if err := imagefile.Remove(file.Path); err != nil {
				diags.Append(fileNotRemoved(err))
			}
		default:
			diags.Append(fileLeftUnkept(&notKeptError{at: file.Path, folder: s.StoreFolder, err: err}))
		}
	})
	return diags
}

// notKeptError says that a copy of a file can't be kept, so that it stays.
type notKeptError struct {
	at, folder string
	err        error
}

// Error says what went wrong.
func (e *notKeptError) Error() string {
	return fmt.Sprintf("a copy of %s can't be kept in %s: %v", e.at, e.folder, e.err)
}

// Unwrap returns what went wrong.
func (e *notKeptError) Unwrap() error { return e.err }

// errPathTaken says that another object of this run has written to a path.
var errPathTaken = errors.New("another flux2_image_file of this run has written there")
