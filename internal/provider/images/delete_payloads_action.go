// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/action/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/lookup"
)

var (
	_ action.Action              = (*deletePayloadsAction)(nil)
	_ action.ActionWithConfigure = (*deletePayloadsAction)(nil)
)

func newDeletePayloadsAction() action.Action {
	return &deletePayloadsAction{}
}

// deletePayloadsAction is flux2_delete_payloads: it erases what fal stores of
// requests that may be in nobody's state.
type deletePayloadsAction struct {
	configuredAction
}

type deletePayloadsModel struct {
	RequestIDs types.List     `tfsdk:"request_ids"`
	Timeouts   timeouts.Value `tfsdk:"timeouts"`
}

func (a *deletePayloadsAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_delete_payloads"
}

func (a *deletePayloadsAction) Schema(ctx context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Erases for good what fal stores of requests, whoever made them: prompts, outputs and image files. Needs an API key of scope `ADMIN`.",
		Attributes: map[string]schema.Attribute{
			"request_ids": schema.ListAttribute{
				MarkdownDescription: "The ids that fal gave to the requests, in the order in which to erase them. At least one. None may occur twice.",
				ElementType:         types.StringType,
				Required:            true,
				Validators: []validator.List{
					listvalidator.SizeAtLeast(1), listvalidator.UniqueValues(), listvalidator.NoNullValues(), listvalidator.ValueStringsAre(attributes.RequestID()),
				},
			},
			"timeouts": attributes.ActionTimeouts(ctx, timeouts.Opts{
				InvokeDescription: attributes.DurationDescription("How long erasing all of them may take", defaultInvokeTimeout),
			}),
		},
	}
}

// Invoke erases one request after the other. It goes on after one that fal does
// not know, and stops at any other error, which the next one would meet too.
func (a *deletePayloadsAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var config deletePayloadsModel
	var ids []string
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(config.RequestIDs.ElementsAs(ctx, &ids, false)...)
	patience, diags := config.Timeouts.Invoke(ctx, defaultInvokeTimeout)
	resp.Diagnostics.Append(diags...)
	if !a.shared.known() {
		resp.Diagnostics.Append(lookup.AskedTooEarly())
	}
	if !resp.Diagnostics.HasError() && len(ids) == 0 {
		// What was known too late for a validator, such as a search that found none.
		resp.Diagnostics.Append(nothingNamedToErase())
	}
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, stop := attributes.Within(ctx, a.shared.Clock, "invoke", patience)
	defer stop()
	resp.Diagnostics.Append(a.shared.erasePayloads(ctx, ids, progress(resp.SendProgress))...)
}

func (s *Shared) erasePayloads(ctx context.Context, ids []string, progress progress) diag.Diagnostics {
	var diags diag.Diagnostics
	var unknown []string
	for i, id := range ids {
		files, err := s.Client.DeletePayloads(ctx, id)
		switch {
		case errors.Is(err, fal.ErrNotFound):
			unknown = append(unknown, id)
			progress.say(fmt.Sprintf("%d of %d: fal does not know request %s.", i+1, len(ids), id))
			continue
		case err != nil:
			diags.Append(payloadsNotDeleted(id, ids[i:], attributes.Late(ctx, err)))
			return diags
		}
		kept := keptFiles(files)
		progress.say(fmt.Sprintf("%d of %d: erased request %s and %d of its %d files.", i+1, len(ids), id, len(files)-len(kept), len(files)))
		if len(kept) > 0 {
			diags.Append(filesKept(id, kept))
		}
	}
	if len(unknown) > 0 {
		diags.Append(nothingToDelete(unknown))
	}
	return diags
}
