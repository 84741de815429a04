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
	mutex sync.Mutex
	seen  map[string]bool
}

// add notes a creation and warns if an equal one has been planned already:
// with one seed and one prompt, both cost and both look the same. The classic
// is count = 3 with one prompt.
func (p *plannedImages) add(ctx context.Context, plan imageModel) diag.Diagnostics {
	var diags diag.Diagnostics
	if !plan.known() || plan.EndpointID.IsUnknown() {
		return diags
	}
	input, inputDiags := plan.input(ctx)
	diags.Append(inputDiags...)
	body, err := input.Encode()
	if diags.HasError() || err != nil {
		return diags
	}
	request := plan.EndpointID.ValueString() + "\n" + string(body)

	p.mutex.Lock()
	defer p.mutex.Unlock()
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
