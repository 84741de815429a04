// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

// standing is what the plan for an image that exists is decided by. Every plan
// looks at every image, and to take out these few is many times cheaper than to
// decode the whole object.
type standing struct {
	ImageSize         types.String `tfsdk:"image_size"`
	CustomImageSize   types.Object `tfsdk:"custom_image_size"`
	OnMediaExpired    types.String `tfsdk:"on_media_expired"`
	WaitForCompletion types.Bool   `tfsdk:"wait_for_completion"`
	MediaAvailable    types.Bool   `tfsdk:"media_available"`
	Images            types.List   `tfsdk:"images"`
	URL               types.String `tfsdk:"url"`
	Error             types.String `tfsdk:"error"`
	RequestID         types.String `tfsdk:"request_id"`
	WaitAbandoned     types.Bool   `tfsdk:"wait_abandoned"`
	Keepers           types.Map    `tfsdk:"keepers"`
}

// sameSize compares the size over both of its attributes. A custom size that is a
// preset's is that preset.
func (s standing) sameSize(other standing) bool {
	if s.ImageSize.Equal(other.ImageSize) && s.CustomImageSize.Equal(other.CustomImageSize) {
		return true
	}
	one, known := s.size()
	two, alsoKnown := other.size()
	return known && alsoKnown && one.Equal(two)
}

// size is the size as the model has it, and false while it is unknown.
func (s standing) size() (flux2.ImageSize, bool) {
	if s.CustomImageSize.IsNull() {
		return flux2.PresetSize(s.ImageSize.ValueString()), !s.ImageSize.IsUnknown() && !s.ImageSize.IsNull()
	}
	width, _ := s.CustomImageSize.Attributes()["width"].(types.Int64)
	height, _ := s.CustomImageSize.Attributes()["height"].(types.Int64)
	return flux2.CustomSize(width.ValueInt64(), height.ValueInt64()), width.ValueInt64() > 0 && height.ValueInt64() > 0
}

// sizeMissing reports whether an import could not learn the size.
func (s standing) sizeMissing() bool {
	return s.ImageSize.IsNull() && s.CustomImageSize.IsNull()
}

// isForeign reports whether an image is of another origin than this run's, and
// says so.
func (r *imageResource) isForeign(ctx context.Context, image standing, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) bool {
	if !r.shared.known() || !r.shared.Origins.isForeign(ctx, req.Private, func() []string { return []string{image.URL.ValueString()} }) {
		return false
	}
	resp.Diagnostics.Append(r.shared.Origins.warnOnce(image.RequestID.ValueString())...)
	return true
}

// planChange looks at an image that exists. Replacement for all inputs but the
// size and the keepers is up to their plan modifiers.
func (r *imageResource) planChange(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var state, plan standing
	resp.Diagnostics.Append(attributes.Decode(ctx, req.State.Raw, req.State.Schema, &state)...)
	resp.Diagnostics.Append(attributes.Decode(ctx, req.Plan.Raw, req.Plan.Schema, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	// The size is one value over two attributes. Attribute by attribute, a
	// change from a preset to a custom size would pass for the adoption of a
	// custom size that was not known before.
	if !state.sizeMissing() && !plan.sameSize(state) {
		resp.RequiresReplace.Append(path.Root("image_size"), path.Root("custom_image_size"))
	}
	if !plan.sameKeepers(state) {
		planKeepers(ctx, req, resp, len(state.Keepers.Elements()) == 0)
	}
	if r.shared.known() && !req.Plan.Raw.Equal(req.State.Raw) {
		r.planCreationInPlaceOf(ctx, req, resp)
	}
	resp.Diagnostics.Append(r.shared.noteStanding(ctx, resp.Private, state)...)
	if r.isForeign(ctx, state, req, resp) {
		return
	}
	mediaGone := !state.MediaAvailable.IsNull() && !state.MediaAvailable.ValueBool()
	if mediaGone && plan.OnMediaExpired.IsUnknown() {
		// What is planned now as a change in place can't become a replacement
		// once the value is known.
		resp.Diagnostics.AddAttributeError(path.Root("on_media_expired"), "Unknown Decision About an Image That Is Gone",
			"fal no longer has the files of this image, and whether to generate it again depends on a value that is known only after the apply. "+
				"Set on_media_expired to a value that is known in the plan, or apply what it depends on first, with -target.")
		return
	}
	planned := make(map[string]attr.Value)
	if mediaGone && plan.OnMediaExpired.ValueString() == "regenerate" {
		planned["media_available"] = types.BoolUnknown()
		resp.RequiresReplace.Append(path.Root("media_available"))
	}
	// What may have to be collected may change.
	mayWait := plan.WaitForCompletion.IsUnknown() || plan.WaitForCompletion.ValueBool()
	if mayWait && state.Images.IsNull() && state.Error.IsNull() {
		maps.Copy(planned, unknownResult())
		if state.WaitAbandoned.ValueBool() {
			// It is waited for once more, in place: nothing takes it over.
			planned["wait_abandoned"] = types.BoolValue(false)
		}
	}
	attributes.SetPlanned(ctx, resp, planned)
}

// reviewChange warns of what comes with a planned change, once it is known whether it
// replaces the image. Engines show no warning of the plan that then creates it.
func (r *imageResource) reviewChange(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if resp.Diagnostics.HasError() || req.Plan.Raw.Equal(req.State.Raw) && len(resp.RequiresReplace) == 0 {
		return
	}
	var before, after imageModel
	var endpointID types.String
	resp.Diagnostics.Append(req.State.Get(ctx, &before)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &after)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("endpoint_id"), &endpointID)...)
	if resp.Diagnostics.HasError() {
		return
	}
	replaced := len(resp.RequiresReplace) > 0 || after.replaces(before.imageInputs)
	resp.Diagnostics.Append(planErasing(before, after, replaced)...)
	if replaced {
		resp.Diagnostics.Append(r.shared.planEndpoint(endpointID)...)
	}
}

// noteStanding takes note of an image that is in state and not tainted: engines
// show plans no tainted one. Without a refresh, nothing else tells that its
// request is in state. A replacement of what was given up is then the user's word.
func (s *Shared) noteStanding(ctx context.Context, private privateWriter, image standing) diag.Diagnostics {
	if s.known() {
		s.Service.InState(image.RequestID.ValueString())
	}
	if !image.WaitAbandoned.ValueBool() {
		return nil
	}
	return private.SetKey(ctx, privateUntainted, []byte("true"))
}
