// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

var _ resource.ResourceWithMoveState = (*imageResultResource)(nil)

// privateMoved is the key under which private state tells that a result was an image.
// Its request is nobody else's then, as that of an image is.
const privateMoved = "moved"

// MoveState takes over an image that has its result. Engines ask for it before they
// configure the provider: fal is asked nothing.
func (r *imageResultResource) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{{StateMover: moveImage}}
}

func moveImage(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
	if req.SourceTypeName != "flux2_image" || !strings.HasSuffix(req.SourceProviderAddress, "/flux2") {
		return
	}
	err := attributes.Rewrite(ctx, req.SourceRawState, &resp.TargetState, func(image map[string]json.RawMessage) {
		if req.SourceSchemaVersion == 0 {
			upgradeImage(image)
		}
		// A result has fewer, and no defaults of an image's.
		delete(image, "timeouts")
	})
	if err != nil {
		resp.Diagnostics.AddError("Image Not Moved", "The state of the image can't be read: "+err.Error()+". Please report this to the provider's developers.")
		return
	}
	var result imageResultModel
	resp.Diagnostics.Append(resp.TargetState.Get(ctx, &result)...)
	if result.RequestID.IsNull() || result.Images.IsNull() && result.Error.IsNull() {
		resp.Diagnostics.Append(imageNotMoved(result.RequestID))
		return
	}
	resp.Diagnostics.Append(resp.TargetIdentity.Set(ctx, result.identity())...)
	for _, key := range []string{privateOrigin, privateHandle} {
		value, diags := req.SourcePrivate.GetKey(ctx, key)
		resp.Diagnostics.Append(diags...)
		if len(value) > 0 {
			resp.Diagnostics.Append(resp.TargetPrivate.SetKey(ctx, key, value)...)
		}
	}
	resp.Diagnostics.Append(resp.TargetPrivate.SetKey(ctx, privateMoved, []byte("true"))...)
}

// noteMoved says that the request of a result which was an image is in state. Else the
// journal would have it for the next image with the same input.
func (r *imageResultResource) noteMoved(ctx context.Context, private privateReader, state tfsdk.State) diag.Diagnostics {
	if !r.shared.known() || !isMarked(ctx, private, privateMoved) {
		return nil
	}
	var requestID types.String
	diags := state.GetAttribute(ctx, path.Root("request_id"), &requestID)
	r.shared.Service.InState(requestID.ValueString())
	return diags
}

func imageNotMoved(requestID types.String) diag.Diagnostic {
	if requestID.IsNull() {
		return diag.NewErrorDiagnostic("Image Not Moved",
			"fal gave no id to the request of this image, and a flux2_image_result is found by that id. "+
				"Remove the moved block and keep the flux2_image. Nothing was changed.")
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("request_id"), "Image Not Moved",
		"The image has no result yet: its request "+requestID.ValueString()+" has not been waited for. "+
			"A flux2_image_result takes over an image that has one. Nothing was changed, and nothing is billed.\n\n"+
			"First keep the flux2_image, set wait_for_completion = true and apply: that waits for the request and generates nothing. Then move it.")
}
