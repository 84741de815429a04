// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package attributes

import (
	"context"
	"maps"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// RFC3339 is a time as attributes have it, null for a time that is not known.
func RFC3339(at time.Time) timetypes.RFC3339 {
	if at.IsZero() {
		return timetypes.NewRFC3339Null()
	}
	return timetypes.NewRFC3339TimeValue(at.UTC())
}

// SetPlanned plans values of attributes, all in one go: for each attribute that it
// sets, the framework makes the whole plan anew.
func SetPlanned(ctx context.Context, resp *resource.ModifyPlanResponse, planned map[string]attr.Value) {
	if len(planned) == 0 {
		return
	}
	var values map[string]tftypes.Value
	if err := resp.Plan.Raw.As(&values); err != nil {
		resp.Diagnostics.Append(notConverted(path.Empty(), err)...)
		return
	}
	// What As gives away is the plan's own.
	values = maps.Clone(values)
	for name, value := range planned {
		converted, err := value.ToTerraformValue(ctx)
		if err != nil {
			resp.Diagnostics.Append(notConverted(path.Root(name), err)...)
			return
		}
		values[name] = converted
	}
	plan, diags := object(resp.Plan.Raw.Type(), values)
	if resp.Diagnostics.Append(diags...); !diags.HasError() {
		resp.Plan.Raw = plan
	}
}

// StringOr is what is configured, or else something else.
func StringOr(configured types.String, otherwise string) string {
	if configured.IsNull() || configured.IsUnknown() {
		return otherwise
	}
	return configured.ValueString()
}
