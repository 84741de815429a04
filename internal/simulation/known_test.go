// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

// siblingTakesGivenUp is known to be wrong, and therefore not looked for: an equal
// image may get a request that another has given up, in one process or where
// replacements are made first.
const siblingTakesGivenUp = true

// oneProcessPercent is how many lives have one process for several runs.
const oneProcessPercent = 20
