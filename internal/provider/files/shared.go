// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Package files is the resource flux2_image_file: an image on disk, and the care
// that no operation takes the last copy of a picture.
package files

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/diagnostics"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/walks"
	"github.com/flux2-provider/terraform-provider-flux2/internal/store"
)

// Resources are those of this room.
func Resources() []func() resource.Resource {
	return []func() resource.Resource{newImageFileResource}
}

// Provider is what Configure is handed.
type Provider interface {
	// Files is what its files share.
	Files() *Shared
}

// Shared is what the files of a configured provider have in common. It may outlive
// a walk of the engine, which tells no provider where one ends.
type Shared struct {
	// Media fetches images. It is nil while a value that it depends on is unknown.
	Media *imagefile.Client
	// Store keeps what is displaced, and the index of paths. It is nil while its
	// folder is unknown.
	Store *store.Store
	// StoreFolder is where that is, for messages.
	StoreFolder string
	// Owner names the state of this run, Origin the kind of server that its images
	// come from, and Run is the id of the engine's process.
	Owner, Origin string
	Run           int
	// Now is the present time, and Since is when the provider was configured.
	Now   func() time.Time
	Since time.Time
	// Creations tells files that are to be created at one path apart.
	Creations walks.Creations

	planned plannedPaths
	written writtenPaths
	fetched fetchedURLs

	mutex sync.Mutex
	// problem is the first that there was with the store, and told that it was told of.
	problem error
	told    bool
}

func (s *Shared) noteProblem(err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.problem == nil {
		s.problem = err
	}
}

// takeProblem returns what has gone wrong with the store, once.
func (s *Shared) takeProblem() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.told || s.problem == nil {
		return nil
	}
	s.told = true
	return s.problem
}

// Configure takes what the provider shares with this room.
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
