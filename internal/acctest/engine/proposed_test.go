// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

func TestSchema_proposedNew(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct{ prior, config, want string }{
		"computed and unset is null on create": {
			prior: `null`, config: `{ name = "a" }`, want: `{ name = "a" }`,
		},
		"computed and unset keeps its value on change": {
			prior: `{ name = "a", label = "l", url = "u" }`, config: `{ name = "b" }`, want: `{ name = "b", label = "l", url = "u" }`,
		},
		"computed and configured is as configured": {
			prior: `{ label = "l" }`, config: `{ label = "m" }`, want: `{ label = "m" }`,
		},
		"not computed and unset is null": {
			prior: `{ name = "a" }`, config: `{}`, want: `{}`,
		},
		"removed from the configuration": {
			prior: `{ name = "a" }`, config: `null`, want: `null`,
		},
		"unknown is as configured": {
			prior:  `{ name = "a", label = "l", frame = { width = 1 }, list = [{ width = 1 }] }`,
			config: `{ name = unknown, label = unknown, frame = unknown, list = unknown, map = unknown, set = unknown }`,
			want:   `{ name = unknown, label = unknown, frame = unknown, list = unknown, map = unknown, set = unknown }`,
		},
		"new nested object": {
			prior: `{ name = "a" }`, config: `{ frame = { width = 1 } }`, want: `{ frame = { width = 1 } }`,
		},
		"changed nested object": {
			prior:  `{ frame = { width = 1, colour = "c", id = "i" } }`,
			config: `{ frame = { width = unknown } }`,
			want:   `{ frame = { width = unknown, colour = "c", id = "i" } }`,
		},
		"removed nested object": {
			prior: `{ frame = { width = 1, id = "i" } }`, config: `{}`, want: `{}`,
		},
		"nested object that the provider made": {
			prior: `{ cover = { colour = "c", id = "i" } }`, config: `{}`, want: `{ cover = { colour = "c", id = "i" } }`,
		},
		"removed nested object that the provider would make": {
			prior: `{ cover = { width = 1, id = "i" } }`, config: `{}`, want: `{}`,
		},
		"nested objects that the provider made": {
			prior: `{ covers = [{ id = "i" }] }`, config: `{}`, want: `{ covers = [{ id = "i" }] }`,
		},
		"removed nested objects that the provider would make": {
			prior: `{ covers = [{ id = "i" }, { width = 1 }] }`, config: `{}`, want: `{}`,
		},
		"elements of a list go by index": {
			prior:  `{ list = [{ width = 1, id = "i" }, { width = 2, id = "j" }] }`,
			config: `{ list = [{ width = 2 }, { width = 1 }, { width = 3 }] }`,
			want:   `{ list = [{ width = 2, id = "i" }, { width = 1, id = "j" }, { width = 3 }] }`,
		},
		"elements of a map go by key": {
			prior:  `{ map = { a = { width = 1, id = "i" }, b = { width = 2, id = "j" } } }`,
			config: `{ map = { b = { width = 1 }, c = { width = 2 } } }`,
			want:   `{ map = { b = { width = 1, id = "j" }, c = { width = 2 } } }`,
		},
		"no elements are left": {
			prior: `{ list = [{ id = "i" }], map = { a = { id = "i" } } }`, config: `{ list = [], map = {} }`, want: `{ list = [], map = {} }`,
		},
		"elements of a set are as configured": {
			prior: `{ set = [{ width = 1, id = "i" }] }`, config: `{ set = [{ width = 1 }] }`, want: `{ set = [{ width = 1 }] }`,
		},
		"an unknown element becomes an object where there was one": {
			prior:  `{ list = [{ id = "i" }], map = { a = { id = "i" } } }`,
			config: `{ list = [unknown, unknown], map = { a = unknown, b = unknown } }`,
			want:   `{ list = [{ width = unknown, colour = unknown, id = unknown }, unknown], map = { a = { width = unknown, colour = unknown, id = unknown }, b = unknown } }`,
		},
		"an element that is null stays null": {
			prior: `{ list = [{ id = "i" }, null] }`, config: `{ list = [null, { width = 1 }] }`, want: `{ list = [null, { width = 1 }] }`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			s := frames(t)
			got := s.proposedNew(frame(t, s, test.prior), frame(t, s, test.config))
			if want := frame(t, s, test.want); !got.RawEquals(want) {
				t.Errorf("got  %#v\nwant %#v", got, want)
			}
		})
	}
}

// A data source is planned as if nothing were known of a prior object.
func TestProposedObject_unknownPrior(t *testing.T) {
	t.Parallel()

	s := frames(t)
	got := proposedObject(s.attributes, cty.UnknownVal(s.objectType), frame(t, s, `{ list = [{ width = 1 }], map = { a = { width = 1 } } }`))
	want := frame(t, s, `{
		label = unknown, url = unknown, cover = unknown, covers = unknown,
		list = [{ width = 1, colour = unknown, id = unknown }],
		map = { a = { width = 1, colour = unknown, id = unknown } },
	}`)
	if !got.RawEquals(want) {
		t.Errorf("got  %#v\nwant %#v", got, want)
	}
}

// frames is a schema with nested attributes of all modes.
func frames(t *testing.T) *schema {
	t.Helper()

	nested := func(nesting tfprotov6.SchemaObjectNestingMode) *tfprotov6.SchemaObject {
		return &tfprotov6.SchemaObject{Nesting: nesting, Attributes: []*tfprotov6.SchemaAttribute{
			{Name: "width", Type: tftypes.Number, Optional: true},
			{Name: "colour", Type: tftypes.String, Optional: true, Computed: true},
			{Name: "id", Type: tftypes.String, Computed: true},
		}}
	}
	s, err := newSchema(&tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{Attributes: []*tfprotov6.SchemaAttribute{
		{Name: "name", Type: tftypes.String, Optional: true},
		{Name: "label", Type: tftypes.String, Optional: true, Computed: true},
		{Name: "url", Type: tftypes.String, Computed: true},
		{Name: "secret", Type: tftypes.String, Optional: true, Sensitive: true},
		{Name: "words", Type: tftypes.List{ElementType: tftypes.String}, Optional: true},
		{Name: "frame", NestedType: nested(tfprotov6.SchemaObjectNestingModeSingle), Optional: true},
		{Name: "cover", NestedType: nested(tfprotov6.SchemaObjectNestingModeSingle), Optional: true, Computed: true},
		{Name: "covers", NestedType: nested(tfprotov6.SchemaObjectNestingModeList), Optional: true, Computed: true},
		{Name: "list", NestedType: nested(tfprotov6.SchemaObjectNestingModeList), Optional: true},
		{Name: "map", NestedType: nested(tfprotov6.SchemaObjectNestingModeMap), Optional: true},
		{Name: "set", NestedType: nested(tfprotov6.SchemaObjectNestingModeSet), Optional: true},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// frame reads an object of the schema: what is left out is null, and of what is
// "something" it is only known that it isn't null.
func frame(t *testing.T, s *schema, text string) cty.Value {
	t.Helper()

	expression, diags := hclsyntax.ParseExpression([]byte(text), t.Name(), hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	value, diags := expression.Value(&hcl.EvalContext{Variables: map[string]cty.Value{
		"unknown":   cty.DynamicVal,
		"something": cty.UnknownVal(cty.String).RefineNotNull(),
	}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	whole := &attribute{nested: s.attributes, nesting: tfprotov6.SchemaObjectNestingModeSingle}
	value, err := convert.Convert(value, whole.configType())
	if err != nil {
		t.Fatal(err)
	}
	return value
}
