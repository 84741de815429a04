// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// configuration is the root module.
type configuration struct {
	sources   map[string][]byte
	folder    string
	providers map[string]*block // by local name, with ".ALIAS" for all but the default
	// blocks are resources and data sources, by address.
	blocks    map[string]*block
	locals    map[string]hcl.Expression
	variables map[string]hcl.Expression // their defaults; nil for none
	outputs   map[string]*block
	imports   []*block
}

// block is a block of the configuration that becomes objects.
type block struct {
	// kind is "resource", "data", "provider", "output" or "import".
	kind string
	// typeName and name are the labels, as far as there are any.
	typeName, name string
	// title is how engines call it in diagnostics.
	title    string
	declared hcl.Range
	// body has what the provider's schema is about, without meta-arguments.
	body       hcl.Body
	attributes hclsyntax.Attributes

	forEach, count hcl.Expression
	provider       string // local name, with ".ALIAS"
	dependsOn      []hcl.Traversal
	lifecycle      lifecycle
}

// lifecycle is the meta-argument of that name.
type lifecycle struct {
	createBeforeDestroy, preventDestroy bool
	ignoreAll                           bool
	ignore                              []hcl.Traversal
	replaceTriggeredBy                  []hcl.Expression
	preconditions, postconditions       []*hclsyntax.Body
}

// address names the block in expressions.
func (b *block) address() string {
	if b.kind == "data" {
		return "data." + b.typeName + "." + b.name
	}
	return b.typeName + "." + b.name
}

// managed reports whether the block declares objects that are created and
// destroyed, unlike data, which is only read.
func (b *block) managed() bool { return b.kind == "resource" }

// parse reads a root module of one file. The folder is what path.module names.
func parse(source, folder string) (*configuration, Diagnostics) {
	const name = "main.tf"
	c := &configuration{
		sources: map[string][]byte{name: []byte(source)}, folder: folder,
		providers: map[string]*block{}, blocks: map[string]*block{},
		locals: map[string]hcl.Expression{}, variables: map[string]hcl.Expression{}, outputs: map[string]*block{},
	}
	file, said := hclsyntax.ParseConfig([]byte(source), name, hcl.InitialPos)
	if said.HasErrors() {
		return nil, read(c.sources, "", said)
	}
	body, _ := file.Body.(*hclsyntax.Body)
	var diags Diagnostics
	for _, declared := range body.Blocks {
		diags = append(diags, c.add(declared)...)
	}
	return c, diags
}

func (c *configuration) add(declared *hclsyntax.Block) Diagnostics {
	b := &block{
		kind: declared.Type, declared: declared.DefRange(), body: declared.Body, attributes: declared.Body.Attributes,
		title: strings.Join(append([]string{declared.Type}, quoted(declared.Labels)...), " "),
	}
	if len(declared.Labels) > 0 {
		b.typeName = declared.Labels[0]
	}
	if len(declared.Labels) > 1 {
		b.name = declared.Labels[1]
	}
	switch declared.Type {
	case "terraform":
		return nil
	case "locals":
		for name, set := range declared.Body.Attributes {
			c.locals[name] = set.Expr
		}
		return nil
	case "variable":
		c.variables[b.typeName] = nil
		if set, found := declared.Body.Attributes["default"]; found {
			c.variables[b.typeName] = set.Expr
		}
		return nil
	case "output":
		c.outputs[b.typeName] = b
		return nil
	case "import":
		c.imports = append(c.imports, b)
		return nil
	case "provider":
		var said hcl.Diagnostics
		name := b.typeName
		if set, found := declared.Body.Attributes["alias"]; found {
			var alias string
			alias, said = textOf(set.Expr)
			name += "." + alias
		}
		b.body = without(declared.Body, "alias")
		c.providers[name] = b
		return read(c.sources, "", said)
	case "resource", "data":
		said := b.meta(declared.Body)
		if _, twice := c.blocks[b.address()]; twice {
			return fault("Duplicate resource configuration", "%s was declared already.", b.address())
		}
		c.blocks[b.address()] = b
		return read(c.sources, "", said)
	default:
		return fault("Unsupported block type", "Blocks of type %q are not expected here: this engine does not read them.", declared.Type)
	}
}

func quoted(labels []string) []string {
	var texts []string
	for _, label := range labels {
		texts = append(texts, `"`+label+`"`)
	}
	return texts
}

// meta takes out what is the engine's own of a resource's body.
func (b *block) meta(body *hclsyntax.Body) hcl.Diagnostics {
	b.body = without(body, "for_each", "count", "provider", "depends_on")
	b.provider, _, _ = strings.Cut(b.typeName, "_")
	var said hcl.Diagnostics
	for name, set := range body.Attributes {
		switch name {
		case "for_each":
			b.forEach = set.Expr
		case "count":
			b.count = set.Expr
		case "provider":
			traversal, diags := hcl.AbsTraversalForExpr(set.Expr)
			said = append(said, diags...)
			b.provider = traversalText(traversal)
		case "depends_on":
			expressions, diags := hcl.ExprList(set.Expr)
			said = append(said, diags...)
			for _, expression := range expressions {
				traversal, diags := hcl.AbsTraversalForExpr(expression)
				said = append(said, diags...)
				b.dependsOn = append(b.dependsOn, traversal)
			}
		}
	}
	for _, nested := range body.Blocks {
		if nested.Type == "lifecycle" {
			said = append(said, b.lifecycle.read(nested.Body)...)
		}
	}
	return said
}

func (l *lifecycle) read(body *hclsyntax.Body) hcl.Diagnostics {
	var said hcl.Diagnostics
	for name, set := range body.Attributes {
		switch name {
		case "create_before_destroy", "prevent_destroy":
			value, diags := set.Expr.Value(nil)
			said = append(said, diags...)
			if name == "prevent_destroy" {
				l.preventDestroy = value.True()
			} else {
				l.createBeforeDestroy = value.True()
			}
		case "ignore_changes":
			if hcl.ExprAsKeyword(set.Expr) == "all" {
				l.ignoreAll = true
				continue
			}
			expressions, diags := hcl.ExprList(set.Expr)
			said = append(said, diags...)
			for _, expression := range expressions {
				traversal, diags := hcl.RelTraversalForExpr(expression)
				said = append(said, diags...)
				l.ignore = append(l.ignore, traversal)
			}
		case "replace_triggered_by":
			expressions, diags := hcl.ExprList(set.Expr)
			said = append(said, diags...)
			l.replaceTriggeredBy = expressions
		default:
			said = said.Append(&hcl.Diagnostic{
				Severity: hcl.DiagError, Summary: "Unsupported argument",
				Detail: "This engine does not read " + name + " in lifecycle.", Subject: &set.NameRange,
			})
		}
	}
	for _, nested := range body.Blocks {
		if nested.Type == "precondition" {
			l.preconditions = append(l.preconditions, nested.Body)
		} else {
			l.postconditions = append(l.postconditions, nested.Body)
		}
	}
	return said
}

// without is a body that lacks the engine's own arguments and blocks.
func without(body *hclsyntax.Body, names ...string) *hclsyntax.Body {
	rest := *body
	rest.Attributes = hclsyntax.Attributes{}
	for name, set := range body.Attributes {
		rest.Attributes[name] = set
	}
	for _, name := range names {
		delete(rest.Attributes, name)
	}
	rest.Blocks = nil
	for _, nested := range body.Blocks {
		if nested.Type != "lifecycle" {
			rest.Blocks = append(rest.Blocks, nested)
		}
	}
	return &rest
}

func textOf(expression hcl.Expression) (string, hcl.Diagnostics) {
	value, said := expression.Value(nil)
	if said.HasErrors() {
		return "", said
	}
	return value.AsString(), said
}

func traversalText(traversal hcl.Traversal) string {
	var names []string
	for _, step := range traversal {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			names = append(names, step.Name)
		case hcl.TraverseAttr:
			names = append(names, step.Name)
		}
	}
	return strings.Join(names, ".")
}
