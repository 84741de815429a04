// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
)

// everything is a result in which fal leaves nothing out.
const everything = `{
	"images": [{"url": "https://fal.media/a.png", "content_type": "image/png", "file_name": "a.png", "file_size": 7, "width": 512, "height": 512}],
	"prompt": "a lighthouse at dusk, in oil", "seed": 7, "timings": {"inference": 1.5}, "has_nsfw_concepts": [false]
}`

// byName has the outputs by the names of their attributes.
func byName(outputs imageOutputs) map[string]attr.Value {
	all := make(map[string]attr.Value)
	fields := reflect.ValueOf(outputs)
	for i := range fields.NumField() {
		all[fields.Type().Field(i).Tag.Get("tfsdk")], _ = fields.Field(i).Interface().(attr.Value)
	}
	return all
}

// An output that is declared has a field, and a value once fal has said all. In the
// plan it is unknown as long as the result is outstanding.
func TestOutputs_noneIsForgotten(t *testing.T) {
	t.Parallel()

	outputs := emptyOutputs()
	declared := slices.Sorted(maps.Keys(outputAttributes()))
	if fields := slices.Sorted(maps.Keys(byName(outputs))); !slices.Equal(fields, declared) {
		t.Fatalf("imageOutputs has %v, declared are %v", fields, declared)
	}
	for name, value := range byName(outputs) {
		if !value.IsNull() || !value.Type(t.Context()).Equal(outputAttributes()[name].GetType()) {
			t.Errorf("%s begins as %s", name, value)
		}
	}

	units := 1.5
	end := requests.Decode(fal.Result{Body: []byte(everything), BillableUnits: &units})
	if end.Outcome != requests.Delivered {
		t.Fatal(end.Err)
	}
	if diags := outputs.setResult(t.Context(), end.Result, end.Output); len(diags) > 0 {
		t.Fatal(diags)
	}
	filled := byName(outputs)
	failed := emptyOutputs()
	failed.takeFailure(requests.End{Err: errors.New("refused")})
	filled["error"] = byName(failed)["error"]
	for name, unknown := range unknownResult() {
		if !unknown.IsUnknown() {
			t.Errorf("%s is planned as %s", name, unknown)
		}
		if filled[name].IsNull() {
			t.Errorf("%s is null although fal has said all", name)
		}
	}
	image, _ := outputs.Images.Elements()[0].(types.Object)
	for name, value := range image.Attributes() {
		if value.IsNull() {
			t.Errorf("images.%s is null although fal has said all", name)
		}
	}
	for name, null := range nullResult() {
		if !null.IsNull() {
			t.Errorf("%s is planned as %s", name, null)
		}
	}
	if len(unknownResult()) != len(declared)-2 || len(nullResult()) != len(declared)-3 {
		t.Errorf("planned are %v and %v of %v", unknownResult(), nullResult(), declared)
	}
}
