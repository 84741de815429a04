// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"
	"errors"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
)

// ImportState takes over a request that exists, by "request_id", by
// "endpoint_id/request_id" or by identity. Inputs that fal doesn't tell stay
// null; the next apply adopts them from the configuration without generating
// anything.
func (r *imageResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	reference, diags := r.shared.importReference(ctx, req)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	image := foundImage(reference)
	resp.Diagnostics.Append(resp.State.GetAttribute(ctx, path.Root("timeouts"), &image.Timeouts)...)

	handle, diags := r.shared.attach(reference.EndpointID.ValueString(), reference.RequestID.ValueString())
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.shared.adopt(ctx, handle, &image)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(saveImage(ctx, &resp.State, resp.Identity, image)...)
	resp.Diagnostics.Append(r.shared.Origins.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(markKeepers(ctx, resp.Private, keepersOpen)...)
}

// foundImage is an image whose request exists already, and of which nothing
// else is known yet.
func foundImage(reference requestIdentity) imageModel {
	image := imageModel{imageOutputs: emptyOutputs()}
	image.CustomImageSize = types.ObjectNull(customSizeTypes)
	image.Keepers = types.MapNull(types.StringType)
	image.EndpointID, image.RequestID = reference.EndpointID, reference.RequestID
	image.Adopted = types.BoolValue(true)
	image.WaitAbandoned = types.BoolValue(false)
	image.setDefaults()
	return image
}

// importReference reads the ids from whichever form of import was used.
func (s *Shared) importReference(ctx context.Context, req resource.ImportStateRequest) (requestIdentity, diag.Diagnostics) {
	var diags diag.Diagnostics
	var reference requestIdentity
	if req.ID == "" && req.Identity != nil {
		diags.Append(req.Identity.Get(ctx, &reference)...)
	} else {
		endpointID, requestID := splitImportID(req.ID)
		reference.RequestID = types.StringValue(requestID)
		if endpointID != "" {
			reference.EndpointID = types.StringValue(endpointID)
		}
	}
	if !s.known() {
		diags.AddError("Provider Not Configured Yet",
			"The import has to ask fal about the request, but an argument of the provider block is only known after apply. Set it to a known value for the import.")
		return reference, diags
	}
	if reference.EndpointID.IsNull() {
		reference.EndpointID = s.EndpointID
	}
	if reference.RequestID.ValueString() == "" || reference.EndpointID.ValueString() == "" {
		diags.AddError("Invalid Import ID",
			"An image is imported by the id of its request, either alone or behind its endpoint, such as "+
				flux2.DefaultEndpointID+"/764cabcf-b745-4b3e-ae38-1200304cf45b.")
	}
	return reference, diags
}

// splitImportID parts "endpoint_id/request_id". The endpoint, which contains
// slashes itself, is empty if only a request id is given. A slash in front names
// no endpoint, and is left for the request id to be refused with.
func splitImportID(id string) (endpointID, requestID string) {
	id = strings.TrimSpace(id)
	if slash := strings.LastIndexByte(id, '/'); slash > 0 {
		return id[:slash], id[slash+1:]
	}
	return "", id
}

// adopt fills an imported image with what fal still knows about its request:
// the inputs and the time from the history, if the key may read it, the outputs
// from the queue or else from the history.
func (s *Shared) adopt(ctx context.Context, handle fal.Handle, image *imageModel) diag.Diagnostics {
	past, err := s.Service.Past(ctx, handle)
	if err != nil {
		tflog.Debug(ctx, "The request history can't be read", map[string]any{"error": err.Error()})
	}
	if past != nil {
		image.CreatedAt = attributes.RFC3339(past.SentAt)
		if input, err := flux2.DecodeInput(past.Input); err == nil {
			image.setInput(input)
		}
	}
	end := s.Service.Look(ctx, requests.Request{Handle: handle, Adopted: true})
	switch end.Outcome {
	case requests.Delivered:
		if image.Seed.IsNull() {
			image.Seed = types.Int64PointerValue(end.Output.Seed)
		}
		diags := image.takeResult(ctx, end)
		s.checkMedia(ctx, &image.imageOutputs)
		return diags
	case requests.Unfinished:
		image.Status = statusOf(end)
		return nil
	case requests.Cancelled, requests.Refused, requests.MadeNothing, requests.Unusable:
		return diag.Diagnostics{nothingToImport(handle, end)}
	}
	if past == nil && (end.Outcome == requests.Forgotten || errors.Is(end.Err, fal.ErrNotFound)) {
		return diag.Diagnostics{requestNotFound(handle)}
	}
	if end.Outcome == requests.Forgotten {
		return diag.Diagnostics{nothingToImport(handle, end)}
	}
	return readFailed(handle, end.Err)
}
