// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Command floor is a provider with the real schemas that does nothing: what a
// run costs with it is what the engine and the framework cost by themselves.
// Benchmarks measure the real provider against it.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	frameworkprovider "github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/flux2-provider/terraform-provider-flux2/internal/provider"
)

func main() {
	floor := func() frameworkprovider.Provider {
		original := provider.New("floor")()
		if all, ok := original.(everything); ok {
			return &nothingProvider{everything: all}
		}
		panic(fmt.Sprintf("%T has lost a part of its schemas", original))
	}
	if err := provider.Serve(floor, false); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// everything is what has schemas.
type everything interface {
	frameworkprovider.ProviderWithFunctions
	frameworkprovider.ProviderWithListResources
	frameworkprovider.ProviderWithActions
}

// nothingProvider keeps the real provider's schemas and none of its work. Data
// sources, list resources, actions and functions are the real ones, but they
// are never configured nor called.
type nothingProvider struct {
	everything
}

func (p *nothingProvider) Configure(context.Context, frameworkprovider.ConfigureRequest, *frameworkprovider.ConfigureResponse) {
}

func (p *nothingProvider) Resources(ctx context.Context) []func() resource.Resource {
	var resources []func() resource.Resource
	for _, constructor := range p.everything.Resources(ctx) {
		resources = append(resources, func() resource.Resource {
			original := constructor()
			if identified, ok := original.(resource.ResourceWithIdentity); ok {
				return &identifiedNothing{nothing: nothing{original: original}, identified: identified}
			}
			return &nothing{original: original}
		})
	}
	return resources
}

// nothing is a resource that is whatever the plan says.
type nothing struct {
	original resource.Resource
}

func (n *nothing) Metadata(ctx context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	n.original.Metadata(ctx, req, resp)
}

func (n *nothing) Schema(ctx context.Context, req resource.SchemaRequest, resp *resource.SchemaResponse) {
	n.original.Schema(ctx, req, resp)
}

// Create gives computed strings a value that every other attribute takes, since
// other objects are made of them, and leaves everything else that is unknown
// null.
func (n *nothing) Create(_ context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	made, err := tftypes.Transform(req.Plan.Raw, func(at *tftypes.AttributePath, value tftypes.Value) (tftypes.Value, error) {
		switch {
		case value.IsKnown():
			return value, nil
		case at.Equal(tftypes.NewAttributePath().WithAttributeName("created_at")):
			return tftypes.NewValue(tftypes.String, "2026-01-01T00:00:00Z"), nil
		case at.Equal(tftypes.NewAttributePath().WithAttributeName("request_id")):
			return tftypes.NewValue(tftypes.String, "01985d3c-0000-7000-8000-000000000000"), nil
		case value.Type().Is(tftypes.String):
			return tftypes.NewValue(tftypes.String, "fal-ai/flux-2-dev"), nil
		default:
			return tftypes.NewValue(value.Type(), nil), nil
		}
	})
	if err != nil {
		resp.Diagnostics.AddError("Nothing Failed", err.Error())
		return
	}
	resp.State.Raw = made
}

func (n *nothing) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

func (n *nothing) Update(_ context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.State.Raw = req.Plan.Raw
}

func (n *nothing) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

// identifiedNothing is one that can be found again.
type identifiedNothing struct {
	nothing
	identified resource.ResourceWithIdentity
}

func (n *identifiedNothing) IdentitySchema(ctx context.Context, req resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	n.identified.IdentitySchema(ctx, req, resp)
}

func (n *identifiedNothing) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	n.nothing.Create(ctx, req, resp)
	resp.Diagnostics.Append(identify(ctx, resp.State, resp.Identity)...)
}

func (n *identifiedNothing) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	resp.Diagnostics.Append(identify(ctx, req.State, resp.Identity)...)
}

// identify copies into the identity what the state has of it.
func identify(ctx context.Context, state tfsdk.State, identity *tfsdk.ResourceIdentity) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, name := range []string{"endpoint_id", "request_id"} {
		var value types.String
		diags.Append(state.GetAttribute(ctx, path.Root(name), &value)...)
		diags.Append(identity.SetAttribute(ctx, path.Root(name), value)...)
	}
	return diags
}
