// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/diagnostics"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
)

// generationFailed explains why a request brought no image. It is for what is
// certain.
func generationFailed(handle fal.Handle, image imageModel, end requests.End, limit attributes.TimeLimit) diag.Diagnostics {
	request := requestName(handle)
	switch {
	case end.Outcome == requests.Cancelled && errors.Is(end.Err, requests.ErrStillQueued):
		return diag.Diagnostics{diag.NewErrorDiagnostic("Image Generation Timed Out", diagnostics.Detail(
			fmt.Sprintf("fal had not started %s when the create timeout ended. The request was cancelled in the queue; it is not billed.", request),
			"Apply again later. "+limit.MoreTime()))}
	case end.Outcome == requests.Cancelled && end.Interrupted:
		return diag.Diagnostics{diag.NewErrorDiagnostic("Image Generation Cancelled", diagnostics.Detail(
			fmt.Sprintf("The run was interrupted while %s was still queued. The request was cancelled; it is not billed.", request),
			"Apply again to submit a new one."))}
	case end.Outcome == requests.Cancelled:
		return diag.Diagnostics{diag.NewErrorDiagnostic("Image Generation Cancelled", diagnostics.Detail(
			fmt.Sprintf("Somebody cancelled %s at fal. There is no image.", request), "Apply again to submit a new request."))}
	case errors.Is(end.Err, fal.ErrContentPolicy):
		return diag.Diagnostics{promptRefused(request, end.Err)}
	case end.Outcome == requests.Refused && errors.Is(end.Err, fal.ErrNotFound):
		return diag.Diagnostics{endpointNotFound(handle.EndpointID, fmt.Sprintf("fal accepted %s, and then had no such endpoint: %s.", request, diagnostics.Sentence(end.Err)), end.Err)}
	case end.Outcome == requests.Unusable:
		return diag.Diagnostics{diag.NewErrorDiagnostic("Unusable Result", diagnostics.Detail(
			fmt.Sprintf("fal finished %s, but its result can't be used: %s.", request, diagnostics.Sentence(end.Err)),
			"fal may have billed it. Look at the request in fal's dashboard before you apply again, which submits a new one."))}
	}
	if end.Outcome == requests.Refused {
		if fields := fieldErrors(end.Err, image.requestedSize()); len(fields) > 0 {
			return fields
		}
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic("Image Generation Failed", diagnostics.Detail(
		fmt.Sprintf("fal made no image for %s: %s.", request, diagnostics.Sentence(end.Err)),
		failureAdvice(end)))}
}

func promptRefused(request string, err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("prompt"), "Prompt Refused", diagnostics.Detail(
		fmt.Sprintf("The model refused the prompt of %s on grounds of content: %s.", request, diagnostics.Sentence(err)),
		"Rephrase the prompt. Sending the same one again will be refused again."))
}

func failureAdvice(end requests.End) string {
	var failure *fal.Error
	switch {
	case errors.As(end.Err, &failure) && failure.Type == fal.TypeNoMediaGenerated:
		return "No input is named as wrong. Apply again, which submits a new request; if the same happens again, change the prompt or the seed. fal may bill a request that its model has worked on."
	case errors.Is(end.Err, fal.ErrStartTimeout):
		return "fal gave up because processing had not started in time. It is not billed. Apply again later, or allow more time with start_timeout in the provider block."
	case end.Outcome == requests.MadeNothing:
		return "This is a fault of fal's infrastructure, which fal does not bill. Apply again to submit a new request."
	default:
		return "Correct the inputs and apply again, which submits a new request. fal may bill a request that it refuses after it has begun to work on it."
	}
}

// fieldErrors maps what fal says about single inputs to their attributes.
// Faults that concern no attribute come back without a path.
func fieldErrors(err error, size flux2.ImageSize) diag.Diagnostics {
	var failure *fal.Error
	if !errors.As(err, &failure) || len(failure.Fields) == 0 {
		return nil
	}
	var diags diag.Diagnostics
	for _, field := range failure.Fields {
		at, known := attributePath(field.Loc, size)
		name := strings.Join(field.Loc, ".")
		if known {
			// The engine shows the attribute only where it is configured.
			name = at.String()
		}
		text := diagnostics.Detail(
			fmt.Sprintf("fal refused %s of %s: %s.", name, requestOf(failure), strings.TrimRight(field.Message, ".")),
			"Correct it and apply again. fal may bill a request that it refuses after it has begun to work on it.")
		if known {
			diags.AddAttributeError(at, "Input Refused by fal", text)
		} else {
			diags.AddError("Input Refused by fal", text)
		}
	}
	return diags
}

// attributePath finds the attribute that a location such as body, image_size,
// ImageSize, width is about. fal names the alternatives of a union on the way.
func attributePath(location []string, size flux2.ImageSize) (path.Path, bool) {
	if len(location) > 0 && location[0] == "body" {
		location = location[1:]
	}
	if len(location) == 0 {
		return path.Empty(), false
	}
	switch name := location[0]; name {
	case "prompt", "guidance_scale", "seed", "num_inference_steps", "num_images", "acceleration",
		"enable_prompt_expansion", "enable_safety_checker", "sync_mode", "output_format":
		return path.Root(name), true
	case "image_size":
		if size.Preset != "" {
			return path.Root("image_size"), true
		}
		at := path.Root("custom_image_size")
		if side := location[len(location)-1]; side == "width" || side == "height" {
			at = at.AtName(side)
		}
		return at, true
	}
	return path.Empty(), false
}

// waitInterrupted is a warning and not an error, so that the object is not
// tainted: the engine stops with an error of its own anyway.
func waitInterrupted(handle fal.Handle, end requests.End) diag.Diagnostic {
	next := "Apply again to wait for it and collect the image. Nothing is submitted or paid a second time."
	if end.CancelAsked {
		next = "fal was asked to cancel it, and had not confirmed that when the run ended. Apply again: an image that was made all the same is collected, " +
			"and one that was cancelled, which costs nothing, is submitted anew."
	}
	return diag.NewWarningDiagnostic("Image Still Being Generated", diagnostics.Detail(
		fmt.Sprintf("The run was interrupted while fal worked on %s. The request goes on, and its id is in the state.", requestName(handle)), next))
}

// waitGivenUp reports a wait that led nowhere although the request may succeed.
func waitGivenUp(handle fal.Handle, end requests.End, limit attributes.TimeLimit) diag.Diagnostics {
	return diag.Diagnostics{diag.NewErrorDiagnostic("Image Not Collected", diagnostics.Detail(
		fmt.Sprintf("fal accepted %s, but the result could not be collected: %s.", requestName(handle), diagnostics.Sentence(end.Err)),
		missingSign(end),
		diagnostics.AnotherName(handle.EndpointID, end.Err),
		diagnostics.Advice(end.Err),
		moreTimeToStart(limit, end),
		"The request's id is in the state. Apply again to collect the image; nothing is submitted or paid a second time for the same inputs.",
		"If you apply on another machine, and the image or something that depends on it has create_before_destroy or destroy = false: run terraform untaint ADDRESS first.",
		lossIsYourWord(end)))}
}

// moreTimeToStart is for a wait that ended while fal had not started the request.
func moreTimeToStart(limit attributes.TimeLimit, end requests.End) string {
	if !errors.Is(end.Err, requests.ErrStillQueued) {
		return ""
	}
	return limit.MoreTime()
}

// lossIsYourWord says how to pay for another image, where fal has finished a
// request and does not deliver. Whether it is lost is for a person to decide.
func lossIsYourWord(end requests.End) string {
	if end.Status != fal.Completed {
		return ""
	}
	return "If you are sure that the image is lost, pay for a new one: terraform untaint ADDRESS, and then terraform apply -replace=ADDRESS."
}

// missingSign says what it takes to be sure of what fal said.
func missingSign(end requests.End) string {
	switch {
	case end.Status != fal.Completed:
		return ""
	case end.Missing != nil:
		return "That is not taken for final by itself, and fal's request history could not confirm it: " + diagnostics.Sentence(end.Missing) + "."
	case errors.Is(end.Err, fal.ErrServerFault), errors.Is(end.Err, fal.ErrRefusedInput):
		return "That is not taken for final by itself, and fal's request history has not confirmed it so far."
	default:
		return ""
	}
}

// handedOver names the request of an object that is deleted, in case its
// replacement never comes to be made.
func handedOver(handle fal.Handle) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Request Handed Over", fmt.Sprintf(
		"An image that was not collected is removed from the state, and a replacement with the same inputs takes over %s in this run. "+
			"Should this run end before that, apply again on the same disk, where it is noted. On another disk, import the request as %s/%s: "+
			"an apply would pay for another there.",
		requestName(handle), handle.EndpointID, handle.RequestID))
}

func requestName(handle fal.Handle) string {
	if handle.RequestID == "" {
		return "the request at " + handle.EndpointID
	}
	return "request " + handle.RequestID + " at " + handle.EndpointID
}

func requestOf(failure *fal.Error) string {
	if failure.RequestID == "" {
		return "the request"
	}
	return "request " + failure.RequestID
}

func capital(text string) string {
	return strings.ToUpper(text[:1]) + text[1:]
}
