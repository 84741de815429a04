// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/attr"
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
		r.reviewChange(ctx, req, resp)
		return
	}
	var config imageInputs
	var plan imageModel
	resp.Diagnostics.Append(attributes.Decode(ctx, req.Config.Raw, req.Config.Schema, &config)...)
	resp.Diagnostics.Append(attributes.Decode(ctx, req.Plan.Raw, req.Plan.Schema, &plan)...)
	if !resp.Diagnostics.HasError() {
		r.planCreation(ctx, req.Config, config, plan, resp)
	}
}

// planCreation completes the plan of an image that is going to be paid for.
func (r *imageResource) planCreation(ctx context.Context, raw tfsdk.Config, config imageInputs, plan imageModel, resp *resource.ModifyPlanResponse) {
	planned := make(map[string]attr.Value)
	defer func() { attributes.SetPlanned(ctx, resp, planned) }()
	if config.Seed.IsNull() {
		seed, diags := config.derivedSeed(ctx)
		resp.Diagnostics.Append(diags...)
		plan.Seed, planned["seed"] = seed, seed
	}
	if !plan.WaitForCompletion.IsUnknown() && !plan.WaitForCompletion.ValueBool() {
		// Planned as null, a dependent that needs them fails now and not after
		// paying.
		maps.Copy(planned, nullResult())
	}
	if !plan.EnablePromptExpansion.IsUnknown() && !plan.EnablePromptExpansion.ValueBool() {
		planned["expanded_prompt"] = types.StringNull()
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
		planned["endpoint_id"] = plan.EndpointID
	}
	resp.Diagnostics.Append(r.shared.planEndpoint(config.EndpointID)...)
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
	var image struct {
		SyncMode          types.Bool `tfsdk:"sync_mode"`
		WaitForCompletion types.Bool `tfsdk:"wait_for_completion"`
	}
	resp.Diagnostics.Append(attributes.Decode(ctx, req.Config.Raw, req.Config.Schema, &image)...)
	if resp.Diagnostics.HasError() {
		return
	}
	waitsNot := !image.WaitForCompletion.IsNull() && !image.WaitForCompletion.IsUnknown() && !image.WaitForCompletion.ValueBool()
	if image.SyncMode.ValueBool() && waitsNot {
		resp.Diagnostics.AddAttributeError(path.Root("wait_for_completion"), "Result Would Be Lost",
			"With sync_mode, fal forgets the result within minutes, so that it can't be collected later. Remove sync_mode or wait_for_completion = false.")
	}
}
