// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"context"
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Factory starts a provider.
type Factory = func() (tfprotov6.ProviderServer, error)

// plugin is a started provider.
type plugin struct {
	name      string // local name, with ".ALIAS"
	server    tfprotov6.ProviderServer
	provider  *schema
	resources map[string]*schema
	data      map[string]*schema
	functions map[string]*tfprotov6.Function

	configuring sync.Once
}

func start(ctx context.Context, name string, factory Factory) (*plugin, error) {
	server, err := factory()
	if err != nil {
		return nil, err
	}
	p := &plugin{name: name, server: server, resources: map[string]*schema{}, data: map[string]*schema{}}
	declared, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return nil, err
	}
	if diags := (place{}).said(declared.Diagnostics); diags.failed() {
		return nil, diags.Err()
	}
	p.functions = declared.Functions
	if p.provider, err = newSchema(declared.Provider); err != nil {
		return nil, err
	}
	for kind, s := range declared.ResourceSchemas {
		if p.resources[kind], err = newSchema(s); err != nil {
			return nil, fmt.Errorf("%s: %w", kind, err)
		}
	}
	for kind, s := range declared.DataSourceSchemas {
		if p.data[kind], err = newSchema(s); err != nil {
			return nil, fmt.Errorf("%s: %w", kind, err)
		}
	}
	return p, p.readIdentities(ctx)
}

func (p *plugin) readIdentities(ctx context.Context) error {
	declared, err := p.server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return err
	}
	for kind, s := range declared.IdentitySchemas {
		t, err := ctyType(s.ValueType())
		if err != nil {
			return err
		}
		if of := p.resources[kind]; of != nil {
			of.identity = &t
		}
	}
	return nil
}

// schemaOf is nil for a kind that the provider doesn't have.
func (p *plugin) schemaOf(kind, typeName string) *schema {
	if kind == "data" {
		return p.data[typeName]
	}
	return p.resources[typeName]
}
