// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package flux2_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

func TestOtherInput(t *testing.T) {
	t.Parallel()

	for _, id := range flux2.EndpointIDs() {
		if difference := flux2.OtherInput(id); difference != "" {
			t.Errorf("%s differs: %s", id, difference)
		}
	}
	if !slices.Contains(flux2.EndpointIDs(), flux2.DefaultEndpointID) {
		t.Error("the default is not one that takes the input")
	}
	for id, want := range map[string]string{
		"fal-ai/flux-2/edit":           "image_urls",
		"fal-ai/flux-2-dev/edit":       "image_urls",
		"fal-ai/flux-2/lora":           "loras",
		"fal-ai/flux-2/lora/edit":      "image_urls; it takes LoRA weights",
		"fal-ai/flux-2/turbo":          "no num_inference_steps",
		"fal-ai/flux-2/turbo/edit":     "no num_inference_steps",
		"fal-ai/flux-2/flash":          "no acceleration",
		"fal-ai/flux-2/klein/4b":       "other values",
		"fal-ai/flux-2/klein/9b/base":  "other values",
		"fal-ai/flux-2/klein/9b/lora":  "loras; it is made for",
		"fal-ai/flux-2-klein-4b":       "other values",
		"fal-ai/flux-2-pro":            "no guidance_scale",
		"fal-ai/flux-2-pro/edit":       "no guidance_scale",
		"fal-ai/flux-2-max":            "no guidance_scale",
		"fal-ai/flux-2-flex":           "no num_images",
		"fal-ai/flux-2-flex/edit":      "image_urls",
		"fal-ai/flux-2":                "",
		"fal-ai/flux-2/something-else": "",
		"fal-ai/flux-2-developer":      "",
		"fal-ai/flux-2/professional":   "",
		"fal-ai/flux-20/edit":          "",
		"fal-ai/flux/dev":              "",
		"somebody/flux-2/edit":         "",
		"somebody/fal-ai/flux-2-pro":   "",
		"":                             "",
	} {
		if got := flux2.OtherInput(id); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q differs by %q, want %q", id, got, want)
		}
	}
}
