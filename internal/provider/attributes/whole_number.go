// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Package attributes is what the schemas of all rooms share: types, validators,
// descriptions and timeouts, with what comes of one that runs out. It holds no
// models.
package attributes

import (
	"context"
	"fmt"
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// WholeNumber is the type of an integer that people write. The framework takes
// a fraction, or more than 63 bits, for a fault of the provider, and says so;
// here it is a mistake on an attribute. Values are the framework's own, but for
// such a mistake.
type WholeNumber struct {
	basetypes.Int64Type
}

var _ basetypes.Int64Typable = WholeNumber{}

// Equal also holds for the framework's type, since the values are.
func (t WholeNumber) Equal(other attr.Type) bool {
	if _, same := other.(WholeNumber); same {
		return true
	}
	return t.Int64Type.Equal(other)
}

// String names the type.
func (t WholeNumber) String() string { return "wholeNumber" }

// ValueFromTerraform keeps what is wrong with a number that is no integer.
func (t WholeNumber) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	if problem := notInteger(in); problem != "" {
		return notWhole{Int64Value: basetypes.NewInt64Unknown(), mistake: mistake(problem)}, nil
	}
	return t.Int64Type.ValueFromTerraform(ctx, in)
}

// notWhole stands for a number that is no integer of 63 bits: unknown, until
// the framework asks what is wrong.
type notWhole struct {
	basetypes.Int64Value
	mistake
}

// mistake is what is wrong with a value. The framework asks each value that it takes
// in for it.
type mistake string

var _ xattr.ValidateableAttribute = mistake("")

// ValidateAttribute refuses the value.
func (m mistake) ValidateAttribute(_ context.Context, req xattr.ValidateAttributeRequest, resp *xattr.ValidateAttributeResponse) {
	resp.Diagnostics.AddAttributeError(req.Path, "Invalid Attribute Value", fmt.Sprintf("Attribute %s value %s", req.Path, m))
}

// notInteger says why a number is not an integer of 63 bits, and nothing if it
// is one, or not known.
func notInteger(in tftypes.Value) string {
	value := numberIn(in)
	if value == nil {
		return ""
	}
	_, accuracy := value.Int64()
	switch {
	case !value.IsInt():
		return fmt.Sprintf("must be a whole number, got: %s. Round a computed one, for instance with floor().", value.Text('g', 20))
	case accuracy != big.Exact:
		return fmt.Sprintf("must be a whole number of at most 63 bits, got: %s", value.Text('g', 20))
	}
	return ""
}

// numberIn is the number in a value, nil if it is null, unknown or something else.
func numberIn(in tftypes.Value) *big.Float {
	if in.Type() == nil || !in.Type().Is(tftypes.Number) || in.IsNull() || !in.IsKnown() {
		return nil
	}
	var value big.Float
	if err := in.As(&value); err != nil {
		return nil
	}
	return &value
}
