// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Package flux2 describes the FLUX.2 text-to-image model: its inputs with
// their limits and defaults, its outputs, and the rule that derives a seed.
//
// The package is pure. It knows neither the platform that runs the model nor
// Terraform, so that schema, validation, documentation and the emulator can
// all read the same facts from here. The facts come from the document that
// fal publishes for the endpoint fal-ai/flux-2-dev.
package flux2
