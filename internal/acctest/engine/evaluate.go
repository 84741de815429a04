// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// repetition is what for_each and count offer inside a block.
type repetition map[string]cty.Value

// scope is what expressions can see.
type scope struct {
	config *configuration
	// value is a resource or data source as a whole, by address: an object, or
	// a tuple or an object of them.
	value     func(address string) cty.Value
	variables map[string]cty.Value
	functions functionTable
}

// context makes what HCL evaluates expressions with, for as much as the
// traversals refer to.
func (s scope) context(references []hcl.Traversal, repeated repetition) (*hcl.EvalContext, hcl.Diagnostics) {
	var said hcl.Diagnostics
	resources, data, locals := map[string]map[string]cty.Value{}, map[string]map[string]cty.Value{}, map[string]cty.Value{}
	variables := map[string]cty.Value{
		"path":      cty.ObjectVal(map[string]cty.Value{"module": cty.StringVal(s.config.folder), "root": cty.StringVal(s.config.folder)}),
		"terraform": cty.ObjectVal(map[string]cty.Value{"workspace": cty.StringVal("default")}),
	}
	for name, value := range repeated {
		variables[name] = value
	}
	put := func(into map[string]map[string]cty.Value, typeName, name string, value cty.Value) {
		if into[typeName] == nil {
			into[typeName] = map[string]cty.Value{}
		}
		into[typeName][name] = value
	}
	for _, reference := range references {
		to, problem := s.config.resolve(reference)
		if problem != nil {
			if _, own := variables[reference.RootName()]; !own {
				said = append(said, problem)
			}
			continue
		}
		switch to.kind {
		case "local":
			value, diags := s.evaluate(s.config.locals[to.name], nil)
			said = append(said, diags...)
			locals[to.name] = value
		case "variable":
			value, diags := s.variable(to.name)
			said = append(said, diags...)
			put(resources, "var", to.name, value)
		case "data":
			put(data, to.typeName, to.name, s.value(to.address))
		case "resource":
			put(resources, to.typeName, to.name, s.value(to.address))
		}
	}
	for typeName, named := range resources {
		variables[typeName] = cty.ObjectVal(named)
	}
	if len(data) > 0 {
		types := map[string]cty.Value{}
		for typeName, named := range data {
			types[typeName] = cty.ObjectVal(named)
		}
		variables["data"] = cty.ObjectVal(types)
	}
	if len(locals) > 0 {
		variables["local"] = cty.ObjectVal(locals)
	}
	return &hcl.EvalContext{Variables: variables, Functions: s.functions}, said
}

func (s scope) variable(name string) (cty.Value, hcl.Diagnostics) {
	if value, set := s.variables[name]; set {
		return value, nil
	}
	if fallback := s.config.variables[name]; fallback != nil {
		return fallback.Value(nil)
	}
	return cty.DynamicVal, hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "No value for required variable",
		Detail: fmt.Sprintf("The root module input variable %q is not set, and has no default value.", name),
	}}
}

func (s scope) evaluate(expression hcl.Expression, repeated repetition) (cty.Value, hcl.Diagnostics) {
	ctx, said := s.context(expression.Variables(), repeated)
	if said.HasErrors() {
		return cty.DynamicVal, said
	}
	value, diags := expression.Value(ctx)
	return value, append(said, diags...)
}

// reference is what an expression refers to.
type reference struct {
	kind           string // "resource", "data", "local" or "variable"
	typeName, name string
	address        string // of a resource or data source
}

// resolve finds what a traversal refers to. Those of the engine itself, such as
// each and path, are a problem to it.
func (c *configuration) resolve(traversal hcl.Traversal) (reference, *hcl.Diagnostic) {
	names := make([]string, 0, 3)
	for _, step := range traversal {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			names = append(names, step.Name)
		case hcl.TraverseAttr:
			names = append(names, step.Name)
		}
		if len(names) == cap(names) {
			break
		}
	}
	names = append(names, "", "")
	to := reference{kind: "resource", typeName: names[0], name: names[1]}
	known := false
	switch names[0] {
	case "local":
		to = reference{kind: "local", name: names[1]}
		_, known = c.locals[to.name]
	case "var":
		to = reference{kind: "variable", name: names[1]}
		_, known = c.variables[to.name]
	case "data":
		to = reference{kind: "data", typeName: names[1], name: names[2], address: "data." + names[1] + "." + names[2]}
		_, known = c.blocks[to.address]
	default:
		to.address = to.typeName + "." + to.name
		_, known = c.blocks[to.address]
	}
	if !known {
		source := traversal.SourceRange()
		return to, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "Reference to undeclared resource", Subject: &source,
			Detail: fmt.Sprintf("%s has not been declared in the root module.", traversalText(traversal)),
		}
	}
	return to, nil
}

// needs are the resources and data sources that traversals refer to, through
// locals as well.
func (c *configuration) needs(traversals []hcl.Traversal) []string {
	found := map[string]bool{}
	seen := map[string]bool{}
	var follow func([]hcl.Traversal)
	follow = func(traversals []hcl.Traversal) {
		for _, traversal := range traversals {
			to, problem := c.resolve(traversal)
			switch {
			case problem != nil:
			case to.kind == "local" && !seen[to.name]:
				seen[to.name] = true
				follow(c.locals[to.name].Variables())
			case to.address != "":
				found[to.address] = true
			}
		}
	}
	follow(traversals)
	addresses := make([]string, 0, len(found))
	for address := range found {
		addresses = append(addresses, address)
	}
	slices.Sort(addresses)
	return addresses
}

// traversals are all that a block refers to, its provider's block included.
func (c *configuration) traversals(b *block) []hcl.Traversal {
	found := slices.Clone(b.dependsOn)
	var of func(body *hclsyntax.Body)
	of = func(body *hclsyntax.Body) {
		for _, set := range body.Attributes {
			found = append(found, set.Expr.Variables()...)
		}
		for _, nested := range body.Blocks {
			of(nested.Body)
		}
	}
	if body, ok := b.body.(*hclsyntax.Body); ok {
		of(body)
	}
	for _, expression := range append(slices.Clone(b.lifecycle.replaceTriggeredBy), b.forEach, b.count) {
		if expression != nil {
			found = append(found, expression.Variables()...)
		}
	}
	for _, condition := range append(slices.Clone(b.lifecycle.preconditions), b.lifecycle.postconditions...) {
		of(condition)
	}
	if configured := c.providers[b.provider]; b.provider != "" && configured != nil && configured != b {
		found = append(found, c.traversals(configured)...)
	}
	return found
}

// needsOf are the other blocks that have to come before a block.
func (c *configuration) needsOf(b *block) []string {
	return slices.DeleteFunc(c.needs(c.traversals(b)), func(address string) bool { return address == b.address() })
}

// repetitions are the instances of a block, by for_each or count, in order.
func (s scope) repetitions(b *block) ([]cty.Value, []repetition, hcl.Diagnostics) {
	refuse := func(expression hcl.Expression, argument, why string) hcl.Diagnostics {
		subject := expression.Range()
		return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Invalid " + argument + " argument", Detail: why, Subject: &subject}}
	}
	switch {
	case b.count != nil:
		value, said := s.evaluate(b.count, nil)
		if said.HasErrors() {
			return nil, nil, said
		}
		if !value.IsKnown() {
			return nil, nil, refuse(b.count, "count", "The \"count\" value depends on resource attributes that cannot be determined until apply.")
		}
		number, err := convert.Convert(value, cty.Number)
		if err != nil || number.IsNull() {
			return nil, nil, refuse(b.count, "count", "The \"count\" value is not a whole number.")
		}
		wanted, _ := number.AsBigFloat().Int64()
		var keys []cty.Value
		var repeated []repetition
		for i := range wanted {
			keys = append(keys, cty.NumberIntVal(i))
			repeated = append(repeated, repetition{"count": cty.ObjectVal(map[string]cty.Value{"index": cty.NumberIntVal(i)})})
		}
		return keys, repeated, nil
	case b.forEach != nil:
		value, said := s.evaluate(b.forEach, nil)
		if said.HasErrors() {
			return nil, nil, said
		}
		t := value.Type()
		switch {
		case !value.IsKnown(), t.IsSetType() && !value.IsWhollyKnown():
			return nil, nil, refuse(b.forEach, "for_each", "The \"for_each\" value depends on resource attributes that cannot be determined until apply.")
		case value.IsNull(), !t.IsMapType() && !t.IsObjectType() && !t.IsSetType():
			return nil, nil, refuse(b.forEach, "for_each", "The \"for_each\" value must be a map, or a set of strings.")
		}
		var keys []cty.Value
		var repeated []repetition
		for it := value.ElementIterator(); it.Next(); {
			key, element := it.Element()
			if t.IsSetType() {
				key = element
			}
			keys = append(keys, key)
			repeated = append(repeated, repetition{"each": cty.ObjectVal(map[string]cty.Value{"key": key, "value": element})})
		}
		return keys, repeated, nil
	default:
		return []cty.Value{cty.NilVal}, []repetition{{}}, nil
	}
}
