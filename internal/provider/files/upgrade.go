// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package files

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

// imageFileModel0 is the state of version 0.
type imageFileModel0 struct {
	URL                 types.String `tfsdk:"url"`
	Path                types.String `tfsdk:"path"`
	FilePermission      types.String `tfsdk:"file_permission"`
	DirectoryPermission types.String `tfsdk:"directory_permission"`
	ExpectedSHA256      types.String `tfsdk:"expected_sha256"`
	SHA256              types.String `tfsdk:"sha256"`
	SHA256Base64        types.String `tfsdk:"sha256_base64"`
	MD5                 types.String `tfsdk:"md5"`
	SizeBytes           types.Int64  `tfsdk:"size_bytes"`
	ContentType         types.String `tfsdk:"content_type"`
	Width               types.Int64  `tfsdk:"width"`
	Height              types.Int64  `tfsdk:"height"`
	Present             types.Bool   `tfsdk:"present"`
}

// UpgradeState fills in what version 0 did not have, so that nothing is planned for
// it.
func (r *imageFileResource) UpgradeState(context.Context) map[int64]resource.StateUpgrader {
	text, number := schema.StringAttribute{Computed: true}, schema.Int64Attribute{Computed: true}
	before := schema.Schema{Attributes: map[string]schema.Attribute{
		"url": text, "path": text, "file_permission": text, "directory_permission": text, "expected_sha256": text,
		"sha256": text, "sha256_base64": text, "md5": text, "size_bytes": number, "content_type": text, "width": number, "height": number,
		"present": schema.BoolAttribute{Computed: true},
	}}
	return map[int64]resource.StateUpgrader{0: {PriorSchema: &before, StateUpgrader: upgradeFrom0}}
}

func upgradeFrom0(ctx context.Context, req resource.UpgradeStateRequest, resp *resource.UpgradeStateResponse) {
	var old imageFileModel0
	resp.Diagnostics.Append(req.State.Get(ctx, &old)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, imageFileModel{
		ID: old.Path, URL: old.URL, Path: old.Path, FilePermission: old.FilePermission, DirectoryPermission: old.DirectoryPermission,
		ExpectedSHA256: old.ExpectedSHA256, SHA256: old.SHA256, SHA256Base64: old.SHA256Base64, MD5: old.MD5, SizeBytes: old.SizeBytes,
		ContentType: old.ContentType, Width: old.Width, Height: old.Height, Present: old.Present,
		Mirrors: types.ListNull(types.StringType), Overwrite: types.BoolValue(false), OnMissing: types.StringValue(attributes.OnMissing.Default),
	})...)
}
