// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

func (v *validator) text(dst *string, raw json.RawMessage, loc ...any) {
	if raw[0] != '"' || json.Unmarshal(raw, dst) != nil {
		v.fail("string_type", raw, nil, "Input should be a valid string", loc...)
	}
}

// number reads a number, or text that is one.
func (v *validator) number(raw json.RawMessage, loc ...any) (float64, bool) {
	text, quoted := scalar(raw)
	value, err := strconv.ParseFloat(text, 64)
	switch {
	case err == nil && !math.IsNaN(value) && !math.IsInf(value, 0):
		return value, true
	case quoted:
		v.fail("float_parsing", raw, nil,
			"Input should be a valid number, unable to parse string as a number", loc...)
	case err == nil || errors.Is(err, strconv.ErrRange):
		v.fail("finite_number", raw, nil, "Input should be a finite number", loc...)
	default:
		v.fail("float_type", raw, nil, "Input should be a valid number", loc...)
	}
	return 0, false
}

// integer reads a whole number of 64 bits, which may be written with a
// fraction of zeros or as text. What fal does with larger seeds isn't known.
func (v *validator) integer(raw json.RawMessage, loc ...any) (int64, bool) {
	text, quoted := scalar(raw)
	if value, err := strconv.ParseInt(text, 10, 64); err == nil {
		return value, true
	} else if errors.Is(err, strconv.ErrRange) {
		v.fail("less_than_equal", raw, map[string]any{"le": int64(math.MaxInt64)},
			"Input should be less than or equal to 9223372036854775807", loc...)
		return 0, false
	}
	value, err := strconv.ParseFloat(text, 64)
	switch {
	case quoted:
		v.fail("int_parsing", raw, nil,
			"Input should be a valid integer, unable to parse string as an integer", loc...)
	case err != nil:
		v.fail("int_type", raw, nil, "Input should be a valid integer", loc...)
	case value != math.Trunc(value) || math.Abs(value) >= 1<<63:
		v.fail("int_from_float", raw, nil,
			"Input should be a valid integer, got a number with a fractional part", loc...)
	default:
		return int64(value), true
	}
	return 0, false
}

// scalar returns the text of a JSON string, or of another value as it stands.
// As in Python, true and false count as 1 and 0.
func scalar(raw json.RawMessage) (text string, quoted bool) {
	switch {
	case raw[0] == '"' && json.Unmarshal(raw, &text) == nil:
		return strings.TrimSpace(text), true
	case string(raw) == "true":
		return "1", false
	case string(raw) == "false":
		return "0", false
	default:
		return string(raw), false
	}
}

func (v *validator) flag(dst *bool, raw json.RawMessage, loc ...any) {
	text, quoted := scalar(raw)
	switch strings.ToLower(text) {
	case "1", "true", "t", "on", "yes", "y":
		*dst = true
	case "0", "false", "f", "off", "no", "n":
		*dst = false
	default:
		if quoted {
			v.fail("bool_parsing", raw, nil,
				"Input should be a valid boolean, unable to interpret input", loc...)
			return
		}
		v.fail("bool_type", raw, nil, "Input should be a valid boolean", loc...)
	}
}

func (v *validator) word(dst *string, raw json.RawMessage, enum flux2.Enum, loc ...any) {
	var word string
	if raw[0] == '"' && json.Unmarshal(raw, &word) == nil && enum.Contains(word) {
		*dst = word
		return
	}
	expected := oneOf(enum.Values)
	v.fail("literal_error", raw, map[string]any{"expected": expected}, "Input should be "+expected, loc...)
}

func oneOf(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = "'" + word + "'"
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}

// sideLimit is the largest side that the schema of fal's ImageSize allows. The
// model itself has narrower limits.
const sideLimit = 14142

// size reads a preset or an object. As usual for a union, a value that is
// neither is reported once for each form.
func (v *validator) size(raw json.RawMessage, name string) {
	var word string
	if raw[0] == '"' && json.Unmarshal(raw, &word) == nil && flux2.Preset.Contains(word) {
		v.in.ImageSize = flux2.PresetSize(word)
		return
	}
	before := len(v.problems)
	width, height := v.sizeObject(raw, name)
	if len(v.problems) > before {
		literal := "literal[" + strings.ReplaceAll(strings.ReplaceAll(oneOf(flux2.Preset.Values), " or ", ","), ", ", ",") + "]"
		v.word(&word, raw, flux2.Preset, name, literal)
		return
	}
	for _, side := range []struct {
		name   string
		length int64
	}{{"width", width}, {"height", height}} {
		at := len(v.problems)
		low, high := float64(flux2.SideLength.Min), float64(flux2.SideLength.Max)
		if !v.within(float64(side.length), low, high, encode(side.length), name, side.name) {
			v.problems[at].URL = catalogue + v.problems[at].Type
		}
	}
	v.in.ImageSize = flux2.CustomSize(width, height)
}

func (v *validator) sizeObject(raw json.RawMessage, name string) (width, height int64) {
	const form = "ImageSize"
	width, height = flux2.SideLength.Default, flux2.SideLength.Default
	var members map[string]json.RawMessage
	if raw[0] != '{' || json.Unmarshal(raw, &members) != nil {
		v.fail(notAnObjectType, raw, nil, notAnObjectText, name, form)
		return width, height
	}
	for _, side := range []struct {
		name string
		dst  *int64
	}{{"width", &width}, {"height", &height}} {
		raw, found := members[side.name]
		if !found {
			continue
		}
		loc := slices.Concat([]any{name, form}, []any{side.name})
		length, ok := v.integer(raw, loc...)
		switch {
		case !ok:
		case length <= 0:
			v.fail("greater_than", raw, map[string]any{"gt": 0}, "Input should be greater than 0", loc...)
		case length > sideLimit:
			v.fail("less_than_equal", raw, map[string]any{"le": sideLimit},
				"Input should be less than or equal to 14142", loc...)
		default:
			*side.dst = length
		}
	}
	return width, height
}
