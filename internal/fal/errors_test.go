// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"errors"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestErrorShapes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status  int
		header  map[string]string
		body    string
		kind    string
		message string
		fields  []FieldError
		text    string
	}{
		"string detail": {status: 401, body: `{"detail":"invalid key credentials"}`,
			message: "invalid key credentials", text: "invalid key credentials (HTTP 401)"},
		"pydantic v2": {status: 422, body: `{"detail":[{"type":"missing","loc":["body","prompt"],"msg":"Field required","input":{"a":[1]},"url":"https://x","ctx":{"le":1}}]}`,
			kind: "missing", message: "body.prompt: Field required", fields: []FieldError{{[]string{"body", "prompt"}, "Field required", "missing"}},
			text: "body.prompt: Field required (HTTP 422, missing)"},
		"pydantic v1": {status: 422, body: `{"detail":[{"loc":["body","prompt"],"msg":"field required","type":"value_error.missing"}]}`,
			kind: "value_error.missing", message: "body.prompt: field required", fields: []FieldError{{[]string{"body", "prompt"}, "field required", "value_error.missing"}}},
		"union": {status: 422, body: `{"detail":[{"loc":["body","image_size","ImageSize","width"],"msg":"too small","type":"greater_than"},{"loc":["body","images",0],"msg":"one of","type":"literal_error"}]}`,
			kind: "greater_than", message: "body.image_size.ImageSize.width: too small; body.images.0: one of",
			fields: []FieldError{{[]string{"body", "image_size", "ImageSize", "width"}, "too small", "greater_than"}, {[]string{"body", "images", "0"}, "one of", "literal_error"}}},
		"odd entries": {status: 422, body: `{"detail":["plain",{"type":"t"},{"loc":"body","msg":7},null,{"loc":[null,{"a":1}],"msg":"m"}]}`,
			message: "plain; t; refused; refused; null.{\"a\":1}: m",
			fields:  []FieldError{{[]string{"null", `{"a":1}`}, "m", ""}}},
		"empty list":    {status: 422, body: `{"detail":[]}`, message: "Unprocessable Entity"},
		"object detail": {status: 400, body: `{"detail":{"msg":"wrong","type":"bad_request"}}`, kind: "bad_request", message: "wrong"},
		"infrastructure": {status: 503, header: map[string]string{headerErrorType: "header_type"}, body: `{"detail":"gone","error_type":"runner_disconnected"}`,
			kind: "runner_disconnected", message: "gone", text: "gone (HTTP 503, runner_disconnected)"},
		"type in header":   {status: 500, header: map[string]string{headerErrorType: "internal_error"}, body: `{"detail":"oops"}`, kind: "internal_error", message: "oops"},
		"platform":         {status: 403, body: `{"error":{"type":"authorization_error","message":"no","docs_url":"x","request_id":"y"}}`, kind: "authorization_error", message: "no"},
		"queue":            {status: 404, body: `{"status":"NOT_FOUND"}`, message: "NOT_FOUND"},
		"error and text":   {status: 404, body: `{"error":"Error","message":"Path /quality not found"}`, message: "Path /quality not found"},
		"error alone":      {status: 500, body: `{"error":"it broke"}`, message: "it broke"},
		"page":             {status: 502, body: `<html><title>502 Bad Gateway</title>nginx</html>`, message: "Bad Gateway"},
		"plain":            {status: 403, body: "Forbidden by the\r\n\x1b[31mgateway", message: "Forbidden"},
		"plain and clean":  {status: 403, body: "No\r\n entry\x07", message: "No entry"},
		"the longest text": {status: 403, body: strings.Repeat("x", 500), message: strings.Repeat("x", 500)},
		"a longer text":    {status: 403, body: strings.Repeat("x", 501), message: "Forbidden"},
		"a longer detail":  {status: 403, body: `{"detail":"` + strings.Repeat("x", 501) + `"}`, message: strings.Repeat("x", 500) + " …"},
		"nothing":          {status: 503, message: "Service Unavailable"},
		"unheard of":       {status: 599, message: "fal gave no reason"},
		"other JSON":       {status: 500, body: `[1,2]`, message: "Internal Server Error"},
		"wrong types":      {status: 500, body: `{"detail":7,"error":[],"error_type":{},"message":false,"status":1}`, message: "Internal Server Error"},
		"one wrong type":   {status: 500, body: `{"error_type":7,"detail":"still read"}`, message: "still read"},
		"duplicate keys":   {status: 500, body: `{"detail":"first","detail":"second"}`, message: "second"},
		"invalid UTF-8":    {status: 500, body: "{\"detail\":\"a\xff\xfeb\"}", message: "a\ufffd\ufffdb"},
		"not JSON at all":  {status: 500, body: `{"detail":NaN}`, message: "Internal Server Error"},
		"text direction":   {status: 500, body: "{\"detail\":\"a\u202eb\\u0000c\"}", message: "a b c"},
		"escaped newlines": {status: 500, body: `{"detail":"a\n\n\tb"}`, message: "a b"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := client(t, "http://127.0.0.1:1")
			header := http.Header{}
			for name, value := range test.header {
				header.Set(name, value)
			}
			got := c.errorOf(call{operation: "result"}, &answer{status: test.status, header: header, body: []byte(test.body)})
			if got.Message != test.message || got.Type != test.kind || got.StatusCode != test.status || got.Operation != "result" {
				t.Errorf("got %q of type %q", got.Message, got.Type)
			}
			if !reflect.DeepEqual(got.Fields, test.fields) {
				t.Errorf("fields %q, want %q", got.Fields, test.fields)
			}
			if test.text != "" && got.Error() != test.text {
				t.Errorf("text %q, want %q", got.Error(), test.text)
			}
		})
	}
}

func TestErrorKinds(t *testing.T) {
	t.Parallel()
	all := []error{
		ErrNoKey, ErrUnauthorized, ErrLocked, ErrForbidden, ErrNotFound, ErrRateLimited, ErrInvalid, ErrContentPolicy, ErrInProgress,
		ErrCancelled, ErrStartTimeout, ErrServer, ErrConnection, ErrMalformed, ErrOutcomeUnknown, ErrJobFailed,
	}
	tests := map[string]struct {
		status  int
		timeout string
		body    string
		want    []error
	}{
		"400":          {400, "", `{"detail":"bad"}`, []error{ErrInvalid}},
		"in progress":  {400, "", `{"detail":"Request is still in progress"}`, []error{ErrInProgress}},
		"downstream":   {400, "", `{"detail":[{"msg":"x","type":"downstream_service_error"}]}`, []error{ErrServer}},
		"401":          {401, "", `{"detail":"no"}`, []error{ErrUnauthorized}},
		"403":          {403, "", `{"detail":"no"}`, []error{ErrForbidden}},
		"locked":       {403, "", `{"detail":"USER IS LOCKED. Reason: x"}`, []error{ErrLocked}},
		"balance":      {403, "", `{"detail":"Exhausted balance."}`, []error{ErrLocked}},
		"top up":       {403, "", `{"detail":"Reason: TOP_UP."}`, []error{ErrLocked}},
		"admin lock":   {403, "", `{"error":{"message":"Admin lock. Please contact"}}`, []error{ErrLocked}},
		"404":          {404, "", `{}`, []error{ErrNotFound}},
		"405":          {405, "", `{}`, nil},
		"408":          {408, "", `{}`, []error{ErrServer}},
		"410":          {410, "", `{}`, []error{ErrNotFound}},
		"413":          {413, "", `{}`, []error{ErrInvalid}},
		"422":          {422, "", `{}`, []error{ErrInvalid}},
		"policy":       {422, "", `{"detail":[{"msg":"x","type":"other"},{"msg":"x","type":"content_policy_violation"}]}`, []error{ErrInvalid, ErrContentPolicy}},
		"429":          {429, "", `{}`, []error{ErrRateLimited}},
		"499":          {499, "", `{}`, []error{ErrCancelled}},
		"cancelled":    {500, "", `{"error_type":"client_cancelled"}`, []error{ErrCancelled}},
		"500":          {500, "", `{}`, []error{ErrServer}},
		"504":          {504, "", `{"error_type":"request_timeout"}`, []error{ErrServer}},
		"504 by fal":   {504, "server", `{}`, []error{ErrServer}},
		"504 by user":  {504, "user", `{"error_type":"request_timeout"}`, []error{ErrServer, ErrStartTimeout}},
		"302":          {302, "", ``, []error{ErrMalformed}},
		"a cancel 400": {400, "", `{"status":"ALREADY_COMPLETED"}`, []error{ErrInvalid}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := client(t, "http://127.0.0.1:1")
			err := c.errorOf(call{}, &answer{status: test.status, header: http.Header{headerTimeoutType: {test.timeout}}, body: []byte(test.body)})
			for _, kind := range all {
				var want bool
				for _, listed := range test.want {
					want = want || errors.Is(listed, kind)
				}
				if errors.Is(err, kind) != want {
					t.Errorf("errors.Is(err, %v) is %t", kind, !want)
				}
			}
		})
	}
}

func TestErrorAdvice(t *testing.T) {
	t.Parallel()
	c := client(t, "http://127.0.0.1:1")
	yes, no := true, false
	for name, test := range map[string]struct {
		header http.Header
		want   *bool
	}{
		"none":    {http.Header{}, nil},
		"new":     {http.Header{headerNeedsRetry: {"1"}}, &yes},
		"old":     {http.Header{headerRetryable: {"false"}}, &no},
		"both":    {http.Header{headerNeedsRetry: {"0"}, headerRetryable: {"true"}}, &no},
		"rubbish": {http.Header{headerNeedsRetry: {"maybe"}}, nil},
	} {
		got := c.errorOf(call{}, &answer{status: 503, header: test.header}).Retryable
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %v", name, got)
		}
	}
	header := http.Header{"Retry-After": {"9"}, headerRequestID: {"from-header"}, headerTimeoutType: {"user"}}
	failure := c.errorOf(call{}, &answer{status: 504, header: header})
	if failure.RetryAfter.Seconds() != 9 || failure.RequestID != "from-header" || failure.TimeoutType != "user" {
		t.Errorf("got %+v", failure)
	}
	if failure := c.errorOf(call{requestID: "known"}, &answer{status: 500, header: header}); failure.RequestID != "known" {
		t.Errorf("the request's own id was replaced by %q", failure.RequestID)
	}
}

func TestErrorTextIsBounded(t *testing.T) {
	t.Parallel()
	c := client(t, "http://127.0.0.1:1")
	many := strings.TrimSuffix(strings.Repeat(`{"loc":["`+strings.Repeat("é", 400)+`"],"msg":"`+strings.Repeat("é", 400)+`"},`, 60), ",")
	for _, body := range []string{
		`{"detail":"` + strings.Repeat("é", 1<<17) + `"}`,
		`{"detail":[` + many + `]}`,
		`{"detail":[{"loc":[` + strings.TrimSuffix(strings.Repeat(`"a",`, 10000), ",") + `],"msg":"x"}]}`,
	} {
		failure := c.errorOf(call{}, &answer{status: 422, header: http.Header{}, body: []byte(body)})
		if len(failure.Error()) > 2*longestMessage || !utf8.ValidString(failure.Error()) {
			t.Errorf("a text of %d bytes", len(failure.Error()))
		}
		if len(failure.Fields) > mostFields {
			t.Errorf("%d fields", len(failure.Fields))
		}
		for _, field := range failure.Fields {
			if len(field.Message) > 2*longestMessage || len(field.Loc) > mostFields {
				t.Errorf("a field of %d and %d", len(field.Message), len(field.Loc))
			}
		}
	}
}

func TestValidateTags(t *testing.T) {
	t.Parallel()
	many := map[string]string{}
	for _, letter := range "abcdefghij" {
		many[string(letter)] = "x"
	}
	tooMany := maps.Clone(many)
	tooMany["k"] = "x"
	// Its name, value and sign take so many bytes in the header.
	sized := func(name string, bytes int) string { return strings.Repeat("x", bytes-len(name+"=")) }
	long := strings.Repeat("x", longestTag)
	tests := map[string]struct {
		tags map[string]string
		ok   bool
	}{
		"none":        {nil, true},
		"usual":       {map[string]string{"team": "web site", "cost.centre_1-a": "="}, true},
		"longest":     {map[string]string{strings.Repeat("a", longestTagName): long}, true},
		"printable":   {map[string]string{"az09": " !~"}, true},
		"most":        {many, true},
		"too many":    {tooMany, false},
		"most bytes":  {map[string]string{"a": sized("a", 256), "b": sized("b", 256), "c": sized("c", 256), "d": sized("d", 256-len(",,,"))}, true},
		"a byte more": {map[string]string{"a": sized("a", 256), "b": sized("b", 256), "c": sized("c", 256), "d": sized("d", 257-len(",,,"))}, false},
		"no name":     {map[string]string{"": "x"}, false},
		"capital":     {map[string]string{"Team": "x"}, false},
		"long name":   {map[string]string{strings.Repeat("a", longestTagName+1): "x"}, false},
		"reserved":    {map[string]string{"fal.x": "x"}, false},
		"comma":       {map[string]string{"a": "x,y"}, false},
		"line break":  {map[string]string{"a": "x\ny"}, false},
		"not ASCII":   {map[string]string{"a": "é"}, false},
		"long value":  {map[string]string{"a": long + "x"}, false},
		"all too big": {map[string]string{"a": long, "b": long, "c": long, "d": long}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := ValidateTags(test.tags); (err == nil) != test.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}
