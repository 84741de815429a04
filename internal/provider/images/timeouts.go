// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import "time"

// The default timeouts. Generation takes seconds; queues can be long.
const (
	defaultCreateTimeout = 30 * time.Minute
	defaultUpdateTimeout = 30 * time.Minute
	defaultReadTimeout   = 2 * time.Minute
	defaultDeleteTimeout = 2 * time.Minute
	// defaultLookupTimeout is a data source's, waiting included.
	defaultLookupTimeout = 30 * time.Minute
	// defaultInvokeTimeout is an action's.
	defaultInvokeTimeout = 5 * time.Minute
)
