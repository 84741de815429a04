// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"github.com/zclconf/go-cty/cty"
)

// value is a resource or data source for those that refer to it.
func (w *walk) value(address string) cty.Value {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if value, known := w.values[address]; known {
		return value
	}
	return cty.DynamicVal
}

// put has a block's objects seen by those that refer to it.
func (w *walk) put(b *block, keys, values []cty.Value) {
	var whole cty.Value
	switch {
	case b.forEach != nil:
		named := map[string]cty.Value{}
		for n, key := range keys {
			named[key.AsString()] = values[n]
		}
		whole = cty.ObjectVal(named)
	case b.count != nil:
		whole = cty.TupleVal(values)
	default:
		whole = values[0]
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.values[b.address()] = whole
}

// gather has the objects of a block seen by those that refer to it.
func (w *walk) gather(b *block) Diagnostics {
	keys, _, said := w.scope.repetitions(b)
	if said.HasErrors() {
		return read(w.config.sources, b.address(), said)
	}
	return w.see(b, keys, (*task).saved)
}

// fromState has all objects seen as they are in state: what is destroyed may
// still be needed to configure a provider.
func (w *walk) fromState() Diagnostics {
	keys := map[string][]cty.Value{}
	for at, held := range w.state.objects {
		if at.deposed == "" && w.config.blocks[held.block] != nil {
			keys[held.block] = append(keys[held.block], held.instance().key)
		}
	}
	var diags Diagnostics
	for address, found := range keys {
		diags = append(diags, w.see(w.config.blocks[address], found, (*task).load)...)
	}
	return diags
}

func (w *walk) see(b *block, keys []cty.Value, read func(t *task, deposed string) (*object, Diagnostics)) Diagnostics {
	values := make([]cty.Value, len(keys))
	for n, key := range keys {
		t, diags := w.taskOf(w.instance(b, key))
		if diags.failed() {
			return diags
		}
		held, diags := read(t, "")
		if diags.failed() {
			return diags
		}
		values[n] = cty.DynamicVal
		if held != nil {
			values[n] = held.value
		}
	}
	w.put(b, keys, values)
	return nil
}
