// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

// problem is one entry of a validation error.
type problem struct {
	Type  string          `json:"type"`
	Loc   []any           `json:"loc"`
	Msg   string          `json:"msg"`
	Input json.RawMessage `json:"input,omitempty"`
	Ctx   map[string]any  `json:"ctx,omitempty"`
	URL   string          `json:"url,omitempty"`
}

// judge reads a request body as the model's server does: members that it
// doesn't know are ignored, numbers and switches may be written as text, and
// null is only good for a seed. The failure is what the result will be.
func (s *Server) judge(e endpoint, body []byte, style ErrorStyle) (flux2.Input, *failure) {
	if !slices.Contains(s.endpoints, e.String()) {
		return flux2.Input{}, &failure{
			Status: http.StatusNotFound,
			Body:   encode(map[string]any{"detail": "Path /" + e.Path + " not found"}),
		}
	}
	v := validator{in: flux2.NewInput("")}
	v.document(body)
	if len(v.problems) > 0 {
		return flux2.Input{}, &failure{Status: http.StatusUnprocessableEntity, Body: style.body(v.problems)}
	}
	return v.in, nil
}

const catalogue = "https://docs.fal.ai/errors/#"

// body is the body of an error in this style.
func (style ErrorStyle) body(problems []problem) []byte {
	var body any = problems
	switch style {
	case ErrorsPydantic1:
		for i := range problems {
			p := &problems[i]
			*p = problem{Type: pydantic1(p.Type), Loc: p.Loc, Msg: strings.ToLower(p.Msg[:1]) + p.Msg[1:]}
		}
	case ErrorsCatalogue:
		for i := range problems {
			p := &problems[i]
			if p.Type == "literal_error" {
				p.Type = "one_of"
			}
			p.URL = catalogue + p.Type
		}
	case ErrorsText:
		texts := make([]string, len(problems))
		for i, p := range problems {
			texts[i] = fmt.Sprintf("%v: %s", p.Loc[len(p.Loc)-1], p.Msg)
		}
		body = strings.Join(texts, "; ")
	case ErrorsObject:
		body = map[string]string{"type": problems[0].Type, "message": problems[0].Msg}
	}
	return encode(map[string]any{"detail": body})
}

func pydantic1(kind string) string {
	switch {
	case kind == "missing":
		return "value_error.missing"
	case strings.HasSuffix(kind, "_type"):
		return "type_error." + strings.TrimSuffix(kind, "_type")
	case kind == "greater_than_equal":
		return "value_error.number.not_ge"
	case kind == "less_than_equal":
		return "value_error.number.not_le"
	case kind == "literal_error":
		return "value_error.const"
	default:
		return "value_error"
	}
}

type validator struct {
	in       flux2.Input
	problems []problem
}

func (v *validator) fail(kind string, input json.RawMessage, ctx map[string]any, msg string, loc ...any) {
	v.problems = append(v.problems, problem{
		Type: kind, Loc: append([]any{"body"}, loc...), Msg: msg, Input: input, Ctx: ctx,
	})
}

func (v *validator) document(body []byte) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		v.fail("missing", json.RawMessage("null"), nil, "Field required")
		return
	}
	if !json.Valid(body) {
		v.fail("json_invalid", json.RawMessage("{}"), map[string]any{"error": "Expecting value"}, "JSON decode error", 0)
		return
	}
	var members map[string]json.RawMessage
	if body[0] != '{' || json.Unmarshal(body, &members) != nil {
		v.fail(notAnObjectType, body, nil, notAnObjectText)
		return
	}
	if prompt, found := members["prompt"]; found {
		v.text(&v.in.Prompt, prompt, "prompt")
	} else {
		v.fail("missing", body, nil, "Field required", "prompt")
	}
	optional := []struct {
		name string
		read func(json.RawMessage, string)
	}{
		{"guidance_scale", v.guidance},
		{"seed", v.seed},
		{"num_inference_steps", v.steps},
		{"image_size", v.size},
		{"num_images", v.images},
		{"acceleration", func(raw json.RawMessage, name string) {
			v.word(&v.in.Acceleration, raw, flux2.Acceleration, name)
		}},
		{"enable_prompt_expansion", func(raw json.RawMessage, name string) {
			v.flag(&v.in.EnablePromptExpansion, raw, name)
		}},
		{"sync_mode", func(raw json.RawMessage, name string) { v.flag(&v.in.SyncMode, raw, name) }},
		{"enable_safety_checker", func(raw json.RawMessage, name string) {
			v.flag(&v.in.EnableSafetyChecker, raw, name)
		}},
		{"output_format", func(raw json.RawMessage, name string) {
			v.word(&v.in.OutputFormat, raw, flux2.OutputFormat, name)
		}},
	}
	for _, member := range optional {
		if raw, found := members[member.name]; found {
			member.read(raw, member.name)
		}
	}
}

func (v *validator) guidance(raw json.RawMessage, name string) {
	value, ok := v.number(raw, name)
	if ok && v.within(value, flux2.GuidanceScale.Min, flux2.GuidanceScale.Max, raw, name) {
		v.in.GuidanceScale = value
	}
}

func (v *validator) seed(raw json.RawMessage, name string) {
	if string(raw) == "null" {
		return
	}
	if value, ok := v.integer(raw, name); ok {
		v.in.Seed = &value
	}
}

func (v *validator) steps(raw json.RawMessage, name string) {
	v.count(&v.in.NumInferenceSteps, flux2.NumInferenceSteps, raw, name)
}

func (v *validator) images(raw json.RawMessage, name string) {
	v.count(&v.in.NumImages, flux2.NumImages, raw, name)
}

func (v *validator) count(dst *int64, limits flux2.Range[int64], raw json.RawMessage, name string) {
	value, ok := v.integer(raw, name)
	if ok && v.within(float64(value), float64(limits.Min), float64(limits.Max), raw, name) {
		*dst = value
	}
}

func (v *validator) within(value, low, high float64, raw json.RawMessage, loc ...any) bool {
	switch {
	case value < low:
		v.fail("greater_than_equal", raw, map[string]any{"ge": low},
			fmt.Sprintf("Input should be greater than or equal to %v", low), loc...)
	case value > high:
		v.fail("less_than_equal", raw, map[string]any{"le": high},
			fmt.Sprintf("Input should be less than or equal to %v", high), loc...)
	default:
		return true
	}
	return false
}
