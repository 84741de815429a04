// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

// UpgradeState gives the images of version 0 what they did not have. It is no
// change that a refresh would have to report.
func (r *imageResource) UpgradeState(context.Context) map[int64]resource.StateUpgrader {
	return map[int64]resource.StateUpgrader{0: attributes.Upgrade(upgradeImage)}
}

func upgradeImage(image map[string]json.RawMessage) {
	image["id"] = image["request_id"]
	if string(image["enable_prompt_expansion"]) == "false" {
		// It was the prompt itself, which may be sensitive.
		image["expanded_prompt"] = json.RawMessage("null")
	}
}

// UpgradeState gives the results of version 0 what they did not have.
func (r *imageResultResource) UpgradeState(context.Context) map[int64]resource.StateUpgrader {
	return map[int64]resource.StateUpgrader{0: attributes.Upgrade(func(result map[string]json.RawMessage) { result["id"] = result["request_id"] })}
}
