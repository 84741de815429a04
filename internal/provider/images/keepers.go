// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/diagnostics"
)

// privateKeepers is the key under which private state has whether an imported image
// may still take its first keepers as they are. They are known of one that was
// created here, none included.
const privateKeepers = "keepers"

const (
	keepersOpen  = `"open"`
	keepersKnown = `"known"`
)

func markKeepers(ctx context.Context, private privateWriter, mark string) diag.Diagnostics {
	return private.SetKey(ctx, privateKeepers, []byte(mark))
}

// sameKeepers compares the keepers. None and an empty map are the same.
func (s standing) sameKeepers(other standing) bool {
	if s.Keepers.IsUnknown() || other.Keepers.IsUnknown() {
		return false
	}
	return s.Keepers.Equal(other.Keepers) || len(s.Keepers.Elements()) == 0 && len(other.Keepers.Elements()) == 0
}

// planKeepers has other keepers make a new image, and warns where that is asked for
// the same picture again. An imported image takes its first ones as they are.
func planKeepers(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, first bool) {
	if first {
		open, diags := takesFirstKeepers(ctx, req)
		resp.Diagnostics.Append(diags...)
		if open {
			return
		}
	}
	resp.RequiresReplace.Append(path.Root("keepers"))
	same, diags := asksTheSame(ctx, req)
	resp.Diagnostics.Append(diags...)
	if same {
		resp.Diagnostics.AddAttributeWarning(path.Root("keepers"), "Another Payment for the Same Picture", diagnostics.Detail(
			"The keepers change, so the image is replaced, and fal bills a new request. But the seed and all other inputs stay the same: "+
				"the new picture will look like the one that you have.",
			"To get another picture, change seed, or remove it: the seed then follows from the prompt and the keepers. "+
				"To keep the picture and pay nothing, leave the keepers as they were."))
	}
}

// takesFirstKeepers reports whether the first keepers of an image generate nothing.
// An earlier version marked none: to it, an adopted image without keepers counts.
func takesFirstKeepers(ctx context.Context, req resource.ModifyPlanRequest) (bool, diag.Diagnostics) {
	mark, diags := req.Private.GetKey(ctx, privateKeepers)
	if len(mark) > 0 || diags.HasError() {
		return string(mark) == keepersOpen, diags
	}
	var image struct {
		Adopted types.Bool `tfsdk:"adopted"`
		Keepers types.Map  `tfsdk:"keepers"`
	}
	diags.Append(attributes.Decode(ctx, req.State.Raw, req.State.Schema, &image)...)
	return image.Adopted.ValueBool() && image.Keepers.IsNull(), diags
}

// asksTheSame reports whether the replacement of an image will send what was sent
// for the image that it replaces.
func asksTheSame(ctx context.Context, req resource.ModifyPlanRequest) (bool, diag.Diagnostics) {
	state, plan, diags := inputsOfReplacement(ctx, req)
	if diags.HasError() || !plan.known() || !plan.EndpointID.Equal(state.EndpointID) {
		return false, diags
	}
	before, beforeDiags := state.input(ctx)
	after, afterDiags := plan.input(ctx)
	diags.Append(beforeDiags...)
	diags.Append(afterDiags...)
	return before.Equal(after), diags
}

// inputsOfReplacement are an image as it is, and as its replacement would be.
func inputsOfReplacement(ctx context.Context, req resource.ModifyPlanRequest) (before, after imageModel, diags diag.Diagnostics) {
	var config imageInputs
	diags.Append(attributes.Decode(ctx, req.State.Raw, req.State.Schema, &before)...)
	diags.Append(attributes.Decode(ctx, req.Plan.Raw, req.Plan.Schema, &after)...)
	diags.Append(attributes.Decode(ctx, req.Config.Raw, req.Config.Schema, &config)...)
	if !diags.HasError() && config.Seed.IsNull() {
		// The plan has that of the state here. A creation derives it.
		seed, seedDiags := config.derivedSeed(ctx)
		diags.Append(seedDiags...)
		after.Seed = seed
	}
	return before, after, diags
}
