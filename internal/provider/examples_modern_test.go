// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"github.com/zclconf/go-cty/cty/msgpack"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
)

// Engines before Terraform 1.14 know neither actions nor list blocks, so these
// tests take their configuration out of the examples, and speak to the provider
// as a younger engine does.

// modernBlock is an action or a list block.
type modernBlock struct {
	Kind   string `hcl:"kind,label"`
	Name   string `hcl:"name,label"`
	Config *struct {
		Body hcl.Body `hcl:",remain"`
	} `hcl:"config,block"`
	Rest hcl.Body `hcl:",remain"`
}

// modernBlocks are those of an example.
type modernBlocks struct {
	Actions []modernBlock `hcl:"action,block"`
	Lists   []modernBlock `hcl:"list,block"`
	Rest    hcl.Body      `hcl:",remain"`
}

func modernBlocksIn(t *testing.T, name, content string) modernBlocks {
	t.Helper()

	file, diags := hclparse.NewParser().ParseHCL([]byte(content), name)
	var found modernBlocks
	if !diags.HasErrors() {
		diags = append(diags, gohcl.DecodeBody(file.Body, nil, &found)...)
	}
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return found
}

// config evaluates the block's config block for a schema. What refers to
// anything else is unknown, as it is before the first apply.
func (b modernBlock) config(t *testing.T, schema *tfprotov6.Schema) *tfprotov6.DynamicValue {
	t.Helper()

	set := hcl.Attributes{}
	if b.Config != nil {
		attributes, diags := b.Config.Body.JustAttributes()
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		set = attributes
	}
	types, values := make(map[string]cty.Type), make(map[string]cty.Value)
	for _, attribute := range schema.Block.Attributes {
		types[attribute.Name] = ctyType(t, attribute)
		values[attribute.Name] = cty.NullVal(types[attribute.Name])
		if written := set[attribute.Name]; written != nil {
			values[attribute.Name] = evaluated(t, written.Expr, types[attribute.Name])
			delete(set, attribute.Name)
		}
	}
	for name := range set {
		t.Errorf("%s.%s sets %s, which there is not", b.Kind, b.Name, name)
	}
	packed, err := msgpack.Marshal(cty.ObjectVal(values), cty.Object(types))
	if err != nil {
		t.Fatal(err)
	}
	return &tfprotov6.DynamicValue{MsgPack: packed}
}

func evaluated(t *testing.T, expression hcl.Expression, as cty.Type) cty.Value {
	t.Helper()

	scope := &hcl.EvalContext{Variables: make(map[string]cty.Value)}
	for _, reference := range expression.Variables() {
		scope.Variables[reference.RootName()] = cty.DynamicVal
	}
	value, diags := expression.Value(scope)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	converted, err := convert.Convert(value, as)
	if err != nil {
		t.Fatal(err)
	}
	return converted
}

// ctyType is the engine's own form of a type.
func ctyType(t *testing.T, attribute *tfprotov6.SchemaAttribute) cty.Type {
	t.Helper()

	described, err := json.Marshal(attribute.ValueType())
	if err != nil {
		t.Fatal(err)
	}
	read, err := ctyjson.UnmarshalType(described)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func TestExamples_actions(t *testing.T) {
	t.Parallel()

	kinds := make(map[string]bool)
	for _, example := range examples(t) {
		for _, action := range modernBlocksIn(t, example.name, example.config).Actions {
			kinds[action.Kind] = true
			t.Run(example.name, func(t *testing.T) {
				t.Parallel()

				env := acctest.New(t)
				c := converseConfigured(t, env)
				if c.actions[action.Kind] == nil {
					t.Fatalf("there is no action %s", action.Kind)
				}
				if diags := c.prepare(t, action.Kind, action.config(t, c.actions[action.Kind].Schema)); len(diags) > 0 {
					t.Errorf("planning said %s", spoken(diags))
				}
				env.ExpectSubmissions(t, 0)
			})
		}
	}
	if len(kinds) != 2 {
		t.Errorf("there are examples for the actions %v, want 2", kinds)
	}
}

func TestExamples_listResources(t *testing.T) {
	t.Parallel()

	paths, err := filepath.Glob(filepath.Join(examplesFolder, "list-resources", "*", "*.tfquery.hcl"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("found the list resources %v, %v", paths, err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path) //nolint:gosec // the project's own examples
		if err != nil {
			t.Fatal(err)
		}
		lists := modernBlocksIn(t, path, string(content)).Lists
		if len(lists) == 0 {
			t.Errorf("there is no list block in %s", path)
		}
		for _, block := range lists {
			t.Run(strings.TrimSuffix(filepath.Base(path), ".tfquery.hcl"), func(t *testing.T) {
				t.Parallel()

				env := acctest.New(t)
				c := converseConfigured(t, env)
				if c.lists[block.Kind] == nil {
					t.Fatalf("there is no list resource %s", block.Kind)
				}
				sound(t, c.listOf(t, block.Kind, block.config(t, c.lists[block.Kind]), 100, true, 0))
				env.ExpectSubmissions(t, 0)
			})
		}
	}
}
