// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/action/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

var (
	_ action.Action              = (*cancelRequestAction)(nil)
	_ action.ActionWithConfigure = (*cancelRequestAction)(nil)
)

func newCancelRequestAction() action.Action {
	return &cancelRequestAction{}
}

// cancelRequestAction is flux2_cancel_request: it stops a request that may be in
// nobody's state.
type cancelRequestAction struct {
	configuredAction
}

type cancelRequestModel struct {
	RequestID  types.String   `tfsdk:"request_id"`
	EndpointID types.String   `tfsdk:"endpoint_id"`
	Timeouts   timeouts.Value `tfsdk:"timeouts"`
}

func (a *cancelRequestAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_cancel_request"
}

func (a *cancelRequestAction) Schema(ctx context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Cancels a request that fal has not finished yet, whoever made it. A request that is still queued never runs and is not billed. " +
			"A request that is running is asked to stop. It may still finish and be billed.",
		Attributes: map[string]schema.Attribute{
			"request_id": schema.StringAttribute{
				MarkdownDescription: attributes.RequestIDDescription + " Must be the id alone, without the endpoint.",
				Required:            true,
				Validators:          []validator.String{attributes.RequestID()},
			},
			"endpoint_id": schema.StringAttribute{
				MarkdownDescription: "The endpoint that the request was sent to, as `owner/alias` with an optional sub-path. Defaults to the provider's.",
				Optional:            true,
				Validators:          []validator.String{attributes.EndpointID()},
			},
			"timeouts": attributes.ActionTimeouts(ctx, timeouts.Opts{
				InvokeDescription: attributes.DurationDescription("How long to wait until fal confirms the cancellation of a running request", defaultInvokeTimeout),
			}),
		},
	}
}

// Invoke cancels the request, and follows one that was running until it is
// clear what became of it.
func (a *cancelRequestAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var config cancelRequestModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	patience, diags := config.Timeouts.Invoke(ctx, defaultInvokeTimeout)
	resp.Diagnostics.Append(diags...)
	endpointID, diags := a.shared.endpointOf(config.EndpointID)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	handle, diags := a.shared.attach(endpointID, config.RequestID.ValueString())
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, stop := attributes.Within(ctx, a.shared.Clock, "invoke", patience)
	defer stop()
	resp.Diagnostics.Append(a.shared.cancelRequest(ctx, handle, progress(resp.SendProgress))...)
}

// progress tells the person at the terminal how an action is getting on.
type progress func(action.InvokeProgressEvent)

func (p progress) say(message string) {
	p(action.InvokeProgressEvent{Message: message})
}

func (s *Shared) cancelRequest(ctx context.Context, handle fal.Handle, progress progress) diag.Diagnostics {
	progress.say("Asking fal to cancel " + requestName(handle) + ".")
	outcome, err := s.Client.Cancel(ctx, handle)
	switch {
	case err != nil:
		return diag.Diagnostics{requestNotCancelled(handle, attributes.Late(ctx, err))}
	case outcome == fal.CancelNotFound:
		return diag.Diagnostics{nothingToCancel(handle)}
	case outcome == fal.CancelTooLate:
		return diag.Diagnostics{cancelledTooLate(handle)}
	case outcome == fal.CancelRemoved:
		progress.say("The request has left the queue. It never runs and is not billed.")
		return nil
	}
	progress.say("fal works on the request already, and was asked to stop.")
	shown := fal.InProgress
	status, err := s.Client.Wait(ctx, handle, func(status fal.Status) {
		if status.State != shown && status.State != fal.Completed {
			progress.say("The request is " + string(status.State) + ".")
		}
		shown = status.State
	})
	switch {
	case err != nil:
		return diag.Diagnostics{cancellationUnconfirmed(handle, attributes.Late(ctx, err))}
	case status.ErrorType != fal.TypeClientCancelled:
		return diag.Diagnostics{cancelledTooLate(handle)}
	}
	progress.say("The request was cancelled.")
	return nil
}
