// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/zclconf/go-cty/cty"
)

// apply carries out a plan. The state is kept up to date after each object.
func (w *walk) apply(plan *Plan) Diagnostics {
	if plan.refreshOnly {
		return w.keepOutputs(plan)
	}
	if plan.destroy {
		if diags := w.fromState(); diags.failed() {
			return diags
		}
	}
	diags := w.run(w.applyNodes(plan))
	return append(diags, w.keepOutputs(plan)...)
}

// make creates or updates an object, or reads data.
func (w *walk) make(h *halves) Diagnostics {
	t, diags := w.taskOf(h.change.instance)
	if diags.failed() {
		return diags
	}
	var said Diagnostics
	if t.repeated, said = w.repetitionOf(t); said.failed() {
		return said
	}
	if h.change.action == readData {
		config, said := w.decode(t.block, t.schema, t.repeated)
		if said.failed() {
			return said
		}
		_, diags := t.read(config)
		return diags
	}
	if h.change.action == createAndDelete {
		w.mutex.Lock()
		h.deposed = w.state.depose(t.instance.address())
		w.mutex.Unlock()
	}
	held, said := t.load("")
	if diags = append(diags, said...); diags.failed() {
		return diags
	}
	if h.change.action == noOp {
		if held != nil {
			held.dependencies = t.dependencies()
			diags = append(diags, t.keep("", held)...)
			diags = append(diags, t.postconditions(held.value)...)
		}
		return diags
	}
	again, said := t.planChange(held, h.change, false)
	if diags = append(diags, said...); !diags.failed() {
		diags = append(diags, t.changeOfPlan(h.change, again)...)
	}
	if diags.failed() {
		w.undo(h, t)
		return diags
	}
	if again.action == noOp {
		return append(diags, t.postconditions(held.value)...)
	}
	made := *again
	if made.action.replaces() {
		made.action, made.before, made.identityBefore = create, t.schema.null(), cty.NilVal
	}
	config, said := w.decode(t.block, t.schema, t.repeated)
	if diags = append(diags, said...); diags.failed() {
		return diags
	}
	result, said := t.carryOut(&made, held, t.ignoring(made.before, config))
	diags = append(diags, said...)
	if result != nil {
		result.createFirst, result.dependencies = t.createFirst(), t.dependencies()
	}
	diags = append(diags, t.keep("", result)...)
	if diags.failed() {
		w.undo(h, t)
	}
	if result != nil {
		diags = append(diags, t.postconditions(result.value)...)
	}
	return diags
}

// undo brings a deposed object back whose replacement has not come about.
func (w *walk) undo(h *halves, t *task) {
	if h.change.action == createAndDelete {
		w.mutex.Lock()
		defer w.mutex.Unlock()
		w.state.restore(t.instance.address(), h.deposed)
	}
}

// changeOfPlan refuses a plan that is not what was shown before, save for what
// was unknown then.
func (t *task) changeOfPlan(shown, now *change) Diagnostics {
	const summary = "Provider produced inconsistent final plan"
	if shown.action != now.action && (shown.action != update || now.action != noOp) {
		return Diagnostics{broken(summary,
			"When expanding the plan for %s to include new values learned so far during apply, provider %q changed the planned action from %s to %s.",
			t.instance.address(), t.plugin.name, shown.action, now.action)}
	}
	var diags Diagnostics
	for _, p := range t.schema.resultProblems(shown.after, now.after) {
		diags = append(diags, broken(summary,
			"When expanding the plan for %s to include new values learned so far during apply, provider %q produced an invalid new value for %s.",
			t.instance.address(), t.plugin.name, p))
	}
	return diags
}

// remove ends an object.
func (w *walk) remove(h *halves) Diagnostics {
	t, diags := w.taskOf(h.change.instance)
	if diags.failed() {
		return diags
	}
	held, said := t.load(h.deposed)
	if diags = append(diags, said...); diags.failed() || held == nil {
		return diags
	}
	ended := *h.change
	ended.action, ended.after, ended.identity = remove, t.schema.null(), cty.NilVal
	if h.deposed != "" {
		// The end of a deposed object is planned when it comes to that.
		answer, said := t.askRemoval(held)
		if diags = append(diags, said...); diags.failed() {
			return diags
		}
		ended.before, ended.private, ended.identityBefore = held.value, answer.private, held.identity
	}
	result, said := t.carryOut(&ended, held, t.schema.null())
	diags = append(diags, said...)
	return append(diags, t.keep(h.deposed, result)...)
}

// carryOut has the provider apply a change, and returns what has become of the
// object, errors or not; nil if there is none.
func (t *task) carryOut(c *change, held *object, config cty.Value) (*object, Diagnostics) {
	request := &tfprotov6.ApplyResourceChangeRequest{TypeName: t.instance.typeName, PlannedPrivate: c.private}
	var err error
	for into, value := range map[**tfprotov6.DynamicValue]cty.Value{&request.PriorState: c.before, &request.Config: config, &request.PlannedState: c.after} {
		if *into, err = packed(value, t.schema.objectType); err != nil {
			return held, of(err)
		}
	}
	if request.PlannedIdentity, err = t.schema.packedIdentity(c.identity); err != nil {
		return held, of(err)
	}
	if t.walk.ctx.Err() != nil {
		return held, halted()
	}
	answer, err := t.plugin.server.ApplyResourceChange(t.walk.calls, request)
	if err != nil {
		return held, of(err)
	}
	diags := t.place.said(answer.Diagnostics)
	value, err := unpacked(answer.NewState, t.schema.objectType)
	if err != nil {
		return held, append(diags, of(err)...)
	}
	identity, err := t.schema.unpackedIdentity(answer.NewIdentity)
	if err != nil {
		return held, append(diags, of(err)...)
	}
	diags = append(diags, t.identityProblems(c.identityBefore, identity, c.action == update)...)
	value, said := t.resultFaults(c, value, diags.failed())
	diags = append(diags, said...)
	switch {
	case diags.failed() && value.IsNull():
		// Better an object too many in state than one too few.
		return held, diags
	case value.IsNull():
		return nil, diags
	}
	result := &object{value: value, identity: identity, private: answer.Private}
	if diags.failed() {
		// A creation that has failed half way is replaced by the next plan; an
		// object that was there before keeps its standing.
		result.tainted = c.action == create
		if held != nil {
			result.tainted = result.tainted || held.tainted
			if c.action == remove {
				result.dependencies, result.createFirst = held.dependencies, held.createFirst
			}
		}
	}
	return result, diags
}

// resultFaults refuses what the provider may not return, and takes unknown
// values out of it.
func (t *task) resultFaults(c *change, value cty.Value, failed bool) (cty.Value, Diagnostics) {
	const summary = "Provider returned invalid result object after apply"
	var diags Diagnostics
	if !value.IsWhollyKnown() {
		_ = cty.Walk(value, func(at cty.Path, v cty.Value) (bool, error) {
			if !v.IsKnown() {
				diags = append(diags, Diagnostic{Summary: summary, Detail: "After the apply operation, the provider still indicated an unknown value for " +
					t.instance.address() + pathText(at) + ". All values must be known after apply, so this is always a bug in the provider and should be reported in the provider's own repository. " +
					"Terraform will still save the other known object values in the state."})
			}
			return true, nil
		})
		value = cty.UnknownAsNull(value)
	}
	if failed || len(diags) > 0 {
		return value, diags
	}
	if c.action != remove {
		for _, p := range t.schema.resultProblems(c.after, value) {
			diags = append(diags, broken("Provider produced inconsistent result after apply",
				"When applying changes to %s, provider %q produced an unexpected new value: %s.", t.instance.address(), t.plugin.name, p))
		}
	} else if !value.IsNull() {
		diags = append(diags, Diagnostic{Summary: summary, Detail: "After applying a Delete plan, the provider returned a non-null object for " + t.instance.address() +
			". Destroying should always produce a null value, so this is always a bug in the provider and should be reported in the provider's own repository."})
	}
	return value, diags
}

// repetitionOf is what for_each and count offer to one instance.
func (w *walk) repetitionOf(t *task) (repetition, Diagnostics) {
	keys, repeated, said := w.scope.repetitions(t.block)
	if said.HasErrors() {
		return nil, read(w.config.sources, t.instance.address(), said)
	}
	for n, key := range keys {
		if key == t.instance.key || (key != cty.NilVal && t.instance.key != cty.NilVal && key.RawEquals(t.instance.key)) {
			return repeated[n], nil
		}
	}
	return nil, fault("Instance not declared", "%s is not declared any longer.", t.instance.address())
}

func (w *walk) keepOutputs(plan *Plan) Diagnostics {
	for name, planned := range plan.outputs {
		b := w.config.outputs[name]
		if b == nil || planned.after.IsNull() && planned.after.Type() == cty.DynamicPseudoType && !planned.before.IsNull() {
			delete(w.state.outputs, name)
			continue
		}
		value := planned.after
		if !value.IsWhollyKnown() {
			evaluated, said := w.scope.evaluate(b.attributes["value"].Expr, nil)
			if said.HasErrors() || !evaluated.IsWhollyKnown() {
				// What it is about has failed, which has been said.
				continue
			}
			value = evaluated
		}
		w.state.outputs[name] = output{value: value, sensitive: planned.sensitive}
	}
	return nil
}
