// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

// ModifyPlan decides what attributes can't decide one by one: the seed and the
// endpoint of a new image, replacement on a change of size, and whether a
// request that an earlier run left unfinished is waited for.
func (r *imageResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		r.planDestruction(ctx, req, resp)
		return
	}
	if !req.State.Raw.IsNull() {
		r.planChange(ctx, req, resp)
		planErasing(ctx, req, resp)
		return
	}
	var config, plan imageModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if !resp.Diagnostics.HasError() {
		r.planCreation(ctx, req.Config, config, plan, resp)
	}
}

// planCreation completes the plan of an image that is going to be paid for.
func (r *imageResource) planCreation(ctx context.Context, raw tfsdk.Config, config, plan imageModel, resp *resource.ModifyPlanResponse) {
	if config.Seed.IsNull() {
		seed, diags := config.derivedSeed(ctx)
		resp.Diagnostics.Append(diags...)
		plan.Seed = seed
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("seed"), seed)...)
	}
	if !plan.WaitForCompletion.IsUnknown() && !plan.WaitForCompletion.ValueBool() {
		// Planned as null, a dependent that needs them fails now and not after
		// paying.
		attributes.SetPlanned(ctx, resp, nullResult())
	}
	if !plan.EnablePromptExpansion.IsUnknown() && !plan.EnablePromptExpansion.ValueBool() {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("expanded_prompt"), types.StringNull())...)
	}
	if plan.SyncMode.ValueBool() {
		resp.Diagnostics.AddAttributeWarning(path.Root("sync_mode"), "Images Will Be Kept in the State",
			"With sync_mode, images come back as data URIs, and each adds megabytes to the state and to every plan. "+
				"fal keeps no record of them: a lost reply can't be looked up, and an interrupted wait may find the result gone.")
	}
	if r.shared == nil {
		return
	}
	if config.EndpointID.IsNull() {
		plan.EndpointID = r.shared.EndpointID
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("endpoint_id"), plan.EndpointID)...)
	}
	if r.shared.known() && !r.shared.HasKey {
		resp.Diagnostics.Append(r.shared.planned.needKey()...)
	}
	if r.shared.Direct && !plan.WaitForCompletion.IsUnknown() && !plan.WaitForCompletion.ValueBool() {
		resp.Diagnostics.AddAttributeError(path.Root("wait_for_completion"), "Direct Requests Can't Be Collected Later",
			"The provider has request_mode = \"direct\": a direct request is one blocking call with nothing to collect afterwards. Remove wait_for_completion = false, or request_mode.")
	}
	_, diags := r.shared.submitOptions(ctx, plan.imageSwitches)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(r.shared.countCreation(ctx, raw, plan)...)
}

// ValidateConfig refuses what contradicts itself over several attributes.
func (r *imageResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	if r.shared != nil {
		r.shared.Creations.Validate(req.Config)
	}
	var syncMode, wait types.Bool
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("sync_mode"), &syncMode)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("wait_for_completion"), &wait)...)
	if resp.Diagnostics.HasError() {
		return
	}
	waitsNot := !wait.IsNull() && !wait.IsUnknown() && !wait.ValueBool()
	if syncMode.ValueBool() && waitsNot {
		resp.Diagnostics.AddAttributeError(path.Root("wait_for_completion"), "Result Would Be Lost",
			"With sync_mode, fal forgets the result within minutes, so that it can't be collected later. Remove sync_mode or wait_for_completion = false.")
	}
}
