// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/float64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

// An input that changes makes a new image, but one that an import could not
// learn is null in the prior state: it is taken from the configuration on
// trust, since a replacement would pay for an image that exists.
const replaceDescription = "Generates a new image when the value changes, unless it was not known before."

func replaceString() planmodifier.String {
	return stringplanmodifier.RequiresReplaceIf(
		func(_ context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
			resp.RequiresReplace = !req.StateValue.IsNull()
		}, replaceDescription, replaceDescription)
}

func replaceInt64() planmodifier.Int64 {
	return int64planmodifier.RequiresReplaceIf(
		func(_ context.Context, req planmodifier.Int64Request, resp *int64planmodifier.RequiresReplaceIfFuncResponse) {
			resp.RequiresReplace = !req.StateValue.IsNull()
		}, replaceDescription, replaceDescription)
}

func replaceFloat64() planmodifier.Float64 {
	return float64planmodifier.RequiresReplaceIf(
		func(_ context.Context, req planmodifier.Float64Request, resp *float64planmodifier.RequiresReplaceIfFuncResponse) {
			resp.RequiresReplace = !req.StateValue.IsNull()
		}, replaceDescription, replaceDescription)
}

func replaceBool() planmodifier.Bool {
	return boolplanmodifier.RequiresReplaceIf(
		func(_ context.Context, req planmodifier.BoolRequest, resp *boolplanmodifier.RequiresReplaceIfFuncResponse) {
			resp.RequiresReplace = !req.StateValue.IsNull()
		}, replaceDescription, replaceDescription)
}

// keepLineEndings keeps a prompt, and keepers, as they are in state if the
// configuration has them with other line endings or a byte order mark, as a checkout
// or an editor on Windows may.
type keepLineEndings struct{}

var (
	_ planmodifier.String = keepLineEndings{}
	_ planmodifier.Map    = keepLineEndings{}
)

func (keepLineEndings) Description(context.Context) string {
	return "A change of line endings alone changes nothing."
}

func (m keepLineEndings) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

func (keepLineEndings) PlanModifyString(_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if req.StateValue.IsNull() || req.PlanValue.IsUnknown() {
		return
	}
	if sameText(req.PlanValue, req.StateValue) {
		resp.PlanValue = req.StateValue
	}
}

func (keepLineEndings) PlanModifyMap(_ context.Context, req planmodifier.MapRequest, resp *planmodifier.MapResponse) {
	if req.StateValue.IsNull() || req.PlanValue.IsNull() || req.PlanValue.IsUnknown() {
		return
	}
	if maps.EqualFunc(req.PlanValue.Elements(), req.StateValue.Elements(), sameText) {
		resp.PlanValue = req.StateValue
	}
}

// sameText compares two texts that are known, whatever their line endings are.
func sameText(one, other attr.Value) bool {
	if one.IsUnknown() || other.IsUnknown() {
		return false
	}
	a, _ := one.(types.String)
	b, _ := other.(types.String)
	return flux2.NormalText(a.ValueString()) == flux2.NormalText(b.ValueString())
}

// presetUnlessCustom plans the default preset where neither form of the size
// is configured. A schema default can't: it would also apply beside
// custom_image_size.
type presetUnlessCustom struct{}

var _ planmodifier.String = presetUnlessCustom{}

func (presetUnlessCustom) Description(context.Context) string {
	return "Defaults to " + flux2.Preset.Default + " unless custom_image_size is set."
}

func (m presetUnlessCustom) MarkdownDescription(ctx context.Context) string {
	return m.Description(ctx)
}

func (presetUnlessCustom) PlanModifyString(ctx context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if req.Plan.Raw.IsNull() || !req.ConfigValue.IsNull() {
		return
	}
	var image sizedByPixels
	resp.Diagnostics.Append(attributes.Decode(ctx, req.Config.Raw, req.Config.Schema, &image)...)
	switch custom := image.CustomImageSize; {
	case custom.IsUnknown():
		resp.PlanValue = types.StringUnknown()
	case custom.IsNull():
		resp.PlanValue = types.StringValue(flux2.Preset.Default)
	default:
		resp.PlanValue = types.StringNull()
	}
}
