// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package account

import (
	"context"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/lookup"
)

var (
	_ datasource.DataSource                   = (*billingDataSource)(nil)
	_ datasource.DataSourceWithConfigure      = (*billingDataSource)(nil)
	_ datasource.DataSourceWithValidateConfig = (*billingDataSource)(nil)
)

func newBillingDataSource() datasource.DataSource {
	return &billingDataSource{}
}

// billingDataSource adds up what fal has billed.
type billingDataSource struct {
	configuredDataSource
}

type billingDataSourceModel struct {
	lookup.Window
	RequestIDs        types.Set      `tfsdk:"request_ids"`
	Tags              types.Map      `tfsdk:"tags"`
	IncludeEvents     types.Bool     `tfsdk:"include_events"`
	Events            types.List     `tfsdk:"events"`
	TotalCost         types.Number   `tfsdk:"total_cost"`
	MissingRequestIDs types.Set      `tfsdk:"missing_request_ids"`
	Timeouts          timeouts.Value `tfsdk:"timeouts"`
}

const (
	// mostEvents bounds what a state has to hold.
	mostEvents = 10_000
	// longAgo is how far back requests are looked for whose ids are known: about as
	// far as fal answers in one call.
	longAgo = 12 * 7 * attributes.Day
)

var eventType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"request_id":   types.StringType,
	"endpoint_id":  types.StringType,
	"timestamp":    timetypes.RFC3339Type{},
	"output_units": types.NumberType,
	"unit_price":   types.NumberType,
	"cost_total":   types.NumberType,
}}

func (d *billingDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_billing_events"
}

func (d *billingDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "What fal has billed the account of the key, request by request, and the sum of it. It needs a key of the scope `ADMIN`. " +
			"Reading it generates nothing and costs nothing.",
		Attributes: map[string]schema.Attribute{
			"endpoint_id": schema.StringAttribute{
				MarkdownDescription: "The endpoint whose requests to list, as `owner/alias` with an optional sub-path. Defaults to all endpoints of the account, other models included.",
				Optional:            true,
				Validators:          []validator.String{attributes.EndpointID()},
			},
			"start": schema.StringAttribute{
				MarkdownDescription: "The time from which on events are listed, in RFC 3339 form with a time zone, such as `2026-09-01T00:00:00Z` or `2026-09-01T00:00:00+02:00`. " +
					"Defaults to 24 hours before `end`, or, with `request_ids`, to 12 weeks.",
				CustomType: timetypes.RFC3339Type{},
				Optional:   true,
			},
			"end": schema.StringAttribute{
				MarkdownDescription: "The time before which events are listed, in RFC 3339 form. An event of exactly this time is not listed, so that the `end` of one month is the `start` of the next. " +
					"Must be later than `start`. Defaults to now.",
				CustomType: timetypes.RFC3339Type{},
				Optional:   true,
			},
			"request_ids": schema.SetAttribute{
				MarkdownDescription: "The ids of the requests whose events to list. Nulls are left out, and an empty set lists nothing. Defaults to all requests.",
				ElementType:         types.StringType,
				Optional:            true,
				Validators:          []validator.Set{setvalidator.ValueStringsAre(attributes.RequestID())},
			},
			"tags": schema.MapAttribute{
				MarkdownDescription: "Lists only requests that were sent with all of these `tags`. fal has to enable reports by tags for the account first, and such events come later than others. " +
					"The value `(untagged)` stands for requests without that tag. Defaults to requests with any tags, or none.",
				ElementType: types.StringType,
				Optional:    true,
				Validators:  []validator.Map{attributes.NoNulls(), tagFilter{}},
			},
			"include_events": schema.BoolAttribute{
				MarkdownDescription: "Whether `events` lists the events. `false` keeps the state small where `total_cost` is all that is wanted. Defaults to `true`.",
				Optional:            true,
			},
			"total_cost": schema.NumberAttribute{
				MarkdownDescription: "The sum of all `cost_total`, in US dollars, exact to a billionth. It is 0 if nothing was billed.",
				Computed:            true,
			},
			"missing_request_ids": schema.SetAttribute{
				MarkdownDescription: "Those of `request_ids` that fal has no event of. Their cost is not in `total_cost`: fal may bill them a while after they have ended, " +
					"bills nothing for requests that failed, and does not list here what lies outside of `start` and `end`. Null without `request_ids`.",
				ElementType: types.StringType,
				Computed:    true,
			},
			"events": schema.ListNestedAttribute{
				MarkdownDescription: "The events, in fal's order. Null if `include_events` is `false`.",
				Computed:            true,
				NestedObject:        schema.NestedAttributeObject{Attributes: eventAttributes()},
			},
			"timeouts": attributes.DataSourceTimeouts(ctx, timeouts.Opts{
				ReadDescription: attributes.DurationDescription("How long reading the events may take", lookup.DefaultHistoryTimeout),
			}),
		},
	}
}

func eventAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"request_id":  schema.StringAttribute{MarkdownDescription: attributes.RequestIDDescription, Computed: true},
		"endpoint_id": schema.StringAttribute{MarkdownDescription: "The endpoint that the request was sent to.", Computed: true},
		"timestamp": schema.StringAttribute{
			MarkdownDescription: "The time of the request, in RFC 3339 form. Null if fal does not say.", CustomType: timetypes.RFC3339Type{}, Computed: true,
		},
		"output_units": schema.NumberAttribute{
			MarkdownDescription: "The number of units billed, in the unit that `flux2_pricing` names. Null if fal does not say.", Computed: true,
		},
		"unit_price": schema.NumberAttribute{
			MarkdownDescription: "The price of a unit before discounts, in US dollars. Null if fal does not say.", Computed: true,
		},
		"cost_total": schema.NumberAttribute{
			MarkdownDescription: "What was charged, after discounts, in US dollars. Null if fal does not say.", Computed: true,
		},
	}
}

// tagFilter wants tags that a request can have been sent with.
type tagFilter struct{}

var _ validator.Map = tagFilter{}

func (tagFilter) Description(context.Context) string { return "must be tags that fal keeps" }

func (v tagFilter) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (tagFilter) ValidateMap(ctx context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	tags, diags := attributes.KnownTags(ctx, req.ConfigValue)
	resp.Diagnostics.Append(diags...)
	if err := fal.ValidateTags(tags); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Tags", "No request can have been sent with these tags: "+err.Error()+". Correct or remove it.")
	}
}

func (d *billingDataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var billing billingDataSourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &billing)...)
	resp.Diagnostics.Append(billing.Check()...)
}

// Read adds up the events of all pages.
func (d *billingDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var billing billingDataSourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &billing)...)
	patience, diags := billing.Timeouts.Read(ctx, lookup.DefaultHistoryTimeout)
	resp.Diagnostics.Append(diags...)
	if d.shared == nil || d.shared.Client == nil {
		resp.Diagnostics.Append(lookup.AskedTooEarly())
	}
	query, diags := billing.query(ctx, d.shared)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, stop := attributes.Within(ctx, d.shared.Clock, "read", patience)
	defer stop()

	resp.Diagnostics.Append(billing.read(ctx, d.shared.Client, query)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, billing)...)
}

func (m *billingDataSourceModel) query(ctx context.Context, shared *Shared) (fal.BillingQuery, diag.Diagnostics) {
	window := m.Query("")
	query := fal.BillingQuery{EndpointID: m.EndpointID.ValueString(), Start: window.Start, End: window.End}
	tags, diags := attributes.KnownTags(ctx, m.Tags)
	query.Tags = tags
	if m.RequestIDs.IsNull() || diags.HasError() {
		return query, diags
	}
	query.RequestIDs = []string{}
	for _, element := range m.RequestIDs.Elements() {
		if id, ok := element.(types.String); ok && !id.IsNull() {
			query.RequestIDs = append(query.RequestIDs, id.ValueString())
		}
	}
	slices.Sort(query.RequestIDs)
	if m.Start.IsNull() && shared != nil && shared.Client != nil {
		end := query.End
		if end.IsZero() {
			end = shared.Client.Now()
		}
		query.Start = end.Add(-longAgo).Truncate(time.Second)
	}
	return query, diags
}
