// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package account

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

var (
	_ datasource.DataSource              = (*pricingDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*pricingDataSource)(nil)
)

func newPricingDataSource() datasource.DataSource {
	return &pricingDataSource{}
}

// pricingDataSource asks fal what an endpoint costs.
type pricingDataSource struct {
	configuredDataSource
}

type pricingDataSourceModel struct {
	EndpointID      types.String   `tfsdk:"endpoint_id"`
	UnitQuantity    types.Float64  `tfsdk:"unit_quantity"`
	RequestQuantity types.Int64    `tfsdk:"request_quantity"`
	UnitPrice       types.Float64  `tfsdk:"unit_price"`
	Unit            types.String   `tfsdk:"unit"`
	Currency        types.String   `tfsdk:"currency"`
	EstimatedCost   types.Float64  `tfsdk:"estimated_cost"`
	Timeouts        timeouts.Value `tfsdk:"timeouts"`
}

// defaultPricingTimeout is for a price and an estimate.
const defaultPricingTimeout = 2 * time.Minute

// leastUnits is the smallest quantity that fal estimates.
const leastUnits = 1e-6

func (d *pricingDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_pricing"
}

func (d *pricingDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The price of one unit of an endpoint's work, and fal's estimate for a number of units or requests. Reading it generates nothing and costs nothing.",
		Attributes: map[string]schema.Attribute{
			"endpoint_id": schema.StringAttribute{
				MarkdownDescription: "The endpoint, as `owner/alias` with an optional sub-path. Defaults to the provider's.",
				Optional:            true,
				Computed:            true,
				Validators:          []validator.String{attributes.EndpointID()},
			},
			"unit_quantity": schema.Float64Attribute{
				CustomType:          attributes.DecimalNumber{},
				MarkdownDescription: "The number of units whose cost fal estimates. At least 0. Conflicts with `request_quantity`. Defaults to no estimate.",
				Optional:            true,
				Validators:          []validator.Float64{float64validator.AtLeast(0), float64validator.ConflictsWith(path.MatchRoot("request_quantity"))},
			},
			"request_quantity": schema.Int64Attribute{
				CustomType:          attributes.WholeNumber{},
				MarkdownDescription: "The number of requests whose cost fal estimates, from the cost of past requests to the endpoint. At least 0. Conflicts with `unit_quantity`. Defaults to no estimate.",
				Optional:            true,
				Validators:          []validator.Int64{int64validator.AtLeast(0)},
			},
			"unit_price": schema.Float64Attribute{
				MarkdownDescription: "The price of one unit, in `currency`. 0 may mean that fal has not published a price.",
				Computed:            true,
			},
			"unit": schema.StringAttribute{
				MarkdownDescription: "What one unit is, in fal's words, such as `images`, `megapixels` or `compute seconds`.",
				Computed:            true,
			},
			"currency": schema.StringAttribute{
				MarkdownDescription: "The currency as an ISO 4217 code, such as `USD`.",
				Computed:            true,
			},
			"estimated_cost": schema.Float64Attribute{
				MarkdownDescription: "What fal expects the quantity to cost, in `currency`. Null without a quantity.",
				Computed:            true,
			},
			"timeouts": attributes.DataSourceTimeouts(ctx, timeouts.Opts{
				ReadDescription: attributes.DurationDescription("How long the look-up may take", defaultPricingTimeout),
			}),
		},
	}
}

// Read asks for the price, and for the estimate if there is a quantity.
func (d *pricingDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var pricing pricingDataSourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &pricing)...)
	patience, diags := pricing.Timeouts.Read(ctx, defaultPricingTimeout)
	resp.Diagnostics.Append(diags...)
	endpointID, diags := d.shared.endpointOf(pricing.EndpointID)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, stop := attributes.Within(ctx, d.shared.Clock, "read", patience)
	defer stop()

	pricing.EndpointID = types.StringValue(endpointID)
	resp.Diagnostics.Append(pricing.ask(ctx, d.shared.Client)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, pricing)...)
}

func (m *pricingDataSourceModel) ask(ctx context.Context, client *fal.Client) diag.Diagnostics {
	endpointID := m.EndpointID.ValueString()
	prices, err := client.Pricing(ctx, endpointID)
	if err != nil {
		return pricingFailed(endpointID, attributes.Late(ctx, err))
	}
	i := slices.IndexFunc(prices, func(price fal.Price) bool { return price.EndpointID == endpointID && price.UnitPrice != nil })
	if i < 0 {
		return diag.Diagnostics{noPrice(endpointID, "its answer lists none")}
	}
	m.UnitPrice = types.Float64PointerValue(prices[i].UnitPrice)
	m.Unit = types.StringValue(prices[i].Unit)
	m.Currency = types.StringValue(prices[i].Currency)

	estimate, err := m.estimate(ctx, client)
	if err != nil {
		return pricingFailed(endpointID, attributes.Late(ctx, err))
	}
	m.EstimatedCost = types.Float64PointerValue(estimate)
	if *prices[i].UnitPrice == 0 {
		return diag.Diagnostics{priceOfZero(endpointID)}
	}
	return nil
}

// estimate is nil without a quantity. Nothing costs nothing: fal refuses such a
// question, which comes from an empty for_each.
func (m *pricingDataSourceModel) estimate(ctx context.Context, client *fal.Client) (*float64, error) {
	free := 0.0
	estimate := fal.Estimate{TotalCost: &free}
	var err error
	switch endpointID := m.EndpointID.ValueString(); {
	case m.UnitQuantity.IsNull() && m.RequestQuantity.IsNull():
		return nil, nil
	case m.UnitQuantity.ValueFloat64() >= leastUnits:
		estimate, err = client.EstimateUnits(ctx, endpointID, m.UnitQuantity.ValueFloat64())
	case m.RequestQuantity.ValueInt64() > 0:
		estimate, err = client.EstimateCalls(ctx, endpointID, m.RequestQuantity.ValueInt64())
	}
	if err == nil && estimate.TotalCost == nil {
		// It would pass for free.
		err = errors.New("fal's answer has no total_cost")
	}
	return estimate.TotalCost, err
}
