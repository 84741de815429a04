// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	_ resource.Resource                = (*imageResource)(nil)
	_ resource.ResourceWithConfigure   = (*imageResource)(nil)
	_ resource.ResourceWithIdentity    = (*imageResource)(nil)
	_ resource.ResourceWithImportState = (*imageResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*imageResource)(nil)
)

func newImageResource() resource.Resource {
	return &imageResource{}
}

// imageResource is the managed resource flux2_image: one paid request.
type imageResource struct {
	session *session
}

func (r *imageResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_image"
}

func (r *imageResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	session, diags := sessionFrom(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	r.session = session
}

// Create submits once, and from then on never forgets the request unless fal
// confirms that nothing will come of it.
func (r *imageResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var image imageModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &image)...)
	patience, diags := image.Timeouts.Create(ctx, defaultCreateTimeout)
	resp.Diagnostics.Append(diags...)
	input, diags := image.input(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}

	handle, diags := r.session.submit(ctx, image.EndpointID.ValueString(), input)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	nothing := resp.Identity.Raw
	image.accept(handle)
	image.Adopted = types.BoolValue(false)
	resp.Diagnostics.Append(saveImage(ctx, &resp.State, resp.Identity, image)...)
	resp.Diagnostics.Append(saveHandle(ctx, resp.Private, handle)...)

	end := r.session.await(ctx, handle, patience, true)
	image.Status = types.StringValue(string(end.status))
	switch end.ending {
	case delivered:
		resp.Diagnostics.Append(image.setResult(ctx, end.result, end.output)...)
		resp.Diagnostics.Append(reviewOutput(handle, input, end.output)...)
	case interrupted:
		resp.Diagnostics.Append(waitInterrupted(handle))
	case givenUp:
		image.WaitAbandoned = types.BoolValue(true)
		resp.Diagnostics.Append(waitGivenUp(handle, end)...)
	case cancelled, failed:
		resp.Diagnostics.Append(generationFailed(handle, image, end)...)
		resp.State.RemoveResource(ctx)
		resp.Identity.Raw = nothing
		return
	}
	resp.Diagnostics.Append(saveImage(ctx, &resp.State, resp.Identity, image)...)
}

// Read asks once and never waits. What is gone at fal is not drift: the image
// was delivered and paid for.
func (r *imageResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var image imageModel
	resp.Diagnostics.Append(req.State.Get(ctx, &image)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, image.identity())...)
	if resp.Diagnostics.HasError() || !r.session.known() {
		return
	}
	limit, diags := image.Timeouts.Read(ctx, defaultReadTimeout)
	resp.Diagnostics.Append(diags...)
	ctx, stop := context.WithTimeout(ctx, limit)
	defer stop()

	if image.unfinished() {
		handle, diags := r.session.handleOf(ctx, req.Private, image)
		resp.Diagnostics.Append(diags...)
		if diags.HasError() {
			return
		}
		resp.Diagnostics.Append(r.session.lookAt(ctx, handle, &image)...)
	} else {
		r.session.checkMedia(ctx, &image.imageOutputs)
	}
	resp.Diagnostics.Append(saveImage(ctx, &resp.State, resp.Identity, image)...)
}

// Update generates nothing. It takes over switches and inputs that an import
// left open, and finishes a wait that an earlier run began.
func (r *imageResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var image, prior imageModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &image)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	patience, diags := image.Timeouts.Update(ctx, defaultUpdateTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if prior.unfinished() {
		image.imageOutputs = prior.imageOutputs
		resp.Diagnostics.Append(r.finish(ctx, req.Private, &image, patience)...)
	}
	resp.Diagnostics.Append(saveImage(ctx, &resp.State, resp.Identity, image)...)
}

// Delete leaves a finished request at fal: it can't be unmade, and fal deletes
// its files by its own rules.
func (r *imageResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var image imageModel
	resp.Diagnostics.Append(req.State.Get(ctx, &image)...)
	if resp.Diagnostics.HasError() || !image.unfinished() || image.Adopted.ValueBool() || image.WaitAbandoned.ValueBool() {
		return
	}
	limit, diags := image.Timeouts.Delete(ctx, defaultDeleteTimeout)
	resp.Diagnostics.Append(diags...)
	handle, diags := r.session.handleOf(ctx, req.Private, image)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, stop := context.WithTimeout(ctx, limit)
	defer stop()
	if _, err := r.session.client.Cancel(ctx, handle); err != nil {
		resp.Diagnostics.Append(cancelFailed(handle, err))
	}
}
