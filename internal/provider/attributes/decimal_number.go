// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package attributes

import (
	"context"
	"fmt"
	"math"
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// DecimalNumber is the type of a number with a fraction that people write. As
// WholeNumber, it makes a mistake on an attribute of what the framework takes for a
// fault of the provider: here a number beyond what 64 bits hold.
type DecimalNumber struct {
	basetypes.Float64Type
}

var _ basetypes.Float64Typable = DecimalNumber{}

// Equal also holds for the framework's type, since the values are.
func (t DecimalNumber) Equal(other attr.Type) bool {
	if _, same := other.(DecimalNumber); same {
		return true
	}
	return t.Float64Type.Equal(other)
}

// String names the type.
func (t DecimalNumber) String() string { return "decimalNumber" }

// ValueFromTerraform keeps what is wrong with a number that 64 bits can't hold.
func (t DecimalNumber) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	if problem := beyondFloat64(in); problem != "" {
		return notDecimal{Float64Value: basetypes.NewFloat64Unknown(), mistake: mistake(problem)}, nil
	}
	return t.Float64Type.ValueFromTerraform(ctx, in)
}

// notDecimal stands for a number that 64 bits can't hold, as notWhole does.
type notDecimal struct {
	basetypes.Float64Value
	mistake
}

// beyondFloat64 says why a number has no place in 64 bits, and nothing if it has one,
// or is not known. Digits that are one too many are no reason: they are rounded.
func beyondFloat64(in tftypes.Value) string {
	value := numberIn(in)
	if value == nil {
		return ""
	}
	switch number, accuracy := value.Float64(); {
	case math.IsInf(number, 0):
		return fmt.Sprintf("must be a number of an ordinary size, got: %s", value.Text('g', 20))
	case number == 0 && accuracy != big.Exact:
		return fmt.Sprintf("must be a number of an ordinary size, got: %s, which is almost 0. Write 0 if that is meant.", value.Text('g', 20))
	}
	return ""
}
