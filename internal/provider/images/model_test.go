// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"reflect"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// No input is forgotten in what makes a new image. Size and keepers are compared
// elsewhere.
func TestImageInputs_eachOneReplaces(t *testing.T) {
	t.Parallel()

	known := map[reflect.Type]attr.Value{
		reflect.TypeFor[types.String]():  types.StringValue("another"),
		reflect.TypeFor[types.Float64](): types.Float64Value(7),
		reflect.TypeFor[types.Int64]():   types.Int64Value(7),
		reflect.TypeFor[types.Bool]():    types.BoolValue(true),
	}
	fields := reflect.VisibleFields(reflect.TypeFor[imageInputs]())
	for _, field := range fields {
		if slices.Contains([]string{"ImageSize", "CustomImageSize", "Keepers"}, field.Name) {
			continue
		}
		var before, after imageInputs
		reflect.ValueOf(&before).Elem().FieldByIndex(field.Index).Set(reflect.ValueOf(known[field.Type]))
		if !after.replaces(before) {
			t.Errorf("another %s makes no new image", field.Name)
		}
		if before.replaces(after) {
			t.Errorf("%s, which was not known before, makes a new image", field.Name)
		}
		if before.replaces(before) {
			t.Errorf("the same %s makes a new image", field.Name)
		}
	}
}
