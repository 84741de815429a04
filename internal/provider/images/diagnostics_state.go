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
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/diagnostics"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
)

func readFailed(handle fal.Handle, err error) diag.Diagnostics {
	return diag.Diagnostics{diag.NewErrorDiagnostic("Request Not Read", diagnostics.Detail(
		fmt.Sprintf("fal was asked about %s%s.", requestName(handle), diagnostics.Outcome(err)),
		diagnostics.AnotherName(handle.EndpointID, err), diagnostics.Advice(err)))}
}

// notWaitedFor is about a wait that came to nothing. If nothing but time was
// missing, it says so.
func notWaitedFor(handle fal.Handle, last fal.State, err error) diag.Diagnostics {
	ranOut, failure := (*attributes.LateError)(nil), (*fal.Error)(nil)
	if !errors.As(err, &ranOut) || errors.As(err, &failure) || last == "" {
		return readFailed(handle, err)
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic("Request Not Finished in Time", diagnostics.Detail(
		fmt.Sprintf("fal was asked about %s, but %s. It said last that the request is %s, and goes on with it.", requestName(handle), diagnostics.Sentence(err), last),
		ranOut.Limit.MoreTime()+" Or look it up again later; without wait, it is not waited for."))}
}

func cancelFailed(handle fal.Handle, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Request Not Cancelled", diagnostics.Detail(
		fmt.Sprintf("The image is deleted while fal still works on %s, and cancelling that failed: %s.", requestName(handle), diagnostics.Sentence(err)),
		diagnostics.Advice(err),
		"Try again, or drop the image with terraform state rm; then the request goes on and may be billed."))
}

func notCancelledWithoutKey(handle fal.Handle) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Request Not Cancelled", fmt.Sprintf(
		"The image is deleted while fal still works on %s. Cancelling that needs an API key, and none is configured, so the request goes on and may be billed.",
		requestName(handle)))
}

func eraseFailed(requestID string, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Payloads Not Deleted", diagnostics.Detail(
		fmt.Sprintf("delete_payloads_on_destroy asks for prompt, output and files of request %s to be erased at fal, and that failed: %s.", requestID, diagnostics.Sentence(err)),
		erasingAdvice(err),
		"Or set delete_payloads_on_destroy = false and apply before you destroy; the payloads then stay at fal."))
}

func erasingAdvice(err error) string {
	if errors.Is(err, fal.ErrForbidden) {
		return "Erasing needs an API key of scope ADMIN. Use such a key."
	}
	return diagnostics.Advice(err)
}

func filesKept(requestID string, files []string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Some Files Not Deleted", diagnostics.Detail(
		fmt.Sprintf("fal erased the payloads of request %s, but could not delete every file:", requestID),
		strings.Join(files, "\n"),
		"It is not tried again. Delete the files in fal's dashboard if they must not stay."))
}

// infrastructureFailed is a warning: the image leaves the state, so that the
// plan shows its creation.
func infrastructureFailed(handle fal.Handle, end requests.End) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Image Not Generated", diagnostics.Detail(
		fmt.Sprintf("%s failed in fal's infrastructure: %s. fal does not bill that.", capital(requestName(handle)), diagnostics.Sentence(end.Err)),
		"The image is not there, so the plan creates it again with a new request."))
}

// noImage is given once, when a failure is found out; the state keeps it.
func noImage(handle fal.Handle, end requests.End) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Image Not Generated", diagnostics.Detail(
		fmt.Sprintf("There is no image for %s: %s.", requestName(handle), diagnostics.Sentence(end.Err)),
		"The reason is in the attribute error. Nothing is submitted again by itself: change an input, or run terraform apply -replace=ADDRESS, to pay for a new request."))
}

// notKnown is said at each refresh as long as it holds: the key, the address or
// fal may be wrong, so that nothing of it is kept.
func notKnown(handle fal.Handle, end requests.End) diag.Diagnostic {
	history := "Its request history has no result of it either."
	if end.Missing != nil {
		history = "Its request history can't be asked: " + diagnostics.Sentence(end.Missing) + "."
	}
	return diag.NewWarningDiagnostic("Request Not Known to fal", diagnostics.Detail(
		fmt.Sprintf("fal says that it does not know %s. %s", requestName(handle), history),
		"That may pass: another account's key, an emulator that is or is not asked, and an outage look the same. fal also forgets requests after a while. "+
			"The image stays in the state, and fal is asked again at each refresh. If you are sure that it is lost, run terraform apply -replace=ADDRESS to pay for a new one."))
}

// unresolved is said as long as it holds: one sign is not enough to drop what
// may be paid for.
func unresolved(handle fal.Handle, end requests.End) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Image Not Collected Yet", diagnostics.Detail(
		fmt.Sprintf("fal has finished %s, but did not deliver its result: %s.", requestName(handle), diagnostics.Sentence(end.Err)),
		missingSign(end),
		"The image stays in the state, and fal is asked again at each refresh. "+sameInAnotherRun(end)+
			"If you are sure that it is lost, run terraform apply -replace=ADDRESS to pay for a new one."))
}

// sameInAnotherRun says what a later run concludes, where the history says nothing.
func sameInAnotherRun(end requests.End) string {
	if !end.HistoryClosed {
		return ""
	}
	return "If fal says the same in a later run, and the status of the request agrees, that is taken for final. "
}

func mediaGone(image imageModel) diag.Diagnostic {
	text := "Nothing is planned because of that. Set on_media_expired = \"regenerate\" to have a new image generated and paid for, or \"ignore\" not to look."
	if image.OnMediaExpired.ValueString() == "regenerate" {
		text = "on_media_expired = \"regenerate\" plans a new image, which is paid for."
	}
	return diag.NewAttributeWarningDiagnostic(path.Root("media_available"), "Image File Gone", diagnostics.Detail(
		fmt.Sprintf("fal no longer has the file of request %s. fal deletes files after a while, as the account or media_expiration says, and when somebody erases the request.", image.RequestID.ValueString()), text))
}

func requestNotFound(handle fal.Handle) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Request Not Found", diagnostics.Detail(
		fmt.Sprintf("Neither fal's queue nor its request history knows %s.", requestName(handle)),
		"Check the request id and the endpoint. fal forgets requests after a while, and shows only those of the key's own account."))
}

func nothingToImport(handle fal.Handle, end requests.End) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Nothing to Import", diagnostics.Detail(
		fmt.Sprintf("There is no image to take over from %s: %s.", requestName(handle), diagnostics.Sentence(end.Err)),
		"Leave out the import, and apply to have the image generated."))
}

// resultWithoutImage is a warning: the state keeps why, and nothing else has to wait
// for it.
func resultWithoutImage(handle fal.Handle, end requests.End) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Request Has No Image", diagnostics.Detail(
		fmt.Sprintf("There is no image for %s: %s.", requestName(handle), diagnostics.Sentence(end.Err)),
		"The reason is in the attribute error, and url is null. Collecting it again won't help. "+
			"Change the image that made the request, or run terraform apply -replace on it, to pay for a new one."))
}

// resultNotCollected explains why a flux2_image_result has nothing to keep. It
// has paid for nothing, so that trying again is always safe.
func resultNotCollected(handle fal.Handle, end requests.End, limit attributes.TimeLimit) diag.Diagnostics {
	switch {
	case end.Outcome == requests.MadeNothing:
		return diag.Diagnostics{diag.NewErrorDiagnostic("Request Has No Image", diagnostics.Detail(
			fmt.Sprintf("There is no image for %s, since it failed in fal's infrastructure: %s. fal does not bill that.", requestName(handle), diagnostics.Sentence(end.Err)),
			"Apply again. A flux2_image that made this request is then generated anew, with a new request.", withoutHistory(end)))}
	case end.HasNoImage():
		return diag.Diagnostics{diag.NewErrorDiagnostic("Request Has No Image", diagnostics.Detail(
			fmt.Sprintf("There is no image for %s: %s.", requestName(handle), diagnostics.Sentence(end.Err)),
			"Collecting it again won't help. Change the image that made the request, or run terraform apply -replace on it, to pay for a new one."))}
	case end.Outcome == requests.Forgotten:
		return diag.Diagnostics{requestNotFound(handle)}
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic("Result Not Collected", diagnostics.Detail(
		fmt.Sprintf("The result of %s could not be collected: %s.", requestName(handle), diagnostics.Sentence(end.Err)),
		diagnostics.AnotherName(handle.EndpointID, end.Err), diagnostics.Advice(end.Err), "Apply again to go on waiting. Collecting a result costs nothing.", moreTimeToStart(limit, end)))}
}

// withoutHistory says why a flux2_image may take one run more.
func withoutHistory(end requests.End) string {
	if !end.HistoryClosed {
		return ""
	}
	return "The key may not read fal's request history, or it has nothing of the request. So the flux2_image has to hear the same in two runs, and you may have to apply twice."
}

// otherOrigin is said in each run: painted pictures must not pass for real ones.
func otherOrigin(own Origin, requestID string) diag.Diagnostic {
	const summary = "Images of Another Origin"
	if own == OriginEmulator {
		return diag.NewWarningDiagnostic(summary, diagnostics.Detail(
			fmt.Sprintf("The state has images that fal generated, request %s for one, and this run talks to an emulator. They stay as they are, and nobody is asked about them.", requestID),
			"To use fal again, remove emulator_url from the provider block, or unset the environment variable FLUX2_EMULATOR_URL. To try something on an emulator, use a state of its own."))
	}
	return diag.NewWarningDiagnostic(summary, diagnostics.Detail(
		fmt.Sprintf("The state has images that an emulator painted, request %s for one, and this run talks to fal. They stay as they are, and fal is not asked about them. "+
			"They are not pictures of FLUX.2.", requestID),
		"To have one generated and pay for it, run terraform apply -replace=ADDRESS. Or use a state of its own for what is tried on an emulator."))
}

func notErasedFromHere(requestID string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Payloads Not Deleted", diagnostics.Detail(
		fmt.Sprintf("delete_payloads_on_destroy asks for prompt, output and files of request %s to be erased at fal, but this run talks to an emulator.", requestID),
		"Remove emulator_url from the provider block, or unset the environment variable FLUX2_EMULATOR_URL, and run again. "+
			"Or set delete_payloads_on_destroy = false and apply before you destroy; the payloads then stay at fal."))
}

func notCancelledFromHere(requestID string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Request Not Cancelled", fmt.Sprintf(
		"The image is deleted while fal may still work on request %s. Only fal could cancel it, and this run talks to an emulator, so the request goes on and may be billed.", requestID))
}
