// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
)

// handOver keeps a request that was given up for the replacement that may
// follow in the same run. It is a tainted object that is deleted here, so that
// there is no private state. A healthy object is never handed over: -replace
// asks for a new image.
func (s *Shared) handOver(ctx context.Context, private privateReader, image imageModel) diag.Diagnostics {
	handle, diags := s.handleOf(ctx, private, image)
	input, inputDiags := image.input(ctx)
	if diags.HasError() || inputDiags.HasError() {
		// Without all inputs there is no telling whether a replacement asks for
		// the same thing; deleting must work all the same.
		return nil
	}
	left, err := s.Service.HandOver(input, requests.Request{Handle: handle, Adopted: image.Adopted.ValueBool(), Unrecorded: s.unrecorded(image)})
	if err != nil || !left {
		return nil
	}
	// From here to the replacement no state knows the request.
	diags.Append(handedOver(handle))
	return diags
}

// cancelUnfinished cancels a request of our own. That it is too late is fine.
func (s *Shared) cancelUnfinished(ctx context.Context, private privateReader, image imageModel) diag.Diagnostics {
	handle, diags := s.handleOf(ctx, private, image)
	if diags.HasError() {
		return diags
	}
	err := s.Service.Withdraw(ctx, handle)
	switch {
	case errors.Is(err, fal.ErrNoKey):
		diags.Append(notCancelledWithoutKey(handle))
	case err != nil:
		diags.Append(cancelFailed(handle, attributes.Late(ctx, err)))
	}
	return diags
}

// erase deletes what fal stores of a request. What is gone already is fine.
func (s *Shared) erase(ctx context.Context, requestID string) diag.Diagnostics {
	files, err := s.Service.Erase(ctx, requestID)
	if err != nil {
		return diag.Diagnostics{eraseFailed(requestID, attributes.Late(ctx, err))}
	}
	if kept := keptFiles(files); len(kept) > 0 {
		return diag.Diagnostics{filesKept(requestID, kept)}
	}
	return nil
}

// keptFiles says which files fal could not delete, and why.
func keptFiles(files []fal.FileDeletion) []string {
	var kept []string
	for _, file := range files {
		if file.Exception != nil {
			kept = append(kept, file.Link+": "+*file.Exception)
		}
	}
	return kept
}
