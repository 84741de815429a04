// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/list/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/lookup"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
)

var (
	_ list.ListResource                   = (*imageListResource)(nil)
	_ list.ListResourceWithConfigure      = (*imageListResource)(nil)
	_ list.ListResourceWithValidateConfig = (*imageListResource)(nil)
)

func newImageListResource() list.ListResource {
	return &imageListResource{}
}

// imageListResource finds images that could be imported, for terraform query.
type imageListResource struct {
	configuredResource
}

type imageListModel struct {
	lookup.Window
	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

func (r *imageListResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_image"
}

func (r *imageListResource) ListResourceConfigSchema(ctx context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Requests of fal's history that have succeeded, ready to be imported as `flux2_image`. Listing them generates nothing and costs nothing.",
		Attributes: map[string]schema.Attribute{
			"endpoint_id": schema.StringAttribute{
				MarkdownDescription: lookup.DescribeEndpoint,
				Optional:            true,
				Validators:          []validator.String{attributes.EndpointID()},
			},
			"start": schema.StringAttribute{MarkdownDescription: lookup.DescribeStart, CustomType: timetypes.RFC3339Type{}, Optional: true},
			"end":   schema.StringAttribute{MarkdownDescription: lookup.DescribeEnd, CustomType: timetypes.RFC3339Type{}, Optional: true},
			"timeouts": attributes.ListTimeouts(ctx, timeouts.Opts{
				ListDescription: attributes.DurationDescription("How long reading the history may take", lookup.DefaultHistoryTimeout),
			}),
		},
	}
}

func (r *imageListResource) ValidateListResourceConfig(ctx context.Context, req list.ValidateConfigRequest, resp *list.ValidateConfigResponse) {
	var config imageListModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(config.Check()...)
}

// List goes through the history for as long as the engine wants more. It makes
// no call for a single request: the history tells all that an import starts from.
func (r *imageListResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var config imageListModel
	diags := req.Config.Get(ctx, &config)
	patience, timeoutDiags := config.Timeouts.List(ctx, lookup.DefaultHistoryTimeout)
	diags.Append(timeoutDiags...)
	endpointID, endpointDiags := r.shared.endpointOf(config.EndpointID)
	diags.Append(endpointDiags...)
	if diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	query := config.Query(endpointID)
	query.Status = "success"
	query.Payloads = true
	query.PageSize = int(min(req.Limit, 100))

	stream.Results = func(push func(list.ListResult) bool) {
		ctx, stop := attributes.Within(ctx, r.shared.Clock, "list", patience)
		defer stop()
		listed := int64(0)
		for past, err := range r.shared.Client.Requests(ctx, query) {
			if err != nil {
				push(list.ListResult{Diagnostics: lookup.HistoryFailed(endpointID, attributes.Late(ctx, err))})
				return
			}
			listed++
			if !push(listedImage(ctx, req, endpointID, past)) || listed == req.Limit {
				return
			}
		}
	}
}

// listedImage is one result: how to find the image again, what to call it, and
// the image itself if the engine wants it, to generate configuration.
func listedImage(ctx context.Context, req list.ListRequest, endpointID string, past fal.Request) list.ListResult {
	result := req.NewListResult(ctx)
	reference := requestIdentity{EndpointID: types.StringValue(endpointID), RequestID: types.StringValue(past.RequestID)}
	result.Diagnostics.Append(result.Identity.Set(ctx, reference)...)

	input, err := flux2.DecodeInput(past.Input)
	stored := err == nil
	result.DisplayName = oneLine(past.RequestID)
	if stored {
		result.DisplayName = displayName(past, input)
	}
	if !req.IncludeResource {
		return result
	}
	image := foundImage(reference)
	image.ID = image.RequestID
	result.Diagnostics.Append(result.Resource.GetAttribute(ctx, path.Root("timeouts"), &image.Timeouts)...)
	if stored {
		image.setInput(input)
	}
	result.Diagnostics.Append(image.takePast(ctx, past)...)
	result.Diagnostics.Append(result.Resource.Set(ctx, image)...)
	return result
}

// takePast fills in what the history says about how a request came out. Nobody
// has looked whether its files are still there.
func (m *imageModel) takePast(ctx context.Context, past fal.Request) diag.Diagnostics {
	m.Status = types.StringValue(string(fal.Completed))
	m.CreatedAt = attributes.RFC3339(past.SentAt)
	end := requests.Decode(fal.Result{Body: past.Output, RequestID: past.RequestID, Date: past.EndedAt})
	if end.Outcome != requests.Delivered {
		return nil
	}
	if m.Seed.IsNull() {
		m.Seed = types.Int64PointerValue(end.Output.Seed)
	}
	diags := m.record(ctx, end)
	m.MediaAvailable = types.BoolNull()
	return diags
}

// longestName bounds the part of a prompt that names an image, in characters.
const longestName = 60

// oneLine makes a text fit for a terminal, where control characters would move the
// cursor or turn the direction of what follows.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// displayName is when a request was sent and how its prompt begins, on one line.
func displayName(past fal.Request, input flux2.Input) string {
	prompt := []rune(oneLine(input.Prompt))
	if len(prompt) > longestName {
		prompt = append(prompt[:longestName-1], '…')
	}
	if past.SentAt.IsZero() {
		return string(prompt)
	}
	return past.SentAt.Format("2006-01-02 15:04:05") + " " + string(prompt)
}
