// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/helpers/validatordiag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

// sizedByPixels is the other form of the size.
type sizedByPixels struct {
	CustomImageSize types.Object `tfsdk:"custom_image_size"`
}

// notBesideCustomSize refuses a size by name beside one in pixels. The library's
// validator for this walks the whole configuration of each image.
type notBesideCustomSize struct{}

var _ validator.String = notBesideCustomSize{}

func (notBesideCustomSize) Description(context.Context) string {
	return "conflicts with custom_image_size"
}

func (v notBesideCustomSize) MarkdownDescription(ctx context.Context) string {
	return v.Description(ctx)
}

func (notBesideCustomSize) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	var image sizedByPixels
	resp.Diagnostics.Append(attributes.Decode(ctx, req.Config.Raw, req.Config.Schema, &image)...)
	if image.CustomImageSize.IsNull() || image.CustomImageSize.IsUnknown() {
		return
	}
	resp.Diagnostics.Append(validatordiag.InvalidAttributeCombinationDiagnostic(req.Path,
		fmt.Sprintf("Attribute %q cannot be specified when %q is specified", path.Root("custom_image_size"), req.Path)))
}
