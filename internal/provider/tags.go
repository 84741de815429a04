// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
)

// validTags wants tags that fal keeps: it drops others without a word.
type validTags struct{}

var _ validator.Map = validTags{}

func (validTags) Description(context.Context) string {
	return "must be tags that fal keeps: lower-case names and printable values"
}

func (v validTags) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (validTags) ValidateMap(ctx context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	tags, diags := knownTags(ctx, req.ConfigValue)
	resp.Diagnostics.Append(diags...)
	if err := fal.ValidateTags(tags); err != nil {
		resp.Diagnostics.Append(invalidTags(req.Path, err))
	}
}

// checkTags checks what only the provider's and an image's tags together can
// break.
func checkTags(tags map[string]string) diag.Diagnostics {
	if err := fal.ValidateTags(tags); err != nil {
		return diag.Diagnostics{invalidTags(path.Root("tags"), err)}
	}
	return nil
}

func invalidTags(at path.Path, err error) diag.Diagnostic {
	said := err.Error()
	if likeSecret().MatchString(said) {
		said = "a name has 1 to 64 of the characters a-z, 0-9, dot, underscore and hyphen; what it is is not shown, since it may be an API key"
	}
	return diag.NewAttributeErrorDiagnostic(at, "Invalid Tags",
		"fal would drop a tag of this request, those of the provider block included: "+said+". Correct or remove it.")
}

// knownTags reads a map of tags without the values that are still unknown.
func knownTags(ctx context.Context, value types.Map) (map[string]string, diag.Diagnostics) {
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
