// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"slices"
	"strings"
)

// halves are what a change consists of: one makes an object, the other ends
// one. A replacement has both.
type halves struct {
	change      *change
	makes, ends *node
	// deposed is the key of the object that the second half ends.
	deposed string
	// dependencies are the resources that the object depended on so far.
	dependencies []string
	// createdBefore says that a replacement comes before the end.
	createdBefore bool
}

// applyNodes order a plan: what refers to an object comes after it, and ends
// before it. An object whose replacement is created before ends last.
func (w *walk) applyNodes(plan *Plan) []*node {
	blocks := map[string]*node{}
	providers := &providerNodes{walk: w, byName: map[string]*node{}, blocks: blocks}
	var steps []*halves
	for key, c := range plan.changes {
		h := &halves{change: c, deposed: key.deposed, createdBefore: c.action == createAndDelete}
		if held := w.state.objects[key]; held != nil {
			h.dependencies = held.dependencies
			h.createdBefore = h.createdBefore || held.createFirst
		}
		if c.action == remove || c.action.replaces() {
			h.ends = newNode(key.address+" (destroy)", func() Diagnostics {
				return w.working(func() Diagnostics { return w.remove(h) })
			})
			h.ends.after(providers.of(c.instance.provider))
		}
		if c.action != remove {
			h.makes = newNode(key.address, nil)
		}
		steps = append(steps, h)
	}
	// A block's node gathers its instances, so that those that refer to the
	// block see them all.
	for address, b := range w.config.blocks {
		if plan.destroy {
			break
		}
		var own []*halves
		for _, h := range steps {
			if h.makes != nil && h.change.instance.block == address {
				own = append(own, h)
			}
		}
		blocks[address] = newNode(address+" (all)", func() Diagnostics { return w.gather(b) })
		for _, h := range own {
			h.makes.work = func() Diagnostics { return w.working(func() Diagnostics { return w.make(h) }) }
			h.makes.after(providers.of(b.provider))
			blocks[address].after(h.makes)
			blocks[address].after(providers.of(b.provider))
		}
	}
	for address, all := range blocks {
		for _, needed := range w.config.needsOf(w.config.blocks[address]) {
			all.after(blocks[needed])
			for _, h := range steps {
				if h.makes != nil && h.change.instance.block == address {
					h.makes.after(blocks[needed])
				}
			}
		}
	}
	order(steps)
	nodes := providers.connect()
	for _, n := range blocks {
		nodes = append(nodes, n)
	}
	for _, h := range steps {
		if h.makes != nil {
			nodes = append(nodes, h.makes)
		}
		if h.ends != nil {
			nodes = append(nodes, h.ends)
		}
	}
	slices.SortFunc(nodes, func(a, b *node) int { return strings.Compare(a.name, b.name) })
	return nodes
}

// order connects the ends of objects with each other and with creations.
func order(steps []*halves) {
	for _, h := range steps {
		if h.ends == nil {
			continue
		}
		before := func(maker *node) {
			// An object that is replaced afterwards outlives those that turn
			// from it to its replacement.
			if h.createdBefore {
				h.ends.after(maker)
			} else {
				maker.after(h.ends)
			}
		}
		if h.makes != nil {
			before(h.makes)
		}
		for _, other := range steps {
			if other == h {
				continue
			}
			dependsOnThis := slices.Contains(other.dependencies, h.change.instance.block)
			if dependsOnThis && other.ends != nil {
				h.ends.after(other.ends)
			}
			if dependsOnThis && other.makes != nil && other.change.action != noOp {
				before(other.makes)
			}
			// What the ended object depended on is not touched before its end.
			if slices.Contains(h.dependencies, other.change.instance.block) && other.makes != nil && other.change.action != noOp {
				before(other.makes)
			}
		}
	}
}
