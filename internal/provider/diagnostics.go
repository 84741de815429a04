// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/diagnostics"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
)

func missingKey() diag.Diagnostic {
	return diag.NewErrorDiagnostic("Missing fal API Key", diagnostics.Detail(
		"An image is planned, and fal has to know who pays for it.",
		"Set the environment variable FAL_KEY, or api_key in the provider block. "+
			"To try the configuration without a key and without costs, run it under the emulator: "+
			"terraform-provider-flux2 emulate -- terraform apply."))
}

// submitFailed explains why no request came about.
func submitFailed(endpointID string, err error) diag.Diagnostics {
	attempt := fmt.Sprintf("Submitting the image to %s failed: %s.", endpointID, diagnostics.Sentence(err))
	if errors.Is(err, fal.ErrNotFound) {
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("endpoint_id"), "Endpoint Not Found", diagnostics.Detail(attempt,
			"Nothing was generated. Check endpoint_id here and in the provider block."))}
	}
	if fields := fieldErrors(err, flux2.ImageSize{}); len(fields) > 0 {
		return fields
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic("Image Not Submitted", diagnostics.Detail(attempt, "Nothing was generated.", diagnostics.Advice(err)))}
}

// outcomeUnknown says that a request may have come about that nobody can find.
func outcomeUnknown(lost *requests.LostError) diag.Diagnostics {
	at := lost.SentAt.UTC().Format(time.RFC3339)
	said, redirected := fmt.Sprintf("An earlier run submitted an image with these inputs to %s at %s, and ended before it knew the answer.", lost.EndpointID, at), ""
	if lost.Failure != nil {
		said = fmt.Sprintf("An image was submitted to %s at %s, and the reply was lost: %s.", lost.EndpointID, at, diagnostics.Sentence(lost.Failure))
		redirected = redirectAdvice(lost.Failure)
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic("Submission Outcome Unknown", diagnostics.Detail(
		said+" fal may have accepted the request and may bill it. "+searchText(lost)+" It is not sent again, since that could pay twice.",
		redirected, candidatesText(lost), lostAdvice(lost)))}
}

// candidatesText names what could be the request.
func candidatesText(lost *requests.LostError) string {
	if len(lost.Candidates) == 0 {
		return ""
	}
	return "fal's request history lists requests of that time without their inputs, so that each of these may be it: " + strings.Join(lost.Candidates, ", ") + "."
}

// lostAdvice says how the user decides what nobody else can.
func lostAdvice(lost *requests.LostError) string {
	imported := "terraform import ADDRESS " + lost.EndpointID + "/REQUEST_ID"
	if lost.Entry == "" {
		return "Look for a request of that time in fal's dashboard before you apply again. If it is there, take it over: " + imported + ". If it is not, apply again, which pays."
	}
	var steps []string
	switch {
	case lost.Search == requests.SearchUseless:
	case errors.Is(lost.SearchError, fal.ErrForbidden), errors.Is(lost.SearchError, fal.ErrUnauthorized):
		steps = append(steps, "Apply again with a key that may read the request history, if you have one. That costs nothing: the request is looked for, and not submitted again.")
	default:
		steps = append(steps, "Apply again. That costs nothing: the request is looked for once more, and not submitted again.")
	}
	steps = append(steps,
		"If that does not help, look in fal's dashboard for a request of that time.",
		"If it is there, take it over: "+imported+". Then delete the file "+lost.Entry+".",
		"If it is not there, delete the file "+lost.Entry+" and apply again, which submits and pays.")
	text := "What to do:"
	for i, step := range steps {
		text += fmt.Sprintf("\n  %d. %s", i+1, step)
	}
	return text + "\nAs long as the file exists, no image with these inputs is submitted."
}

// searchText says how a lost submission was looked for.
func searchText(lost *requests.LostError) string {
	switch lost.Search {
	case requests.SearchUseless:
		return "fal keeps no record of it that could be looked up, since sync_mode or store_payloads = false is set."
	case requests.SearchDirect:
		return "A direct request can't be resumed or looked up."
	case requests.SearchInterrupted:
		return "The run was interrupted before it showed in fal's request history."
	case requests.SearchFailed:
		return "Looking for it in fal's request history failed: " + diagnostics.Sentence(lost.SearchError) + "."
	default:
		return "It did not show in fal's request history."
	}
}

// redirectAdvice is for an answer that fal itself never gives to a submission.
func redirectAdvice(lost *fal.Error) string {
	if lost.StatusCode < 300 || lost.StatusCode > 399 {
		return ""
	}
	return "The answer was a redirect, which is not followed. Check queue_url and run_url in the provider block: they probably point at something that is not fal's API."
}

func invalidInput(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Invalid Model Input", "The inputs can't be written as JSON; nothing was sent: "+err.Error()+".")
}

func tooManyRequests(limit int64) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Too Many Images for One Run", fmt.Sprintf(
		"The provider has max_requests_per_run = %d, and this run needs more paid requests than that. "+
			"A plan with too many submits none of them, and an apply none beyond the limit. Raise the limit if all of the images are wanted, or apply them in parts.", limit))
}

func interruptedBeforeSubmission() diag.Diagnostic {
	return diag.NewErrorDiagnostic("Image Not Submitted",
		"The run was interrupted before the image was submitted. Nothing was sent that fal has accepted, and nothing is billed. Apply again.")
}

func historyUnreadable(history *requests.HistoryError) diag.Diagnostic {
	if history.Err == nil {
		return diag.NewErrorDiagnostic("Request History Without Inputs", diagnostics.Detail(
			fmt.Sprintf("reuse_requests_within looks for an existing request before it pays for a new one. fal's request history lists %d requests "+
				"of the last 15 minutes without their inputs, so that there is no telling whether one of them is this image.", history.Hidden),
			"Nothing was submitted.",
			"Apply again in 15 minutes. Or look for the request in fal's dashboard, and import it if it is there: terraform import ADDRESS ENDPOINT_ID/REQUEST_ID. "+
				"fal lists no inputs where payloads are not stored: see store_payloads, and the settings of your account."))
	}
	return diag.NewErrorDiagnostic("Request History Not Read", diagnostics.Detail(
		fmt.Sprintf("reuse_requests_within looks for an existing request before it pays for a new one, but fal's request history can't be read: %s.", diagnostics.Sentence(history)),
		"Nothing was submitted.", diagnostics.Advice(history), "Then apply again. It is safe to do so as often as you like."))
}

// historyWithoutInputs is a warning: what is as old as that was most likely seen by
// an earlier run, or is somebody else's.
func historyWithoutInputs(count int) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Request History Without Inputs", diagnostics.Detail(
		"reuse_requests_within looks for an existing request before it pays for a new one. "+
			fmt.Sprintf("fal's request history has entries of more than 15 minutes ago without inputs (%d), which can't be compared. Any of them may be what an image of this run asks for.", count),
		"The run goes on, and pays for what it does not find.",
		"fal lists no inputs where payloads are not stored: see store_payloads, and the settings of your account. Without inputs, reuse_requests_within finds nothing."))
}

// generationFailed explains why a request brought no image. It is for what is
// certain.
func generationFailed(handle fal.Handle, image imageModel, end requests.End) diag.Diagnostics {
	request := requestName(handle)
	switch {
	case end.Outcome == requests.Cancelled && errors.Is(end.Err, requests.ErrStillQueued):
		return diag.Diagnostics{diag.NewErrorDiagnostic("Image Generation Timed Out", diagnostics.Detail(
			fmt.Sprintf("fal had not started %s when the create timeout ended. The request was cancelled in the queue; it is not billed.", request),
			"Apply again later, or allow more time: timeouts = { create = \"2h\" }."))}
	case end.Outcome == requests.Cancelled && end.Interrupted:
		return diag.Diagnostics{diag.NewErrorDiagnostic("Image Generation Cancelled", diagnostics.Detail(
			fmt.Sprintf("The run was interrupted while %s was still queued. The request was cancelled; it is not billed.", request),
			"Apply again to submit a new one."))}
	case end.Outcome == requests.Cancelled:
		return diag.Diagnostics{diag.NewErrorDiagnostic("Image Generation Cancelled", diagnostics.Detail(
			fmt.Sprintf("Somebody cancelled %s at fal. There is no image.", request), "Apply again to submit a new request."))}
	case errors.Is(end.Err, fal.ErrContentPolicy):
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("prompt"), "Prompt Refused", diagnostics.Detail(
			fmt.Sprintf("The model refused the prompt of %s on grounds of content: %s.", request, diagnostics.Sentence(end.Err)),
			"Rephrase the prompt. Sending the same one again will be refused again."))}
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

func failureAdvice(end requests.End) string {
	var failure *fal.Error
	switch {
	case errors.As(end.Err, &failure) && failure.Type == fal.TypeNoMediaGenerated:
		return "No input is named as wrong. Apply again, which submits a new request; if the same happens again, change the prompt or the seed. fal may bill a request that its model has worked on."
	case errors.Is(end.Err, fal.ErrStartTimeout):
		return "fal gave up because processing had not started in time. It is not billed. Apply again later, or allow more time."
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

// reviewOutput warns about a result that is not quite what was asked for.
func reviewOutput(handle fal.Handle, input flux2.Input, output flux2.Output) diag.Diagnostics {
	var diags diag.Diagnostics
	if input.Seed != nil && output.Seed != nil && *input.Seed != *output.Seed {
		diags.AddAttributeWarning(path.Root("seed"), "Seed Changed by fal", fmt.Sprintf(
			"%s was submitted with the seed %d, but fal reports that it used %d. The image may not be reproducible from this configuration.%s",
			capital(requestName(handle)), *input.Seed, *output.Seed, smallerSeed(*input.Seed)))
	}
	if flagged := output.Flagged(); len(flagged) > 0 {
		indices := make([]string, len(flagged))
		for i, index := range flagged {
			indices[i] = strconv.Itoa(index)
		}
		diags.AddAttributeWarning(path.Root("has_nsfw_concepts"), "Image Flagged by the Safety Checker", fmt.Sprintf(
			"The safety checker flagged images[%s] of %s and blackened them. fal counts this as a success and bills it. Rephrase the prompt; "+
				"a postcondition on has_nsfw_concepts turns this into an error.",
			strings.Join(indices, ", "), requestName(handle)))
	}
	return diags
}

func smallerSeed(seed int64) string {
	if seed <= flux2.MaxAdvisedSeed {
		return ""
	}
	return fmt.Sprintf(" Smaller seeds, up to %d, are known to be kept.", int64(flux2.MaxAdvisedSeed))
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
