// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package yardstick

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/vendored/opentofu/configs/configschema"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/flux2-provider/terraform-provider-flux2/internal/provider"
)

// provided are the provider's own schemas.
func provided(t *testing.T) *tfprotov6.GetProviderSchemaResponse {
	t.Helper()

	schemas, err := provider.Server(provider.New("test")()).GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range schemas.Diagnostics {
		t.Errorf("the provider says of its schemas: %s: %s", d.Summary, d.Detail)
	}
	return schemas
}

// madeUp are schemas with what the provider doesn't have: attributes of each
// kind in nested attributes of each kind and mode.
//
// For an element of a set engines look for the prior one that fits best. The
// provider has no sets of objects, so the engine in process takes each as it is
// configured: both agree where nothing inside is computed.
func madeUp() map[string]*tfprotov6.Schema {
	const (
		single = tfprotov6.SchemaObjectNestingModeSingle
		list   = tfprotov6.SchemaObjectNestingModeList
		set    = tfprotov6.SchemaObjectNestingModeSet
		dict   = tfprotov6.SchemaObjectNestingModeMap
	)
	configured := []*tfprotov6.SchemaAttribute{
		{Name: "required", Type: tftypes.String, Required: true},
		{Name: "optional", Type: tftypes.Number, Optional: true},
	}
	leaves := append(configured,
		&tfprotov6.SchemaAttribute{Name: "computed", Type: tftypes.String, Computed: true},
		&tfprotov6.SchemaAttribute{Name: "either", Type: tftypes.Bool, Optional: true, Computed: true},
	)
	return map[string]*tfprotov6.Schema{
		"flat": schemaOf(append(leaves,
			&tfprotov6.SchemaAttribute{Name: "list", Type: tftypes.List{ElementType: tftypes.String}, Optional: true},
			&tfprotov6.SchemaAttribute{Name: "set", Type: tftypes.Set{ElementType: tftypes.Number}, Optional: true, Computed: true},
			&tfprotov6.SchemaAttribute{Name: "map", Type: tftypes.Map{ElementType: tftypes.Bool}, Optional: true, Sensitive: true},
			&tfprotov6.SchemaAttribute{Name: "object", Type: tftypes.Object{AttributeTypes: map[string]tftypes.Type{"a": tftypes.String, "b": tftypes.Number}}, Required: true},
		)...),
		"single":         schemaOf(ofEachKind(single, leaves)...),
		"list":           schemaOf(ofEachKind(list, leaves)...),
		"map":            schemaOf(ofEachKind(dict, leaves)...),
		"set":            schemaOf(ofEachKind(set, configured)...),
		"list in single": schemaOf(ofEachKind(single, append(ofEachKind(list, leaves), leaves...))...),
		"single in map":  schemaOf(ofEachKind(dict, append(ofEachKind(single, leaves), leaves...))...),
		"map in list":    schemaOf(ofEachKind(list, append(ofEachKind(dict, leaves), leaves...))...),
		"set in single":  schemaOf(ofEachKind(single, append(ofEachKind(set, configured), leaves...))...),
	}
}

func schemaOf(attributes ...*tfprotov6.SchemaAttribute) *tfprotov6.Schema {
	return &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{Attributes: attributes}}
}

// ofEachKind are nested attributes that are required, optional, computed, and
// both of the latter.
func ofEachKind(mode tfprotov6.SchemaObjectNestingMode, attributes []*tfprotov6.SchemaAttribute) []*tfprotov6.SchemaAttribute {
	nested := &tfprotov6.SchemaObject{Nesting: mode, Attributes: attributes}
	return []*tfprotov6.SchemaAttribute{
		{Name: "nested_required", NestedType: nested, Required: true},
		{Name: "nested_optional", NestedType: nested, Optional: true},
		{Name: "nested_computed", NestedType: nested, Computed: true},
		{Name: "nested_either", NestedType: nested, Optional: true, Computed: true},
	}
}

// translated is a schema in the terms of OpenTofu.
func translated(t *testing.T, declared *tfprotov6.Schema) *configschema.Block {
	t.Helper()

	if len(declared.Block.BlockTypes) > 0 {
		t.Fatal("the schema has blocks, of which this comparison knows nothing")
	}
	return &configschema.Block{Attributes: translatedAttributes(t, declared.Block.Attributes)}
}

func translatedAttributes(t *testing.T, declared []*tfprotov6.SchemaAttribute) map[string]*configschema.Attribute {
	t.Helper()

	modes := map[tfprotov6.SchemaObjectNestingMode]configschema.NestingMode{
		tfprotov6.SchemaObjectNestingModeSingle: configschema.NestingSingle,
		tfprotov6.SchemaObjectNestingModeList:   configschema.NestingList,
		tfprotov6.SchemaObjectNestingModeSet:    configschema.NestingSet,
		tfprotov6.SchemaObjectNestingModeMap:    configschema.NestingMap,
	}
	attributes := map[string]*configschema.Attribute{}
	for _, d := range declared {
		a := &configschema.Attribute{Required: d.Required, Optional: d.Optional, Computed: d.Computed, Sensitive: d.Sensitive, WriteOnly: d.WriteOnly}
		if d.NestedType != nil {
			a.NestedType = &configschema.Object{Nesting: modes[d.NestedType.Nesting], Attributes: translatedAttributes(t, d.NestedType.Attributes)}
		} else {
			a.Type = translatedType(t, d.Type)
		}
		attributes[d.Name] = a
	}
	return attributes
}

// translatedType goes through JSON, in which both libraries write types alike.
func translatedType(t *testing.T, declared tftypes.Type) cty.Type {
	t.Helper()

	encoded, err := declared.MarshalJSON() //nolint:staticcheck // no other way leads from one library to the other
	if err != nil {
		t.Fatal(err)
	}
	translated, err := ctyjson.UnmarshalType(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return translated
}
