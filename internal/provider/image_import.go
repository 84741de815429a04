// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
)

// ImportState takes over a request that exists, by "request_id", by
// "endpoint_id/request_id" or by identity. Inputs that fal doesn't tell stay
// null; the next apply adopts them from the configuration without generating
// anything.
func (r *imageResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	reference, diags := r.importReference(ctx, req)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	image := imageModel{imageOutputs: emptyOutputs()}
	resp.Diagnostics.Append(resp.State.Get(ctx, &image)...)
	image.EndpointID, image.RequestID = reference.EndpointID, reference.RequestID
	image.Adopted = types.BoolValue(true)
	image.WaitAbandoned = types.BoolValue(false)

	handle, diags := r.session.attach(reference.EndpointID.ValueString(), reference.RequestID.ValueString())
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.session.adopt(ctx, handle, &image)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(saveImage(ctx, &resp.State, resp.Identity, image)...)
}

// importReference reads the ids from whichever form of import was used.
func (r *imageResource) importReference(ctx context.Context, req resource.ImportStateRequest) (imageIdentity, diag.Diagnostics) {
	var diags diag.Diagnostics
	var reference imageIdentity
	if req.ID == "" && req.Identity != nil {
		diags.Append(req.Identity.Get(ctx, &reference)...)
	} else {
		endpointID, requestID := splitImportID(req.ID)
		reference.RequestID = types.StringValue(requestID)
		if endpointID != "" {
			reference.EndpointID = types.StringValue(endpointID)
		}
	}
	if !r.session.known() {
		diags.AddError("Provider Not Configured Yet",
			"The import has to ask fal about the request, but an argument of the provider block is only known after apply. Set it to a known value for the import.")
		return reference, diags
	}
	if reference.EndpointID.IsNull() {
		reference.EndpointID = r.session.endpointID
	}
	if reference.RequestID.ValueString() == "" || reference.EndpointID.ValueString() == "" {
		diags.AddError("Invalid Import ID",
			"An image is imported by the id of its request, either alone or behind its endpoint, such as "+
				defaultEndpointID+"/764cabcf-b745-4b3e-ae38-1200304cf45b.")
	}
	return reference, diags
}

// splitImportID parts "endpoint_id/request_id". The endpoint, which contains
// slashes itself, is empty if only a request id is given.
func splitImportID(id string) (endpointID, requestID string) {
	id = strings.TrimSpace(id)
	if slash := strings.LastIndexByte(id, '/'); slash >= 0 {
		return id[:slash], id[slash+1:]
	}
	return "", id
}

// adopt fills an imported image with what fal still knows about its request.
func (s *session) adopt(ctx context.Context, handle fal.Handle, image *imageModel) diag.Diagnostics {
	status, err := s.client.Status(ctx, handle, false)
	if err != nil {
		return readFailed(handle, err)
	}
	image.Status = types.StringValue(string(status.State))
	if status.State != fal.Completed {
		return nil
	}
	end := s.collect(ctx, handle)
	diags := s.takeOver(ctx, handle, image, end)
	if end.ending == delivered {
		image.Seed = types.Int64PointerValue(end.output.Seed)
	}
	return diags
}
