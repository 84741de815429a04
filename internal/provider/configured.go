// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/diagnostics"
)

// configuredResource is a managed or a list resource of a configured provider.
type configuredResource struct {
	// session is nil during validation, when no provider is configured.
	session *session
}

// Configure takes what the provider shares.
func (r *configuredResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.session = sessionFrom(req.ProviderData, &resp.Diagnostics)
}

// configuredDataSource is the same for a data source.
type configuredDataSource struct{ session *session }

// Configure takes what the provider shares.
func (d *configuredDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.session = sessionFrom(req.ProviderData, &resp.Diagnostics)
}

// configuredAction is the same for an action.
type configuredAction struct{ session *session }

// Configure takes what the provider shares.
func (a *configuredAction) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	a.session = sessionFrom(req.ProviderData, &resp.Diagnostics)
}

func sessionFrom(providerData any, diags *diag.Diagnostics) *session {
	if providerData == nil {
		return nil
	}
	shared, ok := providerData.(*session)
	if !ok {
		diags.Append(diagnostics.UnexpectedProviderData(providerData))
	}
	return shared
}
