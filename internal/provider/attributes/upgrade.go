// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package attributes

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Upgrade changes the attributes of an object that an earlier version of the provider
// wrote. What the change does not give it is null.
func Upgrade(change func(values map[string]json.RawMessage)) resource.StateUpgrader {
	return resource.StateUpgrader{StateUpgrader: func(ctx context.Context, req resource.UpgradeStateRequest, resp *resource.UpgradeStateResponse) {
		if err := Rewrite(ctx, req.RawState, &resp.State, change); err != nil {
			resp.Diagnostics.AddError("State Not Upgraded", "The state that an earlier version of the provider wrote can't be read: "+err.Error()+". Please report this to the provider's developers.")
		}
	}}
}

// Rewrite turns an object in its raw form into one of this version and kind. What the
// kind has and the change does not give it is null; what it doesn't have is dropped.
func Rewrite(ctx context.Context, raw *tfprotov6.RawState, into *tfsdk.State, change func(values map[string]json.RawMessage)) error {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(raw.JSON, &values); err != nil {
		return err
	}
	change(values)
	content, err := json.Marshal(values)
	if err != nil {
		return err
	}
	var options tfprotov6.UnmarshalOpts
	options.ValueFromJSONOpts.IgnoreUndefinedAttributes = true
	into.Raw, err = tfprotov6.RawState{JSON: content}.UnmarshalWithOpts(into.Schema.Type().TerraformType(ctx), options)
	return err
}
