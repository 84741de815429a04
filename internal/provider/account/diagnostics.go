// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package account

import (
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/diagnostics"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/lookup"
)

func pricingFailed(endpointID string, err error) diag.Diagnostics {
	attempt := fmt.Sprintf("fal was asked what %s costs%s.", endpointID, diagnostics.Outcome(err))
	switch {
	case errors.Is(err, fal.ErrForbidden):
		return diag.Diagnostics{diag.NewErrorDiagnostic("Price Not Permitted", diagnostics.Detail(attempt, lookup.NotAllowed("read prices")))}
	case errors.Is(err, fal.ErrNotFound):
		return diag.Diagnostics{noPrice(endpointID, diagnostics.Sentence(err))}
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic("Price Not Read", diagnostics.Detail(attempt, diagnostics.Advice(err)))}
}

func noPrice(endpointID, answer string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("endpoint_id"), "Price Not Found", diagnostics.Detail(
		fmt.Sprintf("fal has no price for %s: %s. Either there is no such endpoint, or fal does not list its price.", endpointID, answer),
		"Check endpoint_id here and in the provider block. Prices of listed endpoints are on their pages at fal.ai/models."))
}

// priceOfZero keeps a budget from resting on a price that is not one.
func priceOfZero(endpointID string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Price of 0", fmt.Sprintf(
		"fal lists %s at a price of 0. That may stand for a price that is not published, so do not take it for free: "+
			"a budget that is checked against it always holds. Look at billable_units and at fal's bills instead.", endpointID))
}
