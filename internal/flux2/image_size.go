// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package flux2

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Dimensions are a picture's width and height in pixels.
type Dimensions struct {
	Width, Height int64
}

// presets lists the named sizes in the order in which fal documents them.
var presets = []struct {
	name string
	Dimensions
}{
	{"square_hd", Dimensions{1024, 1024}},
	{"square", Dimensions{512, 512}},
	{"portrait_4_3", Dimensions{768, 1024}},
	{"portrait_16_9", Dimensions{576, 1024}},
	{"landscape_4_3", Dimensions{1024, 768}},
	{"landscape_16_9", Dimensions{1024, 576}},
}

func presetNames() []string {
	names := make([]string, len(presets))
	for i, p := range presets {
		names[i] = p.name
	}
	return names
}

// PresetDimensions returns the size in pixels of a preset, and whether there
// is a preset of that name.
func PresetDimensions(name string) (Dimensions, bool) {
	for _, p := range presets {
		if p.name == name {
			return p.Dimensions, true
		}
	}
	return Dimensions{}, false
}

// ImageSize is the model's size input: either the name of a preset or a width
// and a height in pixels. On fal's wire the first is a JSON string, the second
// an object. The zero value is neither and can't be encoded.
type ImageSize struct {
	// Preset is empty for a custom size.
	Preset string
	// Custom is zero for a preset.
	Custom Dimensions
}

// PresetSize is the size that a preset names.
func PresetSize(name string) ImageSize {
	return ImageSize{Preset: name}
}

// CustomSize is a size given in pixels.
func CustomSize(width, height int64) ImageSize {
	return ImageSize{Custom: Dimensions{Width: width, Height: height}}
}

// IsZero reports whether no size was chosen at all.
func (s ImageSize) IsZero() bool {
	return s == ImageSize{}
}

// Dimensions returns the requested size in pixels, and false for a preset
// that is not known. fal may round the delivered size.
func (s ImageSize) Dimensions() (Dimensions, bool) {
	if s.Preset != "" {
		return PresetDimensions(s.Preset)
	}
	return s.Custom, !s.IsZero()
}

// normal is the preset of that size, if there is one.
func (s ImageSize) normal() ImageSize {
	for _, p := range presets {
		if s.Custom == p.Dimensions {
			return PresetSize(p.name)
		}
	}
	return s
}

// Equal reports whether both are the same size, whichever way it is written.
func (s ImageSize) Equal(other ImageSize) bool { return s.normal() == other.normal() }

// String names the preset, or gives the size as WIDTHxHEIGHT.
func (s ImageSize) String() string {
	if s.Preset != "" {
		return s.Preset
	}
	return fmt.Sprintf("%dx%d", s.Custom.Width, s.Custom.Height)
}

// sizeObject is the object form on fal's wire. Both sides are optional there.
type sizeObject struct {
	Width  *json.Number `json:"width"`
	Height *json.Number `json:"height"`
}

// MarshalJSON writes the preset as a string, or both sides as an object.
func (s ImageSize) MarshalJSON() ([]byte, error) {
	switch {
	case s.IsZero():
		return nil, errors.New("no image size was chosen")
	case s.Preset != "":
		return json.Marshal(s.Preset)
	default:
		return fmt.Appendf(nil, `{"width":%d,"height":%d}`, s.Custom.Width, s.Custom.Height), nil
	}
}

// UnmarshalJSON reads either form. A side that the object leaves out is 512
// pixels, as fal documents.
func (s *ImageSize) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte(`"`)) {
		var name string
		if err := json.Unmarshal(data, &name); err != nil {
			return err
		}
		if name == "" {
			return errors.New("image_size is an empty string")
		}
		*s = PresetSize(name)
		return nil
	}
	var object sizeObject
	if err := json.Unmarshal(data, &object); err != nil {
		return fmt.Errorf("image_size is neither a string nor an object: %w", err)
	}
	width, height := SideLength.Default, SideLength.Default
	if err := integerInto(&width, object.Width); err != nil {
		return fmt.Errorf("image_size.width: %w", err)
	}
	if err := integerInto(&height, object.Height); err != nil {
		return fmt.Errorf("image_size.height: %w", err)
	}
	if width < 1 || height < 1 {
		return errors.New("image_size has a side of less than one pixel")
	}
	*s = CustomSize(width, height)
	return nil
}
