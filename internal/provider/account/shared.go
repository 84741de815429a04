// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Package account is the room of what fal tells of an account and its prices:
// data.flux2_requests, data.flux2_pricing and data.flux2_billing_events. It keeps
// nothing and pays for nothing.
package account

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/diagnostics"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/lookup"
)

// DataSources are the data sources of this room.
func DataSources() []func() datasource.DataSource {
	return []func() datasource.DataSource{newRequestsDataSource, newPricingDataSource, newBillingDataSource}
}

// Provider is a configured provider, as far as this room knows it.
type Provider interface {
	// Account is what its look-ups share.
	Account() *Shared
}

// Shared is what the look-ups of one configured provider share.
type Shared struct {
	// Client is nil while a value needed to reach fal is unknown.
	Client *fal.Client
	// EndpointID is the endpoint of a look-up that names none. It may be unknown.
	EndpointID types.String
	// Clock measures how long a look-up takes.
	Clock fal.Clock
}

// endpointOf is the endpoint that a look-up is about.
func (s *Shared) endpointOf(configured types.String) (string, diag.Diagnostics) {
	if s == nil || s.Client == nil {
		return "", diag.Diagnostics{lookup.AskedTooEarly()}
	}
	return lookup.EndpointOf(configured, s.EndpointID)
}

// configuredDataSource is a data source of a configured provider.
type configuredDataSource struct {
	// shared is nil during validation, when no provider is configured.
	shared *Shared
}

// Configure takes what the look-ups share.
func (d *configuredDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	if req.ProviderData == nil {
		return
	}
	configured, ok := req.ProviderData.(Provider)
	if !ok {
		resp.Diagnostics.Append(diagnostics.UnexpectedProviderData(req.ProviderData))
		return
	}
	d.shared = configured.Account()
}
