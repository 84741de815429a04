// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
)

func readFailed(handle fal.Handle, err error) diag.Diagnostics {
	return diag.Diagnostics{diag.NewErrorDiagnostic("Request Not Read", detail(
		fmt.Sprintf("fal was asked about %s and answered with an error: %s.", requestName(handle), sentence(err)),
		advice(err)))}
}

func cancelFailed(handle fal.Handle, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Request Not Cancelled", detail(
		fmt.Sprintf("The image is deleted while fal still works on %s, and cancelling that failed: %s.", requestName(handle), sentence(err)),
		advice(err),
		"Try again, or drop the image with terraform state rm; then the request goes on and may be billed."))
}

func notCancelledWithoutKey(handle fal.Handle) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Request Not Cancelled", fmt.Sprintf(
		"The image is deleted while fal still works on %s. Cancelling that needs an API key, and none is configured, so the request goes on and may be billed.",
		requestName(handle)))
}

func eraseFailed(requestID string, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Payloads Not Deleted", detail(
		fmt.Sprintf("delete_payloads_on_destroy asks for prompt, output and files of request %s to be erased at fal, and that failed: %s.", requestID, sentence(err)),
		"Erasing needs an API key of scope ADMIN. Use such a key, or set delete_payloads_on_destroy = false and apply before you destroy; the payloads then stay at fal.",
		advice(err)))
}

func filesKept(requestID string, files []string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Some Files Not Deleted", detail(
		fmt.Sprintf("fal erased the payloads of request %s, but could not delete every file:", requestID),
		strings.Join(files, "\n"),
		"It is not tried again. Delete the files in fal's dashboard if they must not stay."))
}

// infrastructureFailed is a warning: the image leaves the state, so that the
// plan shows its creation.
func infrastructureFailed(handle fal.Handle, end waited) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Image Not Generated", detail(
		fmt.Sprintf("%s failed in fal's infrastructure: %s. fal does not bill that.", capital(requestName(handle)), sentence(end.err)),
		"The image is not there, so the plan creates it again with a new request."))
}

// noImage is given once, when a failure is found out; the state keeps it.
func noImage(handle fal.Handle, end waited) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Image Not Generated", detail(
		fmt.Sprintf("There is no image for %s: %s.", requestName(handle), sentence(end.err)),
		"The reason is in the attribute error. Nothing is submitted again by itself: change an input, or run terraform apply -replace=ADDRESS, to pay for a new request."))
}

func mediaGone(image imageModel) diag.Diagnostic {
	text := "Nothing is planned because of that. Set on_media_expired = \"regenerate\" to have a new image generated and paid for, or \"ignore\" not to look."
	if image.OnMediaExpired.ValueString() == "regenerate" {
		text = "on_media_expired = \"regenerate\" plans a new image, which is paid for."
	}
	return diag.NewAttributeWarningDiagnostic(path.Root("media_available"), "Image File Gone", detail(
		fmt.Sprintf("fal no longer has the file of request %s. It deletes files after a while, as the account or media_expiration says.", image.RequestID.ValueString()), text))
}

func requestNotFound(handle fal.Handle) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Request Not Found", detail(
		fmt.Sprintf("Neither fal's queue nor its request history knows %s.", requestName(handle)),
		"Check the request id and the endpoint. fal forgets requests after a while, and shows only those of the key's own account."))
}

func nothingToImport(handle fal.Handle, end waited) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Nothing to Import", detail(
		fmt.Sprintf("There is no image to take over from %s: %s.", requestName(handle), sentence(end.err)),
		"Leave out the import, and apply to have the image generated."))
}

// resultNotCollected explains why a flux2_image_result has nothing to keep. It
// has paid for nothing, so that trying again is always safe.
func resultNotCollected(handle fal.Handle, end waited) diag.Diagnostics {
	switch end.ending {
	case failed, cancelled:
		return diag.Diagnostics{diag.NewErrorDiagnostic("Request Has No Image", detail(
			fmt.Sprintf("There is no image for %s: %s.", requestName(handle), sentence(end.err)),
			"Collecting it again won't help. Change the image that made the request, or run terraform apply -replace on it, to pay for a new one."))}
	case forgotten:
		return diag.Diagnostics{requestNotFound(handle)}
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic("Result Not Collected", detail(
		fmt.Sprintf("The result of %s could not be collected: %s.", requestName(handle), sentence(end.err)),
		advice(end.err), "Apply again to go on waiting. Collecting a result costs nothing."))}
}
