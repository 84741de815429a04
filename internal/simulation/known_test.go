// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

// What is known to be wrong, and therefore not looked for.
const (
	// oneProcessPercent is how many lives have one process for several runs.
	oneProcessPercent = 20
	// siblingsShare says that equal images may get one request.
	siblingsShare = false
	// givenUpClaimed says that a process doesn't give a request that it has given up
	// to the replacement that is made first.
	givenUpClaimed = false
	// siblingEndsSearch says that a search that is resumed may end in vain while an
	// equal image is submitted.
	siblingEndsSearch = false
	// siblingTakesGivenUp says that an equal image may get a request that another has
	// given up, in one process.
	siblingTakesGivenUp = true
	// clockLearntLate says that a search that is resumed looks from a wrong time
	// on, if fal's clock is behind.
	clockLearntLate = false
	// deadTaken says that a request that has come to nothing is taken for a lost one.
	deadTaken = false
)
