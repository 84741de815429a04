// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package attributes

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
)

// ValidTags wants tags that fal keeps: it drops others without a word.
type ValidTags struct{}

var _ validator.Map = ValidTags{}

// Description says what is wanted.
func (ValidTags) Description(context.Context) string {
	return "must be tags that fal keeps: lower-case names and printable values"
}

// MarkdownDescription says the same.
func (v ValidTags) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateMap refuses tags that would be dropped.
func (ValidTags) ValidateMap(ctx context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	tags, diags := KnownTags(ctx, req.ConfigValue)
	resp.Diagnostics.Append(diags...)
	if err := fal.ValidateTags(tags); err != nil {
		resp.Diagnostics.Append(invalidTags(req.Path, err))
	}
}

// CheckTags checks what only the provider's and an image's tags together can
// break.
func CheckTags(tags map[string]string) diag.Diagnostics {
	if err := fal.ValidateTags(tags); err != nil {
		return diag.Diagnostics{invalidTags(path.Root("tags"), err)}
	}
	return nil
}

func invalidTags(at path.Path, err error) diag.Diagnostic {
	said := err.Error()
	if LooksLikeSecret(said) {
		said = "a name has 1 to 64 of the characters a-z, 0-9, dot, underscore and hyphen; what it is is not shown, since it may be an API key"
	}
	return diag.NewAttributeErrorDiagnostic(at, "Invalid Tags",
		"fal would drop a tag of this request, those of the provider block included: "+said+". Correct or remove it.")
}

// KnownTags reads a map of tags without the values that are still unknown.
func KnownTags(ctx context.Context, value types.Map) (map[string]string, diag.Diagnostics) {
	if value.IsNull() || value.IsUnknown() {
		return nil, nil
	}
	tags := map[string]types.String{}
	diags := value.ElementsAs(ctx, &tags, false)
	known := make(map[string]string, len(tags))
	for name, tag := range tags {
		if !tag.IsUnknown() {
			known[name] = tag.ValueString()
		}
	}
	return known, diags
}
