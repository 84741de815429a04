// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
	"github.com/flux2-provider/terraform-provider-flux2/internal/store"
)

// planReview says in the plan what the apply would fail with, before an image is
// paid for. Only what is new is an error: a file that can't be put back must not
// stand in the way of a destroy, which begins with a plan like this one.
type planReview struct {
	shared *Shared
	file   imageFileModel
	// prior is nil for what is to be created, and replaced for what replaces nothing.
	prior    *imageFileModel
	replaced *standingFile
	noted    note
	// contentType is what the plan has said of it, empty while that is not known.
	contentType string
}

func (r planReview) run(ctx context.Context, config tfsdk.Config) diag.Diagnostics {
	var diags diag.Diagnostics
	if !r.file.Path.IsUnknown() {
		diags.Append(r.meetOthers(config)...)
		if r.arrives() {
			if err := r.shared.checkTarget(r.file.Path.ValueString()); err != nil {
				diags.Append(unusablePath(err))
			} else {
				diags.Append(r.meetWhatStands()...)
			}
		}
	}
	diags.Append(r.edited()...)
	diags.Append(r.encoder()...)
	diags.Append(r.sources(ctx)...)
	if !r.file.Path.IsUnknown() {
		diags.Append(endingContradicts(r.file.Path.ValueString(), r.contentType, r.file.derives())...)
	}
	return diags
}

// checkTarget refuses paths at which no picture of a site belongs, whatever stands
// there: in the store, and among what the engine keeps for itself.
func (s *Shared) checkTarget(at string) error {
	place := store.Resolve(at)
	folder := filepath.Dir(store.Resolve(filepath.Join(s.StoreFolder, "journal")))
	if s.StoreFolder != "" && (place == folder || within(place, folder)) {
		return fmt.Errorf("%s is in the provider's image_store, which is for its own files; use a path outside of %s", at, s.StoreFolder)
	}
	elements := strings.Split(filepath.ToSlash(place), "/")
	if slices.Contains(elements, ".terraform") || elements[len(elements)-1] == ".terraform.lock.hcl" {
		return fmt.Errorf("%s is for the engine's own files; use another path", at)
	}
	return imagefile.CheckTarget(at)
}

// arrives tells whether the file comes to a path where it was not before.
func (r planReview) arrives() bool {
	return r.prior == nil || store.Resolve(r.file.Path.ValueString()) != store.Resolve(r.prior.Path.ValueString())
}

// meetOthers finds other objects of the plan at the same path.
func (r planReview) meetOthers(config tfsdk.Config) diag.Diagnostics {
	at := r.file.Path.ValueString()
	place := store.Resolve(at)
	var met meeting
	var other string
	if r.prior != nil {
		before := r.prior.standing()
		planned := plannedObject{place: place, before: store.Resolve(before.Path), file: before, adopted: r.noted.Adopted}
		met, other = r.shared.planned.keep(r.noted.Object, planned)
		r.shared.noteKeeper(planned.before)
	} else {
		if r.shared.Creations.PlannedTwice(place, config) {
			return diag.Diagnostics{pathPlannedTwice(at, r.shared.Creations.EachWalk)}
		}
		met, other = r.shared.planned.create(place)
	}
	switch met {
	case taken:
		return diag.Diagnostics{pathTaken(at)}
	case alike:
		return diag.Diagnostics{pathsDifferInCase(at)}
	case inside, apart:
		return diag.Diagnostics{fileAndFolder(at, other, met == inside || r.shared.Creations.EachWalk)}
	}
	return nil
}

// meetWhatStands refuses a path at which there is a file of somebody else. What
// only moves there may be about to leave: the apply decides on it.
func (r planReview) meetWhatStands() diag.Diagnostics {
	at := r.file.Path.ValueString()
	if r.file.Overwrite.IsUnknown() || r.file.ExpectedSHA256.IsUnknown() {
		return nil
	}
	if r.replaced != nil && store.Resolve(r.replaced.Path) == store.Resolve(at) {
		return nil
	}
	there, err := lookAt(at)
	if err != nil || !there.exists {
		return nil
	}
	if r.file.Overwrite.ValueBool() {
		if there.isImage {
			return nil
		}
		return diag.Diagnostics{otherFileReplaced(at, r.shared.StoreFolder)}
	}
	wanted := r.file.wanted(r.prior, r.noted.Source)
	if there.sha256 != "" && there.sha256 == wanted {
		return nil
	}
	foreign := r.shared.whoseIs(at, there)
	if foreign == nil || r.shared.planned.holds(store.Resolve(at), there.sha256) {
		return nil
	}
	if r.prior != nil && there.isImage && foreign.noted == nil {
		return nil
	}
	// Engines plan again in the apply, where a deletion may have taken the file, and
	// then the note of it, since it was looked at.
	if now, err := lookAt(at); err != nil || now != there {
		return nil //nolint:nilerr // what can't be read is told of when it is written
	}
	foreign.moves = r.prior != nil
	return diag.Diagnostics{fileInTheWay(foreign, r.shared.StoreFolder)}
}

// edited warns before a file is replaced that was changed by hand. A missing one is
// nobody's work.
func (r planReview) edited() diag.Diagnostics {
	before := r.replaced
	if r.prior != nil {
		if !r.file.writes(r.prior, r.noted.Source) || r.file.ignoresMissing() && r.file.keepsContent(*r.prior, r.noted.Source) {
			return nil
		}
		standing := r.prior.standing()
		before = &standing
	}
	if before == nil || r.file.Path.IsUnknown() || store.Resolve(r.file.Path.ValueString()) != store.Resolve(before.Path) {
		return nil
	}
	if intact, err := before.intact(); intact || err != nil {
		return nil
	}
	there, err := lookAt(before.Path)
	switch {
	case err != nil || !there.exists:
		return nil
	case r.isAnothers(there):
		return diag.Diagnostics{pathTakesTurns(before.Path)}
	}
	return diag.Diagnostics{editedFileReplaced(before.Path, r.shared.StoreFolder)}
}

// isAnothers tells whether another object of the state has put there what stands at
// the path of this one. Another alias of the provider can do so, being a process of
// its own. Whether that object stays, only that process knows.
func (r planReview) isAnothers(there thing) bool {
	if r.shared.Store == nil || r.prior == nil {
		return false
	}
	noted, found, err := r.shared.Store.Index().At(r.prior.Path.ValueString())
	return err == nil && found && noted.Owner == r.shared.Owner && noted.Object != r.noted.Object && noted.SHA256 == there.sha256
}

// encoder refuses a format that this program can't write.
func (r planReview) encoder() diag.Diagnostics {
	transform, known := r.file.transform()
	if !known || transform.Format == "" || r.prior != nil && r.file.keepsContent(*r.prior, r.noted.Source) {
		return nil
	}
	if err := imagefile.CheckEncoder(transform.Format); err != nil {
		return diag.Diagnostics{noEncoder(err)}
	}
	return nil
}

// sources checks where the image comes from.
func (r planReview) sources(ctx context.Context) diag.Diagnostics {
	var diags diag.Diagnostics
	fetches := r.prior == nil || !r.file.keepsContent(*r.prior, r.noted.Source) || !r.prior.Present.ValueBool() && !r.file.ignoresMissing()
	if r.file.URL.IsNull() && fetches && !r.pictureAtHand() && !r.askable() {
		diags.Append(noImageToFetch(r.file.Path.ValueString(), false))
	}
	if r.shared.Media == nil {
		return diags
	}
	if !r.file.URL.IsNull() && !r.file.URL.IsUnknown() && fetches && (r.prior == nil || !r.file.URL.Equal(r.prior.URL)) {
		if err := r.shared.Media.CheckURL(ctx, r.file.URL.ValueString()); err != nil {
			diags.Append(unusableURL(path.Root("url"), err))
		}
	}
	if r.prior == nil || !r.file.Mirrors.Equal(r.prior.Mirrors) {
		for i, mirror := range r.file.Mirrors.Elements() {
			url, ok := mirror.(types.String)
			if !ok || url.IsNull() || url.IsUnknown() {
				continue
			}
			if err := r.shared.Media.CheckURL(ctx, url.ValueString()); err != nil {
				diags.Append(unusableURL(path.Root("mirrors").AtListIndex(i), err))
			}
		}
	}
	return diags
}

// askable tells whether a mirror is there to be asked, as far as is known. It takes a
// hash to ask for.
func (r planReview) askable() bool {
	known := r.file.ExpectedSHA256.IsUnknown() || r.file.wantedPicture(r.prior, r.noted.Source) != ""
	return known && (r.file.Mirrors.IsUnknown() || slices.ContainsFunc(r.file.Mirrors.Elements(), func(mirror attr.Value) bool { return !mirror.IsNull() }))
}

// pictureAtHand tells whether a file can be made of what is on disk.
func (r planReview) pictureAtHand() bool {
	picture := r.file.wantedPicture(r.prior, r.noted.Source)
	if picture == "" || r.shared.Store == nil {
		return false
	}
	if _, _, err := r.shared.storedPicture(picture); err == nil {
		return true
	}
	places, _ := r.shared.Store.Index().Standing(picture) // without it, there is one more to look at
	if r.prior != nil {
		places = append(places, r.prior.Path.ValueString())
	}
	if !r.file.Path.IsUnknown() {
		places = append(places, r.file.Path.ValueString())
	}
	_, _, found := pictureAt(picture, places)
	return found
}

// thing is what stands at a path.
type thing struct {
	exists, isImage bool
	// sha256 is that of an image.
	sha256 string
}

// lookAt looks what stands at a path.
func lookAt(at string) (thing, error) {
	info, err := imagefile.Inspect(at)
	switch {
	case err == nil:
		return thing{exists: true, isImage: true, sha256: info.SHA256}, nil
	case errors.Is(err, fs.ErrNotExist):
		return thing{}, nil
	case errors.Is(err, imagefile.ErrNotAnImage):
		return thing{exists: true}, nil
	}
	return thing{}, err
}
