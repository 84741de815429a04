// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

// claim is the request that an image is going to have.
type claim struct {
	handle fal.Handle
	// adopted says that somebody else may have made the request.
	adopted bool
	// fresh says that this very run submitted the request.
	fresh bool
	// result is there already for a direct request.
	result *fal.Result
}

// longestSearch is how long a submission whose reply was lost is looked for.
const longestSearch = 10 * time.Minute

// clockTolerance is how much earlier than the submission its entry in the
// history may be dated.
const clockTolerance = 2 * time.Minute

// claimRequest finds the request for a new image, and pays for one only if
// there is no other way: one that a deleted image left behind, then one in
// fal's history if the provider is told to look there, then a submission.
func (s *session) claimRequest(ctx context.Context, image imageModel, input flux2.Input, patience time.Duration) (claim, diag.Diagnostics) {
	key, diags := image.requestKey(ctx)
	if diags.HasError() {
		return claim{}, diags
	}
	if left, found := s.ledger.takeAbandoned(key); found {
		return left, diags
	}
	if s.requests.reuseWithin > 0 && !input.SyncMode {
		looking, looked := context.WithTimeout(ctx, patience)
		handle, found, err := s.history.find(looking, s, image.EndpointID.ValueString(), input)
		looked()
		switch {
		case ctx.Err() != nil:
			diags.Append(interruptedBeforeSubmission())
			return claim{}, diags
		case err != nil:
			diags.Append(historyUnreadable(err))
			return claim{}, diags
		case found:
			return claim{handle: handle, adopted: true}, diags
		}
	}
	options, optionDiags := s.submitOptions(ctx, image.imageSwitches)
	diags.Append(optionDiags...)
	options.Patience = patience
	body, err := input.Encode()
	if err != nil {
		diags.Append(invalidInput(err))
	}
	if !diags.HasError() && !s.ledger.maySubmit(s.requests.limit) {
		diags.Append(tooManyRequests(*s.requests.limit))
	}
	if diags.HasError() {
		return claim{}, diags
	}
	if s.requests.direct {
		return s.runDirectly(ctx, image.EndpointID.ValueString(), body, options)
	}
	return s.submit(ctx, image.EndpointID.ValueString(), body, options, input.SyncMode, patience)
}

// submit sends the one request that an image is paid with. If the reply is
// lost, the request is looked for in fal's history, and never sent again.
func (s *session) submit(ctx context.Context, endpointID string, body []byte, options fal.SubmitOptions, unrecorded bool, patience time.Duration) (claim, diag.Diagnostics) {
	sending, sent := outlive(ctx, grace)
	defer sent()
	handle, err := s.client.Submit(sending, endpointID, body, options)
	if err == nil {
		s.ledger.speakFor(handle.RequestID)
		s.ledger.pass(handle)
		return claim{handle: handle, fresh: true}, nil
	}
	var lost *fal.Error
	if !errors.As(err, &lost) || !errors.Is(err, fal.ErrOutcomeUnknown) {
		return claim{}, submitFailed(endpointID, err)
	}
	if unrecorded || (options.StorePayloads != nil && !*options.StorePayloads) {
		return claim{}, outcomeUnknown(endpointID, lost, "fal keeps no record of it that could be looked up, since sync_mode or store_payloads = false is set.")
	}
	run := ctx
	ctx, stop := context.WithTimeout(run, min(patience, longestSearch))
	defer stop()
	handle, _, searchErr := s.client.FindSubmission(ctx, fal.LostSubmission{
		EndpointID: endpointID,
		Input:      body,
		NotBefore:  lost.SentAt.Add(-clockTolerance),
		// It is asked about matches only. To claim one here keeps it from an
		// equal image whose reply was lost too.
		Exclude: func(requestID string) bool { return !s.ledger.speakFor(requestID) },
	})
	switch {
	case searchErr == nil:
		return claim{handle: handle, adopted: true, fresh: true}, nil
	case run.Err() != nil:
		return claim{}, outcomeUnknown(endpointID, lost, "The run was interrupted before it showed in fal's request history.")
	case ctx.Err() != nil:
		return claim{}, outcomeUnknown(endpointID, lost, "It did not show in fal's request history.")
	default:
		return claim{}, outcomeUnknown(endpointID, lost, "Looking for it in fal's request history failed: "+sentence(searchErr)+".")
	}
}

// grace is how much longer than the run a submission may take that is under way
// when the run is interrupted: an id that arrives in time can be cancelled or
// kept, while a reply that is cut off leaves a request nobody knows.
const grace = time.Second

// outlive returns a context that ends some time after its parent.
func outlive(ctx context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	longer, end := context.WithCancel(context.WithoutCancel(ctx))
	forget := context.AfterFunc(ctx, func() { time.AfterFunc(by, end) })
	return longer, func() {
		forget()
		end()
	}
}

// runDirectly sends the request to the direct API, which answers with the
// result and keeps no queue entry.
func (s *session) runDirectly(ctx context.Context, endpointID string, body []byte, options fal.SubmitOptions) (claim, diag.Diagnostics) {
	options.Priority = ""
	result, err := s.client.Run(ctx, endpointID, body, options)
	var lost *fal.Error
	switch {
	case errors.As(err, &lost) && errors.Is(err, fal.ErrOutcomeUnknown):
		return claim{}, outcomeUnknown(endpointID, lost, "A direct request can't be resumed or looked up.")
	case err != nil:
		return claim{}, submitFailed(endpointID, err)
	}
	return claim{
		handle: fal.Handle{EndpointID: endpointID, RequestID: result.RequestID, SubmittedAt: result.Date},
		result: &result,
	}, nil
}

// submitOptions are the provider's, with what the image says on top.
func (s *session) submitOptions(ctx context.Context, switches imageSwitches) (fal.SubmitOptions, diag.Diagnostics) {
	options := s.requests.options
	options.Priority = either(switches.QueuePriority, options.Priority)
	own, diags := knownTags(ctx, switches.Tags)
	if len(own) > 0 {
		merged := maps.Clone(options.Tags)
		if merged == nil {
			merged = make(map[string]string)
		}
		maps.Copy(merged, own)
		options.Tags = merged
	}
	diags.Append(checkTags(options.Tags)...)
	return options, diags
}
