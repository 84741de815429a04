// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package files

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

// UpgradeState fills in what earlier versions did not have, so that nothing is planned
// for it.
func (r *imageFileResource) UpgradeState(context.Context) map[int64]resource.StateUpgrader {
	return map[int64]resource.StateUpgrader{
		0: attributes.Upgrade(func(file map[string]json.RawMessage) {
			file["id"] = file["path"]
			file["on_missing"] = json.RawMessage(strconv.Quote(attributes.OnMissing.Default))
			file["overwrite"] = json.RawMessage("false")
			file["source_sha256"] = file["sha256"]
		}),
		1: attributes.Upgrade(func(file map[string]json.RawMessage) { file["source_sha256"] = file["sha256"] }),
	}
}
