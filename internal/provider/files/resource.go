// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package files

import (
	"context"
	"crypto/rand"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

var (
	_ resource.Resource                   = (*imageFileResource)(nil)
	_ resource.ResourceWithConfigure      = (*imageFileResource)(nil)
	_ resource.ResourceWithImportState    = (*imageFileResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*imageFileResource)(nil)
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

// privateReader and filePrivateWriter are what the framework offers of private
// state; its own type is internal.
type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// privateObject is the key under which private state keeps a name for an object,
// since engines tell providers none. Read never writes it: a refresh would not be
// without changes then.
const privateObject = "object"

// objectOf is the name of an object in state; empty for one that has none yet.
func objectOf(ctx context.Context, private privateReader) string {
	name, diags := private.GetKey(ctx, privateObject)
	var object string
	if len(name) == 0 || diags.HasError() || json.Unmarshal(name, &object) != nil {
		return ""
	}
	return object
}

// newObject gives an object a name.
func newObject(ctx context.Context, private privateWriter) (string, diag.Diagnostics) {
	object := rand.Text()
	return object, private.SetKey(ctx, privateObject, []byte(`"`+object+`"`))
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
	if !req.State.Raw.IsNull() && r.shared != nil {
		r.shared.paths.release(objectOf(ctx, req.Private))
	}
	if req.Plan.Raw.IsNull() {
		return
	}
	var file imageFileModel
	var prior *imageFileModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &file)...)
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if prior != nil && !file.keepsContent(*prior) {
		attributes.SetPlanned(ctx, resp, unknownContent())
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("present"), true)...)

	// Better to fail here than after the image has been paid for. Only what is
	// new is looked at: a file that can't be put back must not stand in the way
	// of a destroy, which begins with a plan like this one.
	if (prior == nil || !file.Path.Equal(prior.Path)) && !file.Path.IsUnknown() {
		if err := imagefile.CheckTarget(file.Path.ValueString()); err != nil {
			resp.Diagnostics.Append(unusablePath(err))
		}
	}
	if prior == nil && !file.Path.IsUnknown() && r.shared != nil && r.shared.Creations.PlannedTwice(placeOf(file.Path.ValueString()), req.Config) {
		resp.Diagnostics.Append(pathPlannedTwice(file.Path.ValueString(), r.shared.Creations.EachWalk))
	}
	if (prior == nil || !file.URL.Equal(prior.URL)) && file.fetches(prior) && !file.URL.IsUnknown() && r.shared != nil && r.shared.Media != nil {
		if err := r.shared.Media.CheckURL(ctx, file.URL.ValueString()); err != nil {
			resp.Diagnostics.Append(unusableURL(err))
		}
	}
}

// Create puts the image at its path. A file that is there is replaced.
func (r *imageFileResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var file imageFileModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &file)...)
	if resp.Diagnostics.HasError() {
		return
	}
	object, diags := newObject(ctx, resp.Private)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(r.shared.place(ctx, object, &file, nil)...)
	if resp.Diagnostics.HasError() {
		return
	}
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
	r.shared.paths.release(objectOf(ctx, req.Private))
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
	var file, prior imageFileModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &file)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	if resp.Diagnostics.HasError() {
		return
	}
	object := objectOf(ctx, req.Private)
	if object == "" {
		named, diags := newObject(ctx, resp.Private)
		resp.Diagnostics.Append(diags...)
		object = named
	}
	resp.Diagnostics.Append(r.shared.place(ctx, object, &file, &prior)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, file)...)
	if !file.Path.Equal(prior.Path) {
		// The file of before is of no account any more: what becomes of it is
		// no reason to fail.
		for _, left := range r.shared.clear(prior) {
			resp.Diagnostics.AddWarning(left.Summary(), left.Detail())
		}
	}
}

// Delete removes the file if it is still the one that was put there.
func (r *imageFileResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var file imageFileModel
	resp.Diagnostics.Append(req.State.Get(ctx, &file)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.shared.clear(file)...)
}

// ImportState takes over a file that is on disk, by its path. Where it came
// from is taken from the configuration by the next apply, on trust.
func (r *imageFileResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	err := imagefile.CheckPath(req.ID)
	var info imagefile.Info
	if err == nil {
		info, err = imagefile.Inspect(req.ID)
	}
	if err != nil {
		resp.Diagnostics.Append(noFileToImport(err))
		return
	}
	file := imageFileModel{Path: types.StringValue(req.ID)}
	file.setContent(info)
	resp.Diagnostics.Append(resp.State.Set(ctx, file)...)
}
