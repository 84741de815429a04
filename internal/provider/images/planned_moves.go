// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/diagnostics"
)

// plannedMoves finds images that a plan destroys at one address and creates at
// another, as it does for one that was renamed. Engines plan them one at a time and
// in any order, and tell no addresses. All is kept by what is asked of fal.
type plannedMoves struct {
	mutex sync.Mutex
	// destroyed holds the ids of the requests that are to be destroyed.
	destroyed map[string]string
	// created are the images that are to be created. One is planned more than once if
	// it replaces another, or is carried out.
	created map[string]bool
	// told are those that a warning was about.
	told map[string]bool
}

// destroy notes that an image is to be destroyed, and reports whether an equal one
// is to be created.
func (p *plannedMoves) destroy(key, requestID string) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.destroyed == nil {
		p.destroyed, p.told = make(map[string]string), make(map[string]bool)
	}
	p.destroyed[key] = requestID
	p.told[key] = p.created[key]
	return p.created[key]
}

// create notes that an image is to be created, and returns the request of an equal
// one that is to be destroyed, unless that was told before.
func (p *plannedMoves) create(key string) (string, bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.created == nil {
		p.created = make(map[string]bool)
	}
	p.created[key] = true
	requestID, found := p.destroyed[key]
	if !found || p.told[key] {
		return "", false
	}
	p.told[key] = true
	return requestID, true
}

func (p *plannedMoves) forget(key string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	delete(p.destroyed, key)
	delete(p.created, key)
	delete(p.told, key)
}

// planDestruction notes that an image is to be destroyed, and warns if an equal one
// is to be created.
func (r *imageResource) planDestruction(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	resp.Diagnostics.Append(markDestroyed(ctx, resp.Private)...)
	if !r.shared.known() {
		return
	}
	var image imageModel
	resp.Diagnostics.Append(attributes.Decode(ctx, req.State.Raw, req.State.Schema, &image)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.shared.planErasingAtTheEnd(ctx, req.Private, image)...)
	key, diags := image.requestKey(ctx)
	if diags.HasError() {
		// An import could not learn all of its inputs, so that nothing is known to equal it.
		return
	}
	if requestID := image.RequestID.ValueString(); r.shared.moves.destroy(key, requestID) {
		resp.Diagnostics.Append(destroyedAndCreated(requestID))
	}
}

// planCreationInPlaceOf does the same for what replaces an image whose inputs change.
// Engines show no warning of the plan for the creation itself.
func (r *imageResource) planCreationInPlaceOf(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	before, after, diags := inputsOfReplacement(ctx, req)
	var planned struct {
		Seed types.Int64 `tfsdk:"seed"`
	}
	diags.Append(attributes.Decode(ctx, req.Plan.Raw, req.Plan.Schema, &planned)...)
	inPlace := after
	inPlace.Seed = planned.Seed
	resp.Diagnostics.Append(diags...)
	if diags.HasError() || before.Prompt.IsNull() || !after.known() || after.EndpointID.IsUnknown() {
		return
	}
	keys := make([]string, 3)
	for i, image := range []imageModel{before, inPlace, after} {
		key, keyDiags := image.requestKey(ctx)
		if keyDiags.HasError() {
			return
		}
		keys[i] = key
	}
	if replaced := keys[0] != keys[1] || len(resp.RequiresReplace) > 0; !replaced || keys[0] == keys[2] {
		return
	}
	resp.Diagnostics.Append(r.shared.planEqual(keys[2])...)
}

// planEqual notes that an image is to be created, and warns if an equal one is to be
// destroyed.
func (s *Shared) planEqual(key string) diag.Diagnostics {
	if requestID, found := s.moves.create(key); found {
		return diag.Diagnostics{destroyedAndCreated(requestID)}
	}
	return nil
}

// carriedOut forgets what was planned about an image that is created or destroyed.
// One configured provider may see its end in a later walk.
func (s *Shared) carriedOut(ctx context.Context, image imageModel) {
	if key, diags := image.requestKey(ctx); !diags.HasError() {
		s.moves.forget(key)
	}
}

func destroyedAndCreated(requestID string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Equal Image Is Destroyed and Created", diagnostics.Detail(
		fmt.Sprintf("This plan destroys the image with the id %s, and generates an image with the same inputs. "+
			"fal bills the new one, and it will look like the old one. reuse_requests_within does not help: what a run destroys is not taken again.", requestID),
		"If the image was only renamed, or count became for_each, add a moved block. Then nothing is generated, and nothing is billed:\n\n"+
			"    moved {\n      from = flux2_image.OLD\n      to   = flux2_image.NEW\n    }",
		"OLD is the address that this plan destroys, and NEW the address that it creates. "+
			"With count, to remove one image moves all those behind it: for_each with names of your own does not."))
}
