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

func billingFailed(query fal.BillingQuery, err error) diag.Diagnostics {
	attempt := fmt.Sprintf("fal was asked for billing events%s.", diagnostics.Outcome(err))
	byTags := "Tags can be asked for only after fal has enabled reports by tags for the account: ask fal's support, or leave tags out and select by request_ids."
	switch {
	case errors.Is(err, fal.ErrForbidden) && len(query.Tags) > 0:
		return diag.Diagnostics{diag.NewErrorDiagnostic("Billing Events Not Permitted", diagnostics.Detail(attempt, needsAdmin+" If it has that scope: "+byTags))}
	case errors.Is(err, fal.ErrForbidden):
		return diag.Diagnostics{diag.NewErrorDiagnostic("Billing Events Not Permitted", diagnostics.Detail(attempt, needsAdmin))}
	case errors.Is(err, fal.ErrInvalid) && len(query.Tags) > 0:
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("tags"), "Billing Events Not Read", diagnostics.Detail(attempt, byTags))}
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic("Billing Events Not Read", diagnostics.Detail(attempt, diagnostics.Advice(err)))}
}

// needsAdmin says which key reads bills, and how to have one beside another.
const needsAdmin = "The API key is valid, but only a key of the scope ADMIN may read what was billed. Make one in fal's dashboard under Keys. " +
	"Give it to a second provider block with an alias, and name that in the data source, as in: provider = flux2.billing. Images can keep the key that they have."

func tooManyEvents() diag.Diagnostic {
	return diag.NewErrorDiagnostic("Too Many Billing Events", fmt.Sprintf(
		"fal lists more than %d events, which is more than a state should hold. Set include_events = false to have total_cost alone, or narrow start, end, endpoint_id or tags.", mostEvents))
}

// costsUnknown keeps a sum from passing for all that was billed.
func costsUnknown(count int) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Cost Not Known", fmt.Sprintf(
		"fal does not say what %d of the billing events cost. total_cost leaves them out, so more may have been billed. Look at events whose cost_total is null, and at fal's dashboard under Billing.", count))
}
