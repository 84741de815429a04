// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
)

var (
	_ resource.Resource                   = (*imageResource)(nil)
	_ resource.ResourceWithConfigure      = (*imageResource)(nil)
	_ resource.ResourceWithIdentity       = (*imageResource)(nil)
	_ resource.ResourceWithImportState    = (*imageResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*imageResource)(nil)
	_ resource.ResourceWithValidateConfig = (*imageResource)(nil)
)

func newImageResource() resource.Resource {
	return &imageResource{}
}

// imageResource is the managed resource flux2_image: one paid request.
type imageResource struct {
	configuredResource
}

func (r *imageResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_image"
}

// Create pays for one request, unless there is one already, and from then on
// never forgets it unless fal confirms that nothing will come of it.
func (r *imageResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var image imageModel
	resp.Diagnostics.Append(attributes.Decode(ctx, req.Plan.Raw, req.Plan.Schema, &image)...)
	patience, diags := image.Timeouts.Create(ctx, defaultCreateTimeout)
	resp.Diagnostics.Append(diags...)
	input, diags := image.input(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}

	limit := attributes.TimeLimit{Operation: "create", Length: patience}
	r.shared.carriedOut(ctx, image)
	obtained, diags := r.shared.obtain(ctx, image, input, patience)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	defer r.shared.Service.Returned(obtained.Handle.RequestID)
	nothing := resp.Identity.Raw
	image.accept(obtained)
	resp.Diagnostics.Append(saveImage(ctx, &resp.State, resp.Identity, image)...)
	resp.Diagnostics.Append(saveHandle(ctx, resp.Private, obtained.Handle)...)
	resp.Diagnostics.Append(r.shared.Origins.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(markKeepers(ctx, resp.Private, keepersKnown)...)
	resp.Diagnostics.Append(nothingErased(image)...)
	if !image.WaitForCompletion.ValueBool() {
		return
	}

	end := r.shared.Service.Settle(ctx, obtained, patience)
	switch end.Outcome {
	case requests.Delivered:
		resp.Diagnostics.Append(image.takeResult(ctx, end)...)
		if obtained.Noted && image.regenerates(ctx, r.shared) {
			// The next plan would replace it. What is planned now is a new image.
			r.shared.Service.Forget(obtained.Handle.RequestID)
			r.Create(ctx, req, resp)
			return
		}
		resp.Diagnostics.Append(reviewOutput(obtained.Handle, input, end.Output)...)
	case requests.Unfinished:
		image.Status = types.StringValue(string(end.Status))
		if end.CancelAsked {
			resp.Diagnostics.Append(noteCancellation(ctx, resp.Private)...)
		}
		resp.Diagnostics.Append(waitInterrupted(obtained.Handle, end))
	case requests.Unresolved, requests.Forgotten:
		resp.Diagnostics.Append(waitGivenUp(obtained.Handle, end, limit)...)
		if obtained.GivenUp {
			// The object that it replaces stays, and the journal's note with it. Of two
			// that have the request, one would be deleted beside the next replacement.
			resp.State.RemoveResource(ctx)
			resp.Identity.Raw = nothing
			return
		}
		image.Status = statusOf(end)
		image.WaitAbandoned = types.BoolValue(true)
	default:
		resp.Diagnostics.Append(generationFailed(obtained.Handle, image, end, limit)...)
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
	resp.Diagnostics.Append(attributes.Decode(ctx, req.State.Raw, req.State.Schema, &image)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, image.identity())...)
	if resp.Diagnostics.HasError() || !r.shared.known() {
		return
	}
	if image.abandoned() {
		r.shared.Service.GivenUpInState(image.RequestID.ValueString())
	} else {
		r.shared.Service.InState(image.RequestID.ValueString())
	}
	if r.shared.Origins.isForeign(ctx, req.Private, image.urls) {
		resp.Diagnostics.Append(r.shared.Origins.warnOnce(image.RequestID.ValueString())...)
		return
	}
	limit, diags := image.Timeouts.Read(ctx, defaultReadTimeout)
	resp.Diagnostics.Append(diags...)
	ctx, stop := attributes.Within(ctx, r.shared.Clock, "read", limit)
	defer stop()

	switch {
	case image.abandoned():
		// To collect it here would make it look healthy: the replacement of a
		// tainted object would then pay again instead of taking it over.
	case !image.collected() && !r.shared.HasKey:
		// Without a key, fal can't be asked. That must not stand in the way of a
		// destroy, and whoever waits for the image is told when it comes to that.
	case image.awaited(), image.Status.ValueString() != string(fal.Completed):
		handle, diags := r.shared.handleOf(ctx, req.Private, image)
		resp.Diagnostics.Append(diags...)
		if diags.HasError() {
			return
		}
		stays, diags := r.shared.lookAt(ctx, req.Private, resp.Private, handle, &image)
		resp.Diagnostics.Append(diags...)
		if !stays {
			// Another run would take it for what was left behind, and not pay.
			r.shared.Service.Forget(image.RequestID.ValueString())
			resp.State.RemoveResource(ctx)
			return
		}
	case image.OnMediaExpired.ValueString() != "ignore":
		before := image.MediaAvailable
		r.shared.checkMedia(ctx, &image.imageOutputs)
		if image.MediaAvailable.Equal(before) {
			// The common case by far. To encode the whole object again would
			// double the price of a refresh.
			return
		}
		if !image.MediaAvailable.ValueBool() && before.ValueBool() {
			resp.Diagnostics.Append(mediaGone(image))
		}
	}
	resp.Diagnostics.Append(saveImage(ctx, &resp.State, resp.Identity, image)...)
}

// Update generates nothing. It takes over switches and inputs that an import
// left open, and finishes a wait that an earlier run began.
func (r *imageResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var image, prior imageModel
	resp.Diagnostics.Append(attributes.Decode(ctx, req.Plan.Raw, req.Plan.Schema, &image)...)
	resp.Diagnostics.Append(attributes.Decode(ctx, req.State.Raw, req.State.Schema, &prior)...)
	patience, diags := image.Timeouts.Update(ctx, defaultUpdateTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	image.imageOutputs = prior.imageOutputs
	if len(image.Keepers.Elements()) > 0 {
		resp.Diagnostics.Append(markKeepers(ctx, resp.Private, keepersKnown)...)
	}
	r.shared.Service.InState(prior.RequestID.ValueString())
	if image.awaited() && !r.shared.Origins.isForeign(ctx, req.Private, image.urls) {
		resp.Diagnostics.Append(r.shared.finish(ctx, req.Private, resp.Private, &image, patience)...)
	}
	resp.Diagnostics.Append(saveImage(ctx, &resp.State, resp.Identity, image)...)
}

// Delete leaves a finished request at fal unless it is told to erase it: it
// can't be unmade, and fal deletes its files by its own rules.
func (r *imageResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var image imageModel
	resp.Diagnostics.Append(attributes.Decode(ctx, req.State.Raw, req.State.Schema, &image)...)
	limit, diags := image.Timeouts.Delete(ctx, defaultDeleteTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || !r.shared.known() {
		return
	}
	r.shared.carriedOut(ctx, image)
	if r.shared.Origins.isForeign(ctx, req.Private, image.urls) {
		resp.Diagnostics.Append(r.shared.Origins.deleteForeign(image)...)
		return
	}
	ctx, stop := attributes.Within(ctx, r.shared.Clock, "delete", limit)
	defer stop()

	givenUp := image.abandoned() && !isMarked(ctx, req.Private, privateUntainted)
	if !r.shared.Service.Release(image.RequestID.ValueString(), givenUp) {
		// Its replacement, created before, has taken the request.
		return
	}
	if givenUp && !isMarked(ctx, req.Private, privateDestroyed) {
		// A Create in the same run may ask for the same thing again.
		resp.Diagnostics.Append(r.shared.handOver(ctx, req.Private, image)...)
		return
	}
	r.shared.Service.Forget(image.RequestID.ValueString())
	resp.Diagnostics.Append(nothingErased(image)...)
	switch {
	case image.Adopted.ValueBool():
		return
	case image.Status.ValueString() != string(fal.Completed):
		resp.Diagnostics.Append(r.shared.cancelUnfinished(ctx, req.Private, image)...)
	}
	// A direct request may have been answered without an id.
	if image.DeletePayloadsOnDestroy.ValueBool() && !image.RequestID.IsNull() && !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(r.shared.erase(ctx, image.RequestID.ValueString())...)
	}
}
