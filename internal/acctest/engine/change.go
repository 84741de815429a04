// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/zclconf/go-cty/cty"
)

// planChange asks the provider what an object becomes. In an apply it is asked
// again, with what has become known since, and the earlier plan is given.
func (t *task) planChange(held *object, earlier *change, replace bool) (*change, Diagnostics) {
	diags := t.conditions("precondition", t.block.lifecycle.preconditions, cty.DynamicVal)
	if diags.failed() {
		return nil, diags
	}
	config, said := t.walk.decode(t.block, t.schema, t.repeated)
	if diags = append(diags, said...); diags.failed() {
		return nil, diags
	}
	if diags = append(diags, t.validate(config)...); diags.failed() {
		return nil, diags
	}

	// A tainted object is planned as if there were none, and without what the
	// provider has kept with it; afterwards that is called a replacement.
	c := &change{instance: t.instance, schema: t.schema, before: t.schema.null()}
	var private []byte
	tainted := held != nil && held.tainted
	if held != nil && !tainted {
		c.before, c.identityBefore, private = held.value, held.identity, held.private
	}
	config = t.ignoring(c.before, config)
	answer, said := t.ask(c.before, config, private, c.identityBefore)
	if diags = append(diags, said...); diags.failed() {
		return nil, diags
	}
	if said := t.planFaults(c.before, config, answer.planned); said.failed() {
		return nil, append(diags, said...)
	}
	replaced, said := t.replacing(c.before, answer)
	if diags = append(diags, said...); diags.failed() {
		return nil, diags
	}
	c.after, c.private, c.identity = answer.planned, answer.private, answer.identity
	c.action = t.decide(c, earlier, replace || replaced)
	if c.action == update || c.action == noOp {
		diags = append(diags, t.identityProblems(c.identityBefore, c.identity, true)...)
	}

	if c.action.replaces() {
		// The second question is that of a creation, but brings what the
		// provider has kept in its first answer. Its warnings are not shown.
		again, said := t.ask(t.schema.null(), config, answer.private, answer.identity)
		if said.failed() {
			return nil, append(diags, said...)
		}
		c.after, c.private, c.identity = again.planned, again.private, again.identity
	}
	if tainted && c.action == create {
		c.action, c.before, c.identityBefore = t.replacement(earlier), held.value, held.identity
	}
	if earlier != nil && earlier.action.replaces() && c.action == create {
		c.action, c.before = earlier.action, earlier.before
	}
	return c, diags
}

func (t *task) validate(config cty.Value) Diagnostics {
	sent, err := packed(config, t.schema.objectType)
	if err != nil {
		return of(err)
	}
	checked, err := t.plugin.server.ValidateResourceConfig(t.walk.calls, &tfprotov6.ValidateResourceConfigRequest{
		TypeName: t.instance.typeName, Config: sent, ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	if err != nil {
		return of(err)
	}
	return t.place.said(checked.Diagnostics)
}

// answer is what a provider plans.
type answer struct {
	planned  cty.Value
	private  []byte
	identity cty.Value
	replaces []cty.Path
}

func (t *task) ask(prior, config cty.Value, private []byte, identity cty.Value) (answer, Diagnostics) {
	request := &tfprotov6.PlanResourceChangeRequest{
		TypeName: t.instance.typeName, PriorPrivate: private, ClientCapabilities: &tfprotov6.PlanResourceChangeClientCapabilities{},
	}
	var err error
	for into, value := range map[**tfprotov6.DynamicValue]cty.Value{
		&request.PriorState: prior, &request.Config: config, &request.ProposedNewState: t.schema.proposedNew(prior, config),
	} {
		if *into, err = packed(value, t.schema.objectType); err != nil {
			return answer{}, of(err)
		}
	}
	if request.PriorIdentity, err = t.schema.packedIdentity(identity); err != nil {
		return answer{}, of(err)
	}
	said, err := t.plugin.server.PlanResourceChange(t.walk.calls, request)
	if err != nil {
		return answer{}, of(err)
	}
	diags := t.place.said(said.Diagnostics)
	if diags.failed() {
		return answer{}, diags
	}
	a := answer{private: said.PlannedPrivate}
	for _, path := range said.RequiresReplace {
		a.replaces = append(a.replaces, ctyPath(path))
	}
	if a.planned, err = unpacked(said.PlannedState, t.schema.objectType); err != nil {
		return answer{}, append(diags, of(err)...)
	}
	a.identity, err = t.schema.unpackedIdentity(said.PlannedIdentity)
	return a, append(diags, of(err)...)
}

// planFaults refuses what the provider may not plan.
func (t *task) planFaults(prior, config, planned cty.Value) Diagnostics {
	var diags Diagnostics
	for _, p := range t.schema.planProblems(prior, config, planned) {
		diags = append(diags, broken("Provider produced invalid plan",
			"Provider %q planned an invalid value for %s%s.", t.plugin.name, t.instance.address(), p))
	}
	return diags
}

// replacing reports whether a value changes of which the provider says that it
// can't be changed in place. One that stays the same replaces nothing.
func (t *task) replacing(prior cty.Value, a answer) (bool, Diagnostics) {
	if prior.IsNull() {
		return false, nil
	}
	for _, path := range a.replaces {
		before, wrongBefore := hcl.ApplyPath(prior, path, nil)
		after, wrongAfter := hcl.ApplyPath(a.planned, path, nil)
		if wrongBefore.HasErrors() && wrongAfter.HasErrors() {
			return false, Diagnostics{broken("Provider produced invalid plan",
				"Provider %q has indicated \"requires replacement\" on %s for a non-existent attribute path %s.", t.plugin.name, t.instance.address(), pathText(path))}
		}
		if wrongBefore.HasErrors() || wrongAfter.HasErrors() {
			return true, nil
		}
		if equal := after.Equals(before); !equal.IsKnown() || equal.False() {
			return true, nil
		}
	}
	return false, nil
}

func (t *task) decide(c *change, earlier *change, replace bool) action {
	switch equal := c.after.Equals(c.before); {
	case c.before.IsNull():
		return create
	case replace:
		return t.replacement(earlier)
	case equal.IsKnown() && equal.True():
		return noOp
	default:
		return update
	}
}

// replacement is the order of a replacement, which an apply takes from its plan.
func (t *task) replacement(earlier *change) action {
	switch {
	case earlier != nil && earlier.action.replaces():
		return earlier.action
	case t.createFirst():
		return createAndDelete
	default:
		return deleteAndCreate
	}
}

// ignoring has the configuration say what the state has, where ignore_changes
// says so.
func (t *task) ignoring(prior, config cty.Value) cty.Value {
	life := t.block.lifecycle
	if prior.IsNull() || (!life.ignoreAll && len(life.ignore) == 0) {
		return config
	}
	ignored := make([]string, 0, len(life.ignore))
	for _, traversal := range life.ignore {
		ignored = append(ignored, traversalText(traversal))
	}
	return objectOf(t.schema.attributes, func(name string, a *attribute) cty.Value {
		if (life.ignoreAll && (a.optional || a.required)) || slices.Contains(ignored, name) {
			return prior.GetAttr(name)
		}
		return config.GetAttr(name)
	})
}

// planRemoval plans the end of an object that is in state.
func (w *walk) planRemoval(plan *Plan, key objectKey, options PlanOptions) Diagnostics {
	w.mutex.Lock()
	i := w.state.objects[key].instance()
	w.mutex.Unlock()
	t, diags := w.taskOf(i)
	if diags.failed() {
		return diags
	}
	held, said := t.load(key.deposed)
	if diags = append(diags, said...); diags.failed() || held == nil {
		return diags
	}
	diags = append(diags, t.begin(plan, key.deposed, held)...)
	if !options.SkipRefresh {
		held, said = t.refresh(held)
		if diags = append(diags, said...); diags.failed() {
			return diags
		}
	}
	diags = append(diags, t.keep(key.deposed, held)...)
	if held == nil || options.RefreshOnly {
		return diags
	}
	if t.block != nil && t.block.lifecycle.preventDestroy {
		return append(diags, t.prevented()...)
	}
	answer, said := t.askRemoval(held)
	if diags = append(diags, said...); diags.failed() {
		return diags
	}
	w.note(plan, key, &change{
		instance: i, schema: t.schema, action: remove, before: held.value, after: t.schema.null(),
		private: answer.private, identityBefore: held.identity,
	})
	return diags
}

// askRemoval asks the provider about the end of an object.
func (t *task) askRemoval(held *object) (answer, Diagnostics) {
	a, diags := t.ask(held.value, t.schema.null(), held.private, held.identity)
	if !diags.failed() && !a.planned.IsNull() {
		diags = append(diags, broken("Provider produced invalid plan",
			"Provider %q planned a non-null destroy value for %s.", t.plugin.name, t.instance.address()))
	}
	return a, diags
}

// taskOf is the work on an instance that may have no block.
func (w *walk) taskOf(i instance) (*task, Diagnostics) {
	p, diags := w.started(i.provider)
	if diags.failed() {
		return nil, diags
	}
	of := p.schemaOf(i.kind, i.typeName)
	if of == nil {
		return nil, fault("Invalid resource type", "The provider %q does not support %q.", i.provider, i.typeName)
	}
	b := w.config.blocks[i.block]
	return &task{walk: w, plugin: p, schema: of, block: b, instance: i, place: place{address: i.address(), block: b, sources: w.config.sources}}, nil
}
