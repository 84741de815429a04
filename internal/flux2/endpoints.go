// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package flux2

import (
	"slices"
	"strings"
)

// DefaultEndpointID is the endpoint whose document this package describes.
const DefaultEndpointID = "fal-ai/flux-2-dev"

// EndpointIDs returns the endpoints that take the input which this package describes.
func EndpointIDs() []string { return []string{DefaultEndpointID, "fal-ai/flux-2"} }

// family is what the names of FLUX.2's endpoints begin with. What follows are words
// between dashes and slashes, as in fal-ai/flux-2-pro/edit.
const family = "fal-ai/flux-2"

// otherInputs says how the input of an endpoint with such a word in its name differs.
// The order is that in which the differences are told.
var otherInputs = []struct{ word, difference string }{
	{"edit", "it edits pictures, which it needs as image_urls"},
	{"lora", "it takes LoRA weights, as loras"},
	{"turbo", "it has no acceleration and no num_inference_steps"},
	{"flash", "it has no acceleration and no num_inference_steps"},
	{"klein", "it is made for other values of num_inference_steps and guidance_scale"},
	{"pro", "it has no guidance_scale, num_inference_steps, num_images and acceleration, makes no webp, and tells no has_nsfw_concepts"},
	{"max", "it has no guidance_scale, num_inference_steps, num_images and acceleration, makes no webp, and tells no has_nsfw_concepts"},
	{"flex", "it has no num_images and no acceleration, makes no webp, and tells no has_nsfw_concepts"},
}

// OtherInput tells how the input of an endpoint of FLUX.2 differs from the one that
// this package describes. It is empty for one that takes it, and for one that is not
// known.
func OtherInput(endpointID string) string {
	rest, found := strings.CutPrefix(endpointID, family)
	if !found || rest != "" && rest[0] != '-' && rest[0] != '/' {
		return ""
	}
	words := strings.FieldsFunc(rest, func(r rune) bool { return r == '-' || r == '/' })
	var differences []string
	for _, other := range otherInputs {
		if slices.Contains(words, other.word) {
			differences = append(differences, other.difference)
		}
	}
	return strings.Join(differences, "; ")
}
