// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
)

// obtain gets the request of a new image.
func (s *Shared) obtain(ctx context.Context, image imageModel, input flux2.Input, patience time.Duration) (requests.Request, diag.Diagnostics) {
	options, diags := s.submitOptions(ctx, image.imageSwitches)
	if diags.HasError() {
		return requests.Request{}, diags
	}
	endpointID := image.EndpointID.ValueString()
	obtained, err := s.Service.Obtain(ctx, requests.Wanted{EndpointID: endpointID, Input: input, Options: options, Patience: patience})
	if problem := s.Service.JournalProblem(); problem != nil {
		diags.Append(journalFailed(s.Store, problem))
	}
	if uncomparable := s.Service.Uncomparable(); uncomparable > 0 {
		diags.Append(historyWithoutInputs(uncomparable))
	}
	var lost *requests.LostError
	var history *requests.HistoryError
	switch {
	case err == nil:
		return obtained, diags
	case errors.As(err, &lost):
		diags.Append(outcomeUnknown(lost)...)
	case errors.As(err, &history):
		diags.Append(historyUnreadable(history))
	case errors.Is(err, requests.ErrLimit):
		diags.Append(tooManySubmitted(*s.Limit))
	case errors.Is(err, requests.ErrInterruptedEarly):
		diags.Append(interruptedBeforeSubmission())
	default:
		diags.Append(submitFailed(endpointID, err)...)
	}
	return requests.Request{}, diags
}

// submitOptions are the provider's, with what the image says on top.
func (s *Shared) submitOptions(ctx context.Context, switches imageSwitches) (fal.SubmitOptions, diag.Diagnostics) {
	options := s.Options
	options.Priority = attributes.StringOr(switches.QueuePriority, options.Priority)
	own, diags := attributes.KnownTags(ctx, switches.Tags)
	if len(own) > 0 {
		merged := maps.Clone(options.Tags)
		if merged == nil {
			merged = make(map[string]string)
		}
		maps.Copy(merged, own)
		options.Tags = merged
	}
	diags.Append(attributes.CheckTags(options.Tags)...)
	return options, diags
}
