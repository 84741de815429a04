// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Package files is the room of flux2_image_file: images on disk, as Terraform sees
// them. It pays for nothing, and knows nothing of fal.
package files

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/diagnostics"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/walks"
)

// Resources are the managed resources of this room.
func Resources() []func() resource.Resource {
	return []func() resource.Resource{newImageFileResource}
}

// Provider is a configured provider, as far as this room knows it.
type Provider interface {
	// Files is what its files share.
	Files() *Shared
}

// Shared is what the files of one configured provider share. It may outlive a
// walk of the engine.
type Shared struct {
	// Media fetches images. It is nil while a value that it depends on is unknown.
	Media *imagefile.Client
	// Creations tells files that are to be created at one path apart.
	Creations walks.Creations
	paths     paths
}

// Configure takes what the files share.
func (r *imageFileResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	if req.ProviderData == nil {
		return
	}
	configured, ok := req.ProviderData.(Provider)
	if !ok {
		resp.Diagnostics.Append(diagnostics.UnexpectedProviderData(req.ProviderData))
		return
	}
	r.shared = configured.Files()
}
