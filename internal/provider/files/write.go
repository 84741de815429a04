// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package files

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
	"github.com/flux2-provider/terraform-provider-flux2/internal/store"
)

// fetchLimit ends a download that would go on for ever; a host that has gone
// quiet is given up long before.
const fetchLimit = 15 * time.Minute

// besides is how long before this provider was configured another alias of it may
// have written in the same walk: engines start and end each alias when its turn comes.
const besides = 10 * time.Second

// writing is one file on its way to its path.
type writing struct {
	shared *Shared
	noted  *note
	file   *imageFileModel
	// prior is nil for a creation.
	prior *imageFileModel
	// original is what the file was made of, nil unless that was needed.
	original *original
}

// run has the file hold what it is to hold, at its path and with its permissions.
// If anything is wrong, what was on disk before is still there.
func (w *writing) run(ctx context.Context) diag.Diagnostics {
	wanted := w.file.wanted(w.prior, w.noted.Source)
	if w.prior != nil && w.stays(wanted) {
		w.file.setContent(w.prior.content())
		w.file.SourceSHA256 = w.prior.SourceSHA256
		w.noteSource()
		return nil
	}
	at := w.file.Path.ValueString()
	if w.file.URL.IsNull() && wanted == "" && w.file.wantedPicture(w.prior, w.noted.Source) == "" {
		return diag.Diagnostics{noImageToFetch(at, true)}
	}
	if !w.shared.written.claim(w.noted.Object, store.Resolve(at)) {
		return diag.Diagnostics{pathTaken(at)}
	}
	ctx, stop := context.WithTimeout(ctx, fetchLimit)
	defer stop()
	var diags diag.Diagnostics
	// What stood there before this resource stays when that moves on, as in a destroy.
	adopted := w.noted.Adopted
	ending := w.prior == nil && w.file.ContentType.IsUnknown()
	info, err := w.bring(ctx, wanted)
	if err != nil {
		w.shared.written.release(w.noted.Object)
		diags.Append(w.explain(err))
		return diags
	}
	if problem := w.shared.takeProblem(); problem != nil {
		diags.Append(storeUnusable(w.shared.StoreFolder, problem))
	}
	w.shared.written.settle(store.Resolve(at))
	w.file.setContent(info)
	w.noteSource()
	if !adopted {
		diags.Append(w.clearBefore()...)
	}
	w.noteOriginal(info)
	if ending {
		diags.Append(endingContradicts(at, info.ContentType, w.file.derives())...)
	}
	return diags
}

// stays tells whether nothing has to be written.
func (w *writing) stays(wanted string) bool {
	samePath := w.file.Path.Equal(w.prior.Path)
	if wanted != w.prior.SHA256.ValueString() || !samePath {
		return false
	}
	intact, err := w.prior.intact()
	switch {
	case w.file.ignoresMissing() && !intact:
		return true
	case !w.file.writes(w.prior, w.noted.Source):
		return intact && err == nil
	}
	return intact && err == nil && !w.file.changesPermission(*w.prior)
}

// noteSource keeps in mind what the content came from while the URL is null.
func (w *writing) noteSource() {
	switch {
	case !w.file.URL.IsNull():
		w.noted.Source = ""
	case w.prior != nil && !w.prior.URL.IsNull():
		w.noted.Source = sourceOf(w.prior.URL.ValueString())
	}
}

// clearBefore removes the file of before if it was elsewhere. What becomes of it is
// no reason to fail.
func (w *writing) clearBefore() diag.Diagnostics {
	if w.prior == nil {
		return nil
	}
	before := w.prior.standing()
	if store.Resolve(before.Path) == store.Resolve(w.file.Path.ValueString()) {
		return nil
	}
	needed := w.file.SHA256.ValueString() != before.SHA256 && !w.shared.canMakeAgain(*w.prior, *w.noted)
	var diags diag.Diagnostics
	for _, left := range w.shared.clear(before, w.noted.Object, needed) {
		diags.AddWarning(left.Summary(), left.Detail())
	}
	return diags
}

// refuse finds a file in the way before anything is fetched.
func (w *writing) refuse(wanted string) error {
	there, err := lookAt(w.file.Path.ValueString())
	if err != nil || !there.exists || there.isImage && (wanted == "" || wanted == there.sha256) {
		return nil //nolint:nilerr // what can't be read is told of when it is written
	}
	return w.foreign(there)
}

// foreign is an error if what stands at the path is not to be replaced.
func (w *writing) foreign(there thing) error {
	if w.file.Overwrite.ValueBool() || w.isOwn() {
		return nil
	}
	if foreign := w.shared.whoseIs(w.file.Path.ValueString(), there); foreign != nil {
		foreign.moves = w.prior != nil
		return foreign
	}
	return nil
}

// isOwn tells whether the file at the path is that of this very object, or of the
// one that it replaces, if this process has deleted that.
func (w *writing) isOwn() bool {
	place := store.Resolve(w.file.Path.ValueString())
	if w.prior != nil && store.Resolve(w.prior.Path.ValueString()) == place {
		return true
	}
	return w.shared.written.wasLeft(place)
}

// replaces decides, once the new content is complete, on what stands at the path:
// equal bytes are adopted, what is of this state is kept in the store first, and
// anything else is an error.
func (w *writing) replaces(info imagefile.Info) (bool, error) {
	at := w.file.Path.ValueString()
	there, err := lookAt(at)
	if err != nil {
		return false, err
	}
	same := there.exists && there.sha256 == info.SHA256
	own := w.isOwn() || there.exists && w.shared.whoseIs(at, there) == nil
	switch {
	case !there.exists:
		w.noted.Adopted = false
	case same:
		w.noted.Adopted = w.noted.Adopted || !own || w.wasAdopted()
	default:
		if err := w.foreign(there); err != nil {
			return false, err
		}
		again := w.prior != nil && there.sha256 == w.prior.SHA256.ValueString() && w.shared.canMakeAgain(*w.prior, *w.noted)
		if !again {
			if _, err := w.shared.Store.Pictures().Keep(at); err != nil {
				return false, &notKeptError{at: at, folder: w.shared.StoreFolder, err: err}
			}
		}
		w.noted.Adopted = false
	}
	if err := w.take(at, info.SHA256, there.sha256); err != nil {
		return false, err
	}
	return !same || own && !w.noted.Adopted, nil
}

// wasAdopted tells whether the file stood there before this state had it.
func (w *writing) wasAdopted() bool {
	before, found, err := w.shared.Store.Index().At(w.file.Path.ValueString())
	return err == nil && found && before.Owner == w.shared.Owner && before.Adopted
}

// take has the index know what is about to stand at the path. That it can't is told
// of once, and stops nothing.
func (w *writing) take(at, sha256, displaced string) error {
	place := w.shared.placed(at, sha256, *w.noted)
	place.Displaced = displaced
	err := w.shared.Store.Index().Take(place, func(before *store.Place) error {
		if before != nil && before.Run == w.shared.Run && before.Object != w.noted.Object && !w.isOwn() &&
			before.WrittenBesides(w.shared.Since.Add(-besides)) {
			return errPathTaken
		}
		return nil
	})
	if errors.Is(err, errPathTaken) {
		return err
	}
	if err != nil {
		w.shared.noteProblem(err)
	}
	return nil
}

// explain says what is wrong with the path, the URL or what came from it. The
// state of before stands, so that the next plan tries again.
func (w *writing) explain(err error) diag.Diagnostic {
	at := w.file.Path.ValueString()
	foreign, notKept := (*foreignError)(nil), (*notKeptError)(nil)
	transform, otherwise := (*transformError)(nil), (*otherwiseMadeError)(nil)
	switch {
	case errors.As(err, &transform) && !errors.Is(err, context.Canceled):
		return notTransformed(at, transform)
	case errors.As(err, &otherwise):
		return otherwiseMade(at, otherwise.hashes)
	case errors.As(err, &foreign):
		return fileInTheWay(foreign, w.shared.StoreFolder)
	case errors.As(err, &notKept):
		return fileNotKept(notKept)
	case errors.Is(err, errPathTaken):
		return pathTaken(at)
	case errors.Is(err, errNoURL):
		return noImageToFetch(at, true)
	}
	return fileNotWritten(*w.file, w.prior, w.noted.Source, w.whatStands(), w.shared.StoreFolder, err)
}

// whatStands tells of an image that is at the path, or was there until this run, and
// could be kept instead. What was made of a picture is not that picture, which is what
// expected_sha256 names.
func (w *writing) whatStands() string {
	at := w.file.Path.ValueString()
	there, err := lookAt(at)
	if removed := w.shared.written.removedFrom(store.Resolve(at)); err == nil && !there.exists && removed != "" && !w.file.derives() {
		return fmt.Sprintf("The image that was at %s until this run has SHA-256 %s. If that is the picture, set expected_sha256 = %q and apply again: it is then taken from the image store. ", at, removed, removed)
	}
	if err != nil || !there.isImage || w.file.derives() {
		return ""
	}
	return fmt.Sprintf("At %s there is an image with SHA-256 %s now. If that is the picture, set expected_sha256 = %q and apply again: it is then taken from there, or from the image store. ",
		at, there.sha256, there.sha256)
}
