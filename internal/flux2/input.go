// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package flux2

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Input is one request to the model with every default filled in.
type Input struct {
	// Prompt describes the picture.
	Prompt string
	// GuidanceScale lies in the range of the same name.
	GuidanceScale float64
	// Seed fixes the noise the picture starts from; nil lets the model choose.
	Seed *int64
	// NumInferenceSteps lies in the range of the same name.
	NumInferenceSteps int64
	// ImageSize is a preset or a width and height.
	ImageSize ImageSize
	// NumImages lies in the range of the same name.
	NumImages int64
	// Acceleration is a word of the enum of the same name.
	Acceleration string
	// EnablePromptExpansion lets the model elaborate the prompt.
	EnablePromptExpansion bool
	// EnableSafetyChecker has pictures checked and blackened if flagged.
	EnableSafetyChecker bool
	// SyncMode returns the pictures as data URIs and keeps them out of fal's
	// request history.
	SyncMode bool
	// OutputFormat is a word of the enum of the same name.
	OutputFormat string
}

// NewInput returns the model's defaults for a prompt, without a seed.
func NewInput(prompt string) Input {
	return Input{
		Prompt:                prompt,
		GuidanceScale:         GuidanceScale.Default,
		NumInferenceSteps:     NumInferenceSteps.Default,
		ImageSize:             PresetSize(Preset.Default),
		NumImages:             NumImages.Default,
		Acceleration:          Acceleration.Default,
		EnablePromptExpansion: DefaultEnablePromptExpansion,
		EnableSafetyChecker:   DefaultEnableSafetyChecker,
		SyncMode:              DefaultSyncMode,
		OutputFormat:          OutputFormat.Default,
	}
}

// Normal returns the input in the one form in which it is compared and sent: with
// NormalText as the prompt, and with the preset in place of a custom size that is a
// preset's.
func (in Input) Normal() Input {
	in.Prompt = NormalText(in.Prompt)
	in.ImageSize = in.ImageSize.normal()
	return in
}

// NormalText returns a text with LF line endings and without a byte order mark at
// its beginning: how an editor or a checkout has saved a file makes no other picture.
func NormalText(text string) string {
	return strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n")
}

// Equal reports whether both inputs ask the model for the same thing. Two
// inputs without a seed are equal as requests, though not in their pictures.
func (in Input) Equal(other Input) bool {
	in, other = in.Normal(), other.Normal()
	if (in.Seed == nil) != (other.Seed == nil) {
		return false
	}
	if in.Seed != nil && *in.Seed != *other.Seed {
		return false
	}
	in.Seed, other.Seed = nil, nil
	return in == other
}

// wireInput is the JSON object that fal takes as the whole request body.
type wireInput struct {
	Prompt                *string      `json:"prompt,omitempty"`
	GuidanceScale         *float64     `json:"guidance_scale,omitempty"`
	Seed                  *json.Number `json:"seed,omitempty"`
	NumInferenceSteps     *json.Number `json:"num_inference_steps,omitempty"`
	ImageSize             *ImageSize   `json:"image_size,omitempty"`
	NumImages             *json.Number `json:"num_images,omitempty"`
	Acceleration          *string      `json:"acceleration,omitempty"`
	EnablePromptExpansion *bool        `json:"enable_prompt_expansion,omitempty"`
	EnableSafetyChecker   *bool        `json:"enable_safety_checker,omitempty"`
	SyncMode              *bool        `json:"sync_mode,omitempty"`
	OutputFormat          *string      `json:"output_format,omitempty"`
}

// Encode returns the request body: every input is named, defaults included,
// always in the same order, so that a model default that changes later changes
// no picture and equal inputs have equal bytes. Only an absent seed is left
// out. It fails on a zero ImageSize and on a GuidanceScale that is not finite.
func (in Input) Encode() ([]byte, error) {
	wire := wireInput{
		Prompt:                &in.Prompt,
		GuidanceScale:         &in.GuidanceScale,
		NumInferenceSteps:     integer(in.NumInferenceSteps),
		ImageSize:             &in.ImageSize,
		NumImages:             integer(in.NumImages),
		Acceleration:          &in.Acceleration,
		EnablePromptExpansion: &in.EnablePromptExpansion,
		EnableSafetyChecker:   &in.EnableSafetyChecker,
		SyncMode:              &in.SyncMode,
		OutputFormat:          &in.OutputFormat,
	}
	if in.Seed != nil {
		wire.Seed = integer(*in.Seed)
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	// Prompts are read by people in fal's dashboard; "<" should stay "<".
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(wire); err != nil {
		return nil, fmt.Errorf("encode model input: %w", err)
	}
	return bytes.TrimRight(body.Bytes(), "\n"), nil
}

// DecodeInput reads a request body, for instance one that fal's request
// history returns. Members that are missing or null take the model's defaults,
// unknown members are ignored. It fails if the text is not a JSON object or a
// member has the wrong type; it does not check ranges.
func DecodeInput(body []byte) (Input, error) {
	var wire *wireInput
	if err := json.Unmarshal(body, &wire); err != nil {
		return Input{}, fmt.Errorf("decode model input: %w", err)
	}
	if wire == nil {
		return Input{}, errors.New("decode model input: null instead of an object")
	}
	in := NewInput("")
	set(&in.Prompt, wire.Prompt)
	set(&in.GuidanceScale, wire.GuidanceScale)
	set(&in.ImageSize, wire.ImageSize)
	set(&in.Acceleration, wire.Acceleration)
	set(&in.EnablePromptExpansion, wire.EnablePromptExpansion)
	set(&in.EnableSafetyChecker, wire.EnableSafetyChecker)
	set(&in.SyncMode, wire.SyncMode)
	set(&in.OutputFormat, wire.OutputFormat)

	if wire.Seed != nil {
		in.Seed = new(int64)
	}
	for _, member := range []struct {
		name   string
		dst    *int64
		number *json.Number
	}{
		{"seed", in.Seed, wire.Seed},
		{"num_inference_steps", &in.NumInferenceSteps, wire.NumInferenceSteps},
		{"num_images", &in.NumImages, wire.NumImages},
	} {
		if err := integerInto(member.dst, member.number); err != nil {
			return Input{}, fmt.Errorf("decode model input: %s: %w", member.name, err)
		}
	}
	return in, nil
}

func set[T any](dst, value *T) {
	if value != nil {
		*dst = *value
	}
}

func integer(value int64) *json.Number {
	number := json.Number(fmt.Sprint(value))
	return &number
}
