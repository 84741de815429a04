// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"context"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/zclconf/go-cty/cty"
)

// plugins are the providers of an operation.
type plugins struct {
	release func()

	mutex   sync.Mutex
	started map[string]*plugin
}

// stop asks all providers to stop, as an interrupted engine does.
func (p *plugins) stop(ctx context.Context) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, started := range p.started {
		// A provider that can't be stopped ends by itself.
		_, _ = started.server.StopProvider(ctx, &tfprotov6.StopProviderRequest{})
	}
}

// started is the provider of that local name, not configured.
func (w *walk) started(name string) (*plugin, Diagnostics) {
	w.plugins.mutex.Lock()
	defer w.plugins.mutex.Unlock()
	if running, found := w.plugins.started[name]; found {
		return running, nil
	}
	local, _, _ := strings.Cut(name, ".")
	factory := w.engine.options.Providers[local]
	if factory == nil && local == builtinName {
		factory = newBuiltin
	}
	if factory == nil {
		return nil, fault("Missing required provider", "There is no provider %q.", local)
	}
	running, err := start(w.calls, name, factory)
	if err != nil {
		return nil, fault("Failed to load plugin schemas", "The provider %q can't be used: %s", name, err)
	}
	w.plugins.started[name] = running
	return running, nil
}

// providerNodes configure the providers of an operation, each once.
type providerNodes struct {
	walk   *walk
	byName map[string]*node
	// blocks are the nodes of the blocks that a provider's own may refer to.
	blocks map[string]*node
}

// of is the node of a provider. With OneConfigure, the first operation has
// done its work.
func (p *providerNodes) of(name string) *node {
	if n := p.byName[name]; n != nil {
		return n
	}
	n := newNode("provider "+name, func() Diagnostics {
		running, diags := p.walk.started(name)
		if diags.failed() {
			return diags
		}
		running.configuring.Do(func() { diags = p.walk.configure(running) })
		return diags
	})
	p.byName[name] = n
	return n
}

// connect has each provider wait for what its block refers to.
func (p *providerNodes) connect() []*node {
	var nodes []*node
	for name, n := range p.byName {
		if b := p.walk.config.providers[name]; b != nil {
			for _, address := range p.walk.config.needsOf(b) {
				if before := p.blocks[address]; before != nil {
					n.after(before)
				}
			}
		}
		nodes = append(nodes, n)
	}
	return nodes
}

func (w *walk) configure(p *plugin) Diagnostics {
	b := w.config.providers[p.name]
	if b == nil {
		b = &block{body: hcl.EmptyBody(), title: "provider"}
	}
	at := place{block: b, sources: w.config.sources}
	config, diags := w.decode(b, p.provider, nil)
	if diags.failed() {
		return diags
	}
	sent, err := packed(config, p.provider.objectType)
	if err != nil {
		return of(err)
	}
	checked, err := p.server.ValidateProviderConfig(w.calls, &tfprotov6.ValidateProviderConfigRequest{Config: sent})
	if err != nil {
		return of(err)
	}
	if diags = append(diags, at.said(checked.Diagnostics)...); diags.failed() {
		return diags
	}
	configured, err := p.server.ConfigureProvider(w.calls, &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: w.engine.options.Version, Config: sent, ClientCapabilities: &tfprotov6.ConfigureProviderClientCapabilities{},
	})
	if err != nil {
		return of(err)
	}
	return append(diags, at.said(configured.Diagnostics)...)
}

// decode evaluates the body of a block to an object of a schema.
func (w *walk) decode(b *block, as *schema, repeated repetition) (cty.Value, Diagnostics) {
	spec := as.spec()
	ctx, said := w.scope.context(hcldec.Variables(b.body, spec), repeated)
	if !said.HasErrors() {
		value, diags := hcldec.Decode(b.body, spec, ctx)
		said = append(said, diags...)
		if !said.HasErrors() {
			return value, read(w.config.sources, "", said)
		}
	}
	address := ""
	if b.name != "" {
		address = b.address()
	}
	return cty.DynamicVal, read(w.config.sources, address, said)
}

// functions are the engine's own and those of the providers.
func (w *walk) functions() functionTable {
	table := functionTable{}
	for name, builtin := range builtinFunctions() {
		table[name] = builtin
	}
	for local := range w.engine.options.Providers {
		p, diags := w.started(local)
		if diags.failed() {
			// Whoever needs the provider is told.
			continue
		}
		for name, declared := range p.functions {
			if f, err := providerFunction(w.calls, p, name, declared); err == nil {
				table["provider::"+local+"::"+name] = f
			}
		}
	}
	return table
}
