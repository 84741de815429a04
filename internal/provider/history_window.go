// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

// historyWindow is the part of fal's request history that a configuration asks
// for.
type historyWindow struct {
	EndpointID types.String      `tfsdk:"endpoint_id"`
	Start      timetypes.RFC3339 `tfsdk:"start"`
	End        timetypes.RFC3339 `tfsdk:"end"`
}

// The descriptions of a window, which data sources and list resources share.
const (
	describeHistoryEndpoint = "The endpoint that the requests were sent to, as `owner/alias` with an optional sub-path. Defaults to the provider's."
	describeHistoryStart    = "The time from which on requests were sent, in RFC 3339 form such as `2026-09-01T00:00:00Z`. Defaults to 24 hours before `end`."
	describeHistoryEnd      = "The time before which requests were sent, in RFC 3339 form. Must be later than `start`. Defaults to now."
)

// check refuses a window in which there can be nothing. What is unknown, or
// malformed and reported as such, passes.
func (w historyWindow) check() diag.Diagnostics {
	var diags diag.Diagnostics
	start, from := timeOf(w.Start)
	end, to := timeOf(w.End)
	if from && to && !end.After(start) {
		diags.AddAttributeError(path.Root("end"), "Invalid Attribute Value",
			"end is "+w.End.String()+", but must be later than start, which is "+w.Start.String()+".")
	}
	return diags
}

// query asks for the window. Without a start, fal looks back 24 hours from now;
// with an end, that could miss all of the window.
func (w historyWindow) query(endpointID string) fal.RequestsQuery {
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

// endpointOf is the endpoint that a look-up is about: the one configured, or
// the provider's. It is an error as long as fal can't be asked about it.
func (s *session) endpointOf(configured types.String) (string, diag.Diagnostics) {
	endpointID := configured
	if s.known() && configured.IsNull() {
		endpointID = s.endpointID
	}
	if !s.known() || endpointID.IsUnknown() {
		return "", diag.Diagnostics{askedTooEarly()}
	}
	return endpointID.ValueString(), nil
}
