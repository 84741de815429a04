// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"context"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// standIn takes the place of a provider that isn't ours in a guide, because the
// tests download none. Its schema is what the guide writes, so that it proves
// nothing about the other provider; but a real engine evaluates and plans all
// that the guide says about ours, with our types, and follows every reference.
type standIn struct {
	// Planning calls no other method.
	tfprotov6.ProviderServer

	provider    *tfprotov6.Schema
	resources   map[string]*tfprotov6.Schema
	dataSources map[string]*tfprotov6.Schema
}

// standIns makes the providers that a configuration needs besides flux2 and the
// engine's own.
func standIns(configuration *hclsyntax.Body) map[string]func() (tfprotov6.ProviderServer, error) {
	found := make(map[string]func() (tfprotov6.ProviderServer, error))
	servers := make(map[string]*standIn)
	of := func(name string) *standIn {
		if servers[name] == nil {
			server := &standIn{
				provider:    &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{}},
				resources:   make(map[string]*tfprotov6.Schema),
				dataSources: make(map[string]*tfprotov6.Schema),
			}
			servers[name] = server
			found[name] = func() (tfprotov6.ProviderServer, error) { return server, nil }
		}
		return servers[name]
	}
	for _, block := range configuration.Blocks {
		if len(block.Labels) == 0 {
			continue
		}
		name, _, _ := strings.Cut(block.Labels[0], "_")
		if name == "flux2" || name == "terraform" {
			continue
		}
		schema := &tfprotov6.Schema{Block: schemaOf(block.Body)}
		switch block.Type {
		case "provider":
			of(name).provider = schema
		case "resource":
			of(name).resources[block.Labels[0]] = schema
		case "data":
			of(name).dataSources[block.Labels[0]] = schema
		}
	}
	return found
}

// metaArguments belong to the engine, whatever the resource.
var metaArguments = map[string]bool{
	"count": true, "depends_on": true, "for_each": true, "provider": true,
	"connection": true, "lifecycle": true, "provisioner": true,
}

// schemaOf is a schema in which a block is valid: each of its arguments, and
// each attribute that it has of itself, may have any type.
func schemaOf(body *hclsyntax.Body) *tfprotov6.SchemaBlock {
	schema := &tfprotov6.SchemaBlock{}
	names := make(map[string]bool)
	for name := range body.Attributes {
		names[name] = !metaArguments[name]
	}
	for _, nested := range body.Blocks {
		if metaArguments[nested.Type] {
			for _, name := range ofItself(nested.Body) {
				names[name] = true
			}
			continue
		}
		schema.BlockTypes = append(schema.BlockTypes, &tfprotov6.SchemaNestedBlock{
			TypeName: nested.Type,
			Nesting:  tfprotov6.SchemaNestedBlockNestingModeList,
			Block:    schemaOf(nested.Body),
		})
	}
	for name, wanted := range names {
		if wanted {
			schema.Attributes = append(schema.Attributes, &tfprotov6.SchemaAttribute{
				Name: name, Type: tftypes.DynamicPseudoType, Optional: true, Computed: true,
			})
		}
	}
	return schema
}

// ofItself are the attributes that conditions take from self.
func ofItself(body *hclsyntax.Body) []string {
	var names []string
	for _, nested := range body.Blocks {
		for _, attribute := range nested.Body.Attributes {
			for _, reference := range attribute.Expr.Variables() {
				if step, ok := reference[min(1, len(reference)-1)].(hcl.TraverseAttr); ok && reference.RootName() == "self" {
					names = append(names, step.Name)
				}
			}
		}
	}
	return names
}

func (s *standIn) GetMetadata(context.Context, *tfprotov6.GetMetadataRequest) (*tfprotov6.GetMetadataResponse, error) {
	return &tfprotov6.GetMetadataResponse{}, nil
}

func (s *standIn) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	return &tfprotov6.GetProviderSchemaResponse{Provider: s.provider, ResourceSchemas: s.resources, DataSourceSchemas: s.dataSources}, nil
}

func (s *standIn) GetResourceIdentitySchemas(context.Context, *tfprotov6.GetResourceIdentitySchemasRequest) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov6.GetResourceIdentitySchemasResponse{}, nil
}

func (s *standIn) ValidateProviderConfig(_ context.Context, req *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return &tfprotov6.ValidateProviderConfigResponse{PreparedConfig: req.Config}, nil
}

func (s *standIn) ConfigureProvider(context.Context, *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	return &tfprotov6.ConfigureProviderResponse{}, nil
}

func (s *standIn) StopProvider(context.Context, *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	return &tfprotov6.StopProviderResponse{}, nil
}

func (s *standIn) ValidateResourceConfig(context.Context, *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return &tfprotov6.ValidateResourceConfigResponse{}, nil
}

func (s *standIn) PlanResourceChange(_ context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return &tfprotov6.PlanResourceChangeResponse{PlannedState: req.ProposedNewState}, nil
}

func (s *standIn) ValidateDataResourceConfig(context.Context, *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return &tfprotov6.ValidateDataResourceConfigResponse{}, nil
}

func (s *standIn) ReadDataSource(_ context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return &tfprotov6.ReadDataSourceResponse{State: req.Config}, nil
}
