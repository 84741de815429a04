// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package attributes

import (
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

var boxSchema = schema.Schema{Attributes: map[string]schema.Attribute{
	"label": schema.StringAttribute{Optional: true},
	"count": schema.Int64Attribute{Optional: true, CustomType: WholeNumber{}},
	"tags":  schema.MapAttribute{Optional: true, ElementType: types.StringType},
	"sides": schema.SingleNestedAttribute{Optional: true, Attributes: map[string]schema.Attribute{
		"width": schema.Int64Attribute{Optional: true, CustomType: WholeNumber{}},
	}},
	"made_at": schema.StringAttribute{Computed: true, CustomType: timetypes.RFC3339Type{}},
}}

type boxInputs struct {
	Label types.String `tfsdk:"label"`
	Count types.Int64  `tfsdk:"count"`
}

type box struct {
	boxInputs
	Tags   types.Map         `tfsdk:"tags"`
	Sides  types.Object      `tfsdk:"sides"`
	MadeAt timetypes.RFC3339 `tfsdk:"made_at"`
}

func boxes(t *testing.T) map[string]box {
	t.Helper()

	side := map[string]attr.Type{"width": WholeNumber{}}
	return map[string]box{
		"known": {
			boxInputs: boxInputs{types.StringValue("a box"), types.Int64Value(9007199254740993)},
			Tags:      types.MapValueMust(types.StringType, map[string]attr.Value{"a": types.StringValue("b"), "c": types.StringUnknown()}),
			Sides:     types.ObjectValueMust(side, map[string]attr.Value{"width": types.Int64Value(3)}),
			MadeAt:    timetypes.NewRFC3339ValueMust("2026-11-24T10:00:00Z"),
		},
		"null": {Tags: types.MapNull(types.StringType), Sides: types.ObjectNull(side), MadeAt: timetypes.NewRFC3339Null()},
		"unknown": {
			boxInputs: boxInputs{types.StringUnknown(), types.Int64Unknown()},
			Tags:      types.MapUnknown(types.StringType), Sides: types.ObjectUnknown(side), MadeAt: timetypes.NewRFC3339Unknown(),
		},
	}
}

// What the framework makes of a struct and of an object, this does too.
func TestObject_isTheFrameworks(t *testing.T) {
	t.Parallel()

	for name, original := range boxes(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			state := tfsdk.State{Schema: boxSchema, Raw: tftypes.NewValue(boxSchema.Type().TerraformType(t.Context()), nil)}
			if diags := state.Set(t.Context(), original); diags.HasError() {
				t.Fatal(diags)
			}
			encoded, diags := Encode(t.Context(), boxSchema, original)
			if diags.HasError() {
				t.Fatal(diags)
			}
			if !encoded.Equal(state.Raw) {
				t.Errorf("encoded\n%s\nthe framework has\n%s", encoded, state.Raw)
			}

			var got, want box
			if diags := append(Decode(t.Context(), encoded, boxSchema, &got), state.Get(t.Context(), &want)...); diags.HasError() {
				t.Fatal(diags)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("decoded\n%#v\nthe framework has\n%#v", got, want)
			}
			var part boxInputs
			if diags := Decode(t.Context(), encoded, boxSchema, &part); diags.HasError() || !reflect.DeepEqual(part, want.boxInputs) {
				t.Errorf("decoded in part\n%#v\n%v", part, diags)
			}
		})
	}
}

func TestSetPlanned_setsAllAtOnce(t *testing.T) {
	t.Parallel()

	raw, diags := Encode(t.Context(), boxSchema, boxes(t)["unknown"])
	if diags.HasError() {
		t.Fatal(diags)
	}
	before := raw.Copy()
	planned := map[string]attr.Value{"label": types.StringValue("a box"), "count": types.Int64Null()}
	resp := resource.ModifyPlanResponse{Plan: tfsdk.Plan{Schema: boxSchema, Raw: raw}}
	SetPlanned(t.Context(), &resp, planned)
	one := tfsdk.Plan{Schema: boxSchema, Raw: raw}
	diags = append(one.SetAttribute(t.Context(), path.Root("label"), planned["label"]), one.SetAttribute(t.Context(), path.Root("count"), planned["count"])...)
	if diags.HasError() || resp.Diagnostics.HasError() {
		t.Fatal(diags, resp.Diagnostics)
	}
	if !resp.Plan.Raw.Equal(one.Raw) {
		t.Errorf("planned\n%s\nthe framework has\n%s", resp.Plan.Raw, one.Raw)
	}
	if !raw.Equal(before) {
		t.Errorf("what was planned before became %s", raw)
	}
}

// A fault of a struct or of a value is told, and changes nothing.
func TestObject_faults(t *testing.T) {
	t.Parallel()

	known := boxes(t)["known"]
	raw, diags := Encode(t.Context(), boxSchema, known)
	if diags.HasError() {
		t.Fatal(diags)
	}
	fraction := map[string]tftypes.Value{}
	if err := raw.As(&fraction); err != nil {
		t.Fatal(err)
	}
	fraction = maps.Clone(fraction)
	fraction["count"] = tftypes.NewValue(tftypes.Number, 1.5)
	var foreign struct {
		Colour types.String `tfsdk:"colour"`
	}
	var other struct {
		Count types.String `tfsdk:"count"`
	}
	wrong := known
	wrong.Tags = types.MapNull(types.Int64Type)
	_, wrongType := Encode(t.Context(), boxSchema, wrong)
	_, missing := Encode(t.Context(), boxSchema, known.boxInputs)
	resp := resource.ModifyPlanResponse{Plan: tfsdk.Plan{Schema: boxSchema, Raw: raw}}
	SetPlanned(t.Context(), &resp, map[string]attr.Value{"count": types.StringValue("two")})
	if !resp.Plan.Raw.Equal(raw) {
		t.Errorf("the plan became %s", resp.Plan.Raw)
	}
	for name, row := range map[string]struct {
		said, want string
	}{
		"a fraction":               {said: texts(Decode(t.Context(), tftypes.NewValue(raw.Type(), fraction), boxSchema, &boxInputs{})), want: "must be a whole number"},
		"an unknown attribute":     {said: texts(Decode(t.Context(), raw, boxSchema, &foreign)), want: "no attribute colour"},
		"a field of another type":  {said: texts(Decode(t.Context(), raw, boxSchema, &other)), want: "not a basetypes.StringValue"},
		"no object":                {said: texts(Decode(t.Context(), tftypes.NewValue(tftypes.String, "a box"), boxSchema, &box{})), want: "could not be converted"},
		"elements of another type": {said: texts(wrongType), want: "tags"},
		"missing attributes":       {said: texts(missing), want: "not set"},
		"planned with a wrong one": {said: texts(resp.Diagnostics), want: "count"},
	} {
		if !strings.Contains(row.said, row.want) {
			t.Errorf("%s: said %q, want %q", name, row.said, row.want)
		}
	}
}

func texts(diags diag.Diagnostics) string {
	var said strings.Builder
	for _, one := range diags {
		said.WriteString(one.Summary() + ": " + one.Detail() + "\n")
	}
	return said.String()
}
