// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package attributes

import (
	"math/big"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func TestWholeNumber(t *testing.T) {
	t.Parallel()

	tooLarge, _, err := big.ParseFloat("1e400", 10, 512, big.ToNearestEven)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		in   any
		want types.Int64
		says string
	}{
		"null":      {nil, types.Int64Null(), ""},
		"unknown":   {tftypes.UnknownValue, types.Int64Unknown(), ""},
		"known":     {int64(28), types.Int64Value(28), ""},
		"negative":  {int64(-1), types.Int64Value(-1), ""},
		"largest":   {int64(1<<63 - 1), types.Int64Value(1<<63 - 1), ""},
		"fraction":  {1.5, types.Int64Unknown(), "Attribute seed value must be a whole number, got: 1.5. Round a computed one, for instance with floor()."},
		"too large": {tooLarge, types.Int64Unknown(), "Attribute seed value must be a whole number of at most 63 bits, got: 1e+400"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			in := tftypes.NewValue(tftypes.Number, test.in)
			got, err := WholeNumber{}.ValueFromTerraform(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			var validated xattr.ValidateAttributeResponse
			if mistake, ok := got.(xattr.ValidateableAttribute); ok {
				mistake.ValidateAttribute(t.Context(), xattr.ValidateAttributeRequest{Path: path.Root("seed")}, &validated)
			}
			valuable, ok := got.(basetypes.Int64Valuable)
			if !ok {
				t.Fatalf("%T is no integer", got)
			}
			if number, diags := valuable.ToInt64Value(t.Context()); diags.HasError() || !number.Equal(test.want) {
				t.Errorf("%v, %v; want %v", number, diags, test.want)
			}
			said := ""
			for _, d := range validated.Diagnostics {
				said += d.Detail()
			}
			if said != test.says {
				t.Errorf("it says %q, want %q", said, test.says)
			}
		})
	}
	if !(WholeNumber{}).Equal(WholeNumber{}) || !(WholeNumber{}).Equal(types.Int64Type) || (WholeNumber{}).Equal(types.StringType) {
		t.Error("it equals other types than its own and that of its values")
	}
}
