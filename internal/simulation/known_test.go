// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

// siblingTakesGivenUp is known to be wrong, and therefore not looked for: an equal
// image may get a request that another has given up, in one process or where
// replacements are made first.
const siblingTakesGivenUp = true

// blindRepeatsGivenUp is known to be wrong, too: one process that replaces first what
// it has given up itself pays again, unless a refresh shows it that the request is
// in state. Only a file of tests with `refresh = false` lives like that.
const blindRepeatsGivenUp = true

// oneProcessPercent is how many lives have one process for several runs.
const oneProcessPercent = 20
