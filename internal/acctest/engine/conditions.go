// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// triggered reports whether replace_triggered_by names something that changes.
func (t *task) triggered(plan *Plan) bool {
	for _, expression := range t.block.lifecycle.replaceTriggeredBy {
		for _, traversal := range expression.Variables() {
			to, problem := t.walk.config.resolve(traversal)
			if problem == nil && t.walk.changes(plan, to, traversal) {
				return true
			}
		}
	}
	return false
}

// changes reports whether what a traversal names is planned to change: an
// attribute of an object, or an object as a whole.
func (w *walk) changes(plan *Plan, to reference, traversal hcl.Traversal) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, c := range plan.changes {
		if c.instance.block != to.address || c.action == noOp {
			continue
		}
		attribute := ""
		if last, ok := traversal[len(traversal)-1].(hcl.TraverseAttr); ok && len(traversal) > 2 {
			attribute = last.Name
		}
		if attribute == "" || c.before.IsNull() || c.after.IsNull() {
			if attribute == "" && (c.action == update || c.action.replaces()) || attribute != "" {
				return true
			}
			continue
		}
		if a := c.schema.attributes[attribute]; a != nil && !c.before.GetAttr(attribute).RawEquals(c.after.GetAttr(attribute)) {
			return true
		}
	}
	return false
}

// postconditions are checked as soon as what they are about is known.
func (t *task) postconditions(self cty.Value) Diagnostics {
	return t.conditions("postcondition", t.block.lifecycle.postconditions, self)
}

func (t *task) conditions(kind string, bodies []*hclsyntax.Body, self cty.Value) Diagnostics {
	var diags Diagnostics
	for _, body := range bodies {
		repeated := repetition{"self": self}
		for name, value := range t.repeated {
			repeated[name] = value
		}
		holds, said := t.walk.scope.evaluate(body.Attributes["condition"].Expr, repeated)
		diags = append(diags, read(t.walk.config.sources, t.instance.address(), said)...)
		if said.HasErrors() || !holds.IsKnown() || holds.IsNull() || holds.True() {
			continue
		}
		message, said := t.walk.scope.evaluate(body.Attributes["error_message"].Expr, repeated)
		diags = append(diags, read(t.walk.config.sources, t.instance.address(), said)...)
		text := "This condition failed."
		if !said.HasErrors() && message.IsKnown() {
			text = message.AsString()
		}
		diags = append(diags, Diagnostic{
			Summary: "Resource " + kind + " failed", Detail: text, Address: t.instance.address(),
			Source: sourceText(t.walk.config.sources, body.Attributes["condition"].SrcRange, t.block.title),
		})
	}
	return diags
}
