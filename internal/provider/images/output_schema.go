// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/float64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/listplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

// outputAttributes are what fal has to say about a request, for a resource.
func outputAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"request_id":      attributes.ComputedString(describe["request_id"]),
		"status":          attributes.ComputedString(describe["status"]),
		"url":             attributes.ComputedString(describe["url"]),
		"expanded_prompt": attributes.ComputedString(describe["expanded_prompt"]),
		"error":           attributes.ComputedString(describe["error"]),
		"has_nsfw_concepts": schema.ListAttribute{
			MarkdownDescription: describe["has_nsfw_concepts"],
			Computed:            true,
			ElementType:         types.BoolType,
			PlanModifiers:       []planmodifier.List{listplanmodifier.UseStateForUnknown()},
		},
		"media_available": attributes.ComputedBool(describe["media_available"]),
		"timings": schema.MapAttribute{
			MarkdownDescription: describe["timings"],
			Computed:            true,
			ElementType:         types.Float64Type,
			PlanModifiers:       []planmodifier.Map{mapplanmodifier.UseStateForUnknown()},
		},
		"billable_units": schema.Float64Attribute{
			MarkdownDescription: describe["billable_units"],
			Computed:            true,
			PlanModifiers:       []planmodifier.Float64{float64planmodifier.UseStateForUnknown()},
		},
		"created_at": schema.StringAttribute{
			MarkdownDescription: describe["created_at"],
			CustomType:          timetypes.RFC3339Type{},
			Computed:            true,
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"images": schema.ListNestedAttribute{
			MarkdownDescription: describe["images"],
			Computed:            true,
			PlanModifiers:       []planmodifier.List{listplanmodifier.UseStateForUnknown()},
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"url":          schema.StringAttribute{MarkdownDescription: describe["images.url"], Computed: true},
				"content_type": schema.StringAttribute{MarkdownDescription: describe["images.content_type"], Computed: true},
				"file_name":    schema.StringAttribute{MarkdownDescription: describe["images.file_name"], Computed: true},
				"file_size":    schema.Int64Attribute{MarkdownDescription: describe["images.file_size"], Computed: true},
				"width":        schema.Int64Attribute{MarkdownDescription: describe["images.width"], Computed: true},
				"height":       schema.Int64Attribute{MarkdownDescription: describe["images.height"], Computed: true},
			}},
		},
	}
}
