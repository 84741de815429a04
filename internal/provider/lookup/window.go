// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Package lookup is what several rooms need to look something up at fal that is
// nobody's own: the endpoint, a part of the request history, and the words for
// what fal won't or can't be asked. A look-up generates nothing.
package lookup

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

// Window is the part of fal's request history that a configuration asks
// for.
type Window struct {
	// EndpointID is null for the provider's.
	EndpointID types.String `tfsdk:"endpoint_id"`
	// Start and End are null where the configuration leaves them open.
	Start timetypes.RFC3339 `tfsdk:"start"`
	End   timetypes.RFC3339 `tfsdk:"end"`
}

// The descriptions of a window, which data sources and list resources share.
const (
	DescribeEndpoint = "The endpoint that the requests were sent to, as `owner/alias` with an optional sub-path. Defaults to the provider's."
	DescribeStart    = "The time from which on requests were sent, in RFC 3339 form such as `2026-09-01T00:00:00Z`. Defaults to 24 hours before `end`."
	DescribeEnd      = "The time before which requests were sent, in RFC 3339 form. Must be later than `start`. Defaults to now."
)

// DefaultHistoryTimeout is for reading the request history, page by page.
const DefaultHistoryTimeout = 5 * time.Minute

// Check refuses a window in which there can be nothing. What is unknown, or
// malformed and reported as such, passes.
func (w Window) Check() diag.Diagnostics {
	var diags diag.Diagnostics
	start, from := timeOf(w.Start)
	end, to := timeOf(w.End)
	if from && to && !end.After(start) {
		diags.AddAttributeError(path.Root("end"), "Invalid Attribute Value",
			"end is "+w.End.String()+", but must be later than start, which is "+w.Start.String()+".")
	}
	return diags
}

// Query asks for the window. Without a start, fal looks back 24 hours from now;
// with an end, that could miss all of the window.
func (w Window) Query(endpointID string) fal.RequestsQuery {
	query := fal.RequestsQuery{EndpointID: endpointID}
	start, from := timeOf(w.Start)
	end, to := timeOf(w.End)
	if to {
		query.Start, query.End = end.Add(-attributes.Day), end
	}
	if from {
		query.Start = start
	}
	return query
}

// timeOf reads a time, and reports whether there is one.
func timeOf(value timetypes.RFC3339) (time.Time, bool) {
	if value.IsNull() || value.IsUnknown() {
		return time.Time{}, false
	}
	at, diags := value.ValueRFC3339Time()
	return at, !diags.HasError()
}
