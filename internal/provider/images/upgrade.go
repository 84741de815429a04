// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// UpgradeState gives the images of version 0 what they did not have. It is no
// change that a refresh would have to report.
func (r *imageResource) UpgradeState(context.Context) map[int64]resource.StateUpgrader {
	return map[int64]resource.StateUpgrader{0: {StateUpgrader: func(ctx context.Context, req resource.UpgradeStateRequest, resp *resource.UpgradeStateResponse) {
		upgrade(ctx, req, resp, func(image map[string]json.RawMessage) {
			image["id"] = image["request_id"]
			if string(image["enable_prompt_expansion"]) == "false" {
				// It was the prompt itself, which may be sensitive.
				image["expanded_prompt"] = json.RawMessage("null")
			}
		})
	}}}
}

// UpgradeState gives the results of version 0 what they did not have.
func (r *imageResultResource) UpgradeState(context.Context) map[int64]resource.StateUpgrader {
	return map[int64]resource.StateUpgrader{0: {StateUpgrader: func(ctx context.Context, req resource.UpgradeStateRequest, resp *resource.UpgradeStateResponse) {
		upgrade(ctx, req, resp, func(result map[string]json.RawMessage) { result["id"] = result["request_id"] })
	}}}
}

// upgrade changes the attributes of an object of an earlier version. What it does
// not have is null.
func upgrade(ctx context.Context, req resource.UpgradeStateRequest, resp *resource.UpgradeStateResponse, change func(map[string]json.RawMessage)) {
	fail := func(err error) {
		resp.Diagnostics.AddError("State Not Upgraded", "The state that an earlier version of the provider wrote can't be read: "+err.Error()+". Please report this to the provider's developers.")
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(req.RawState.JSON, &values); err != nil {
		fail(err)
		return
	}
	change(values)
	content, err := json.Marshal(values)
	if err != nil {
		fail(err)
		return
	}
	kind := resp.State.Schema.Type().TerraformType(ctx)
	value, err := tfprotov6.RawState{JSON: content}.Unmarshal(kind)
	if err != nil {
		fail(err)
		return
	}
	upgraded, err := tfprotov6.NewDynamicValue(kind, value)
	if err != nil {
		fail(err)
		return
	}
	resp.DynamicValue = &upgraded
}
