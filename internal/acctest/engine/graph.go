// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"slices"
	"sync"
)

// node is a step of an operation, which begins when those that it waits for
// have ended well.
type node struct {
	name     string
	work     func() Diagnostics
	waitsFor []*node

	ended chan struct{}
	ok    bool
	said  Diagnostics
}

func newNode(name string, work func() Diagnostics) *node {
	return &node{name: name, work: work, ended: make(chan struct{})}
}

func (n *node) after(others ...*node) {
	for _, other := range others {
		if other != n && !slices.Contains(n.waitsFor, other) {
			n.waitsFor = append(n.waitsFor, other)
		}
	}
}

// run works through nodes, each as soon as it can be. What waits for a node that
// has failed is left out, and so is what has not begun when the operation is
// interrupted.
func (w *walk) run(nodes []*node) Diagnostics {
	if looped := cycle(nodes); looped != nil {
		return fault("Cycle", "The configuration waits for itself at %s.", looped.name)
	}
	var group sync.WaitGroup
	for _, n := range nodes {
		group.Go(func() {
			defer close(n.ended)
			for _, before := range n.waitsFor {
				<-before.ended
				if !before.ok {
					return
				}
			}
			if w.ctx.Err() != nil {
				return
			}
			n.said = n.work()
			n.ok = !n.said.failed()
		})
	}
	group.Wait()
	var diags Diagnostics
	for _, n := range nodes {
		diags = append(diags, n.said...)
	}
	if w.ctx.Err() != nil {
		diags = append(diags, halted()...)
	}
	return diags
}

// cycle finds a node that waits for itself.
func cycle(nodes []*node) *node {
	const entered, left = 1, 2
	seen := map[*node]int{}
	var visit func(n *node) *node
	visit = func(n *node) *node {
		switch seen[n] {
		case entered:
			return n
		case left:
			return nil
		}
		seen[n] = entered
		for _, before := range n.waitsFor {
			if looped := visit(before); looped != nil {
				return looped
			}
		}
		seen[n] = left
		return nil
	}
	for _, n := range nodes {
		if looped := visit(n); looped != nil {
			return looped
		}
	}
	return nil
}
