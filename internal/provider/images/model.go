// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
)

// imageModel is a flux2_image in configuration, plan or state.
type imageModel struct {
	ID types.String `tfsdk:"id"`
	imageInputs
	imageSwitches
	imageOutputs
	Adopted       types.Bool     `tfsdk:"adopted"`
	WaitAbandoned types.Bool     `tfsdk:"wait_abandoned"`
	Timeouts      timeouts.Value `tfsdk:"timeouts"`
}

// imageInputs are what decides how an image looks.
type imageInputs struct {
	Prompt                types.String  `tfsdk:"prompt"`
	GuidanceScale         types.Float64 `tfsdk:"guidance_scale"`
	Seed                  types.Int64   `tfsdk:"seed"`
	NumInferenceSteps     types.Int64   `tfsdk:"num_inference_steps"`
	ImageSize             types.String  `tfsdk:"image_size"`
	CustomImageSize       types.Object  `tfsdk:"custom_image_size"`
	NumImages             types.Int64   `tfsdk:"num_images"`
	Acceleration          types.String  `tfsdk:"acceleration"`
	EnablePromptExpansion types.Bool    `tfsdk:"enable_prompt_expansion"`
	EnableSafetyChecker   types.Bool    `tfsdk:"enable_safety_checker"`
	SyncMode              types.Bool    `tfsdk:"sync_mode"`
	OutputFormat          types.String  `tfsdk:"output_format"`
	EndpointID            types.String  `tfsdk:"endpoint_id"`
	Keepers               types.Map     `tfsdk:"keepers"`
}

// imageSwitches say how the request is made and looked after.
type imageSwitches struct {
	WaitForCompletion       types.Bool   `tfsdk:"wait_for_completion"`
	OnMediaExpired          types.String `tfsdk:"on_media_expired"`
	DeletePayloadsOnDestroy types.Bool   `tfsdk:"delete_payloads_on_destroy"`
	QueuePriority           types.String `tfsdk:"queue_priority"`
	Tags                    types.Map    `tfsdk:"tags"`
}

// setDefaults gives an imported image the switches that an empty configuration
// has, so that its first plan is empty.
func (m *imageSwitches) setDefaults() {
	m.WaitForCompletion = types.BoolValue(true)
	m.OnMediaExpired = types.StringValue(mediaPolicies.Default)
	m.DeletePayloadsOnDestroy = types.BoolValue(false)
	m.QueuePriority = types.StringNull()
	m.Tags = types.MapNull(types.StringType)
}

// customSize is the object form of the size.
type customSize struct {
	Width  types.Int64 `tfsdk:"width"`
	Height types.Int64 `tfsdk:"height"`
}

var customSizeTypes = map[string]attr.Type{"width": attributes.WholeNumber{}, "height": attributes.WholeNumber{}}

// replaces reports whether an image with these inputs would be a new one. Size and
// keepers are compared elsewhere. What was not known before is taken on trust.
func (m imageInputs) replaces(before imageInputs) bool {
	now := []attr.Value{
		m.Prompt, m.GuidanceScale, m.Seed, m.NumInferenceSteps, m.NumImages, m.Acceleration,
		m.EnablePromptExpansion, m.EnableSafetyChecker, m.SyncMode, m.OutputFormat, m.EndpointID,
	}
	for i, value := range []attr.Value{
		before.Prompt, before.GuidanceScale, before.Seed, before.NumInferenceSteps, before.NumImages, before.Acceleration,
		before.EnablePromptExpansion, before.EnableSafetyChecker, before.SyncMode, before.OutputFormat, before.EndpointID,
	} {
		if !value.IsNull() && !value.Equal(now[i]) {
			return true
		}
	}
	return false
}

// known reports whether all that goes to the model is known. The endpoint is
// not part of it.
func (m imageInputs) known() bool {
	for _, value := range []attr.Value{
		m.Prompt, m.GuidanceScale, m.Seed, m.NumInferenceSteps, m.ImageSize, m.NumImages, m.Acceleration,
		m.EnablePromptExpansion, m.EnableSafetyChecker, m.SyncMode, m.OutputFormat, m.CustomImageSize,
	} {
		if value.IsUnknown() {
			return false
		}
	}
	for _, side := range m.CustomImageSize.Attributes() {
		if side.IsUnknown() {
			return false
		}
	}
	return true
}

// input converts to what the model takes. An unknown value this late is a
// fault of the provider's own planning.
func (m imageInputs) input(ctx context.Context) (flux2.Input, diag.Diagnostics) {
	var diags diag.Diagnostics
	if !m.known() {
		diags.AddError("Unknown Model Input",
			"An input of the image is still unknown although it is about to be generated; nothing was sent. "+
				"Please report this to the provider's developers.")
		return flux2.Input{}, diags
	}
	in := flux2.NewInput(m.Prompt.ValueString())
	in.Seed = m.Seed.ValueInt64Pointer()
	in.GuidanceScale = m.GuidanceScale.ValueFloat64()
	in.NumInferenceSteps = m.NumInferenceSteps.ValueInt64()
	in.NumImages = m.NumImages.ValueInt64()
	in.Acceleration = m.Acceleration.ValueString()
	in.EnablePromptExpansion = m.EnablePromptExpansion.ValueBool()
	in.EnableSafetyChecker = m.EnableSafetyChecker.ValueBool()
	in.SyncMode = m.SyncMode.ValueBool()
	in.OutputFormat = m.OutputFormat.ValueString()
	in.ImageSize = flux2.PresetSize(m.ImageSize.ValueString())
	if !m.CustomImageSize.IsNull() {
		var size customSize
		diags.Append(m.CustomImageSize.As(ctx, &size, basetypes.ObjectAsOptions{})...)
		in.ImageSize = flux2.CustomSize(size.Width.ValueInt64(), size.Height.ValueInt64())
	}
	return in.Normal(), diags
}

// requestKey is equal for images that ask fal for the same thing.
func (m imageInputs) requestKey(ctx context.Context) (string, diag.Diagnostics) {
	input, diags := m.input(ctx)
	if diags.HasError() {
		return "", diags
	}
	key, err := requests.Key(m.EndpointID.ValueString(), input)
	if err != nil {
		diags.Append(invalidInput(err))
	}
	return key, diags
}

// setInput records what a request is known to have asked for.
func (m *imageInputs) setInput(in flux2.Input) {
	m.Prompt = types.StringValue(in.Prompt)
	m.Seed = types.Int64PointerValue(in.Seed)
	m.GuidanceScale = types.Float64Value(in.GuidanceScale)
	m.NumInferenceSteps = types.Int64Value(in.NumInferenceSteps)
	m.NumImages = types.Int64Value(in.NumImages)
	m.Acceleration = types.StringValue(in.Acceleration)
	m.EnablePromptExpansion = types.BoolValue(in.EnablePromptExpansion)
	m.EnableSafetyChecker = types.BoolValue(in.EnableSafetyChecker)
	m.SyncMode = types.BoolValue(in.SyncMode)
	m.OutputFormat = types.StringValue(in.OutputFormat)
	m.ImageSize, m.CustomImageSize = types.StringNull(), types.ObjectNull(customSizeTypes)
	if in.ImageSize.Preset != "" {
		m.ImageSize = types.StringValue(in.ImageSize.Preset)
		return
	}
	m.CustomImageSize = types.ObjectValueMust(customSizeTypes, map[string]attr.Value{
		"width":  types.Int64Value(in.ImageSize.Custom.Width),
		"height": types.Int64Value(in.ImageSize.Custom.Height),
	})
}

// derivedSeed applies the seed rule, or returns an unknown value as long as
// the prompt or a keeper is unknown.
func (m imageInputs) derivedSeed(ctx context.Context) (types.Int64, diag.Diagnostics) {
	var diags diag.Diagnostics
	keepers := map[string]types.String{}
	if m.Prompt.IsUnknown() || m.Keepers.IsUnknown() {
		return types.Int64Unknown(), diags
	}
	diags.Append(m.Keepers.ElementsAs(ctx, &keepers, false)...)
	words := make(map[string]string, len(keepers))
	for name, keeper := range keepers {
		if keeper.IsUnknown() {
			return types.Int64Unknown(), diags
		}
		words[name] = keeper.ValueString()
	}
	seed, err := flux2.DeriveSeed(m.Prompt.ValueString(), words)
	if err != nil {
		diags.AddError("Seed Not Derived", "No seed could be derived from the prompt and keepers: "+err.Error()+". Set seed to one of your own.")
	}
	return types.Int64Value(int64(seed)), diags
}

// accept records the request of an image and nulls whatever else is not known
// yet, so that the object can be saved as it is.
func (m *imageModel) accept(request requests.Request) {
	m.imageOutputs = emptyOutputs()
	if request.Handle.RequestID != "" {
		// Only the answer to a direct request may lack it.
		m.RequestID = types.StringValue(request.Handle.RequestID)
	}
	m.Status = types.StringValue(string(fal.InQueue))
	m.CreatedAt = attributes.RFC3339(request.Handle.SubmittedAt)
	m.Adopted = types.BoolValue(request.Adopted)
	m.WaitAbandoned = types.BoolValue(false)
}

// collected reports whether it is known how the request ended, be it with a
// result or with an error.
func (m imageModel) collected() bool {
	return !m.Images.IsNull() || !m.Error.IsNull()
}

// awaited reports whether the result still has to be waited for.
func (m imageModel) awaited() bool {
	return m.WaitForCompletion.ValueBool() && !m.collected()
}

// abandoned reports whether the run that submitted the request gave up waiting
// for it, and no other has collected it since.
func (m imageModel) abandoned() bool {
	return m.WaitAbandoned.ValueBool() && !m.collected()
}

// identity finds the image's request again.
func (m imageModel) identity() requestIdentity {
	return requestIdentity{EndpointID: m.EndpointID, RequestID: m.RequestID}
}

// requestedSize is the size as far as it is known.
func (m imageInputs) requestedSize() flux2.ImageSize {
	if !m.ImageSize.IsNull() {
		return flux2.PresetSize(m.ImageSize.ValueString())
	}
	return flux2.ImageSize{}
}
