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
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
)

// submit sends the one request that an image is paid with.
func (s *session) submit(ctx context.Context, endpointID string, input flux2.Input) (fal.Handle, diag.Diagnostics) {
	body, err := input.Encode()
	if err != nil {
		return fal.Handle{}, diag.Diagnostics{diag.NewErrorDiagnostic("Invalid Model Input",
			"The inputs can't be written as JSON; nothing was sent: "+err.Error()+".")}
	}
	handle, err := s.client.Submit(ctx, endpointID, body, fal.SubmitOptions{})
	if err != nil {
		return fal.Handle{}, submitFailed(endpointID, err)
	}
	return handle, nil
}

// lookAt asks fal once about a request whose result is not in state yet, and
// takes the result over if there is one.
func (s *session) lookAt(ctx context.Context, handle fal.Handle, image *imageModel) diag.Diagnostics {
	status, err := s.client.Status(ctx, handle, false)
	if err != nil {
		return readFailed(handle, err)
	}
	image.Status = types.StringValue(string(status.State))
	if status.State != fal.Completed {
		return nil
	}
	return s.takeOver(ctx, handle, image, s.collect(ctx, handle))
}

// takeOver records how a request ended in an image that exists in state.
func (s *session) takeOver(ctx context.Context, handle fal.Handle, image *imageModel, end waited) diag.Diagnostics {
	image.Status = types.StringValue(string(end.status))
	switch end.ending {
	case delivered:
		return image.setResult(ctx, end.result, end.output)
	case cancelled, failed:
		image.Error = types.StringValue(reason(end.err))
		return generationFailed(handle, *image, end)
	case interrupted:
		return diag.Diagnostics{waitInterrupted(handle)}
	default:
		return waitGivenUp(handle, end)
	}
}

// finish waits for a request that an earlier run left unfinished.
func (r *imageResource) finish(ctx context.Context, private privateReader, image *imageModel, patience time.Duration) diag.Diagnostics {
	handle, diags := r.session.handleOf(ctx, private, *image)
	if diags.HasError() {
		return diags
	}
	diags.Append(r.session.takeOver(ctx, handle, image, r.session.await(ctx, handle, patience, false))...)
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
