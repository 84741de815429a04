// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package lookup

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// EndpointOf is the endpoint that a look-up is about: the one configured, or
// the provider's. It is an error as long as it is not known.
func EndpointOf(configured, otherwise types.String) (string, diag.Diagnostics) {
	endpointID := configured
	if configured.IsNull() {
		endpointID = otherwise
	}
	if endpointID.IsUnknown() {
		return "", diag.Diagnostics{AskedTooEarly()}
	}
	return endpointID.ValueString(), nil
}
