// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
)

// block is a block that people write, with how an engine has it checked.
type block struct {
	schema *tfprotov6.Schema
	check  func(*testing.T, *tfprotov6.DynamicValue) []*tfprotov6.Diagnostic
}

// blocks are those of all kinds that the provider has.
func (c conversation) blocks(t *testing.T) map[string]block {
	t.Helper()

	schemas, err := c.server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	blocks := map[string]block{"provider": {schemas.Provider, func(t *testing.T, config *tfprotov6.DynamicValue) []*tfprotov6.Diagnostic {
		t.Helper()
		response, err := c.server.ValidateProviderConfig(t.Context(), &tfprotov6.ValidateProviderConfigRequest{Config: config})
		if err != nil {
			t.Fatal(err)
		}
		return response.Diagnostics
	}}}
	for kind, schema := range schemas.ResourceSchemas {
		blocks["resource "+kind] = block{schema, func(t *testing.T, config *tfprotov6.DynamicValue) []*tfprotov6.Diagnostic {
			t.Helper()
			response, err := c.server.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{TypeName: kind, Config: config})
			if err != nil {
				t.Fatal(err)
			}
			return response.Diagnostics
		}}
	}
	for kind, schema := range schemas.DataSourceSchemas {
		blocks["data "+kind] = block{schema, func(t *testing.T, config *tfprotov6.DynamicValue) []*tfprotov6.Diagnostic {
			t.Helper()
			response, err := c.server.ValidateDataResourceConfig(t.Context(), &tfprotov6.ValidateDataResourceConfigRequest{TypeName: kind, Config: config})
			if err != nil {
				t.Fatal(err)
			}
			return response.Diagnostics
		}}
	}
	for kind, schema := range schemas.ListResourceSchemas {
		blocks["list "+kind] = block{schema, func(t *testing.T, config *tfprotov6.DynamicValue) []*tfprotov6.Diagnostic {
			t.Helper()
			response, err := serverFor[tfprotov6.ListResourceServer](t, c).ValidateListResourceConfig(t.Context(),
				&tfprotov6.ValidateListResourceConfigRequest{TypeName: kind, Config: config})
			if err != nil {
				t.Fatal(err)
			}
			return response.Diagnostics
		}}
	}
	for kind, action := range schemas.ActionSchemas {
		blocks["action "+kind] = block{action.Schema, func(t *testing.T, config *tfprotov6.DynamicValue) []*tfprotov6.Diagnostic {
			t.Helper()
			response, err := serverFor[tfprotov6.ActionServer](t, c).ValidateActionConfig(t.Context(),
				&tfprotov6.ValidateActionConfigRequest{ActionType: kind, Config: config})
			if err != nil {
				t.Fatal(err)
			}
			return response.Diagnostics
		}}
	}
	return blocks
}

// numbersOf are the configurations of a block that set one attribute, each
// number that can be set once, to the given one.
func numbersOf(t *testing.T, schema *tfprotov6.Schema, value tftypes.Value) map[string]tftypes.Value {
	t.Helper()

	configurations := make(map[string]tftypes.Value)
	for _, attribute := range schema.Block.Attributes {
		switch {
		case !attribute.Optional && !attribute.Required:
		case attribute.ValueType().Is(tftypes.Number):
			configurations[attribute.Name] = object(t, schema, arguments{attribute.Name: value}, leftOut)
		case attribute.NestedType != nil && attribute.NestedType.Nesting == tfprotov6.SchemaObjectNestingModeSingle:
			for _, inner := range attribute.NestedType.Attributes {
				if !inner.ValueType().Is(tftypes.Number) {
					continue
				}
				values := make(map[string]tftypes.Value)
				for _, each := range attribute.NestedType.Attributes {
					values[each.Name] = leftOut(each)
				}
				values[inner.Name] = value
				configurations[attribute.Name+"."+inner.Name] = object(t, schema,
					arguments{attribute.Name: tftypes.NewValue(attribute.ValueType(), values)}, leftOut)
			}
		}
	}
	return configurations
}

// saysOf is what diagnostics say of an attribute.
func saysOf(diags []*tfprotov6.Diagnostic, attribute string) string {
	var steps []string
	for name := range strings.SplitSeq(attribute, ".") {
		steps = append(steps, `AttributeName("`+name+`")`)
	}
	var said []string
	for _, d := range diags {
		if d.Attribute != nil && d.Attribute.String() == strings.Join(steps, ".") {
			said = append(said, d.Severity.String()+": "+d.Summary+": "+d.Detail)
		}
	}
	return strings.Join(said, "\n")
}

// fractional are the numbers that may be fractions. All others that people set
// count something.
var fractional = []string{"resource flux2_image: guidance_scale", "data flux2_pricing: unit_quantity"}

// The framework takes a fraction for an integer, and an integer beyond its bits,
// for a fault of the provider, and asks people to report it.
func TestSchema_wholeNumbersRefuseFractions(t *testing.T) {
	t.Parallel()

	c := converse(t, acctest.New(t), nil)
	var whole, fractions []string
	for name, block := range c.blocks(t) {
		for attribute, config := range numbersOf(t, block.schema, tftypes.NewValue(tftypes.Number, 1.5)) {
			at, says := name+": "+attribute, saysOf(block.check(t, packed(t, config)), attribute)
			if slices.Contains(fractional, at) {
				fractions = append(fractions, at)
				if says != "" {
					t.Errorf("%s: a fraction is refused: %s", at, says)
				}
				continue
			}
			whole = append(whole, at)
			if want := "ERROR: Invalid Attribute Value: Attribute " + attribute + " value must be a whole number, got: 1.5. " +
				"Round a computed one, for instance with floor()."; says != want {
				t.Errorf("%s: a fraction brings %q, want %q", at, says, want)
			}
		}
		for attribute, config := range numbersOf(t, block.schema, tftypes.NewValue(tftypes.Number, uint64(1)<<63)) {
			at, says := name+": "+attribute, saysOf(block.check(t, packed(t, config)), attribute)
			if want := "ERROR: Invalid Attribute Value: Attribute " + attribute + " value must be a whole number of at most 63 bits, got: 9223372036854775808"; !slices.Contains(fractional, at) && says != want {
				t.Errorf("%s: 64 bits bring %q, want %q", at, says, want)
			}
		}
	}
	for _, known := range []string{
		"provider: max_requests_per_run", "resource flux2_image: seed", "resource flux2_image: custom_image_size.width", "data flux2_requests: limit",
	} {
		if !slices.Contains(whole, known) {
			t.Errorf("%s was not found among %v", known, whole)
		}
	}
	if slices.Sort(fractions); !slices.Equal(fractions, slices.Sorted(slices.Values(fractional))) {
		t.Errorf("numbers that may be fractions are %v, of which the schemas have %v", fractional, fractions)
	}
}

// What 64 bits can't hold is a mistake on the attribute, too.
func TestSchema_fractionsRefuseWhatTheyCannotHold(t *testing.T) {
	t.Parallel()

	c := converse(t, acctest.New(t), nil)
	for written, want := range map[string]string{
		"1e400":  "must be a number of an ordinary size, got: 1e+400",
		"-1e400": "must be a number of an ordinary size, got: -1e+400",
		"1e-400": "must be a number of an ordinary size, got: 1e-400, which is almost 0. Write 0 if that is meant.",
	} {
		number, _, err := big.ParseFloat(written, 10, 512, big.ToNearestEven)
		if err != nil {
			t.Fatal(err)
		}
		for name, block := range c.blocks(t) {
			for attribute, config := range numbersOf(t, block.schema, tftypes.NewValue(tftypes.Number, number)) {
				if at := name + ": " + attribute; slices.Contains(fractional, at) {
					whole := "ERROR: Invalid Attribute Value: Attribute " + attribute + " value " + want
					if says := saysOf(block.check(t, packed(t, config)), attribute); says != whole {
						t.Errorf("%s: %s brings %q, want %q", at, written, says, whole)
					}
				}
			}
		}
	}
}

// What is an integer passes, however it is written.
func TestSchema_wholeNumbersPass(t *testing.T) {
	t.Parallel()

	c := converse(t, acctest.New(t), nil)
	image := c.blocks(t)["resource flux2_image"]
	for name, value := range map[string]tftypes.Value{
		"null":     nothing(tftypes.Number),
		"unknown":  tftypes.NewValue(tftypes.Number, tftypes.UnknownValue),
		"zero":     number(0),
		"28.0":     tftypes.NewValue(tftypes.Number, 28.0),
		"the most": number(1<<63 - 1),
	} {
		set := arguments{"seed": value}
		maps.Copy(set, arguments{"prompt": word("a lighthouse")})
		if diags := image.check(t, packed(t, object(t, image.schema, set, leftOut))); len(diags) > 0 {
			t.Errorf("%s: %s", name, spoken(diags))
		}
	}
	if says := saysOf(image.check(t, packed(t, object(t, image.schema, arguments{"seed": number(-1)}, leftOut))), "seed"); !strings.Contains(says, "must be between 0 and") {
		t.Errorf("-1 brings %q", says)
	}
}
