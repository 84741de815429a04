// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// saved is an object as this operation has written it, which needs no upgrade.
func (t *task) saved(deposed string) (*object, Diagnostics) {
	t.walk.mutex.Lock()
	held := t.walk.state.objects[objectKey{address: t.instance.address(), deposed: deposed}]
	t.walk.mutex.Unlock()
	if held == nil {
		return nil, nil
	}
	value, err := ctyjson.Unmarshal(held.attributes, t.schema.objectType)
	return &object{value: value}, of(err)
}

// load reads an object from the state, through the provider's upgrade of what
// an older version of it may have written. It is nil if there is none. Data is
// taken as it is: engines never ask for an upgrade of it.
func (t *task) load(deposed string) (*object, Diagnostics) {
	t.walk.mutex.Lock()
	held := t.walk.state.objects[objectKey{address: t.instance.address(), deposed: deposed}]
	t.walk.mutex.Unlock()
	if held == nil {
		return nil, nil
	}
	if held.kind == "data" {
		return t.saved(deposed)
	}
	upgraded, err := t.plugin.server.UpgradeResourceState(t.walk.calls, &tfprotov6.UpgradeResourceStateRequest{
		TypeName: t.instance.typeName, Version: held.version, RawState: &tfprotov6.RawState{JSON: held.attributes},
	})
	if err != nil {
		return nil, of(err)
	}
	diags := t.place.said(upgraded.Diagnostics)
	if diags.failed() {
		return nil, diags
	}
	value, err := unpacked(upgraded.UpgradedState, t.schema.objectType)
	if err != nil {
		return nil, of(err)
	}
	loaded := &object{
		value: value, private: held.private, tainted: held.tainted, createFirst: held.createFirst, dependencies: held.dependencies,
	}
	if t.schema.identity != nil && held.identity != nil {
		loaded.identity, err = ctyjson.Unmarshal(held.identity, *t.schema.identity)
	}
	return loaded, append(diags, of(err)...)
}

// keep writes an object into the state.
func (t *task) keep(deposed string, held *object) Diagnostics {
	t.walk.mutex.Lock()
	defer t.walk.mutex.Unlock()
	err := t.walk.state.keep(t.instance, deposed, held, t.schema)
	if t.walk.saved != nil && err == nil {
		t.walk.saved(t.walk.state.Copy())
	}
	return of(err)
}

// refresh asks the provider what has become of an object. It is nil if the
// provider says that it is gone.
func (t *task) refresh(held *object) (*object, Diagnostics) {
	state, err := packed(held.value, t.schema.objectType)
	if err != nil {
		return nil, of(err)
	}
	identity, err := t.schema.packedIdentity(held.identity)
	if err != nil {
		return nil, of(err)
	}
	found, err := t.plugin.server.ReadResource(t.walk.calls, &tfprotov6.ReadResourceRequest{
		TypeName: t.instance.typeName, CurrentState: state, Private: held.private, CurrentIdentity: identity,
		ClientCapabilities: &tfprotov6.ReadResourceClientCapabilities{},
	})
	if err != nil {
		return nil, of(err)
	}
	diags := t.place.said(found.Diagnostics)
	if diags.failed() {
		return held, diags
	}
	value, err := unpacked(found.NewState, t.schema.objectType)
	if err != nil {
		return held, append(diags, of(err)...)
	}
	if !value.IsWhollyKnown() {
		return held, append(diags, broken("Provider produced invalid object",
			"Provider %q planned an invalid value for %s during refresh: The returned state contains unknown values.", t.plugin.name, t.instance.address()))
	}
	refreshed := *held
	refreshed.value, refreshed.private = value, found.Private
	if refreshed.identity, err = t.schema.unpackedIdentity(found.NewIdentity); err != nil {
		return held, append(diags, of(err)...)
	}
	if value.IsNull() {
		return nil, diags
	}
	return &refreshed, append(diags, t.identityProblems(held.identity, refreshed.identity, true)...)
}

// identityProblems refuses an identity that isn't known, or that has moved.
func (t *task) identityProblems(before, after cty.Value, stays bool) Diagnostics {
	if after == cty.NilVal || after.IsNull() {
		return nil
	}
	if !after.IsWhollyKnown() {
		return Diagnostics{broken("Provider produced invalid identity",
			"Provider %q returned an identity with unknown values for %s.", t.plugin.name, t.instance.address())}
	}
	if stays && before != cty.NilVal && !before.IsNull() && !before.RawEquals(after) {
		return Diagnostics{broken("Provider produced invalid identity",
			"Provider %q returned another identity for %s than it has in the state.", t.plugin.name, t.instance.address())}
	}
	return nil
}

// importedByBlock asks for the object that an import block names for the
// instance. It is nil without one.
func (t *task) importedByBlock() (*object, Diagnostics) {
	for _, b := range t.walk.config.imports {
		to, id := b.attributes["to"], b.attributes["id"]
		if to == nil || id == nil || string(to.Expr.Range().SliceBytes(t.walk.config.sources[to.Range().Filename])) != t.instance.address() {
			continue
		}
		value, said := t.walk.scope.evaluate(id.Expr, nil)
		if said.HasErrors() {
			return nil, read(t.walk.config.sources, t.instance.address(), said)
		}
		return t.imported(value.AsString())
	}
	return nil, nil
}

// imported asks the provider for an object by its id, without reading it.
func (t *task) imported(id string) (*object, Diagnostics) {
	found, err := t.plugin.server.ImportResourceState(t.walk.calls, &tfprotov6.ImportResourceStateRequest{
		TypeName: t.instance.typeName, ID: id, ClientCapabilities: &tfprotov6.ImportResourceStateClientCapabilities{},
	})
	if err != nil {
		return nil, of(err)
	}
	diags := t.place.said(found.Diagnostics)
	if diags.failed() {
		return nil, diags
	}
	if len(found.ImportedResources) != 1 || found.ImportedResources[0].TypeName != t.instance.typeName {
		return nil, append(diags, fault("Import returned another resource", "The provider returned %d resources for %s.", len(found.ImportedResources), t.instance.address())...)
	}
	brought := found.ImportedResources[0]
	value, err := unpacked(brought.State, t.schema.objectType)
	if err != nil {
		return nil, append(diags, of(err)...)
	}
	identity, err := t.schema.unpackedIdentity(brought.Identity)
	return &object{value: value, identity: identity, private: brought.Private}, append(diags, of(err)...)
}

// importByID takes an object into the state, as the command does: it is read
// at once, and has to exist.
func (w *walk) importByID(address, id string) Diagnostics {
	b := w.config.blocks[address]
	if b == nil {
		return fault("Resource not declared", "The resource address %q does not exist in the configuration. "+
			"Before importing this resource, please create its configuration in the root module.", address)
	}
	providers := &providerNodes{walk: w, byName: map[string]*node{}}
	n := newNode(address, func() Diagnostics {
		p, diags := w.started(b.provider)
		if diags.failed() {
			return diags
		}
		t := &task{walk: w, plugin: p, schema: p.schemaOf(b.kind, b.typeName), block: b, instance: w.instance(b, cty.NilVal),
			place: place{address: address, sources: w.config.sources}}
		held, diags := t.imported(id)
		if diags.failed() {
			return diags
		}
		held, said := t.refresh(held)
		if diags = append(diags, said...); diags.failed() {
			return diags
		}
		if held == nil {
			return append(diags, fault("Cannot import non-existent remote object",
				"While attempting to import an existing object to %q, the provider detected that no object exists with the given id.", address)...)
		}
		return append(diags, t.keep("", held)...)
	})
	n.after(providers.of(b.provider))
	return w.run(append(providers.connect(), n))
}
