// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package attributes

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// The framework's own Get and Set compile a regular expression for each field of
// a struct, and walk the schema for each attribute. Every image passes by here
// several times in a run, so that it is done once for each struct.

// Typed is a schema.
type Typed interface {
	Type() attr.Type
}

// Decode fills a struct from a configuration, plan or state that is an object. Its
// fields are attr.Values with the tag tfsdk, and need not be all there are.
func Decode(ctx context.Context, raw tftypes.Value, schema Typed, into any) diag.Diagnostics {
	var values map[string]tftypes.Value
	target := reflect.ValueOf(into).Elem()
	layout, err := layoutOf(ctx, target.Type(), schema)
	if err == nil {
		err = raw.As(&values)
	}
	if err != nil {
		return notConverted(path.Empty(), err)
	}
	var diags diag.Diagnostics
	for _, field := range layout.fields {
		value, err := field.attributeType.ValueFromTerraform(ctx, values[field.name])
		if err != nil {
			diags.Append(notConverted(path.Root(field.name), err)...)
			continue
		}
		if diags.Append(validate(ctx, field.name, value)...); diags.HasError() {
			continue
		}
		got, place := reflect.ValueOf(value), target.FieldByIndex(field.index)
		if got.Type() != place.Type() {
			diags.Append(notConverted(path.Root(field.name), fmt.Errorf("it is a %s, not a %s", got.Type(), place.Type()))...)
			continue
		}
		place.Set(got)
	}
	return diags
}

// Encode is the object that a struct with all its attributes stands for.
func Encode(ctx context.Context, schema Typed, from any) (tftypes.Value, diag.Diagnostics) {
	source := reflect.ValueOf(from)
	layout, err := layoutOf(ctx, source.Type(), schema)
	if err != nil {
		return tftypes.Value{}, notConverted(path.Empty(), err)
	}
	var diags diag.Diagnostics
	values := make(map[string]tftypes.Value, len(layout.fields))
	for _, field := range layout.fields {
		value, isValue := source.FieldByIndex(field.index).Interface().(attr.Value)
		if !isValue {
			diags.Append(notConverted(path.Root(field.name), errors.New("it is no attribute"))...)
			continue
		}
		diags.Append(validate(ctx, field.name, value)...)
		if values[field.name], err = value.ToTerraformValue(ctx); err != nil {
			diags.Append(notConverted(path.Root(field.name), err)...)
		}
	}
	if diags.HasError() {
		return tftypes.Value{}, diags
	}
	return object(layout.objectType, values)
}

// object makes an object, or says what is wrong with it.
func object(objectType tftypes.Type, values map[string]tftypes.Value) (tftypes.Value, diag.Diagnostics) {
	if err := tftypes.ValidateValue(objectType, values); err != nil {
		return tftypes.Value{}, notConverted(path.Empty(), err)
	}
	return tftypes.NewValue(objectType, values), nil
}

// validate asks a value that knows whether it is a right one.
func validate(ctx context.Context, name string, value attr.Value) diag.Diagnostics {
	var resp xattr.ValidateAttributeResponse
	if judge, ok := value.(xattr.ValidateableAttribute); ok {
		judge.ValidateAttribute(ctx, xattr.ValidateAttributeRequest{Path: path.Root(name)}, &resp)
	}
	return resp.Diagnostics
}

func notConverted(at path.Path, err error) diag.Diagnostics {
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(at, "Value Not Converted",
		"A value could not be converted: "+err.Error()+". Please report this to the provider's developers.")}
}

// layout is where a struct has the attributes of a schema.
type layout struct {
	fields     []layoutField
	objectType tftypes.Type
}

type layoutField struct {
	name          string
	index         []int
	attributeType attr.Type
}

// layouts has one for each struct that was asked for: each is of one schema.
var layouts sync.Map

func layoutOf(ctx context.Context, structType reflect.Type, schema Typed) (*layout, error) {
	if known, ok := layouts.Load(structType); ok {
		return known.(*layout), nil //nolint:forcetypeassert // nothing else is stored
	}
	object, ok := schema.Type().(attr.TypeWithAttributeTypes)
	if !ok {
		return nil, fmt.Errorf("the schema is a %s, not an object", schema.Type())
	}
	made := &layout{objectType: object.TerraformType(ctx)}
	for _, field := range reflect.VisibleFields(structType) {
		name, tagged := field.Tag.Lookup("tfsdk")
		if !tagged {
			continue
		}
		attributeType, exists := object.AttributeTypes()[name]
		if !exists {
			return nil, fmt.Errorf("the schema has no attribute %s", name)
		}
		made.fields = append(made.fields, layoutField{name: name, index: field.Index, attributeType: attributeType})
	}
	layouts.Store(structType, made)
	return made, nil
}
