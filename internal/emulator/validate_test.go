// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"net/http"
	"strings"
	"testing"
)

// TestValidation compares results with what pydantic 2 answers.
func TestValidation(t *testing.T) {
	t.Parallel()
	const (
		presets  = `'square_hd', 'square', 'portrait_4_3', 'portrait_16_9', 'landscape_4_3' or 'landscape_16_9'`
		literals = `literal['square_hd','square','portrait_4_3','portrait_16_9','landscape_4_3','landscape_16_9']`
	)
	for name, test := range map[string]struct{ body, want string }{
		"no body":       {``, `{"type":"missing","loc":["body"],"msg":"Field required","input":null}`},
		"a list":        {`[1]`, `{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":[1]}`},
		"no prompt":     {`{"seed":1}`, `{"type":"missing","loc":["body","prompt"],"msg":"Field required","input":{"seed":1}}`},
		"prompt null":   {`{"prompt":null}`, `{"type":"string_type","loc":["body","prompt"],"msg":"Input should be a valid string","input":null}`},
		"prompt number": {`{"prompt":1}`, `{"type":"string_type","loc":["body","prompt"],"msg":"Input should be a valid string","input":1}`},
		"guidance high": {`{"prompt":"","guidance_scale":20.5}`, `{"type":"less_than_equal","loc":["body","guidance_scale"],"msg":"Input should be less than or equal to 20","input":20.5,"ctx":{"le":20}}`},
		"guidance low":  {`{"prompt":"","guidance_scale":-1}`, `{"type":"greater_than_equal","loc":["body","guidance_scale"],"msg":"Input should be greater than or equal to 0","input":-1,"ctx":{"ge":0}}`},
		"guidance text": {`{"prompt":"","guidance_scale":"much"}`, `{"type":"float_parsing","loc":["body","guidance_scale"],"msg":"Input should be a valid number, unable to parse string as a number","input":"much"}`},
		"guidance list": {`{"prompt":"","guidance_scale":[]}`, `{"type":"float_type","loc":["body","guidance_scale"],"msg":"Input should be a valid number","input":[]}`},
		"guidance huge": {`{"prompt":"","guidance_scale":1e999}`, `{"type":"finite_number","loc":["body","guidance_scale"],"msg":"Input should be a finite number","input":1e999}`},
		"steps":         {`{"prompt":"","num_inference_steps":3}`, `{"type":"greater_than_equal","loc":["body","num_inference_steps"],"msg":"Input should be greater than or equal to 4","input":3,"ctx":{"ge":4}}`},
		"steps many":    {`{"prompt":"","num_inference_steps":51}`, `{"type":"less_than_equal","loc":["body","num_inference_steps"],"msg":"Input should be less than or equal to 50","input":51,"ctx":{"le":50}}`},
		"steps part":    {`{"prompt":"","num_inference_steps":4.5}`, `{"type":"int_from_float","loc":["body","num_inference_steps"],"msg":"Input should be a valid integer, got a number with a fractional part","input":4.5}`},
		"images":        {`{"prompt":"","num_images":5}`, `{"type":"less_than_equal","loc":["body","num_images"],"msg":"Input should be less than or equal to 4","input":5,"ctx":{"le":4}}`},
		"images null":   {`{"prompt":"","num_images":null}`, `{"type":"int_type","loc":["body","num_images"],"msg":"Input should be a valid integer","input":null}`},
		"seed text":     {`{"prompt":"","seed":"x"}`, `{"type":"int_parsing","loc":["body","seed"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"x"}`},
		"seed huge":     {`{"prompt":"","seed":9223372036854775808}`, `{"type":"less_than_equal","loc":["body","seed"],"msg":"Input should be less than or equal to 9223372036854775807","input":9223372036854775808,"ctx":{"le":9223372036854775807}}`},
		"acceleration":  {`{"prompt":"","acceleration":"warp"}`, `{"type":"literal_error","loc":["body","acceleration"],"msg":"Input should be 'none', 'regular' or 'high'","input":"warp","ctx":{"expected":"'none', 'regular' or 'high'"}}`},
		"format":        {`{"prompt":"","output_format":"gif"}`, `{"type":"literal_error","loc":["body","output_format"],"msg":"Input should be 'jpeg', 'png' or 'webp'","input":"gif","ctx":{"expected":"'jpeg', 'png' or 'webp'"}}`},
		"switch":        {`{"prompt":"","sync_mode":2}`, `{"type":"bool_type","loc":["body","sync_mode"],"msg":"Input should be a valid boolean","input":2}`},
		"switch text":   {`{"prompt":"","enable_safety_checker":"maybe"}`, `{"type":"bool_parsing","loc":["body","enable_safety_checker"],"msg":"Input should be a valid boolean, unable to interpret input","input":"maybe"}`},
		"preset": {`{"prompt":"","image_size":"huge"}`,
			`{"type":"model_attributes_type","loc":["body","image_size","ImageSize"],"msg":"Input should be a valid dictionary or object to extract fields from","input":"huge"},` +
				`{"type":"literal_error","loc":["body","image_size","` + literals + `"],"msg":"Input should be ` + presets + `","input":"huge","ctx":{"expected":"` + presets + `"}}`},
		"size beyond schema": {`{"prompt":"","image_size":{"width":0}}`,
			`{"type":"greater_than","loc":["body","image_size","ImageSize","width"],"msg":"Input should be greater than 0","input":0,"ctx":{"gt":0}},` +
				`{"type":"literal_error","loc":["body","image_size","` + literals + `"],"msg":"Input should be ` + presets + `","input":{"width":0},"ctx":{"expected":"` + presets + `"}}`},
		"size beyond model": {`{"prompt":"","image_size":{"width":256,"height":4096}}`,
			`{"type":"greater_than_equal","loc":["body","image_size","width"],"msg":"Input should be greater than or equal to 512","input":256,"ctx":{"ge":512},"url":"https://docs.fal.ai/errors/#greater_than_equal"},` +
				`{"type":"less_than_equal","loc":["body","image_size","height"],"msg":"Input should be less than or equal to 2048","input":4096,"ctx":{"le":2048},"url":"https://docs.fal.ai/errors/#less_than_equal"}`},
		"several": {`{"num_images":0,"seed":true,"acceleration":1}`,
			`{"type":"missing","loc":["body","prompt"],"msg":"Field required","input":{"num_images":0,"seed":true,"acceleration":1}},` +
				`{"type":"greater_than_equal","loc":["body","num_images"],"msg":"Input should be greater than or equal to 1","input":0,"ctx":{"ge":1}},` +
				`{"type":"literal_error","loc":["body","acceleration"],"msg":"Input should be 'none', 'regular' or 'high'","input":1,"ctx":{"expected":"'none', 'regular' or 'high'"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			r := f.get(request(f.submit(test.body)))
			if want := `{"detail":[` + test.want + `]}`; r.status != http.StatusUnprocessableEntity || r.text != want {
				t.Errorf("%d %s\nwant %s", r.status, r.text, want)
			}
			if r.header.Get("X-Fal-Billable-Units") != "0" {
				t.Error("it is billed")
			}
			direct := f.do(http.MethodPost, "/run/fal-ai/flux-2-dev", test.body)
			if direct.status != r.status || direct.text != r.text {
				t.Errorf("direct: %d %s", direct.status, direct.text)
			}
		})
	}
}

func TestLenientInputs(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"text for numbers":   `{"prompt":"","num_images":"2","guidance_scale":" 3.5 ","seed":"7"}`,
		"floats for ints":    `{"prompt":"","num_images":2.0,"seed":7e0,"guidance_scale":3.5}`,
		"text for switches":  `{"prompt":"","num_images":2,"guidance_scale":3.5,"seed":7,"sync_mode":"no","enable_prompt_expansion":0}`,
		"unknown members":    `{"prompt":"","num_images":2,"guidance_scale":3.5,"seed":7,"aspect_ratio":"16:9"}`,
		"the last one holds": `{"prompt":"a","prompt":"","num_images":2,"guidance_scale":3.5,"seed":7}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			id := f.submit(body)
			expect(t, f.get(request(id)), http.StatusOK, "")
			r, _ := f.Request(id)
			if r.Input.NumImages != 2 || r.Input.GuidanceScale != 3.5 || r.Seed != 7 || r.Input.SyncMode {
				t.Errorf("input %+v", r.Input)
			}
		})
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithSizeMultiple(32), WithImageStyle(ImagesSparse))
	for size, want := range map[string]string{
		`"portrait_16_9"`:              `"width":576,"height":1024}`,
		`{}`:                           `"width":512,"height":512}`,
		`{"width":1280,"height":720}`:  `"width":1280,"height":736}`,
		`{"width":"600","height":513}`: `"width":608,"height":544}`,
	} {
		r := f.get(request(f.submit(`{"prompt":"","image_size":` + size + `}`)))
		if !strings.Contains(r.text, want) || strings.Contains(r.text, "file_name") {
			t.Errorf("%s: %s", size, r.text)
		}
	}
}

func TestErrorStyles(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		style ErrorStyle
		want  string
	}{
		"pydantic 1": {ErrorsPydantic1, `{"detail":[{"type":"value_error.missing","loc":["body","prompt"],"msg":"field required"},` +
			`{"type":"value_error.number.not_le","loc":["body","num_images"],"msg":"input should be less than or equal to 4"}]}`},
		"catalogue": {ErrorsCatalogue, `{"detail":[{"type":"missing","loc":["body","prompt"],"msg":"Field required","input":{"num_images":9},"url":"https://docs.fal.ai/errors/#missing"},` +
			`{"type":"less_than_equal","loc":["body","num_images"],"msg":"Input should be less than or equal to 4","input":9,"ctx":{"le":4},"url":"https://docs.fal.ai/errors/#less_than_equal"}]}`},
		"text": {ErrorsText, `{"detail":"prompt: Field required; num_images: Input should be less than or equal to 4"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, WithErrorStyle(test.style))
			if r := f.get(request(f.submit(`{"num_images":9}`))); r.text != test.want {
				t.Errorf("%s\nwant %s", r.text, test.want)
			}
		})
	}
}

func TestValidationAtSubmit(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithValidationAtSubmit())
	expect(t, f.do(http.MethodPost, dev, `{}`), http.StatusUnprocessableEntity, "")
	if n := len(f.Submissions()); n != 0 {
		t.Errorf("%d submissions", n)
	}
	f.submit(cat)
}

func TestMarkers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	r := f.get(request(f.submit(`{"prompt":"a ` + MarkerRefuse + ` cat"}`)))
	if r.status != http.StatusUnprocessableEntity || !strings.Contains(r.text, `"type":"content_policy_violation","loc":["body","prompt"]`) {
		t.Errorf("%d %s", r.status, r.text)
	}
	nsfw := `{"prompt":"a ` + MarkerNSFW + ` cat","num_images":2`
	r = f.get(request(f.submit(nsfw + `}`)))
	has(t, r, "has_nsfw_concepts", []bool{true, true})
	r = f.get(request(f.submit(nsfw + `,"enable_safety_checker":false}`)))
	has(t, r, "has_nsfw_concepts", []bool{false, false})

	forced := newFixture(t, WithForcedSafetyChecker())
	r = forced.get(request(forced.submit(nsfw + `,"enable_safety_checker":false}`)))
	has(t, r, "has_nsfw_concepts", []bool{true, true})
}

func TestUnknownSubPathFailsInTheResult(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	r := f.do(http.MethodPost, dev+"/quality", cat)
	id, _ := r.json(t)["request_id"].(string)
	r = f.get(request(id))
	expect(t, r, http.StatusNotFound, `{"detail":"Path /quality not found"}`)
	if r.header.Get("X-Fal-Billable-Units") != "0" {
		t.Error("it is billed")
	}
	expect(t, f.do(http.MethodPost, "/run/fal-ai/flux-2-dev/quality", cat), http.StatusNotFound, `{"detail":"Path /quality not found"}`)
}
