// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Package requests is the life of paid requests: one is obtained for each
// declared image, waited for, looked at, collected, withdrawn, handed over, and
// erased. It knows nothing of Terraform, and makes no HTTP of its own.
//
// Nothing is concluded from one sign alone. What it takes for each conclusion
// stands in evidence.go, one function for each. What stays unresolved is kept,
// and paying again is left to the user's word.
package requests
