// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// canned is a transport that gives every request the same answer.
type canned struct {
	status int
	header http.Header
	body   []byte
	calls  int
}

func (c *canned) RoundTrip(request *http.Request) (*http.Response, error) {
	c.calls++
	if request.Body != nil {
		_, _ = io.Copy(io.Discard, request.Body)
		_ = request.Body.Close()
	}
	return &http.Response{
		StatusCode: c.status, Header: c.header.Clone(), Body: io.NopCloser(strings.NewReader(string(c.body))),
		ContentLength: -1, Request: request,
	}, nil
}

// answersToFuzz are the bodies that fal gives to one operation or another, and
// some that it doesn't.
var answersToFuzz = []string{
	ticket("https://queue.fal.run"), `{"status":"OK"}`, `{"status":"ALREADY_COMPLETED"}`, `{"detail":[{"loc":["body","seed"],"msg":"m","type":"t"}]}`,
	`{"items":[{"request_id":"a","sent_at":"2026-09-01T12:00:00Z","duration":1.5,"status_code":200,"json_input":{}}],"next_cursor":"x","has_more":true}`,
	`{"items":[{"request_id":"a","sent_at":"9999-12-31T23:59:59-12:00","ended_at":"0000-01-01T00:00:00+12:00","duration":1e400}],"has_more":false}`,
	`{"billing_events":[{"request_id":"a","timestamp":"2026-09-01T12:00:00Z","output_units":1e400,"cost_total":0.012,"cost_estimate_nano_usd":12000000}],"has_more":false}`,
	`{"prices":[{"endpoint_id":"a/b","unit_price":0.012,"unit":"megapixels","currency":"USD"}],"next_cursor":null,"has_more":false}`,
	`{"estimate_type":"unit_price","total_cost":1.2,"currency":"USD"}`, `{"cdn_delete_results":[{"link":"https://x/y","exception":null}]}`,
	`{"request_id":"a","status_url":"https://evil.example/","response_url":"//queue.fal.run","cancel_url":"https://queue.fal.run:443/x"}`,
	`{"request_id":"a","request_id":"../b"}`, `<html>`, `{`, ``,
}

// FuzzOperations gives any answer to any operation. It ends; an error can be
// shown to a person; what is paid for is sent once, unless fal wants it later;
// and a handle can be kept and never leads away from fal.
func FuzzOperations(f *testing.F) {
	names := slices.Sorted(maps.Keys(operations))
	for i := range names {
		for _, body := range answersToFuzz {
			f.Add(uint8(i), 200, "Date", noon.Format(http.TimeFormat), []byte(body))
		}
		f.Add(uint8(i), 429, "Retry-After", "1e9", []byte(`{}`))
		f.Add(uint8(i), 503, headerErrorType, "runner_disconnected", []byte(`{"detail":"x"}`))
		f.Add(uint8(i), 307, "Location", "https://evil.example/", []byte(``))
	}
	f.Fuzz(func(t *testing.T, which uint8, status int, header, value string, body []byte) {
		if status < 200 || status > 999 {
			t.Skip("not a final status")
		}
		name := names[int(which)%len(names)]
		transport := &canned{status: status, header: http.Header{http.CanonicalHeaderKey(header): {value}}, body: body}
		c, err := New(Options{Key: testKey, Transport: transport, Clock: newFakeClock()})
		if err != nil {
			t.Fatal(err)
		}
		err = operations[name](t.Context(), c, attach(t, c))
		if err != nil && (err.Error() == "" || !utf8.ValidString(err.Error()) || len(err.Error()) > 4*longestMessage) {
			t.Errorf("%s ended with %q", name, err)
		}
		if slices.Contains(paid, name) {
			if transport.calls != 1 && status != http.StatusTooManyRequests {
				t.Errorf("%s was sent %d times", name, transport.calls)
			}
			if err != nil && status < 400 && !errors.Is(err, ErrOutcomeUnknown) && !errors.Is(err, ErrJobFailed) {
				t.Errorf("%s ended with %v after a %d", name, err, status)
			}
		}
	})
}

// FuzzTicket submits and is told anything.
func FuzzTicket(f *testing.F) {
	for _, body := range answersToFuzz {
		f.Add([]byte(body), noon.Format(http.TimeFormat))
	}
	f.Add([]byte(ticket("https://queue.fal.run/"+strings.Repeat("x", longestURL))), "")
	f.Add([]byte(ticket("https://queue.fal.run")), "Saturday, 31-Dec-99 23:59:59 GMT-12")
	f.Fuzz(func(t *testing.T, body []byte, date string) {
		transport := &canned{status: 200, header: http.Header{"Date": {date}}, body: body}
		c, err := New(Options{Key: testKey, Transport: transport, Clock: newFakeClock()})
		if err != nil {
			t.Fatal(err)
		}
		handle, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
		if err != nil {
			if !errors.Is(err, ErrOutcomeUnknown) {
				t.Errorf("%v does not say that the outcome is unknown", err)
			}
			return
		}
		kept, err := json.Marshal(handle)
		var again Handle
		if err != nil || json.Unmarshal(kept, &again) != nil || again.RequestID != handle.RequestID || !IsRequestID(handle.RequestID) {
			t.Errorf("%+v can't be kept: %v", handle, err)
		}
		for _, address := range []string{handle.StatusURL, handle.ResponseURL, handle.CancelURL} {
			if parsed, err := url.Parse(address); err != nil || !c.isOwn(parsed) || len(address) > longestURL {
				t.Errorf("%q leads away from fal", address)
			}
		}
	})
}

// FuzzHistoryEntry reads entries of the history. Their times can be written.
func FuzzHistoryEntry(f *testing.F) {
	f.Add([]byte(`{"request_id":"a","sent_at":"2026-09-01T12:00:00.123456","started_at":null,"ended_at":1,"status_code":-1,"duration":"x"}`))
	f.Add([]byte(`{"request_id":"a","sent_at":"9999-12-31T23:59:59-12:00","ended_at":"0000-01-01T00:00:00+12:00","duration":1e400,"json_input":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var item wireRequest
		if json.Unmarshal(body, &item) != nil {
			return
		}
		request := item.request()
		if _, err := json.Marshal(request); err != nil {
			t.Errorf("%q became %+v: %v", body, request, err)
		}
		if request.StatusCode != nil && *request.StatusCode < 0 || string(request.Input) == "null" {
			t.Errorf("%q became %+v", body, request)
		}
		_ = request.Failure()
	})
}
