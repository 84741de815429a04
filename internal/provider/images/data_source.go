// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
)

var (
	_ datasource.DataSource              = (*imageDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*imageDataSource)(nil)
)

func newImageDataSource() datasource.DataSource {
	return &imageDataSource{}
}

// imageDataSource looks up the result of a request that exists.
type imageDataSource struct {
	configuredDataSource
}

type imageDataSourceModel struct {
	imageOutputs
	EndpointID    types.String   `tfsdk:"endpoint_id"`
	Wait          types.Bool     `tfsdk:"wait"`
	QueuePosition types.Int64    `tfsdk:"queue_position"`
	Logs          types.List     `tfsdk:"logs"`
	Seed          types.Int64    `tfsdk:"seed"`
	Timeouts      timeouts.Value `tfsdk:"timeouts"`
}

var logType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"timestamp": types.StringType,
	"level":     types.StringType,
	"message":   types.StringType,
}}

func (d *imageDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_image"
}

func (d *imageDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	all := forDataSource(outputAttributes())
	all["request_id"] = schema.StringAttribute{
		MarkdownDescription: attributes.RequestIDDescription + " Must be the id alone, without the endpoint.",
		Required:            true,
		Validators:          []validator.String{attributes.RequestID()},
	}
	all["endpoint_id"] = schema.StringAttribute{
		MarkdownDescription: "The endpoint that the request was sent to, as `owner/alias` with an optional sub-path. Defaults to the provider's.",
		Optional:            true,
		Computed:            true,
		Validators:          []validator.String{attributes.EndpointID()},
	}
	all["wait"] = schema.BoolAttribute{
		MarkdownDescription: "Whether to wait until the request has finished. With `false`, the outputs of an unfinished request are null. Defaults to `false`.",
		Optional:            true,
	}
	all["queue_position"] = schema.Int64Attribute{
		MarkdownDescription: "The number of requests before this one in fal's queue. Null unless the request is queued.",
		Computed:            true,
	}
	all["seed"] = schema.Int64Attribute{
		MarkdownDescription: "The seed that fal says it used. Null if fal does not say.",
		Computed:            true,
	}
	all["logs"] = schema.ListNestedAttribute{
		MarkdownDescription: "What the model logged, oldest first. Null if fal has no log.",
		Computed:            true,
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"timestamp": schema.StringAttribute{MarkdownDescription: "When the line was written, as fal gives it.", Computed: true},
			"level":     schema.StringAttribute{MarkdownDescription: "The level, such as `INFO`.", Computed: true},
			"message":   schema.StringAttribute{MarkdownDescription: "The text of the line.", Computed: true},
		}},
	}
	all["timeouts"] = attributes.DataSourceTimeouts(ctx, timeouts.Opts{
		ReadDescription: attributes.DurationDescription("How long the look-up may take, waiting included", defaultLookupTimeout),
	})
	resp.Schema = schema.Schema{
		MarkdownDescription: "The result of a request that exists already, whoever made it. Reading it generates nothing and costs nothing.",
		Attributes:          all,
	}
}

// Read asks fal about the request. One that is not there is an error: a data
// source that came back empty would hide a typing mistake.
func (d *imageDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var lookup imageDataSourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &lookup)...)
	limit, diags := lookup.Timeouts.Read(ctx, defaultLookupTimeout)
	resp.Diagnostics.Append(diags...)
	endpointID, diags := d.shared.endpointOf(lookup.EndpointID)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	lookup.EndpointID = types.StringValue(endpointID)
	handle, diags := d.shared.attach(lookup.EndpointID.ValueString(), lookup.RequestID.ValueString())
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, stop := attributes.Within(ctx, d.shared.Clock, "read", limit)
	defer stop()
	resp.Diagnostics.Append(d.lookUp(ctx, handle, &lookup)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, lookup)...)
}

func (d *imageDataSource) lookUp(ctx context.Context, handle fal.Handle, lookup *imageDataSourceModel) diag.Diagnostics {
	lookup.imageOutputs = emptyOutputs()
	lookup.RequestID = types.StringValue(handle.RequestID)
	lookup.Logs = types.ListNull(logType)

	var end requests.End
	for {
		if lookup.Wait.ValueBool() {
			var last fal.State
			_, err := d.shared.Client.Wait(ctx, handle, func(status fal.Status) { last = status.State })
			if err != nil && !errors.Is(err, fal.ErrNotFound) {
				return notWaitedFor(handle, last, attributes.Late(ctx, err))
			}
		}
		end = d.shared.Service.LookWithLogs(ctx, requests.Request{Handle: handle})
		// The status can be ahead of the result.
		if !lookup.Wait.ValueBool() || end.Outcome != requests.Unfinished || d.shared.Clock.Sleep(ctx, time.Second) != nil {
			break
		}
	}
	if ctx.Err() != nil && end.Outcome == requests.Unfinished {
		return readFailed(handle, attributes.Late(ctx, end.Err))
	}
	lookup.Status = statusOf(end)
	lookup.QueuePosition = types.Int64PointerValue(end.Said.QueuePosition)
	lookup.Logs = logLines(end.Said.Logs)
	switch end.Outcome {
	case requests.Delivered:
		lookup.Seed = types.Int64PointerValue(end.Output.Seed)
		diags := lookup.setResult(ctx, end.Result, end.Output)
		d.shared.checkMedia(ctx, &lookup.imageOutputs)
		return diags
	case requests.Unfinished:
		return nil
	case requests.Refused, requests.MadeNothing, requests.Cancelled, requests.Unusable:
		lookup.Error = types.StringValue(reason(end.Err))
		return nil
	case requests.Forgotten:
		return diag.Diagnostics{requestNotFound(handle)}
	}
	if errors.Is(end.Err, fal.ErrNotFound) {
		return diag.Diagnostics{requestNotFound(handle)}
	}
	return readFailed(handle, attributes.Late(ctx, end.Err))
}

func logLines(entries []fal.LogEntry) types.List {
	if len(entries) == 0 {
		return types.ListNull(logType)
	}
	lines := make([]attr.Value, len(entries))
	for i, entry := range entries {
		lines[i] = types.ObjectValueMust(logType.AttrTypes, map[string]attr.Value{
			"timestamp": types.StringValue(entry.Timestamp),
			"level":     types.StringValue(entry.Level),
			"message":   types.StringValue(entry.Message),
		})
	}
	return types.ListValueMust(logType, lines)
}
