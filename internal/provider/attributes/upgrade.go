// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package attributes

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Upgrade changes the attributes of an object that an earlier version of the provider
// wrote. What the change does not give it is null.
func Upgrade(change func(values map[string]json.RawMessage)) resource.StateUpgrader {
	return resource.StateUpgrader{StateUpgrader: func(ctx context.Context, req resource.UpgradeStateRequest, resp *resource.UpgradeStateResponse) {
		upgrade(ctx, req, resp, change)
	}}
}

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
