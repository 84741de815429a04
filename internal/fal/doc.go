// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Package fal is a client for fal's HTTP APIs: the queue, direct calls, the
// request history and pricing. It deals in JSON bodies and knows neither a
// model's inputs nor Terraform.
//
// Its first rule is that a submission costs money. A submission is sent again
// only where it is certain that fal has not seen it, or where fal refused it
// with 429; every other call may be repeated, since none of them costs
// anything.
package fal
