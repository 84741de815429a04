// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Plan is what an engine intends to do.
type Plan struct {
	config *configuration
	// before is the state that was read, refreshed what came of it.
	before, refreshed *State
	changes           map[objectKey]*change
	outputs           map[string]outputChange
	refreshOnly       bool
	destroy           bool
}

type outputChange struct {
	before, after cty.Value
	sensitive     bool
}

// action is what is done with an object.
type action string

const (
	noOp            action = "no-op"
	create          action = "create"
	update          action = "update"
	remove          action = "delete"
	deleteAndCreate action = "delete, then create"
	createAndDelete action = "create, then delete"
	readData        action = "read"
)

func (a action) replaces() bool { return a == deleteAndCreate || a == createAndDelete }

// change is what is planned for an object.
type change struct {
	instance      instance
	schema        *schema
	action        action
	before, after cty.Value
	private       []byte
	// identityBefore and identity are NilVal for what has none.
	identityBefore, identity cty.Value
	importing                bool
}

// Empty reports whether a plan changes neither objects nor outputs, and under
// RefreshOnly nothing of the state.
func (p *Plan) Empty() bool {
	for _, c := range p.changes {
		if c.action != noOp && c.action != readData || c.importing {
			return false
		}
	}
	for _, o := range p.outputs {
		if !o.before.RawEquals(o.after) {
			return false
		}
	}
	return !p.refreshOnly || p.before.same(p.refreshed)
}

// String lists the changes of a plan.
func (p *Plan) String() string {
	var lines []string
	for key, c := range p.changes {
		if c.action == noOp {
			continue
		}
		lines = append(lines, key.address+": "+string(c.action)+difference(c))
	}
	for name, o := range p.outputs {
		if !o.before.RawEquals(o.after) {
			lines = append(lines, "output "+name)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// difference names the attributes that change.
func difference(c *change) string {
	if c.before.IsNull() || c.after.IsNull() {
		return ""
	}
	var names []string
	for name := range c.schema.attributes {
		if !c.before.GetAttr(name).RawEquals(c.after.GetAttr(name)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return " (" + strings.Join(names, ", ") + ")"
}

func (w *walk) plan(options PlanOptions) (*Plan, Diagnostics) {
	plan := &Plan{
		config: w.config, before: w.engine.state.Copy(), changes: map[objectKey]*change{},
		outputs: map[string]outputChange{}, refreshOnly: options.RefreshOnly, destroy: options.Destroy,
	}
	if options.Destroy {
		if diags := w.fromState(); diags.failed() {
			return nil, diags
		}
	}
	diags := w.run(w.planNodes(plan, options))
	if !diags.failed() {
		diags = append(diags, w.planOutputs(plan, options)...)
	}
	plan.refreshed = w.state
	if diags.failed() {
		return nil, diags
	}
	return plan, diags
}

// planNodes are the blocks of the configuration, each after those that it
// refers to, and the objects that no block declares any longer, in any order.
func (w *walk) planNodes(plan *Plan, options PlanOptions) []*node {
	blocks := map[string]*node{}
	providers := &providerNodes{walk: w, byName: map[string]*node{}, blocks: blocks}
	for address, b := range w.config.blocks {
		if options.Destroy && b.managed() {
			continue
		}
		blocks[address] = newNode(address, func() Diagnostics { return w.planBlock(plan, b, options) })
		blocks[address].after(providers.of(b.provider))
	}
	for address, n := range blocks {
		for _, needed := range w.config.needsOf(w.config.blocks[address]) {
			if before := blocks[needed]; before != nil {
				n.after(before)
			}
		}
	}
	var nodes []*node
	for _, n := range blocks {
		nodes = append(nodes, n)
	}
	for key, held := range w.state.objects {
		if held.kind == "data" {
			continue
		}
		if b := w.config.blocks[held.block]; b != nil && key.deposed == "" && !options.Destroy {
			// The block looks at its instances once it knows which they are.
			continue
		}
		n := newNode(key.address, func() Diagnostics {
			return w.working(func() Diagnostics { return w.planRemoval(plan, key, options) })
		})
		n.after(providers.of(held.provider))
		nodes = append(nodes, n)
	}
	slices.SortFunc(nodes, func(a, b *node) int { return strings.Compare(a.name, b.name) })
	return append(providers.connect(), nodes...)
}

// undeclared are the objects of a block that it no longer stands for.
func (w *walk) undeclared(b *block) ([]objectKey, hcl.Diagnostics) {
	keys, _, said := w.scope.repetitions(b)
	w.mutex.Lock()
	defer w.mutex.Unlock()
	var left []objectKey
	for at, held := range w.state.objects {
		of := held.instance()
		declared := slices.ContainsFunc(keys, func(key cty.Value) bool {
			if key == cty.NilVal || of.key == cty.NilVal {
				return key == of.key
			}
			return key.RawEquals(of.key)
		})
		if of.block == b.address() && at.deposed == "" && !declared {
			left = append(left, at)
		}
	}
	return left, said
}

func (w *walk) planBlock(plan *Plan, b *block, options PlanOptions) Diagnostics {
	p, diags := w.started(b.provider)
	if diags.failed() {
		return diags
	}
	of := p.schemaOf(b.kind, b.typeName)
	if of == nil {
		return fault("Invalid resource type", "The provider %q does not support %s %q.", b.provider, b.kind, b.typeName)
	}
	if b.managed() {
		left, said := w.undeclared(b)
		if !said.HasErrors() {
			diags = append(diags, inParallel(len(left), func(n int) Diagnostics {
				return w.working(func() Diagnostics { return w.planRemoval(plan, left[n], options) })
			})...)
		}
	}
	return append(diags, w.eachInstance(b, func(i instance, repeated repetition) (cty.Value, Diagnostics) {
		t := &task{walk: w, plugin: p, schema: of, block: b, instance: i, repeated: repeated, place: place{address: i.address(), block: b, sources: w.config.sources}}
		if b.kind == "data" {
			return t.planData(plan, options)
		}
		return t.planManaged(plan, options)
	})...)
}

// task is the work on one instance.
type task struct {
	walk     *walk
	plugin   *plugin
	schema   *schema
	block    *block // nil for what no block declares
	instance instance
	repeated repetition
	place    place
}

// planManaged refreshes an object and plans what becomes of it.
func (t *task) planManaged(plan *Plan, options PlanOptions) (cty.Value, Diagnostics) {
	var diags Diagnostics
	held, said := t.load("")
	if diags = append(diags, said...); diags.failed() {
		return cty.DynamicVal, diags
	}
	diags = append(diags, t.begin(plan, "", held)...)
	importing := false
	if held == nil && !options.RefreshOnly {
		held, said = t.importedByBlock()
		if diags = append(diags, said...); diags.failed() {
			return cty.DynamicVal, diags
		}
		importing = held != nil
	}
	if held != nil {
		held.createFirst = t.createFirst()
		if !options.SkipRefresh || importing {
			held, said = t.refresh(held)
			if diags = append(diags, said...); diags.failed() {
				return cty.DynamicVal, diags
			}
		}
		if held != nil {
			held.dependencies = union(held.dependencies, t.dependencies())
		}
		t.keep("", held)
	}
	if options.RefreshOnly {
		if held == nil {
			return cty.DynamicVal, diags
		}
		return held.value, append(diags, t.postconditions(held.value)...)
	}
	replace := slices.Contains(options.Replace, t.instance.address()) || t.triggered(plan)
	c, said := t.planChange(held, nil, replace)
	if diags = append(diags, said...); diags.failed() {
		return cty.DynamicVal, diags
	}
	c.importing = importing
	if held != nil && c.action.replaces() && t.block.lifecycle.preventDestroy {
		return cty.DynamicVal, append(diags, t.prevented()...)
	}
	t.walk.note(plan, objectKey{address: t.instance.address()}, c)
	return c.after, append(diags, t.postconditions(c.after)...)
}

// begin has a refresh compare with what came of an upgrade, which is no change of
// an object.
func (t *task) begin(plan *Plan, deposed string, held *object) Diagnostics {
	if held == nil {
		return nil
	}
	t.walk.mutex.Lock()
	defer t.walk.mutex.Unlock()
	return of(plan.before.keep(t.instance, deposed, held, t.schema))
}

func (w *walk) note(plan *Plan, key objectKey, c *change) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	plan.changes[key] = c
}

func (t *task) prevented() Diagnostics {
	d := fault("Instance cannot be destroyed", "Resource %s has lifecycle.prevent_destroy set, but the plan calls for this resource to be destroyed. "+
		"To avoid this error and continue with the plan, either disable lifecycle.prevent_destroy or reduce the scope of the plan using the -target option.", t.instance.address())
	d[0].Source = t.place.source(nil)
	return d
}

// createFirst reports whether a replacement of the object comes before its end:
// by its own word, or by that of an object that depends on it.
func (t *task) createFirst() bool {
	for _, b := range t.walk.config.blocks {
		if !b.lifecycle.createBeforeDestroy {
			continue
		}
		if b == t.block || slices.Contains(t.walk.config.ancestors(b), t.instance.block) {
			return true
		}
	}
	return false
}

// ancestors are all blocks that a block depends on, over others as well.
func (c *configuration) ancestors(b *block) []string {
	var found []string
	var follow func(b *block)
	follow = func(b *block) {
		for _, address := range c.needsOf(b) {
			if !slices.Contains(found, address) {
				found = append(found, address)
				if next := c.blocks[address]; next != nil {
					follow(next)
				}
			}
		}
	}
	follow(b)
	return found
}

// dependencies are the managed resources that the state has to remember, so
// that objects are destroyed after those that depend on them.
func (t *task) dependencies() []string {
	return slices.DeleteFunc(t.walk.config.ancestors(t.block), func(address string) bool { return !t.walk.config.blocks[address].managed() })
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

func (w *walk) planOutputs(plan *Plan, options PlanOptions) Diagnostics {
	var diags Diagnostics
	if !options.Destroy {
		for name, b := range w.config.outputs {
			value, said := w.scope.evaluate(b.attributes["value"].Expr, nil)
			diags = append(diags, read(w.config.sources, "", said)...)
			after := outputChange{before: cty.NullVal(cty.DynamicPseudoType), after: value}
			if held, found := w.state.outputs[name]; found {
				after.before = held.value
			}
			if set, found := b.attributes["sensitive"]; found {
				secret, _ := set.Expr.Value(nil)
				after.sensitive = secret.True()
			}
			plan.outputs[name] = after
		}
	}
	for name, held := range w.state.outputs {
		if _, declared := plan.outputs[name]; !declared {
			plan.outputs[name] = outputChange{before: held.value, after: cty.NullVal(cty.DynamicPseudoType)}
		}
	}
	return diags
}
