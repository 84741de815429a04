// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// Answers in place of a result, as fal is known to give them, and whom each
// blames.
var answersInPlaceOfAResult = map[string]struct {
	status int
	header map[string]string
	body   string
	want   error
	// final says that asking again brings no other answer.
	final bool
}{
	// The input.
	"a value": {status: 422, want: ErrRefusedInput, final: true,
		body: `{"detail":[{"loc":["body","seed"],"msg":"too large","type":"less_than_equal","ctx":{"le":1}}]}`},
	"a missing input": {status: 422, want: ErrRefusedInput, final: true,
		body: `{"detail":[{"type":"missing","loc":["body","resolution"],"msg":"Field required"}]}`},
	"the size as a text": {status: 422, want: ErrRefusedInput, final: true,
		body: `{"detail":[{"type":"model_attributes_type","loc":["body","image_size","ImageSize"],"msg":"Input should be a valid dictionary","input":"1536x1024"}]}`},
	"content": {status: 422, header: map[string]string{headerBillableUnits: "0"}, want: ErrRefusedInput, final: true,
		body: `{"detail":[{"loc":["body","prompt"],"msg":"flagged","type":"content_policy_violation"}]}`},
	"content, as an object": {status: 422, want: ErrRefusedInput, final: true,
		body: `{"detail":{"type":"content_policy_violation","message":"flagged"}}`},
	"no media": {status: 422, want: ErrRefusedInput, final: true,
		body: `{"detail":[{"loc":["body"],"msg":"No media was generated.","type":"no_media_generated"}]}`},
	"in a sentence":           {status: 422, want: ErrRefusedInput, final: true, body: `{"detail":"seed is too large"}`},
	"a typed 400":             {status: 400, want: ErrRefusedInput, final: true, body: `{"detail":[{"loc":["body","x"],"msg":"no","type":"value_error"}]}`},
	"a bad request":           {status: 400, want: ErrRefusedInput, final: true, body: `{"detail":"can't be read","error_type":"bad_request"}`},
	"too large":               {status: 413, want: ErrRefusedInput, final: true, body: `{"detail":[{"loc":["body"],"msg":"no","type":"file_too_large"}]}`},
	"complaints in a success": {status: 200, want: ErrRefusedInput, body: `{"detail":[{"loc":["body"],"msg":"bad","type":"value_error"}]}`},

	// fal.
	"a list in a 500": {status: 500, want: ErrServerFault, final: true,
		body: `{"detail":[{"loc":["body"],"msg":"Internal server error","type":"internal_server_error"}]}`},
	"a list in a 504": {status: 504, want: ErrServerFault, final: true,
		body: `{"detail":[{"loc":["body"],"msg":"Generation timeout","type":"generation_timeout"}]}`},
	"downstream": {status: 400, want: ErrServerFault, final: true,
		body: `{"detail":[{"loc":["body"],"msg":"Downstream service error","type":"downstream_service_error"}]}`},
	"downstream, unavailable": {status: 422, want: ErrServerFault, final: true,
		body: `{"detail":[{"loc":["body"],"msg":"x","type":"downstream_service_unavailable"}]}`},
	"downstream, as an object":   {status: 400, want: ErrServerFault, final: true, body: `{"detail":{"type":"downstream_service_error","message":"x"}}`},
	"an input and fal":           {status: 422, want: ErrServerFault, final: true, body: `{"detail":[{"loc":["body","seed"],"msg":"x","type":"t"},{"msg":"x","type":"internal_server_error"}]}`},
	"an internal error in a 422": {status: 422, want: ErrServerFault, final: true, body: `{"detail":[{"msg":"x","type":"internal_server_error"}]}`},
	"fal in a success":           {status: 200, want: ErrServerFault, body: `{"detail":[{"msg":"x","type":"internal_server_error"}]}`},
	"a runner":                   {status: 503, want: ErrServerFault, final: true, body: `{"detail":"gone","error_type":"runner_disconnected"}`},
	"a runner, in the header":    {status: 500, header: map[string]string{headerErrorType: "runner_server_error"}, want: ErrServerFault, final: true, body: `{"detail":"x"}`},
	"a start that came too late": {status: 504, header: map[string]string{headerTimeoutType: "user"}, want: ErrServerFault, final: true, body: `{"detail":"late","error_type":"request_timeout"}`},
	"a 500 in a sentence":        {status: 500, want: ErrServerFault, body: `{"detail":"Internal Server Error"}`},
	"a 500 in a word":            {status: 500, want: ErrServerFault, body: `Internal Server Error`},

	// Nobody.
	"cancelled":         {status: 499, want: ErrCancelled, final: true, body: `{"detail":"Request cancelled by the client.","error_type":"client_cancelled"}`},
	"cancelled, in 500": {status: 500, want: ErrCancelled, final: true, body: `{"detail":"x","error_type":"client_cancelled"}`},
	"in progress":       {status: 400, want: ErrInProgress, body: `{"detail":"Request is still in progress","request_id":"x","status_url":"https://x"}`},
	"IN PROGRESS":       {status: 400, want: ErrInProgress, body: `{"detail":"Request is IN PROGRESS"}`},

	// It doesn't say.
	"400 in other words":    {status: 400, body: `{"detail":"Something is wrong"}`},
	"400 without a detail":  {status: 400, body: `{"status":"ALREADY_COMPLETED"}`},
	"401":                   {status: 401, body: `{"detail":"invalid key credentials"}`},
	"402":                   {status: 402, body: `{"detail":"Payment Required"}`},
	"402 with a type":       {status: 402, body: `{"detail":[{"loc":["body"],"msg":"x","type":"payment"}]}`},
	"403":                   {status: 403, body: `{"detail":"User is locked."}`},
	"404":                   {status: 404, body: `{"detail":"Request not found"}`},
	"404 of the app":        {status: 404, header: map[string]string{headerBillableUnits: "0"}, body: `{"detail":"Path /x not found"}`, final: true},
	"405":                   {status: 405, body: `{"detail":"Method Not Allowed"}`},
	"409":                   {status: 409, body: `{"detail":"Conflict"}`},
	"413 of a gateway":      {status: 413, body: `<html>413 Request Entity Too Large</html>`},
	"421":                   {status: 421, body: `{"detail":"Misdirected Request"}`},
	"422 without a detail":  {status: 422, body: `{}`},
	"425":                   {status: 425, body: `{}`},
	"429":                   {status: 429, body: `{"detail":"x","error_type":"concurrent_requests_limit"}`},
	"451":                   {status: 451, body: `{"detail":"Unavailable For Legal Reasons"}`},
	"499 of a gateway":      {status: 499, body: `<html>499</html>`},
	"502 of a gateway":      {status: 502, body: `<html>502 Bad Gateway nginx</html>`},
	"503 of something else": {status: 503, header: map[string]string{"Content-Type": "text/html; charset=utf-8"}, body: `Down for maintenance`},
}

func TestBlame(t *testing.T) {
	t.Parallel()
	all := []error{ErrRefusedInput, ErrServerFault, ErrCancelled, ErrInProgress}
	for name, test := range answersInPlaceOfAResult {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{}
			for name, value := range test.header {
				header.Set(name, value)
			}
			from := &answer{status: test.status, header: header, body: []byte(test.body)}
			if got := blame(from); !errors.Is(got, test.want) || (got == nil) != (test.want == nil) {
				t.Errorf("it blames %v, want %v", got, test.want)
			}
			if got := jobFailed(from); got != test.final {
				t.Errorf("it is final: %t", got)
			}
			c := client(t, "http://127.0.0.1:1")
			_, err := c.resultOf(call{operation: "result"}, from)
			for _, kind := range all {
				want := errors.Is(test.want, kind)
				// A gateway's 499 looks like fal's by its status.
				if errors.Is(err, kind) != want && (test.status != 499 || want) {
					t.Errorf("errors.Is(%v, %v) is %t", err, kind, !want)
				}
			}
			if errors.Is(err, ErrServerFault) && (errors.Is(err, ErrInvalid) || !errors.Is(err, ErrServer)) {
				t.Errorf("%v is fal's fault, and yet the input's", err)
			}
			if test.want == nil && !test.final && errors.Is(err, ErrJobFailed) {
				t.Errorf("%v is taken for the end of the request", err)
			}
		})
	}
}

// A submission that is refused blames nobody yet: there is no request.
func TestSubmissionsBlameNobody(t *testing.T) {
	t.Parallel()
	for name, test := range answersInPlaceOfAResult {
		if test.status < 400 || test.status >= 500 {
			continue
		}
		fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, test.status, test.body) })
		_, err := client(t, fake.URL).Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
		if err == nil || errors.Is(err, ErrRefusedInput) || errors.Is(err, ErrServerFault) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Complaints that name no input are in the message, and not among the fields.
func TestComplaintsThatNameNoInput(t *testing.T) {
	t.Parallel()
	c := client(t, "http://127.0.0.1:1")
	for body, want := range map[string]struct {
		message, kind string
		fields        []FieldError
	}{
		`{"detail":[{"loc":["body"],"msg":"No media was generated.","type":"no_media_generated"}]}`: {message: "No media was generated.", kind: "no_media_generated"},
		`{"detail":[{"msg":"bad","type":"x"},{"loc":["body","image_size","ImageSize"],"msg":"worse","type":"model_attributes_type"}]}`: {
			message: "bad; body.image_size.ImageSize: worse", kind: "x",
			fields: []FieldError{{[]string{"body", "image_size", "ImageSize"}, "worse", "model_attributes_type"}},
		},
		`{"detail":[{"loc":["prompt"],"msg":"bad","type":"x"}]}`: {message: "prompt: bad", kind: "x", fields: []FieldError{{[]string{"prompt"}, "bad", "x"}}},
	} {
		got := c.errorOf(call{}, &answer{status: 422, header: http.Header{}, body: []byte(body)})
		if got.Message != want.message || got.Type != want.kind || !reflect.DeepEqual(got.Fields, want.fields) {
			t.Errorf("%s became %q of type %q about %q", body, got.Message, got.Type, got.Fields)
		}
	}
}

// What a model has to say about progress is no sign that it is still at work.
func TestProgressIsFalsOwnWord(t *testing.T) {
	t.Parallel()
	c := client(t, "http://127.0.0.1:1")
	body := `{"detail":[{"loc":["body","prompt"],"msg":"shows a crime in progress","type":"content_policy_violation"}]}`
	_, err := c.resultOf(call{}, &answer{status: 400, header: http.Header{}, body: []byte(body)})
	if !errors.Is(err, ErrRefusedInput) || !errors.Is(err, ErrContentPolicy) || errors.Is(err, ErrInProgress) || !strings.Contains(err.Error(), "a crime in progress") {
		t.Errorf("got %v", err)
	}
}
