// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	datasource "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/float64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/listplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

// outputAttributes are what fal has to say about a request. This is where an output
// is declared: images, results and the data source have it from here, and so has the
// plan, which shows it as unknown or null. Its value is set in setResult.
func outputAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"request_id": attributes.ComputedString(attributes.RequestIDDescription),
		"status":     attributes.ComputedString("The last known status of the request: `IN_QUEUE`, `IN_PROGRESS` or `COMPLETED`. A failed request is `COMPLETED` too."),
		"url":        attributes.ComputedString("The URL of the first image. Null until there is one. A data URI is in `images` only, and then this is null, too."),
		"expanded_prompt": schema.StringAttribute{
			MarkdownDescription: "The prompt that fal says it used. Null if fal does not say. It is sensitive: without prompt expansion, it is the prompt itself.",
			Computed:            true,
			Sensitive:           true,
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"error": attributes.ComputedString("Why fal made no image. Null for a request that has not failed."),
		"has_nsfw_concepts": schema.ListAttribute{
			MarkdownDescription: "For each image, whether the safety checker flagged it. A flagged image is black. Null if fal does not say.",
			Computed:            true,
			ElementType:         types.BoolType,
			PlanModifiers:       []planmodifier.List{listplanmodifier.UseStateForUnknown()},
		},
		"media_available": attributes.ComputedBool("Whether fal still has the files of all URLs, as far as the provider knows. Null until there are files."),
		"timings": schema.MapAttribute{
			MarkdownDescription: "How long each phase of the generation took, in seconds. Null if fal does not say.",
			Computed:            true,
			ElementType:         types.Float64Type,
			PlanModifiers:       []planmodifier.Map{mapplanmodifier.UseStateForUnknown()},
		},
		"billable_units": schema.Float64Attribute{
			MarkdownDescription: "The number of units that fal billed for the request. Null if fal does not say.",
			Computed:            true,
			PlanModifiers:       []planmodifier.Float64{float64planmodifier.UseStateForUnknown()},
		},
		"created_at": schema.StringAttribute{
			MarkdownDescription: "When fal accepted the request, in RFC 3339 form. Null if it is not known.",
			CustomType:          timetypes.RFC3339Type{},
			Computed:            true,
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"images": schema.ListNestedAttribute{
			MarkdownDescription: "The images, in the order in which fal returned them. Null until the request has been collected.",
			Computed:            true,
			PlanModifiers:       []planmodifier.List{listplanmodifier.UseStateForUnknown()},
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"url":          schema.StringAttribute{MarkdownDescription: "The URL of the image: `https`, or a data URI with `sync_mode`. fal may delete the file behind it after a while.", Computed: true},
				"content_type": schema.StringAttribute{MarkdownDescription: "The media type, such as `image/png`. Null if fal does not say.", Computed: true},
				"file_name":    schema.StringAttribute{MarkdownDescription: "The file name that fal gave to the image. Null if fal does not say.", Computed: true},
				"file_size":    schema.Int64Attribute{MarkdownDescription: "The size of the file in bytes. Null if fal does not say.", Computed: true},
				"width":        schema.Int64Attribute{MarkdownDescription: "The delivered width in pixels. Null if fal does not say.", Computed: true},
				"height":       schema.Int64Attribute{MarkdownDescription: "The delivered height in pixels. Null if fal does not say.", Computed: true},
			}},
		},
	}
}

// forDataSource are the same attributes for a data source, which plans nothing.
func forDataSource(outputs map[string]schema.Attribute) map[string]datasource.Attribute {
	all := make(map[string]datasource.Attribute, len(outputs))
	for name, output := range outputs {
		switch o := output.(type) {
		case schema.StringAttribute:
			all[name] = datasource.StringAttribute{MarkdownDescription: o.MarkdownDescription, CustomType: o.CustomType, Sensitive: o.Sensitive, Computed: true}
		case schema.BoolAttribute:
			all[name] = datasource.BoolAttribute{MarkdownDescription: o.MarkdownDescription, Computed: true}
		case schema.Int64Attribute:
			all[name] = datasource.Int64Attribute{MarkdownDescription: o.MarkdownDescription, Computed: true}
		case schema.Float64Attribute:
			all[name] = datasource.Float64Attribute{MarkdownDescription: o.MarkdownDescription, Computed: true}
		case schema.ListAttribute:
			all[name] = datasource.ListAttribute{MarkdownDescription: o.MarkdownDescription, ElementType: o.ElementType, Computed: true}
		case schema.MapAttribute:
			all[name] = datasource.MapAttribute{MarkdownDescription: o.MarkdownDescription, ElementType: o.ElementType, Computed: true}
		case schema.ListNestedAttribute:
			all[name] = datasource.ListNestedAttribute{
				MarkdownDescription: o.MarkdownDescription, Computed: true,
				NestedObject: datasource.NestedAttributeObject{Attributes: forDataSource(o.NestedObject.Attributes)},
			}
		default:
			panic(fmt.Sprintf("no data source has an output like %s, a %T", name, output))
		}
	}
	return all
}

// imageType is the type of one of the images.
var imageType = sync.OnceValue(func() types.ObjectType {
	images, _ := outputAttributes()["images"].GetType().(types.ListType)
	image, _ := images.ElemType.(types.ObjectType)
	return image
})

// unknownResult has the outputs that only a result can fill, and the status, as a plan
// shows them while the result is outstanding.
var unknownResult = sync.OnceValue(func() map[string]attr.Value {
	return outputValues(tftypes.UnknownValue, "request_id", "created_at")
})

// nullResult is the same for a result that this image never gets. The status is that
// of the request.
var nullResult = sync.OnceValue(func() map[string]attr.Value {
	return outputValues(nil, "request_id", "created_at", "status")
})

// outputValues gives each output but some the same value, null or unknown.
func outputValues(value any, but ...string) map[string]attr.Value {
	ctx := context.Background()
	all := make(map[string]attr.Value)
	for name, output := range outputAttributes() {
		kind := output.GetType()
		typed, err := kind.ValueFromTerraform(ctx, tftypes.NewValue(kind.TerraformType(ctx), value))
		if err != nil {
			panic(err) // null and unknown are values of every type
		}
		all[name] = typed
	}
	for _, name := range but {
		delete(all, name)
	}
	return all
}
