// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// ModifyPlan decides what attributes can't decide one by one: the seed and the
// endpoint of a new image, replacement on a change of size, and whether a
// request that an earlier run left unfinished is waited for.
func (r *imageResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var config, plan imageModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if req.State.Raw.IsNull() {
		r.planCreation(ctx, config, plan, resp)
		return
	}
	var state imageModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	planChange(ctx, state, plan, resp)
}

// planCreation completes the plan of an image that is going to be paid for.
func (r *imageResource) planCreation(ctx context.Context, config, plan imageModel, resp *resource.ModifyPlanResponse) {
	if config.Seed.IsNull() {
		seed, diags := config.derivedSeed(ctx)
		resp.Diagnostics.Append(diags...)
		plan.Seed = seed
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("seed"), seed)...)
	}
	if r.session == nil {
		return
	}
	if config.EndpointID.IsNull() {
		plan.EndpointID = r.session.endpointID
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("endpoint_id"), plan.EndpointID)...)
	}
	if r.session.known() && !r.session.hasKey {
		resp.Diagnostics.Append(missingKey())
	}
	resp.Diagnostics.Append(r.session.planned.add(ctx, plan)...)
}

// planChange looks at an image that exists. Replacement for all inputs but the
// size is up to their plan modifiers.
func planChange(ctx context.Context, state, plan imageModel, resp *resource.ModifyPlanResponse) {
	// The size is one value over two attributes. Attribute by attribute, a
	// change from a preset to a custom size would pass for the adoption of a
	// custom size that was not known before.
	if !state.sizeMissing() && !plan.sameSize(state.imageInputs) {
		resp.RequiresReplace.Append(path.Root("image_size"), path.Root("custom_image_size"))
	}
	if state.unfinished() {
		for name, unknown := range unknownResult {
			resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root(name), unknown)...)
		}
	}
}
