// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package lookup

import (
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/diagnostics"
)

// AskedTooEarly is for whatever has to call fal during a plan.
func AskedTooEarly() diag.Diagnostic {
	return diag.NewErrorDiagnostic("Provider Not Configured Yet",
		"The look-up has to ask fal, but an argument of the provider block is only known after apply. Give the provider known values, or look it up in a later run.")
}

// NotAllowed is what to know about a 403 of the platform API: the key is good,
// and nothing is said about whether there is what was asked for.
func NotAllowed(what string) string {
	return "The API key is valid, but may not " + what + ". That is about the key and not about the endpoint: ask for a key with that permission in fal's dashboard under Keys."
}

// HistoryFailed explains why the request history could not be read.
func HistoryFailed(endpointID string, err error) diag.Diagnostics {
	attempt := fmt.Sprintf("fal's request history of %s can't be read: %s.", endpointID, diagnostics.Sentence(err))
	switch {
	case errors.Is(err, fal.ErrForbidden):
		return diag.Diagnostics{diag.NewErrorDiagnostic("Request History Not Permitted", diagnostics.Detail(attempt, NotAllowed("read the request history")))}
	case errors.Is(err, fal.ErrNotFound):
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("endpoint_id"), "Endpoint Not Found", diagnostics.Detail(attempt,
			"fal knows no endpoint of that name. Check endpoint_id here and in the provider block."))}
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic("Request History Not Read", diagnostics.Detail(attempt, diagnostics.AnotherName(endpointID, err), diagnostics.Advice(err)))}
}
