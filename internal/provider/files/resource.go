// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package files

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
	"github.com/flux2-provider/terraform-provider-flux2/internal/store"
)

var (
	_ resource.Resource                   = (*imageFileResource)(nil)
	_ resource.ResourceWithConfigure      = (*imageFileResource)(nil)
	_ resource.ResourceWithImportState    = (*imageFileResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*imageFileResource)(nil)
	_ resource.ResourceWithUpgradeState   = (*imageFileResource)(nil)
	_ resource.ResourceWithValidateConfig = (*imageFileResource)(nil)
)

func newImageFileResource() resource.Resource {
	return &imageFileResource{}
}

// imageFileResource is the managed resource flux2_image_file: an image on disk.
// It costs nothing. Its hashes say what the content is to be, whether or not
// the file is there at the moment, so that a file that is put back changes
// nothing for whatever is built on it.
type imageFileResource struct {
	// shared is nil during validation, when no provider is configured.
	shared *Shared
}

func (r *imageFileResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_image_file"
}

// ValidateConfig finds nothing wrong. That an engine asks is what counts.
func (r *imageFileResource) ValidateConfig(_ context.Context, req resource.ValidateConfigRequest, _ *resource.ValidateConfigResponse) {
	if r.shared != nil {
		r.shared.Creations.Validate(req.Config)
	}
}

// ModifyPlan plans a missing or changed file to be there again, and new hashes
// only where other content is wanted.
func (r *imageFileResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	noted := noteOf(ctx, req.Private)
	var prior *imageFileModel
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if r.shared != nil && prior != nil {
		if noted.Object == "" {
			// The deletion of an object without a name would be taken for one of a
			// tainted object, of which nothing is known and which stays.
			noted.Object = r.shared.nameOf(noted, prior)
			resp.Diagnostics.Append(noted.save(ctx, resp.Private)...)
		}
		r.shared.written.release(noted.Object)
	}
	if req.Plan.Raw.IsNull() {
		if r.shared != nil {
			r.shared.planned.leave(noted.Object)
		}
		return
	}
	var file imageFileModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &file)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if prior != nil {
		*prior = prior.takenOver(file)
	}
	attributes.SetPlanned(ctx, resp, file.plannedContent(prior, noted))
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("id"), file.Path)...)
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("present"), file.plannedPresence())...)
	if r.shared == nil {
		return
	}
	review := planReview{shared: r.shared, file: file, prior: prior, noted: noted}
	var contentType types.String
	resp.Diagnostics.Append(resp.Plan.GetAttribute(ctx, path.Root("content_type"), &contentType)...)
	review.contentType = contentType.ValueString()
	if prior == nil && noted.Object != "" {
		// The second call about an object that is replaced. Its deletion gets the note.
		if before, known := r.shared.planned.replace(noted.Object); known {
			review.replaced = &before.file
			noted.Stays = file.Path.IsUnknown() || store.Resolve(file.Path.ValueString()) == before.before
			resp.Diagnostics.Append(noted.save(ctx, resp.Private)...)
		}
	}
	resp.Diagnostics.Append(review.run(ctx, req.Config)...)
}

// Create puts the image at its path.
func (r *imageFileResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	r.shared.planned.next()
	var file imageFileModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &file)...)
	if resp.Diagnostics.HasError() {
		return
	}
	noted := note{Object: newObject()}
	write := writing{shared: r.shared, noted: &noted, file: &file}
	resp.Diagnostics.Append(write.run(ctx)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(noted.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, file)...)
}

// Read compares the file with what it is to be. It asks nobody else: whether
// the URL still works matters only once the file is gone.
func (r *imageFileResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var file imageFileModel
	resp.Diagnostics.Append(req.State.Get(ctx, &file)...)
	if resp.Diagnostics.HasError() {
		return
	}
	noted := noteOf(ctx, req.Private)
	noted.Object = r.shared.nameOf(noted, &file)
	r.shared.planned.read(noted.Object)
	r.shared.written.read(noted.Object)
	r.shared.noteStanding(file, noted)
	if file.ignoresMissing() {
		return
	}
	intact, err := file.intact()
	if err != nil {
		resp.Diagnostics.Append(fileNotRead(err))
		return
	}
	file.Present = types.BoolValue(intact)
	resp.Diagnostics.Append(resp.State.Set(ctx, file)...)
}

// Update restores the file, moves it, or fetches new content: all of it in
// place, since the file of before stays until the new one is there.
func (r *imageFileResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	r.shared.planned.next()
	var file, prior imageFileModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &file)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	if resp.Diagnostics.HasError() {
		return
	}
	noted := noteOf(ctx, req.Private)
	noted.Object = r.shared.nameOf(noted, &prior)
	prior = prior.takenOver(file)
	write := writing{shared: r.shared, noted: &noted, file: &file, prior: &prior}
	resp.Diagnostics.Append(write.run(ctx)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(noted.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, file)...)
}

// Delete moves the file into the store if it is still the one that was put there.
// One that is replaced stays, for the new one to be moved over it: an apply can end
// in between.
func (r *imageFileResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	r.shared.planned.next()
	var file imageFileModel
	resp.Diagnostics.Append(req.State.Get(ctx, &file)...)
	if resp.Diagnostics.HasError() {
		return
	}
	noted := noteOf(ctx, req.Private)
	at := file.standing()
	switch {
	case noted.Object == "" || noted.Stays:
		r.shared.written.leave(store.Resolve(at.Path))
	case noted.Adopted:
		// It stood there before, and is not this resource's to remove.
		if err := r.shared.Store.Index().Release(at.Path, noted.Object); err != nil {
			r.shared.noteProblem(err)
		}
	default:
		resp.Diagnostics.Append(r.shared.clear(at, noted.Object, !r.shared.canMakeAgain(file, noted))...)
	}
}

// ImportState takes over a file that is on disk, by its path. Where it came
// from, and of what picture it was made, is taken from the configuration by the next
// apply, on trust.
func (r *imageFileResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	err := imagefile.CheckPath(req.ID)
	var info imagefile.Info
	if err == nil {
		info, err = imagefile.Inspect(req.ID)
	}
	if err != nil {
		resp.Diagnostics.Append(noFileToImport(req.ID, err))
		return
	}
	file := imageFileModel{ID: types.StringValue(req.ID), Path: types.StringValue(req.ID), Mirrors: types.ListNull(types.StringType), Transform: types.ObjectNull(transformTypes)}
	file.setContent(info)
	file.SourceSHA256 = file.SHA256
	noted := note{Object: newObject()}
	resp.Diagnostics.Append(noted.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, file)...)
}
