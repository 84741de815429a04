// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/zclconf/go-cty/cty"
)

// planData reads a data source, unless its configuration is not yet known or
// what it depends on is going to change: then that is left to the apply.
func (t *task) planData(plan *Plan, options PlanOptions) (cty.Value, Diagnostics) {
	diags := t.conditions("precondition", t.block.lifecycle.preconditions, cty.DynamicVal)
	if diags.failed() {
		return cty.DynamicVal, diags
	}
	config, said := t.walk.decode(t.block, t.schema, t.repeated)
	if diags = append(diags, said...); diags.failed() {
		return cty.DynamicVal, diags
	}
	if config.IsWhollyKnown() && !t.pending(plan) {
		value, said := t.read(config)
		return value, append(diags, said...)
	}
	if diags = append(diags, t.checkData(config)...); diags.failed() || options.RefreshOnly {
		return cty.DynamicVal, diags
	}
	after := proposedObject(t.schema.attributes, cty.UnknownVal(t.schema.objectType), config)
	t.walk.note(plan, objectKey{address: t.instance.address()}, &change{
		instance: t.instance, schema: t.schema, action: readData, before: t.schema.null(), after: after,
	})
	return after, diags
}

// pending reports whether something that depends_on names is going to change.
// What the configuration merely refers to shows in its values.
func (t *task) pending(plan *Plan) bool {
	named := t.walk.config.needs(t.block.dependsOn)
	t.walk.mutex.Lock()
	defer t.walk.mutex.Unlock()
	for _, c := range plan.changes {
		if c.action != noOp && c.instance.kind == "resource" && slices.Contains(named, c.instance.block) {
			return true
		}
	}
	return false
}

func (t *task) checkData(config cty.Value) Diagnostics {
	sent, err := packed(config, t.schema.objectType)
	if err != nil {
		return of(err)
	}
	checked, err := t.plugin.server.ValidateDataResourceConfig(t.walk.calls, &tfprotov6.ValidateDataResourceConfigRequest{TypeName: t.instance.typeName, Config: sent})
	if err != nil {
		return of(err)
	}
	return t.place.said(checked.Diagnostics)
}

// read reads a data source into the state.
func (t *task) read(config cty.Value) (cty.Value, Diagnostics) {
	diags := t.checkData(config)
	if diags.failed() {
		return cty.DynamicVal, diags
	}
	sent, err := packed(config, t.schema.objectType)
	if err != nil {
		return cty.DynamicVal, of(err)
	}
	found, err := t.plugin.server.ReadDataSource(t.walk.calls, &tfprotov6.ReadDataSourceRequest{
		TypeName: t.instance.typeName, Config: sent, ClientCapabilities: &tfprotov6.ReadDataSourceClientCapabilities{},
	})
	if err != nil {
		return cty.DynamicVal, of(err)
	}
	if diags = append(diags, t.place.said(found.Diagnostics)...); diags.failed() {
		return cty.DynamicVal, diags
	}
	value, err := unpacked(found.State, t.schema.objectType)
	switch {
	case err != nil:
		return cty.DynamicVal, append(diags, of(err)...)
	case value.IsNull():
		return value, append(diags, broken("Provider produced null object", "Provider %q produced a null value for %s.", t.plugin.name, t.instance.address()))
	case !value.IsWhollyKnown():
		return value, append(diags, broken("Provider produced invalid object",
			"Provider %q produced a value for %s that is not wholly known.", t.plugin.name, t.instance.address()))
	}
	diags = append(diags, t.keep("", &object{value: value})...)
	return value, append(diags, t.postconditions(value)...)
}
