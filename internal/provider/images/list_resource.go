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
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/lookup"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
)

var (
	_ list.ListResource                   = (*requestListResource)(nil)
	_ list.ListResourceWithConfigure      = (*requestListResource)(nil)
	_ list.ListResourceWithValidateConfig = (*requestListResource)(nil)
)

func newImageListResource() list.ListResource {
	return &requestListResource{kind: "image", setWhole: setListedImage}
}

func newImageResultListResource() list.ListResource {
	return &requestListResource{kind: "image_result", setWhole: setListedResult}
}

// requestListResource finds requests that could be imported as one kind of resource,
// for terraform query.
type requestListResource struct {
	configuredResource
	kind string
	// setWhole fills in the resource that an import would make of a request.
	setWhole func(ctx context.Context, into *tfsdk.Resource, reference requestIdentity, past fal.Request) diag.Diagnostics
}

type requestListModel struct {
	lookup.Window
	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

func (r *requestListResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + r.kind
}

func (r *requestListResource) ListResourceConfigSchema(ctx context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Requests of fal's history that have succeeded, ready to be imported as `flux2_" + r.kind + "`. Listing them generates nothing and costs nothing.",
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

func (r *requestListResource) ValidateListResourceConfig(ctx context.Context, req list.ValidateConfigRequest, resp *list.ValidateConfigResponse) {
	var config requestListModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(config.Check()...)
}

// List goes through the history for as long as the engine wants more. It makes
// no call for a single request: the history tells all that an import starts from.
func (r *requestListResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var config requestListModel
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
			if !push(r.listed(ctx, req, endpointID, past)) || listed == req.Limit {
				return
			}
		}
	}
}

// listed is one result: how to find the request again, what to call it, and the whole
// resource if the engine wants it, to generate configuration.
func (r *requestListResource) listed(ctx context.Context, req list.ListRequest, endpointID string, past fal.Request) list.ListResult {
	result := req.NewListResult(ctx)
	reference := requestIdentity{EndpointID: types.StringValue(endpointID), RequestID: types.StringValue(past.RequestID)}
	result.Diagnostics.Append(result.Identity.Set(ctx, reference)...)
	result.DisplayName = oneLine(past.RequestID)
	if input, err := flux2.DecodeInput(past.Input); err == nil {
		result.DisplayName = displayName(past, input)
	}
	if req.IncludeResource {
		result.Diagnostics.Append(r.setWhole(ctx, result.Resource, reference, past)...)
	}
	return result
}

func setListedImage(ctx context.Context, into *tfsdk.Resource, reference requestIdentity, past fal.Request) diag.Diagnostics {
	image := foundImage(reference)
	image.ID = image.RequestID
	diags := into.GetAttribute(ctx, path.Root("timeouts"), &image.Timeouts)
	if input, err := flux2.DecodeInput(past.Input); err == nil {
		image.setInput(input)
	}
	end := endOf(past)
	if end.Outcome == requests.Delivered {
		if image.Seed.IsNull() {
			image.Seed = types.Int64PointerValue(end.Output.Seed)
		}
		diags.Append(image.record(ctx, end)...)
	}
	image.takePast(past)
	diags.Append(into.Set(ctx, image)...)
	return diags
}

func setListedResult(ctx context.Context, into *tfsdk.Resource, reference requestIdentity, past fal.Request) diag.Diagnostics {
	result := imageResultModel{ID: reference.RequestID, EndpointID: reference.EndpointID, imageOutputs: emptyOutputs()}
	result.RequestID = reference.RequestID
	diags := into.GetAttribute(ctx, path.Root("timeouts"), &result.Timeouts)
	if end := endOf(past); end.Outcome == requests.Delivered {
		result.Seed = types.Int64PointerValue(end.Output.Seed)
		diags.Append(result.setResult(ctx, end.Result, end.Output)...)
	}
	result.takePast(past)
	diags.Append(into.Set(ctx, result)...)
	return diags
}

func endOf(past fal.Request) requests.End {
	return requests.Decode(fal.Result{Body: past.Output, RequestID: past.RequestID, Date: past.EndedAt})
}

// takePast fills in what the history says of any request. Nobody has looked whether
// its files are still there.
func (m *imageOutputs) takePast(past fal.Request) {
	m.Status = types.StringValue(string(fal.Completed))
	m.CreatedAt = attributes.RFC3339(past.SentAt)
	m.MediaAvailable = types.BoolNull()
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
