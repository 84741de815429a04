// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

// What is known to be wrong, and therefore not looked for.
const (
	// siblingTakesGivenUp says that an equal image may get a request that another has
	// given up, in one process or where replacements are made first.
	siblingTakesGivenUp = true
	// deadTaken says that a request that has come to nothing is taken for a lost one.
	deadTaken = false
)

// oneProcessPercent is how many lives have one process for several runs.
const oneProcessPercent = 20
