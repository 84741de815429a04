// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"
	"reflect"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
)

// imageOutputs are what fal has to say about a request. Resources and data
// sources have them in common.
type imageOutputs struct {
	RequestID       types.String      `tfsdk:"request_id"`
	Status          types.String      `tfsdk:"status"`
	URL             types.String      `tfsdk:"url"`
	Images          types.List        `tfsdk:"images"`
	ExpandedPrompt  types.String      `tfsdk:"expanded_prompt"`
	HasNSFWConcepts types.List        `tfsdk:"has_nsfw_concepts"`
	Timings         types.Map         `tfsdk:"timings"`
	BillableUnits   types.Float64     `tfsdk:"billable_units"`
	MediaAvailable  types.Bool        `tfsdk:"media_available"`
	Error           types.String      `tfsdk:"error"`
	CreatedAt       timetypes.RFC3339 `tfsdk:"created_at"`
}

// emptyOutputs are those of a request of which nothing is known yet: nulls, each of
// its type.
var emptyOutputs = sync.OnceValue(func() imageOutputs {
	var empty imageOutputs
	nulls := outputValues(nil)
	fields := reflect.ValueOf(&empty).Elem()
	for i := range fields.NumField() {
		fields.Field(i).Set(reflect.ValueOf(nulls[fields.Type().Field(i).Tag.Get("tfsdk")]))
	}
	return empty
})

// setResult projects a result onto the outputs. What fal left out becomes null.
func (m *imageOutputs) setResult(ctx context.Context, result fal.Result, output flux2.Output) diag.Diagnostics {
	var diags diag.Diagnostics

	images := make([]attr.Value, len(output.Images))
	for i, image := range output.Images {
		images[i] = types.ObjectValueMust(imageType().AttrTypes, map[string]attr.Value{
			"url":          types.StringValue(image.URL),
			"content_type": printable(image.ContentType),
			"file_name":    printable(image.FileName),
			"file_size":    types.Int64PointerValue(image.FileSize),
			"width":        types.Int64PointerValue(image.Width),
			"height":       types.Int64PointerValue(image.Height),
		})
	}
	m.Images = types.ListValueMust(imageType(), images)

	m.URL = types.StringNull()
	if first := output.Images[0]; !first.IsDataURI() {
		m.URL = types.StringValue(first.URL)
	}
	m.ExpandedPrompt = types.StringNull()
	if output.Prompt != nil && strings.TrimSpace(*output.Prompt) != "" {
		m.ExpandedPrompt = printable(output.Prompt)
	}
	flags, flagDiags := types.ListValueFrom(ctx, types.BoolType, output.HasNSFWConcepts)
	timings, timingDiags := types.MapValueFrom(ctx, types.Float64Type, output.Timings)
	diags.Append(flagDiags...)
	diags.Append(timingDiags...)
	m.HasNSFWConcepts, m.Timings = flags, timings
	m.BillableUnits = types.Float64PointerValue(result.BillableUnits)
	m.MediaAvailable = types.BoolValue(true)
	m.Status = types.StringValue(string(fal.Completed))
	m.Error = types.StringNull()
	return diags
}

// printable is a text of fal's for a state, which is printed by whoever has an
// output of it.
func printable(text *string) types.String {
	if text == nil {
		return types.StringNull()
	}
	return types.StringValue(fal.Printable(*text))
}

// takeFailure records why there is no image, and that there won't be one.
func (m *imageOutputs) takeFailure(end requests.End) {
	m.Status = types.StringValue(string(fal.Completed))
	m.Error = types.StringValue(reason(end.Err))
}

// urls lists the URLs of the images, none if there is no result.
func (m imageOutputs) urls() []string {
	var urls []string
	for _, element := range m.Images.Elements() {
		if image, ok := element.(types.Object); ok {
			if url, ok := image.Attributes()["url"].(types.String); ok {
				urls = append(urls, url.ValueString())
			}
		}
	}
	return urls
}
