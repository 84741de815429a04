// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// plannedImages remembers the creations that one walk has planned.
type plannedImages struct {
	mutex   sync.Mutex
	count   int64
	seen    map[string]bool
	keyless sync.Once
}

// needKey fails for the first creation without a key. One error fails the plan,
// and hundreds of images don't need hundreds that say the same.
func (p *plannedImages) needKey() diag.Diagnostics {
	var diags diag.Diagnostics
	p.keyless.Do(func() { diags.Append(missingKey()) })
	return diags
}

// add notes a creation. It fails for the first one beyond the limit, if there
// is one, and warns about an image that equals one noted before: with one seed
// and one prompt, both cost and both look the same. The classic is count = 3
// with one prompt.
func (p *plannedImages) add(ctx context.Context, plan imageModel, limit *int64) diag.Diagnostics {
	p.mutex.Lock()
	defer p.mutex.Unlock()

	var diags diag.Diagnostics
	p.count++
	if limit != nil && p.count == *limit+1 {
		diags.Append(tooManyRequests(*limit))
	}
	if !plan.known() || plan.EndpointID.IsUnknown() {
		return diags
	}
	request, requestDiags := plan.requestKey(ctx)
	diags.Append(requestDiags...)
	if requestDiags.HasError() {
		return diags
	}
	if p.seen[request] {
		diags.AddAttributeWarning(path.Root("prompt"), "Images Will Be Identical", fmt.Sprintf(
			"Another image of this plan has the same endpoint, prompt, seed %d and parameters. fal bills both, and they look the same. "+
				"To tell them apart, give each a keeper of its own, for instance keepers = { i = count.index }, or another seed.",
			plan.Seed.ValueInt64()))
	}
	if p.seen == nil {
		p.seen = make(map[string]bool)
	}
	p.seen[request] = true
	return diags
}
