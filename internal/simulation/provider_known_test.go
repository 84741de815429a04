// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

// equalSiblingsShare is known to be wrong: what the plan's process has read, that
// of the apply doesn't know, so that an image can get the request of an equal one.
const equalSiblingsShare = true
