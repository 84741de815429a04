// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package attributes

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// RFC3339 is a time as attributes have it, null for a time that is not known.
func RFC3339(at time.Time) timetypes.RFC3339 {
	if at.IsZero() {
		return timetypes.NewRFC3339Null()
	}
	return timetypes.NewRFC3339TimeValue(at.UTC())
}

// SetPlanned plans values of attributes.
func SetPlanned(ctx context.Context, resp *resource.ModifyPlanResponse, values map[string]attr.Value) {
	for name, value := range values {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root(name), value)...)
	}
}

// StringOr is what is configured, or else something else.
func StringOr(configured types.String, otherwise string) string {
	if configured.IsNull() || configured.IsUnknown() {
		return otherwise
	}
	return configured.ValueString()
}
