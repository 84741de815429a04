// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package flux2_test

import (
	"math"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

// The figures of the model's document, written out once more so that a slip in
// either place shows.
func TestLimits_areTheModelDocuments(t *testing.T) {
	t.Parallel()

	if got := flux2.GuidanceScale; got != (flux2.Range[float64]{Min: 0, Max: 20, Default: 2.5}) {
		t.Errorf("guidance_scale: %+v", got)
	}
	for name, test := range map[string]struct{ got, want flux2.Range[int64] }{
		"num_inference_steps": {flux2.NumInferenceSteps, flux2.Range[int64]{Min: 4, Max: 50, Default: 28}},
		"num_images":          {flux2.NumImages, flux2.Range[int64]{Min: 1, Max: 4, Default: 1}},
		"side":                {flux2.SideLength, flux2.Range[int64]{Min: 512, Max: 2048, Default: 512}},
	} {
		if test.got != test.want {
			t.Errorf("%s: %+v, want %+v", name, test.got, test.want)
		}
	}
	for name, enum := range map[string]flux2.Enum{
		"acceleration": flux2.Acceleration, "output_format": flux2.OutputFormat, "image_size": flux2.Preset,
	} {
		if !enum.Contains(enum.Default) {
			t.Errorf("%s: default %q is not one of %q", name, enum.Default, enum.Values)
		}
		if enum.Contains("Regular") || enum.Contains("") {
			t.Errorf("%s accepts what it does not list", name)
		}
	}
}

func TestRange_Contains(t *testing.T) {
	t.Parallel()

	for value, want := range map[float64]bool{0: true, 20: true, -0.1: false, 20.1: false, math.Inf(1): false} {
		if got := flux2.GuidanceScale.Contains(value); got != want {
			t.Errorf("%g: %t", value, got)
		}
	}
	if flux2.GuidanceScale.Contains(math.NaN()) {
		t.Error("NaN lies in a range")
	}
}

func TestPresetDimensions(t *testing.T) {
	t.Parallel()

	for name, want := range map[string]flux2.Dimensions{
		"square_hd": {1024, 1024}, "square": {512, 512}, "portrait_4_3": {768, 1024},
		"portrait_16_9": {576, 1024}, "landscape_4_3": {1024, 768}, "landscape_16_9": {1024, 576},
	} {
		if got, known := flux2.PresetDimensions(name); !known || got != want {
			t.Errorf("%s: %v, %t", name, got, known)
		}
		if got, known := flux2.PresetSize(name).Dimensions(); !known || got != want {
			t.Errorf("size %s: %v, %t", name, got, known)
		}
	}
	if len(flux2.Preset.Values) != 6 {
		t.Errorf("presets: %v", flux2.Preset.Values)
	}
	if _, known := flux2.PresetDimensions("panorama"); known {
		t.Error("knows a preset that does not exist")
	}
	if got := flux2.CustomSize(800, 600).String(); got != "800x600" {
		t.Errorf("custom size: %s", got)
	}
}
