// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
)

var (
	_ resource.Resource                = (*imageResultResource)(nil)
	_ resource.ResourceWithConfigure   = (*imageResultResource)(nil)
	_ resource.ResourceWithIdentity    = (*imageResultResource)(nil)
	_ resource.ResourceWithImportState = (*imageResultResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*imageResultResource)(nil)
)

func newImageResultResource() resource.Resource {
	return &imageResultResource{}
}

// imageResultResource is the managed resource flux2_image_result: the result of
// a request, whoever made it, waited for and kept. It costs nothing, so that a
// failed or tainted one is harmless.
type imageResultResource struct {
	configuredResource
}

type imageResultModel struct {
	ID types.String `tfsdk:"id"`
	imageOutputs
	EndpointID types.String   `tfsdk:"endpoint_id"`
	Seed       types.Int64    `tfsdk:"seed"`
	Timeouts   timeouts.Value `tfsdk:"timeouts"`
}

func (m imageResultModel) identity() requestIdentity {
	return requestIdentity{EndpointID: m.EndpointID, RequestID: m.RequestID}
}

func (r *imageResultResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_image_result"
}

func (r *imageResultResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	all := outputAttributes()
	all["request_id"] = schema.StringAttribute{
		MarkdownDescription: attributes.RequestIDDescription + " Must be the id alone, without the endpoint. Changing this collects another result, and generates nothing.",
		Required:            true,
		Validators:          []validator.String{attributes.RequestID()},
		PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
	}
	all["endpoint_id"] = schema.StringAttribute{
		MarkdownDescription: "The endpoint that the request was sent to, as `owner/alias` with an optional sub-path. " +
			"Defaults to the provider's when the result is collected. Changing this collects the result again, and generates nothing.",
		Optional:      true,
		Computed:      true,
		Validators:    []validator.String{attributes.EndpointID()},
		PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown(), stringplanmodifier.RequiresReplace()},
	}
	all["id"] = attributes.ComputedString("The id of the request. The engine prints it as the name of the result.")
	all["seed"] = schema.Int64Attribute{
		MarkdownDescription: "The seed that fal says it used. Null if fal does not say.",
		Computed:            true,
		PlanModifiers:       []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
	}
	all["timeouts"] = attributes.ResourceTimeouts(ctx, timeouts.Opts{
		Create:            true,
		CreateDescription: attributes.DurationDescription("How long to wait for the result", defaultCreateTimeout) + " A request that is already running is waited for after this time, too.",
		Read:              true,
		ReadDescription:   attributes.DurationDescription("How long a refresh may take", defaultReadTimeout),
	})
	resp.Schema = schema.Schema{
		Version: imageResultSchemaVersion,
		MarkdownDescription: "The result of a request that exists already, kept in the state. Creating one waits for the request and costs nothing. " +
			"If the request has no image, for example because fal refused it, there is a warning, `error` says why, and all other outputs are null. " +
			"The data source `flux2_image` asks fal in every plan. This resource asks only once, so plans still work after fal has forgotten the request.",
		Attributes: all,
	}
}

// imageResultSchemaVersion is the version of the state that this provider writes.
const imageResultSchemaVersion = 1

func (r *imageResultResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = requestIdentitySchema()
}

// ModifyPlan shows the id, and the provider's endpoint where none is configured.
func (r *imageResultResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if !req.State.Raw.IsNull() {
		// Without a refresh, nothing else tells that the request is in state.
		resp.Diagnostics.Append(r.noteMoved(ctx, req.Private, req.State)...)
		return
	}
	if r.shared == nil {
		return
	}
	var config requestIdentity
	resp.Diagnostics.Append(attributes.Decode(ctx, req.Config.Raw, req.Config.Schema, &config)...)
	planned := map[string]attr.Value{"id": config.RequestID}
	if config.EndpointID.IsNull() {
		planned["endpoint_id"] = r.shared.EndpointID
	}
	attributes.SetPlanned(ctx, resp, planned)
}

// Create waits for the request and keeps its result.
func (r *imageResultResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var result imageResultModel
	resp.Diagnostics.Append(attributes.Decode(ctx, req.Plan.Raw, req.Plan.Schema, &result)...)
	patience, diags := result.Timeouts.Create(ctx, defaultCreateTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	handle, diags := r.shared.attach(result.EndpointID.ValueString(), result.RequestID.ValueString())
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	end := r.shared.Service.Finish(ctx, requests.Request{Handle: handle}, patience)
	resp.Diagnostics.Append(result.take(ctx, handle, end)...)
	switch {
	case end.HasNoImage() && end.Outcome != requests.MadeNothing:
		// An error would keep engines from whatever stands on the other results.
		result.takeFailure(end)
		resp.Diagnostics.Append(resultWithoutImage(handle, end))
	case end.Outcome != requests.Delivered:
		resp.Diagnostics.Append(resultNotCollected(handle, end, attributes.TimeLimit{Operation: "create", Length: patience})...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(result.save(ctx, &resp.State, resp.Identity)...)
	resp.Diagnostics.Append(r.shared.Origins.save(ctx, resp.Private)...)
}

// take fills in what there is of the request.
func (m *imageResultModel) take(ctx context.Context, handle fal.Handle, end requests.End) diag.Diagnostics {
	requestID := m.RequestID
	m.imageOutputs, m.Seed = emptyOutputs(), types.Int64Null()
	m.RequestID = requestID
	if end.Outcome != requests.Delivered {
		return nil
	}
	m.Seed = types.Int64PointerValue(end.Output.Seed)
	m.CreatedAt = attributes.RFC3339(handle.SubmittedAt)
	return m.setResult(ctx, end.Result, end.Output)
}

func (m *imageResultModel) save(ctx context.Context, state *tfsdk.State, identity *tfsdk.ResourceIdentity) diag.Diagnostics {
	m.ID = m.RequestID
	object, diags := attributes.Encode(ctx, state.Schema, *m)
	if !diags.HasError() {
		state.Raw = object
	}
	if identity != nil {
		diags.Append(identity.Set(ctx, m.identity())...)
	}
	return diags
}

// Read never asks for a result that it has. It only looks whether the files are
// still there.
func (r *imageResultResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var result imageResultModel
	resp.Diagnostics.Append(attributes.Decode(ctx, req.State.Raw, req.State.Schema, &result)...)
	limit, diags := result.Timeouts.Read(ctx, defaultReadTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.noteMoved(ctx, req.Private, req.State)...)
	switch {
	case !r.shared.known():
	case r.shared.Origins.isForeign(ctx, req.Private, result.urls):
		resp.Diagnostics.Append(r.shared.Origins.warnOnce(result.RequestID.ValueString())...)
	default:
		ctx, stop := attributes.Within(ctx, r.shared.Clock, "read", limit)
		defer stop()
		r.shared.checkMedia(ctx, &result.imageOutputs)
	}
	resp.Diagnostics.Append(result.save(ctx, &resp.State, resp.Identity)...)
}

// Update changes nothing but the timeouts.
func (r *imageResultResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var result imageResultModel
	resp.Diagnostics.Append(attributes.Decode(ctx, req.Plan.Raw, req.Plan.Schema, &result)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(result.save(ctx, &resp.State, resp.Identity)...)
}

// Delete forgets the result. The request is not this resource's own.
func (r *imageResultResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {
}

// ImportState collects the result of a finished request, by the same ids as for
// flux2_image.
func (r *imageResultResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	reference, diags := r.shared.importReference(ctx, req)
	resp.Diagnostics.Append(diags...)
	var result imageResultModel
	resp.Diagnostics.Append(resp.State.GetAttribute(ctx, path.Root("timeouts"), &result.Timeouts)...)
	if resp.Diagnostics.HasError() {
		return
	}
	result.EndpointID, result.RequestID = reference.EndpointID, reference.RequestID
	handle, diags := r.shared.attach(result.EndpointID.ValueString(), result.RequestID.ValueString())
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	end := r.shared.Service.Look(ctx, requests.Request{Handle: handle})
	resp.Diagnostics.Append(result.take(ctx, handle, end)...)
	if end.Outcome != requests.Delivered {
		resp.Diagnostics.Append(resultNotCollected(handle, end, attributes.TimeLimit{})...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(result.save(ctx, &resp.State, resp.Identity)...)
	resp.Diagnostics.Append(r.shared.Origins.save(ctx, resp.Private)...)
}
