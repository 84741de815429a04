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
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/diagnostics"
)

func requestNotCancelled(handle fal.Handle, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Request Not Cancelled", diagnostics.Detail(
		fmt.Sprintf("fal was asked to cancel %s%s.", requestName(handle), diagnostics.Outcome(err)),
		diagnostics.Advice(err), "Unless it was cancelled all the same, the request goes on and may be billed."))
}

func nothingToCancel(handle fal.Handle) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Request Not Found", diagnostics.Detail(
		fmt.Sprintf("fal's queue does not know %s.", requestName(handle)),
		"Check the request id and the endpoint. fal forgets finished requests after a while, and shows only those of the key's own account."))
}

// cancelledTooLate is a warning: what was asked for can't be had any more, and
// asking again would change nothing.
func cancelledTooLate(handle fal.Handle) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Request Already Finished", fmt.Sprintf(
		"It was too late to cancel %s: fal had finished it, and bills what it generated.", requestName(handle)))
}

func cancellationUnconfirmed(handle fal.Handle, err error) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Cancellation Not Confirmed", diagnostics.Detail(
		fmt.Sprintf("fal accepted the cancellation of %s, but whether it came in time could not be found out: %s.", requestName(handle), diagnostics.Sentence(err)),
		"Look the request up with the data source flux2_image or in fal's dashboard. It may finish and be billed."))
}

func payloadsNotDeleted(requestID string, left []string, err error) diag.Diagnostic {
	said := fmt.Sprintf("fal was asked to erase the payloads of request %s, and that failed: %s.", requestID, diagnostics.Sentence(err))
	todo := fmt.Sprintf("Nothing was erased of these requests: %s. Run the action again for them.", strings.Join(left, ", "))
	if errors.Is(err, fal.ErrForbidden) {
		return diag.NewErrorDiagnostic("Deletion Not Permitted", diagnostics.Detail(said,
			"The API key is valid, but erasing needs a key of scope ADMIN. That is about the key and not about the request.", todo))
	}
	return diag.NewErrorDiagnostic("Payloads Not Deleted", diagnostics.Detail(said, diagnostics.Advice(err), todo))
}

func nothingToDelete(requestIDs []string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Requests Not Found", diagnostics.Detail(
		fmt.Sprintf("fal does not know these requests: %s. Every other one was erased.", strings.Join(requestIDs, ", ")),
		"Check the ids. fal knows only the requests of the key's own account."))
}

func nothingNamedToErase() diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("request_ids"), "No Request to Erase",
		"request_ids is empty, so nothing was erased. If the ids come from a search, such as one in flux2_requests, look at what it has found.")
}
