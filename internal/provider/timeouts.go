// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

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

// The default timeouts. Generation takes seconds; queues can be long.
const (
	defaultCreateTimeout = 30 * time.Minute
	defaultUpdateTimeout = 30 * time.Minute
	defaultReadTimeout   = 2 * time.Minute
	defaultDeleteTimeout = 2 * time.Minute
	// defaultLookupTimeout is a data source's, waiting included.
	defaultLookupTimeout = 30 * time.Minute
	// defaultHistoryTimeout is for reading the request history, page by page.
	defaultHistoryTimeout = 5 * time.Minute
	// defaultPricingTimeout is for a price and an estimate.
	defaultPricingTimeout = 2 * time.Minute
	// defaultInvokeTimeout is an action's.
	defaultInvokeTimeout = 5 * time.Minute
)

const timeoutsDescription = "How long operations may take. Changing this generates nothing."

// The library's attributes get a description and a lower limit. They are nested
// ones of four kinds.

func resourceTimeouts(ctx context.Context, options timeouts.Opts) resource.Attribute {
	nested, _ := timeouts.Attributes(ctx, options).(resource.SingleNestedAttribute)
	nested.MarkdownDescription, nested.Validators = timeoutsDescription, append(nested.Validators, positiveDurations{})
	return nested
}

func dataSourceTimeouts(ctx context.Context, options datasourcetimeouts.Opts) datasource.Attribute {
	nested, _ := datasourcetimeouts.AttributesWithOpts(ctx, options).(datasource.SingleNestedAttribute)
	nested.MarkdownDescription, nested.Validators = timeoutsDescription, append(nested.Validators, positiveDurations{})
	return nested
}

func listTimeouts(ctx context.Context, options listtimeouts.Opts) list.Attribute {
	nested, _ := listtimeouts.AttributesWithOpts(ctx, options).(list.SingleNestedAttribute)
	nested.MarkdownDescription, nested.Validators = timeoutsDescription, append(nested.Validators, positiveDurations{})
	return nested
}

func actionTimeouts(ctx context.Context, options actiontimeouts.Opts) action.Attribute {
	nested, _ := actiontimeouts.AttributesWithOpts(ctx, options).(action.SingleNestedAttribute)
	nested.MarkdownDescription, nested.Validators = timeoutsDescription, append(nested.Validators, positiveDurations{})
	return nested
}

func durationDescription(what string, otherwise time.Duration) string {
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
