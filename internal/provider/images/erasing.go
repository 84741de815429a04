// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/diagnostics"
)

// erasingGuide ends what is said where nothing is erased.
const erasingGuide = "The guide \"Erasing what was generated\" says how to do that without actions, and what is kept elsewhere."

// nothingErased says why the end of an image erases nothing at fal, although that is
// asked for. It says nothing where it isn't, or where something is erased.
func nothingErased(image imageModel) diag.Diagnostics {
	switch {
	case !image.DeletePayloadsOnDestroy.ValueBool():
		return nil
	case image.Adopted.ValueBool():
		return diag.Diagnostics{adoptedIsNotErased(image.RequestID.ValueString())}
	case image.RequestID.IsNull():
		return diag.Diagnostics{namelessIsNotErased()}
	}
	return nil
}

// planErasing says of an image that is changed or replaced what
// delete_payloads_on_destroy won't do. Of one that stays as it is, it was said before.
func planErasing(before, after imageModel, replaced bool) diag.Diagnostics {
	asked := before.DeletePayloadsOnDestroy.ValueBool()
	switched := !asked && after.DeletePayloadsOnDestroy.ValueBool()
	if !switched && (!asked || !replaced) {
		return nil
	}
	before.DeletePayloadsOnDestroy = types.BoolValue(true)
	kept := nothingErased(before)
	if len(kept) == 0 && replaced && switched {
		kept = diag.Diagnostics{switchedTooLate(before.RequestID.ValueString())}
	}
	return kept
}

// planErasingAtTheEnd says what will keep fal from erasing an image that the plan
// destroys, as far as that is known before fal is asked.
func (s *Shared) planErasingAtTheEnd(ctx context.Context, private privateReader, image imageModel) diag.Diagnostics {
	diags := nothingErased(image)
	if len(diags) > 0 || !image.DeletePayloadsOnDestroy.ValueBool() {
		return diags
	}
	foreign := s.Origins.isForeign(ctx, private, image.urls)
	switch {
	case foreign && s.Origins.Own == OriginEmulator:
		failure := notErasedFromHere(image.RequestID.ValueString())
		diags.AddAttributeWarning(path.Root("delete_payloads_on_destroy"), "Payloads Can't Be Deleted", failure.Detail())
	case !foreign && !s.HasKey:
		diags.AddAttributeWarning(path.Root("delete_payloads_on_destroy"), "Payloads Can't Be Deleted", diagnostics.Detail(
			fmt.Sprintf("delete_payloads_on_destroy asks for prompt, output and files of request %s to be erased at fal. "+
				"That needs an API key of scope ADMIN, and none is configured: destroying the image will fail.", image.RequestID.ValueString()),
			"Set the environment variable FAL_KEY, or api_key in the provider block. Or set delete_payloads_on_destroy = false and apply before you destroy; "+
				"the payloads then stay at fal."))
	}
	return diags
}

func adoptedIsNotErased(requestID string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("delete_payloads_on_destroy"), "Adopted Request Is Not Erased", diagnostics.Detail(
		fmt.Sprintf("delete_payloads_on_destroy is true, but this image did not make request %s: it was imported or found, and adopted is true. "+
			"Somebody else may need it. So the end of this image erases nothing: prompt, output and files stay at fal.", requestID),
		"If they must go, erase the request by its id, with the action flux2_delete_payloads. "+erasingGuide))
}

func namelessIsNotErased() diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("delete_payloads_on_destroy"), "Request Without an Id Is Not Erased", diagnostics.Detail(
		"delete_payloads_on_destroy is true, but fal answered the direct request of this image without an id. Nothing can be erased without one: prompt, output and files stay at fal.",
		"If they must go, look for the id in fal's dashboard, and erase it with the action flux2_delete_payloads. "+erasingGuide))
}

func switchedTooLate(requestID string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(path.Root("delete_payloads_on_destroy"), "Old Request Is Not Erased", diagnostics.Detail(
		fmt.Sprintf("This plan sets delete_payloads_on_destroy = true, and replaces the image for another change. What becomes of the old image is decided by the state, "+
			"which still says false: prompt, output and files of request %s stay at fal.", requestID),
		"If they must go, apply delete_payloads_on_destroy = true alone first, and then the other change. The guide \"Erasing what was generated\" says what is kept, and where."))
}
