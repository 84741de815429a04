// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
)

// plannedImages counts the creations that were planned since the provider was
// configured.
type plannedImages struct {
	mutex sync.Mutex
	count int64
	// places are those that requests have in the count, whenever they are planned.
	places  map[string]int64
	keyless sync.Once
	// otherInput is for what is said of the provider's endpoint.
	otherInput sync.Once
}

// needKey fails for the first creation without a key. One error fails the plan,
// and hundreds of images don't need hundreds that say the same.
func (p *plannedImages) needKey() diag.Diagnostics {
	var diags diag.Diagnostics
	p.keyless.Do(func() { diags.Append(missingKey()) })
	return diags
}

// countCreation counts a creation. It fails for the first one beyond the limit, if there
// is one, and warns about an image that equals one noted before: with one seed
// and one prompt, both cost and both look the same. The classic is count = 3
// with one prompt.
func (s *Shared) countCreation(ctx context.Context, config tfsdk.Config, plan imageModel) diag.Diagnostics {
	request, known := "", plan.known() && !plan.EndpointID.IsUnknown()
	var diags diag.Diagnostics
	if known {
		request, diags = plan.requestKey(ctx)
	}
	switch {
	case diags.HasError():
		return diags
	case !known && !s.Creations.EachWalk:
		// It may be planned again once it is known, and counts then.
		return nil
	}
	if place := s.planned.placeOf(request, s.Creations.EachWalk); s.Limit != nil && place == *s.Limit+1 {
		diags.Append(tooManyPlanned(*s.Limit, s.planned.inAll(ctx, s.Clock), s.submitted()))
	}
	if known {
		diags.Append(s.planEqual(request)...)
	}
	if known && s.Creations.PlannedTwice(request, config) {
		diags.AddAttributeWarning(path.Root("prompt"), "Images Will Be Identical", fmt.Sprintf(
			"Another image of this plan has the same endpoint, prompt, seed %d and parameters. fal bills both, and they look the same. "+
				"To tell them apart, give each a keeper of its own, for instance keepers = { i = count.index }, or another seed.",
			plan.Seed.ValueInt64()))
	}
	return diags
}

// submitted is how many requests this run has sent.
func (s *Shared) submitted() int64 {
	if s.Service == nil {
		return 0
	}
	return s.Service.Submitted()
}

// noMoreComing is how long no other creation is planned until the count is told.
const noMoreComing = 200 * time.Millisecond

// inAll is how many creations are planned, as far as an engine plans them by itself.
// It says of none that it is the last, but one follows the other closely.
func (p *plannedImages) inAll(ctx context.Context, clock fal.Clock) int64 {
	for before := p.counted(); ; {
		ended := clock.Sleep(ctx, noMoreComing)
		now := p.counted()
		if ended != nil || now == before {
			return now
		}
		before = now
	}
}

func (p *plannedImages) counted() int64 {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.count
}

// placeOf is the place of a request in the count. Where a creation may be planned
// again, since the provider is not configured for each walk, those that ask for the
// same have one place.
func (p *plannedImages) placeOf(request string, eachWalk bool) int64 {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if place, counted := p.places[request]; counted && !eachWalk {
		return place
	}
	if p.places == nil {
		p.places = make(map[string]int64)
	}
	p.count++
	p.places[request] = p.count
	return p.count
}
