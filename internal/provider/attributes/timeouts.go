// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package attributes

import (
	"context"
	"fmt"
	"time"

	actiontimeouts "github.com/hashicorp/terraform-plugin-framework-timeouts/action/timeouts"
	datasourcetimeouts "github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	listtimeouts "github.com/hashicorp/terraform-plugin-framework-timeouts/list/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	action "github.com/hashicorp/terraform-plugin-framework/action/schema"
	datasource "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	list "github.com/hashicorp/terraform-plugin-framework/list/schema"
	resource "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

const timeoutsDescription = "How long operations may take. Changing this generates nothing."

// The library's attributes get a description and a lower limit. They are nested
// ones of four kinds.

// ResourceTimeouts is timeouts of a managed resource.
func ResourceTimeouts(ctx context.Context, options timeouts.Opts) resource.Attribute {
	nested, _ := timeouts.Attributes(ctx, options).(resource.SingleNestedAttribute)
	nested.MarkdownDescription, nested.Validators = timeoutsDescription, append(nested.Validators, positiveDurations{})
	return nested
}

// DataSourceTimeouts is timeouts of a data source.
func DataSourceTimeouts(ctx context.Context, options datasourcetimeouts.Opts) datasource.Attribute {
	nested, _ := datasourcetimeouts.AttributesWithOpts(ctx, options).(datasource.SingleNestedAttribute)
	nested.MarkdownDescription, nested.Validators = timeoutsDescription, append(nested.Validators, positiveDurations{})
	return nested
}

// ListTimeouts is timeouts of a list resource.
func ListTimeouts(ctx context.Context, options listtimeouts.Opts) list.Attribute {
	nested, _ := listtimeouts.AttributesWithOpts(ctx, options).(list.SingleNestedAttribute)
	nested.MarkdownDescription, nested.Validators = timeoutsDescription, append(nested.Validators, positiveDurations{})
	return nested
}

// ActionTimeouts is timeouts of an action.
func ActionTimeouts(ctx context.Context, options actiontimeouts.Opts) action.Attribute {
	nested, _ := actiontimeouts.AttributesWithOpts(ctx, options).(action.SingleNestedAttribute)
	nested.MarkdownDescription, nested.Validators = timeoutsDescription, append(nested.Validators, positiveDurations{})
	return nested
}

// DurationDescription describes one of them, and its default.
func DurationDescription(what string, otherwise time.Duration) string {
	return fmt.Sprintf("%s, as a duration of more than 0 such as `90s` or `1h30m`. Defaults to `%dm`.", what, otherwise/time.Minute)
}

// positiveDurations wants timeouts that leave some time. The library checks
// that they are durations.
type positiveDurations struct{}

var _ validator.Object = positiveDurations{}

func (positiveDurations) Description(context.Context) string { return "must be longer than 0" }

func (v positiveDurations) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (positiveDurations) ValidateObject(_ context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	for name, value := range req.ConfigValue.Attributes() {
		text, ok := value.(types.String)
		if !ok {
			continue
		}
		if timeout, err := time.ParseDuration(text.ValueString()); err == nil && timeout <= 0 {
			at := req.Path.AtName(name)
			resp.Diagnostics.AddAttributeError(at, "Invalid Attribute Value",
				fmt.Sprintf("%s is %q, but must be longer than 0, such as 30m.", at, text.ValueString()))
		}
	}
}
