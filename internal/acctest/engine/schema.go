// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"fmt"

	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// schema is what a provider says of a kind of object, in the terms in which
// configurations are evaluated.
type schema struct {
	version    int64
	attributes map[string]*attribute
	objectType cty.Type
	// identity is nil for what has none.
	identity *cty.Type
}

// attribute is one attribute of a schema.
type attribute struct {
	ctyType                               cty.Type
	required, optional, computed, secrets bool
	// nested is nil for an attribute without attributes of its own.
	nested  map[string]*attribute
	nesting tfprotov6.SchemaObjectNestingMode
}

func newSchema(declared *tfprotov6.Schema) (*schema, error) {
	if len(declared.Block.BlockTypes) > 0 {
		return nil, fmt.Errorf("the schema has nested blocks, which this engine does not read")
	}
	attributes, err := newAttributes(declared.Block.Attributes)
	if err != nil {
		return nil, err
	}
	objectType, err := ctyType(declared.ValueType())
	return &schema{version: declared.Version, attributes: attributes, objectType: objectType}, err
}

func newAttributes(declared []*tfprotov6.SchemaAttribute) (map[string]*attribute, error) {
	attributes := make(map[string]*attribute, len(declared))
	for _, d := range declared {
		t, err := ctyType(d.ValueType())
		if err != nil {
			return nil, err
		}
		a := &attribute{ctyType: t, required: d.Required, optional: d.Optional, computed: d.Computed, secrets: d.Sensitive}
		if d.NestedType != nil {
			a.nesting = d.NestedType.Nesting
			if a.nested, err = newAttributes(d.NestedType.Attributes); err != nil {
				return nil, err
			}
		}
		attributes[d.Name] = a
	}
	return attributes, nil
}

// ctyType takes a type over through JSON, in which both libraries write types
// alike.
func ctyType(t tftypes.Type) (cty.Type, error) {
	encoded, err := t.MarshalJSON() //nolint:staticcheck // no other way leads from one library to the other
	if err != nil {
		return cty.NilType, err
	}
	return ctyjson.UnmarshalType(encoded)
}

// spec is how HCL decodes a body of the schema.
func (s *schema) spec() hcldec.Spec {
	spec := hcldec.ObjectSpec{}
	for name, a := range s.attributes {
		spec[name] = &hcldec.AttrSpec{Name: name, Type: a.configType(), Required: a.required}
	}
	return spec
}

// configType is the type that a configuration has to convert to: attributes of
// nested objects that aren't required can be left out.
func (a *attribute) configType() cty.Type {
	if a.nested == nil {
		return a.ctyType
	}
	types, optional := map[string]cty.Type{}, []string{}
	for name, inner := range a.nested {
		types[name] = inner.configType()
		if !inner.required {
			optional = append(optional, name)
		}
	}
	object := cty.ObjectWithOptionalAttrs(types, optional)
	switch a.nesting {
	case tfprotov6.SchemaObjectNestingModeList:
		return cty.List(object)
	case tfprotov6.SchemaObjectNestingModeSet:
		return cty.Set(object)
	case tfprotov6.SchemaObjectNestingModeMap:
		return cty.Map(object)
	default:
		return object
	}
}

// null is the absence of an object.
func (s *schema) null() cty.Value { return cty.NullVal(s.objectType) }

// objectOf fills an object of the schema, attribute by attribute.
func objectOf(attributes map[string]*attribute, fill func(name string, a *attribute) cty.Value) cty.Value {
	if len(attributes) == 0 {
		return cty.EmptyObjectVal
	}
	values := make(map[string]cty.Value, len(attributes))
	for name, a := range attributes {
		values[name] = fill(name, a)
	}
	return cty.ObjectVal(values)
}
