// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
)

func TestRun(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		header map[string]string
		body   string
		want   []error
		not    []error
	}{
		"output": {status: 200, body: `{"images":[]}`},
		"refused input": {status: 422, body: `{"detail":[{"loc":["body","prompt"],"msg":"bad","type":"value_error"}]}`,
			want: []error{ErrInvalid}, not: []error{ErrOutcomeUnknown}},
		"rejected key": {status: 401, body: `{"detail":"no"}`, want: []error{ErrUnauthorized}, not: []error{ErrOutcomeUnknown, ErrJobFailed}},
		"infrastructure": {status: 503, body: `{"detail":"gone","error_type":"runner_disconnected"}`,
			want: []error{ErrServer, ErrJobFailed}, not: []error{ErrOutcomeUnknown}},
		"app": {status: 500, header: map[string]string{headerRequestID: testID}, body: `{"detail":"Internal Server Error"}`,
			want: []error{ErrServer, ErrJobFailed}, not: []error{ErrOutcomeUnknown}},
		"deadline": {status: 504, header: map[string]string{headerTimeoutType: "user"}, body: `{"detail":"late","error_type":"request_timeout"}`,
			want: []error{ErrStartTimeout}, not: []error{ErrOutcomeUnknown}},
		"list in success": {status: 200, body: `{"detail":[{"loc":["body"],"msg":"bad","type":"content_policy_violation"}]}`,
			want: []error{ErrInvalid, ErrContentPolicy, ErrJobFailed}, not: []error{ErrOutcomeUnknown, ErrMalformed}},
		"gateway": {status: 502, body: `<html>nginx</html>`, want: []error{ErrServer, ErrOutcomeUnknown}, not: []error{ErrJobFailed}},
		"page":    {status: 200, body: `<html></html>`, want: []error{ErrMalformed, ErrOutcomeUnknown}},
		"list":    {status: 200, body: `[1]`, want: []error{ErrMalformed, ErrOutcomeUnknown}},
		"redirect": {status: 307, header: map[string]string{"Location": "/run/other"}, body: `{}`,
			want: []error{ErrOutcomeUnknown}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
				for name, value := range test.header {
					w.Header().Set(name, value)
				}
				reply(w, test.status, test.body)
			})
			c := client(t, fake.URL)
			result, err := c.Run(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{Priority: "low", Tags: map[string]string{"a": "b"}})
			if len(test.want) == 0 && (err != nil || string(result.Body) != test.body) {
				t.Errorf("got %s, %v", result.Body, err)
			}
			for _, want := range test.want {
				if !errors.Is(err, want) {
					t.Errorf("got %v, want %v", err, want)
				}
			}
			for _, not := range test.not {
				if errors.Is(err, not) {
					t.Errorf("got %v, which must not be %v", err, not)
				}
			}
			got := fake.got()
			if len(got) != 1 {
				t.Fatalf("%d submissions, want 1", len(got))
			}
			if got[0].path != "/run/"+testEndpoint || got[0].body != testInput || got[0].header.Get("X-Fal-Tags") != "a=b" {
				t.Errorf("sent %+v", got[0])
			}
			if got[0].header.Get("X-Fal-Queue-Priority") != "" {
				t.Error("a direct call has no place in a queue")
			}
		})
	}
}

func TestRunResult(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, number int) {
		if number == 1 {
			reply(w, 429, `{"detail":"concurrent","error_type":"concurrent_requests_limit"}`)
			return
		}
		w.Header().Set(headerRequestID, testID)
		w.Header().Set(headerBillableUnits, "1.5")
		reply(w, 200, `{"images":[]}`)
	})
	c := client(t, fake.URL)
	result, err := c.Run(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
	if err != nil || result.RequestID != testID || result.BillableUnits == nil || *result.BillableUnits != 1.5 || !result.Date.Equal(noon) {
		t.Errorf("got %+v, %v", result, err)
	}
	if n := len(fake.got()); n != 2 {
		t.Errorf("%d submissions, want 2 of which one was accepted", n)
	}
}

func TestRunIsNeverSentTwice(t *testing.T) {
	t.Parallel()
	server := newRawServer(t, func(c *rawConn, _ int) {
		if err := c.request(); err == nil {
			c.reset()
		}
	})
	c := client(t, server.url)
	_, err := c.Run(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
	if !errors.Is(err, ErrOutcomeUnknown) || server.heads.Load() != 1 {
		t.Errorf("got %v after %d submissions, want an unknown outcome after 1", err, server.heads.Load())
	}
}
