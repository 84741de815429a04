// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// requestIdentity finds a request at fal again.
type requestIdentity struct {
	EndpointID types.String `tfsdk:"endpoint_id"`
	RequestID  types.String `tfsdk:"request_id"`
}

func requestIdentitySchema() identityschema.Schema {
	return identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"endpoint_id": identityschema.StringAttribute{
				Description:       "The endpoint that the request was sent to. Defaults to the provider's.",
				OptionalForImport: true,
			},
			"request_id": identityschema.StringAttribute{
				Description:       "The id that fal gave to the request.",
				RequiredForImport: true,
			},
		},
	}
}
