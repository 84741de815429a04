// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
)

// takeResult records a result in an image that gets one.
func (m *imageModel) takeResult(ctx context.Context, end waited) diag.Diagnostics {
	m.Status = types.StringValue(string(fal.Completed))
	if !m.WaitForCompletion.ValueBool() {
		return nil
	}
	return m.setResult(ctx, end.result, end.output)
}

// takeFailure records why there is no image, and that there won't be one.
func (m *imageModel) takeFailure(end waited) {
	m.Status = types.StringValue(string(fal.Completed))
	m.Error = types.StringValue(reason(end.err))
}

// young is how old a request must be before fal's not knowing it means that it
// has been forgotten.
const young = time.Minute

// lookAt asks fal once about a request whose outcome is not in state yet. It
// returns false if the image should leave the state, since fal's infrastructure
// failed and nothing was billed.
func (s *session) lookAt(ctx context.Context, handle fal.Handle, image *imageModel) (bool, diag.Diagnostics) {
	status, err := s.client.Status(ctx, handle, false)
	var end waited
	switch {
	case errors.Is(err, fal.ErrNotFound):
		if !handle.SubmittedAt.IsZero() && s.client.Now().Sub(handle.SubmittedAt) < young {
			return true, nil
		}
		end = s.recollect(ctx, handle)
	case err != nil:
		return true, readFailed(handle, err)
	case status.State != fal.Completed:
		image.Status = types.StringValue(string(status.State))
		return true, nil
	default:
		end = s.collect(ctx, handle)
	}
	switch {
	case end.ending == delivered:
		return true, image.takeResult(ctx, end)
	case end.broke():
		return false, diag.Diagnostics{infrastructureFailed(handle, end)}
	case end.ending == failed, end.ending == cancelled, end.ending == forgotten:
		image.takeFailure(end)
		return true, diag.Diagnostics{noImage(handle, end)}
	default:
		return true, readFailed(handle, end.err)
	}
}

// finish waits for a request that an earlier run left unfinished.
func (s *session) finish(ctx context.Context, private privateReader, image *imageModel, patience time.Duration) diag.Diagnostics {
	handle, diags := s.handleOf(ctx, private, *image)
	if diags.HasError() {
		return diags
	}
	end := s.await(ctx, handle, patience, false)
	switch {
	case end.ending == delivered:
		diags.Append(image.takeResult(ctx, end)...)
		if input, inputDiags := image.input(ctx); !inputDiags.HasError() {
			diags.Append(reviewOutput(handle, input, end.output)...)
		}
	case end.ending == interrupted:
		image.Status = types.StringValue(string(end.status))
		diags.Append(waitInterrupted(handle))
	case end.ending == givenUp:
		image.Status = types.StringValue(string(end.status))
		diags.Append(waitGivenUp(handle, end)...)
	case end.broke():
		// The next refresh finds this out too, and drops the image.
		diags.Append(generationFailed(handle, *image, end)...)
	default:
		image.takeFailure(end)
		// Unlike a creation that failed, this leaves an object that stays.
		said := noImage(handle, end)
		diags.AddError(said.Summary(), said.Detail())
	}
	return diags
}

// checkMedia asks the media host about each image, all at once. Only a clear
// answer counts: a plan must not depend on the mood of a content network.
func (s *session) checkMedia(ctx context.Context, outputs *imageOutputs) {
	urls := outputs.urls()
	found := make([]imagefile.Availability, len(urls))
	var group sync.WaitGroup
	for i, url := range urls {
		group.Go(func() {
			availability, err := s.media.Available(ctx, url)
			if err != nil {
				tflog.Debug(ctx, "The media host did not say whether an image is there", map[string]any{"error": err.Error()})
			}
			found[i] = availability
		})
	}
	group.Wait()

	present := 0
	for _, availability := range found {
		switch availability {
		case imagefile.Gone:
			outputs.MediaAvailable = types.BoolValue(false)
			return
		case imagefile.Present:
			present++
		}
	}
	if present > 0 && present == len(found) {
		outputs.MediaAvailable = types.BoolValue(true)
	}
}

// reason is the short form of an error from fal, as it is kept in state.
func reason(err error) string {
	var failure *fal.Error
	if errors.As(err, &failure) {
		return failure.Message
	}
	return err.Error()
}
