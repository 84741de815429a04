// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

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
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
)

// takeResult records a result in an image that gets one.
func (m *imageModel) takeResult(ctx context.Context, end requests.End) diag.Diagnostics {
	m.Status = types.StringValue(string(fal.Completed))
	if !m.WaitForCompletion.ValueBool() {
		return nil
	}
	return m.record(ctx, end)
}

// record projects a result onto the outputs of an image whose inputs are known.
func (m *imageModel) record(ctx context.Context, end requests.End) diag.Diagnostics {
	diags := m.setResult(ctx, end.Result, end.Output)
	if !m.EnablePromptExpansion.ValueBool() {
		// It would be the prompt itself, and print one that is sensitive.
		m.ExpandedPrompt = types.StringNull()
	}
	return diags
}

// statusOf is the last status that fal reported; null if it reported none.
func statusOf(end requests.End) types.String {
	if end.Status == "" {
		return types.StringNull()
	}
	return types.StringValue(string(end.Status))
}

// lookAt asks fal once about a request whose outcome is not in state yet. It
// returns false if the image should leave the state, since it is certain that
// there will be none and that nothing is billed.
func (s *Shared) lookAt(ctx context.Context, private privateReader, notes privateWriter, handle fal.Handle, image *imageModel) (bool, diag.Diagnostics) {
	before := answerOf(ctx, private)
	end := s.Service.Look(ctx, requests.Request{
		Handle: handle, Adopted: image.Adopted.ValueBool(), Unrecorded: s.unrecorded(*image), Answered: before.Answer, AnsweredAt: before.At,
	})
	switch end.Outcome {
	case requests.Delivered:
		return true, image.takeResult(ctx, end)
	case requests.Unfinished:
		image.Status = statusOf(end)
		return true, nil
	case requests.MadeNothing:
		return false, diag.Diagnostics{infrastructureFailed(handle, end)}
	case requests.Cancelled:
		if cancellationAsked(ctx, private) {
			// By an earlier run, at its end. That fal carried it out is what was wanted.
			return false, nil
		}
		image.takeFailure(end)
		return true, diag.Diagnostics{noImage(handle, end)}
	case requests.Refused, requests.Unusable:
		image.takeFailure(end)
		return true, diag.Diagnostics{noImage(handle, end)}
	case requests.Forgotten:
		return true, diag.Diagnostics{notKnown(handle, end)}
	}
	if end.Status == fal.Completed {
		said := diag.Diagnostics{unresolved(handle, end)}
		if end.HistoryClosed && end.Answer() != before.Answer {
			said.Append(notedAnswer{Answer: end.Answer(), At: s.Clock.Now()}.save(ctx, notes)...)
		}
		return true, said
	}
	if errors.Is(end.Err, fal.ErrNotFound) {
		// It was made moments ago.
		return true, nil
	}
	return true, readFailed(handle, attributes.Late(ctx, end.Err))
}

// finish waits for a request that an earlier run left unfinished.
func (s *Shared) finish(ctx context.Context, private privateReader, notes privateWriter, image *imageModel, patience time.Duration) diag.Diagnostics {
	handle, diags := s.handleOf(ctx, private, *image)
	if diags.HasError() {
		return diags
	}
	limit := attributes.TimeLimit{Operation: "update", Length: patience}
	end := s.Service.Finish(ctx, requests.Request{Handle: handle, Adopted: image.Adopted.ValueBool(), Unrecorded: s.unrecorded(*image)}, patience)
	switch end.Outcome {
	case requests.Delivered:
		diags.Append(image.takeResult(ctx, end)...)
		if input, inputDiags := image.input(ctx); !inputDiags.HasError() {
			diags.Append(reviewOutput(handle, input, end.Output)...)
		}
	case requests.Unfinished:
		image.Status = types.StringValue(string(end.Status))
		diags.Append(waitInterrupted(handle, end))
	case requests.Unresolved, requests.Forgotten:
		image.Status = statusOf(end)
		diags.Append(waitGivenUp(handle, end, limit)...)
	case requests.MadeNothing:
		// The next refresh finds this out too, and drops the image.
		diags.Append(notedAnswer{Answer: end.Answer()}.save(ctx, notes)...)
		diags.Append(generationFailed(handle, *image, end, limit)...)
	case requests.Cancelled:
		if cancellationAsked(ctx, private) {
			diags.Append(generationFailed(handle, *image, end, limit)...)
			return diags
		}
		fallthrough
	default:
		image.takeFailure(end)
		// Unlike a creation that failed, this leaves an object that stays.
		said := noImage(handle, end)
		diags.AddError(said.Summary(), said.Detail())
	}
	return diags
}

// unrecorded reports whether fal's history has nothing of an image's request.
func (s *Shared) unrecorded(image imageModel) bool {
	stored := s.Options.StorePayloads
	return image.SyncMode.ValueBool() || stored != nil && !*stored
}

// regenerates reports whether an image is to be generated anew, since its files are
// gone.
func (m *imageModel) regenerates(ctx context.Context, s *Shared) bool {
	if m.OnMediaExpired.ValueString() != "regenerate" {
		return false
	}
	s.checkMedia(ctx, &m.imageOutputs)
	return !m.MediaAvailable.ValueBool()
}

// checkMedia asks the media host about each image, all at once. Only a clear
// answer counts: a plan must not depend on the mood of a content network.
func (s *Shared) checkMedia(ctx context.Context, outputs *imageOutputs) {
	urls := outputs.urls()
	found := make([]imagefile.Availability, len(urls))
	var group sync.WaitGroup
	for i, url := range urls {
		group.Go(func() {
			availability, err := s.Media.Available(ctx, url)
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
