// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package account

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/lookup"
)

var (
	_ datasource.DataSource                   = (*requestsDataSource)(nil)
	_ datasource.DataSourceWithConfigure      = (*requestsDataSource)(nil)
	_ datasource.DataSourceWithValidateConfig = (*requestsDataSource)(nil)
)

func newRequestsDataSource() datasource.DataSource {
	return &requestsDataSource{}
}

// requestsDataSource lists what fal's request history has of an endpoint.
type requestsDataSource struct {
	configuredDataSource
}

type requestsDataSourceModel struct {
	lookup.Window
	Status          types.String   `tfsdk:"status"`
	Limit           types.Int64    `tfsdk:"limit"`
	IncludePayloads types.Bool     `tfsdk:"include_payloads"`
	Requests        types.List     `tfsdk:"requests"`
	Truncated       types.Bool     `tfsdk:"truncated"`
	Timeouts        timeouts.Value `tfsdk:"timeouts"`
}

// historyStatuses are the ways of ending that fal's history can be asked for.
var historyStatuses = flux2.Enum{Values: []string{"success", "user_error", "error"}}

// How many requests a look-up lists.
const (
	defaultHistoryLimit = 100
	mostHistory         = 10_000
)

var requestType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"request_id":  types.StringType,
	"endpoint_id": types.StringType,
	"sent_at":     timetypes.RFC3339Type{},
	"started_at":  timetypes.RFC3339Type{},
	"ended_at":    timetypes.RFC3339Type{},
	"duration":    types.Float64Type,
	"status_code": types.Int64Type,
	"input_json":  types.StringType,
	"output_json": types.StringType,
}}

func (d *requestsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_requests"
}

func (d *requestsDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "What fal's request history has of an endpoint, whoever made the requests. Reading it generates nothing and costs nothing.",
		Attributes: map[string]schema.Attribute{
			"endpoint_id": schema.StringAttribute{
				MarkdownDescription: lookup.DescribeEndpoint,
				Optional:            true,
				Computed:            true,
				Validators:          []validator.String{attributes.EndpointID()},
			},
			"start": schema.StringAttribute{MarkdownDescription: lookup.DescribeStart, CustomType: timetypes.RFC3339Type{}, Optional: true},
			"end":   schema.StringAttribute{MarkdownDescription: lookup.DescribeEnd, CustomType: timetypes.RFC3339Type{}, Optional: true},
			"status": schema.StringAttribute{
				MarkdownDescription: "How the requests have ended: `success`, `user_error` for those that were refused or cancelled, or `error` for those that failed at fal. Defaults to all, unfinished ones included as far as fal lists them.",
				Optional:            true,
				Validators:          []validator.String{attributes.OneOf(historyStatuses)},
			},
			"limit": schema.Int64Attribute{
				CustomType:          attributes.WholeNumber{},
				MarkdownDescription: "The largest number of requests to list. Between 1 and 10000. Defaults to 100.",
				Optional:            true,
				Validators:          []validator.Int64{int64validator.Between(1, mostHistory)},
			},
			"include_payloads": schema.BoolAttribute{
				MarkdownDescription: "Whether to fetch inputs and outputs as well. They end up in the state, prompts included. Defaults to `true`.",
				Optional:            true,
			},
			"truncated": schema.BoolAttribute{
				MarkdownDescription: "Whether fal has more requests than `limit` allows to list.",
				Computed:            true,
			},
			"requests": schema.ListNestedAttribute{
				MarkdownDescription: "The requests, in fal's order: those that ended last come first.",
				Computed:            true,
				NestedObject:        schema.NestedAttributeObject{Attributes: requestAttributes()},
			},
			"timeouts": attributes.DataSourceTimeouts(ctx, timeouts.Opts{
				ReadDescription: attributes.DurationDescription("How long reading the history may take", lookup.DefaultHistoryTimeout),
			}),
		},
	}
}

func requestAttributes() map[string]schema.Attribute {
	at := func(description string) schema.Attribute {
		return schema.StringAttribute{MarkdownDescription: description, CustomType: timetypes.RFC3339Type{}, Computed: true}
	}
	return map[string]schema.Attribute{
		"request_id":  schema.StringAttribute{MarkdownDescription: attributes.RequestIDDescription, Computed: true},
		"endpoint_id": schema.StringAttribute{MarkdownDescription: "The endpoint that the request was sent to.", Computed: true},
		"sent_at":     at("When the request was sent, in RFC 3339 form. Null if fal does not say."),
		"started_at":  at("When fal began to work on the request, in RFC 3339 form. Null until then."),
		"ended_at":    at("When the request ended, in RFC 3339 form. Null until then."),
		"duration":    schema.Float64Attribute{MarkdownDescription: "How long the request took, in seconds. Null until it has ended.", Computed: true},
		"status_code": schema.Int64Attribute{MarkdownDescription: "The HTTP status of the result: 200 for images, 4xx for a refusal, 5xx for a failure of fal's. Null until the request has ended.", Computed: true},
		"input_json":  schema.StringAttribute{MarkdownDescription: "The input, as JSON for `jsondecode`. It holds the prompt in plain text, also one that a configuration marks as sensitive: fal knows nothing of the mark. Null if fal has not stored it, or `include_payloads` is `false`.", Computed: true},
		"output_json": schema.StringAttribute{MarkdownDescription: "The result, as JSON for `jsondecode`. It may hold the prompt, too. Null if fal has not stored it, or `include_payloads` is `false`.", Computed: true},
	}
}

func (d *requestsDataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var history requestsDataSourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &history)...)
	resp.Diagnostics.Append(history.Check()...)
}

// Read goes through the history until it ends or the limit is reached.
func (d *requestsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var history requestsDataSourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &history)...)
	patience, diags := history.Timeouts.Read(ctx, lookup.DefaultHistoryTimeout)
	resp.Diagnostics.Append(diags...)
	endpointID, diags := d.shared.endpointOf(history.EndpointID)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, stop := attributes.Within(ctx, d.shared.Clock, "read", patience)
	defer stop()

	history.EndpointID = types.StringValue(endpointID)
	resp.Diagnostics.Append(history.read(ctx, d.shared.Client)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, history)...)
}

func (m *requestsDataSourceModel) read(ctx context.Context, client *fal.Client) diag.Diagnostics {
	limit := defaultHistoryLimit
	if !m.Limit.IsNull() {
		limit = int(m.Limit.ValueInt64())
	}
	query := m.Query(m.EndpointID.ValueString())
	query.Status = m.Status.ValueString()
	query.Payloads = m.IncludePayloads.IsNull() || m.IncludePayloads.ValueBool()
	// One more tells whether there are more.
	query.PageSize = limit + 1

	listed := []attr.Value{}
	m.Truncated = types.BoolValue(false)
	for request, err := range client.Requests(ctx, query) {
		if err != nil {
			return lookup.HistoryFailed(query.EndpointID, attributes.Late(ctx, err))
		}
		if len(listed) == limit {
			m.Truncated = types.BoolValue(true)
			break
		}
		listed = append(listed, requestValue(request))
	}
	m.Requests = types.ListValueMust(requestType, listed)
	return nil
}

func requestValue(request fal.Request) attr.Value {
	return types.ObjectValueMust(requestType.AttrTypes, map[string]attr.Value{
		"request_id":  types.StringValue(request.RequestID),
		"endpoint_id": types.StringValue(request.EndpointID),
		"sent_at":     attributes.RFC3339(request.SentAt),
		"started_at":  attributes.RFC3339(request.StartedAt),
		"ended_at":    attributes.RFC3339(request.EndedAt),
		"duration":    types.Float64PointerValue(request.Duration),
		"status_code": types.Int64PointerValue(request.StatusCode),
		"input_json":  jsonText(request.Input),
		"output_json": jsonText(request.Output),
	})
}

// jsonText is null for a payload that is not there. Engines want text; what is
// none in a payload becomes U+FFFD, as wherever JSON is decoded. What a terminal
// would act on is written as JSON can write it, so that jsondecode finds it again.
func jsonText(payload json.RawMessage) types.String {
	if payload == nil {
		return types.StringNull()
	}
	var written strings.Builder
	for _, r := range strings.ToValidUTF8(string(payload), "\uFFFD") {
		switch {
		case unicode.IsPrint(r) || r == '\n' || r == '\t':
			written.WriteRune(r)
		case r == '\r':
			// It only stands between values, where it means nothing.
		default:
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&written, `\u%04x`, unit)
			}
		}
	}
	return types.StringValue(written.String())
}
