// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Package images is the room of what is paid for: flux2_image, its results, its list
// resource, and actions on requests. The life of a request is not here but in
// requests: this room plans, keeps states, and says what happened.
package images

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/diagnostics"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/lookup"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/walks"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
)

// Resources are the managed resources of this room.
func Resources() []func() resource.Resource {
	return []func() resource.Resource{newImageResource, newImageResultResource}
}

// DataSources are the data sources of this room.
func DataSources() []func() datasource.DataSource {
	return []func() datasource.DataSource{newImageDataSource}
}

// ListResources are the list resources of this room.
func ListResources() []func() list.ListResource {
	return []func() list.ListResource{newImageListResource, newImageResultListResource}
}

// Actions are the actions of this room.
func Actions() []func() action.Action {
	return []func() action.Action{newCancelRequestAction, newDeletePayloadsAction}
}

// Provider is a configured provider, as far as this room knows it.
type Provider interface {
	// Images is what its images share.
	Images() *Shared
}

// Shared is what the images of one configured provider share. It may outlive
// a walk of the engine.
type Shared struct {
	// Service obtains requests and waits for them, Client asks fal, and Media the
	// hosts of images. They are nil while a value needed to reach fal is unknown.
	Service *requests.Service
	Client  *fal.Client
	Media   *imagefile.Client
	// HasKey is false if no key is configured; calls that need one fail.
	HasKey bool
	// EndpointID generates images that name no endpoint. It may be unknown.
	EndpointID types.String
	// Options are what requests are submitted with, unless an image has its own.
	Options fal.SubmitOptions
	// Direct says that requests go round the queue.
	Direct bool
	// Limit is how many requests one run may make; nil for any number.
	Limit *int64
	// Store is the folder of what outlives a run.
	Store string
	// Origins tells who makes the images of this run.
	Origins Origins
	// Creations tells images that are to be created apart.
	Creations walks.Creations
	// Clock measures how long an operation takes.
	Clock   fal.Clock
	planned plannedImages
	moves   plannedMoves
}

// known reports whether the provider's configuration is known well enough to
// call fal. During a plan it may depend on resources that don't exist yet.
func (s *Shared) known() bool {
	return s != nil && s.Client != nil
}

// endpointOf is the endpoint that a look-up is about.
func (s *Shared) endpointOf(configured types.String) (string, diag.Diagnostics) {
	if !s.known() {
		return "", diag.Diagnostics{lookup.AskedTooEarly()}
	}
	return lookup.EndpointOf(configured, s.EndpointID)
}

// configuredResource is a managed or a list resource of a configured provider.
type configuredResource struct {
	// shared is nil during validation, when no provider is configured.
	shared *Shared
}

// Configure takes what the images share.
func (r *configuredResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.shared = sharedOf(req.ProviderData, &resp.Diagnostics)
}

// configuredDataSource is the same for a data source.
type configuredDataSource struct{ shared *Shared }

// Configure takes what the images share.
func (d *configuredDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.shared = sharedOf(req.ProviderData, &resp.Diagnostics)
}

// configuredAction is the same for an action.
type configuredAction struct{ shared *Shared }

// Configure takes what the images share.
func (a *configuredAction) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	a.shared = sharedOf(req.ProviderData, &resp.Diagnostics)
}

func sharedOf(providerData any, diags *diag.Diagnostics) *Shared {
	if providerData == nil {
		return nil
	}
	configured, ok := providerData.(Provider)
	if !ok {
		diags.Append(diagnostics.UnexpectedProviderData(providerData))
		return nil
	}
	return configured.Images()
}
