// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package flux2

import (
	"math"
	"slices"
)

// MaxSeed is the largest seed that is accepted. The model's schema sets no
// bounds; fal's documents show seeds beyond 32 bits, so 63 bits are let through.
const MaxSeed = math.MaxInt64

// MaxAdvisedSeed is the largest seed that fal is known to have returned
// unchanged for this model family. Larger ones may be refused or wrapped.
const MaxAdvisedSeed = math.MaxUint32

// Range is an inclusive range of numbers together with the model's default.
type Range[T int64 | float64] struct {
	Min, Max, Default T
}

// Contains reports whether v lies in the range. NaN lies in none.
func (r Range[T]) Contains(v T) bool {
	return v >= r.Min && v <= r.Max
}

// Enum is a closed list of words together with the model's default.
type Enum struct {
	Values  []string
	Default string
}

// Contains reports whether the word is one of the list, letter by letter.
func (e Enum) Contains(word string) bool {
	return slices.Contains(e.Values, word)
}

// The limits and defaults of the model's inputs.
var (
	// GuidanceScale says how closely the picture sticks to the prompt.
	GuidanceScale = Range[float64]{Min: 0, Max: 20, Default: 2.5}
	// NumInferenceSteps counts denoising steps.
	NumInferenceSteps = Range[int64]{Min: 4, Max: 50, Default: 28}
	// NumImages counts the pictures of one request.
	NumImages = Range[int64]{Min: 1, Max: 4, Default: 1}
	// SideLength bounds width and height of a custom size, in pixels. The
	// default is what fal assumes for a side that the object leaves out.
	SideLength = Range[int64]{Min: 512, Max: 2048, Default: 512}

	// Acceleration trades fidelity for speed.
	Acceleration = Enum{Values: []string{"none", "regular", "high"}, Default: "regular"}
	// OutputFormat is the file format of the pictures.
	OutputFormat = Enum{Values: []string{"jpeg", "png", "webp"}, Default: "png"}
	// Preset names a size; see Dimensions for what each means in pixels.
	Preset = Enum{Values: presetNames(), Default: "landscape_4_3"}
)

// The defaults of the model's switches.
const (
	DefaultEnablePromptExpansion = false
	DefaultEnableSafetyChecker   = true
	DefaultSyncMode              = false
)
