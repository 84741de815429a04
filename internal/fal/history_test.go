// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"
)

func TestRequests(t *testing.T) {
	t.Parallel()
	pages := map[string]string{
		"": `{"items":[
			{"request_id":"a","endpoint_id":"fal-ai/flux-2-dev","sent_at":"2026-09-01T12:00:01Z","started_at":"2026-09-01T12:00:05.5+00:00","ended_at":"2026-09-01T12:00:08","status_code":200,"duration":7.8,
			 "json_input":{"prompt":"cat","seed":9007199254740993},"json_output":{"images":[]},"new":1},
			{"request_id":"../b"}, 7, null, {"request_id":8}],"next_cursor":"Mg==","has_more":true}`,
		"Mg==": `{"items":[{"request_id":"c","sent_at":"yesterday","ended_at":null,"status_code":null,"duration":null,"json_input":null}],"next_cursor":"Mw==","has_more":true}`,
		"Mw==": `{"items":[{"request_id":"d","status_code":"500","duration":"long","sent_at":7}],"next_cursor":null,"has_more":false}`,
	}
	fake := newFakeFal(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		reply(w, 200, pages[r.URL.Query().Get("cursor")])
	})
	c := client(t, fake.URL)
	var got []Request
	query := RequestsQuery{
		EndpointID: testEndpoint, RequestID: testID, Status: "success", Payloads: true, PageSize: 500,
		Start: noon.In(time.FixedZone("", 7200)), End: noon.Add(time.Hour),
	}
	for request, err := range c.Requests(t.Context(), query) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, request)
	}
	if len(got) != 3 || got[0].RequestID != "a" || got[1].RequestID != "c" || got[2].RequestID != "d" {
		t.Fatalf("got %+v", got)
	}
	a := got[0]
	if !a.SentAt.Equal(noon.Add(time.Second)) || !a.StartedAt.Equal(noon.Add(5500*time.Millisecond)) || !a.EndedAt.Equal(noon.Add(8*time.Second)) ||
		*a.StatusCode != 200 || *a.Duration != 7.8 || string(a.Input) != `{"prompt":"cat","seed":9007199254740993}` || string(a.Output) != `{"images":[]}` {
		t.Errorf("got %+v", a)
	}
	for _, bare := range got[1:] {
		if !bare.SentAt.IsZero() || !bare.EndedAt.IsZero() || bare.StatusCode != nil || bare.Duration != nil || bare.Input != nil || bare.Output != nil {
			t.Errorf("got %+v", bare)
		}
	}
	sent := fake.got()
	if len(sent) != 3 || sent[0].path != "/platform/v1/models/requests/by-endpoint" {
		t.Fatalf("sent %+v", sent)
	}
	values, err := url.ParseQuery(sent[2].query)
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"endpoint_id": {testEndpoint}, "request_id": {testID}, "status": {"success"}, "expand": {"payloads"}, "limit": {"100"},
		"start": {"2026-09-01T12:00:00Z"}, "end": {"2026-09-01T13:00:00Z"}, "cursor": {"Mw=="},
	}
	if values.Encode() != want.Encode() {
		t.Errorf("asked %s, want %s", values.Encode(), want.Encode())
	}
}

// How many requests come with one call is the caller's to say, up to what fal
// documents.
func TestRequestsPageSize(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 200, page()) })
	c := client(t, fake.URL)
	for size, want := range map[int]string{0: "100", 1: "1", 7: "7", 100: "100", 101: "100"} {
		before := len(fake.got())
		for _, err := range c.Requests(t.Context(), RequestsQuery{EndpointID: testEndpoint, PageSize: size}) {
			t.Errorf("an empty history yielded %v", err)
		}
		asked, err := url.ParseQuery(fake.got()[before].query)
		if err != nil {
			t.Fatal(err)
		}
		if got := asked.Get("limit"); got != want {
			t.Errorf("a page of %d is asked for as %s, want %s", size, got, want)
		}
	}
}

// A page of ten times what was asked for is still read, a longer one isn't.
func TestRequestsPageHasABound(t *testing.T) {
	t.Parallel()
	for length, want := range map[int]error{1000: nil, 1001: ErrMalformed} {
		fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
			reply(w, 200, page(slices.Repeat([]string{`{"request_id":"a"}`}, length)...))
		})
		listed, last := 0, error(nil)
		for _, err := range client(t, fake.URL).Requests(t.Context(), RequestsQuery{EndpointID: testEndpoint}) {
			if last = err; err == nil {
				listed++
			}
		}
		if !errors.Is(last, want) || want == nil && listed != length || want != nil && listed != 0 {
			t.Errorf("%d requests on a page: %d were listed, %v", length, listed, last)
		}
	}
}

// Neither pages without a number nor pages without an end are read for ever.
func TestRequestsHaveAnEnd(t *testing.T) {
	t.Parallel()
	const item = `{"request_id":"a"}`
	list := func(c *Client) (listed int, last error) {
		for _, err := range c.Requests(t.Context(), RequestsQuery{EndpointID: testEndpoint}) {
			if last = err; err == nil {
				listed++
			}
		}
		return listed, last
	}
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, number int) {
		reply(w, 200, fmt.Sprintf(`{"items":[`+item+`],"next_cursor":"%d","has_more":%t}`, number, number%3 != 0))
	})
	c := client(t, fake.URL)
	c.longestList = 3 * len(item)
	if listed, err := list(c); listed != 3 || err != nil {
		t.Errorf("%d requests that just fit, %v", listed, err)
	}
	c.longestList--
	if listed, err := list(c); listed != 2 || !errors.Is(err, ErrMalformed) {
		t.Errorf("%d requests of 3 that are too long, %v", listed, err)
	}

	pages := 0
	endless := answering(func() (int, string) {
		pages++
		return 200, fmt.Sprintf(`{"items":[],"next_cursor":"%d","has_more":true}`, pages)
	})
	if _, err := list(client(t, "http://127.0.0.1:1", withTransport(endless))); !errors.Is(err, ErrMalformed) || pages != 2000 {
		t.Errorf("%d pages, %v", pages, err)
	}
}

func TestRequestsStopsWhenTheCallerDoes(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, number int) {
		reply(w, 200, fmt.Sprintf(`{"items":[{"request_id":"a"},{"request_id":"b"}],"next_cursor":"%d","has_more":true}`, number))
	})
	c := client(t, fake.URL)
	var seen int
	for _, err := range c.Requests(t.Context(), RequestsQuery{EndpointID: testEndpoint}) {
		if err != nil {
			t.Fatal(err)
		}
		if seen++; seen == 3 {
			break
		}
	}
	if n := len(fake.got()); n != 2 {
		t.Errorf("%d pages for 3 requests, want 2", n)
	}
}

// A list that is none, or breaks off, is not taken for one that has nothing: what
// is not in the history may be paid for.
func TestRequestsBreakOff(t *testing.T) {
	t.Parallel()
	const item = `{"items":[{"request_id":"a"}]`
	for name, test := range map[string]struct {
		body          string
		listed, calls int
		isError       bool
	}{
		"the cursor stays":           {item + `,"next_cursor":"x","has_more":true}`, 2, 2, true},
		"more, without a cursor":     {item + `,"has_more":true}`, 1, 1, true},
		"more, and the cursor null":  {item + `,"next_cursor":null,"has_more":true}`, 1, 1, true},
		"more, and the cursor empty": {item + `,"next_cursor":"","has_more":true}`, 1, 1, true},
		"a cursor alone that stays":  {item + `,"next_cursor":"x"}`, 2, 2, true},
		"a cursor, and no more":      {item + `,"next_cursor":"x","has_more":false}`, 1, 1, false},
		"neither":                    {item + `}`, 1, 1, false},
		"nothing":                    {`{"items":[],"next_cursor":null,"has_more":false}`, 0, 1, false},
		"no list":                    {`{"message":"hello"}`, 0, 1, true},
		"another list":               {`{"results":[{"request_id":"a"}],"has_more":false}`, 0, 1, true},
		"null for a list":            {`{"items":null,"has_more":false}`, 0, 1, true},
		"an object for a list":       {`{"items":{},"has_more":false}`, 0, 1, true},
	} {
		fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 200, test.body) })
		c := client(t, fake.URL)
		listed, last := 0, error(nil)
		for _, err := range c.Requests(t.Context(), RequestsQuery{EndpointID: testEndpoint}) {
			if last = err; err == nil {
				listed++
			}
		}
		if listed != test.listed || len(fake.got()) != test.calls || errors.Is(last, ErrMalformed) != test.isError || (last != nil) != test.isError {
			t.Errorf("%s: %d requests in %d calls, %v; want %d in %d", name, listed, len(fake.got()), last, test.listed, test.calls)
		}
	}
}

// Where an answer does not say whether there is more, its cursor does.
func TestRequestsFollowACursorAlone(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if r.URL.Query().Get("cursor") == "Mg" {
			reply(w, 200, `{"items":[{"request_id":"b"}],"next_cursor":null}`)
			return
		}
		reply(w, 200, `{"items":[{"request_id":"a"}],"next_cursor":"Mg","has_more":null}`)
	})
	var listed []string
	for request, err := range client(t, fake.URL).Requests(t.Context(), RequestsQuery{EndpointID: testEndpoint}) {
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, request.RequestID)
	}
	if !slices.Equal(listed, []string{"a", "b"}) {
		t.Errorf("listed %v", listed)
	}
}

func TestPlatformErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		body   string
		want   error
		calls  int
	}{
		"rejected":  {401, `{"error":{"type":"authorization_error","message":"Invalid API key"}}`, ErrUnauthorized, 1},
		"not admin": {403, `{"error":{"type":"authorization_error","message":"Admin key required"}}`, ErrForbidden, 1},
		"unknown":   {404, `{"error":{"type":"not_found","message":"No such thing"}}`, ErrNotFound, 1},
		"invalid":   {400, `{"error":{"type":"validation_error","message":"bad start"}}`, ErrInvalid, 1},
		"server":    {500, `{"error":{"type":"server_error","message":"oops"}}`, ErrServer, attempts},
		"page":      {200, `<html></html>`, ErrMalformed, attempts},
		"type":      {200, `{"items":{},"prices":7,"total_cost":"x","cdn_delete_results":4}`, ErrMalformed, 1},
		"overflow":  {200, `{"items":7,"prices":[{"unit_price":1e400}],"total_cost":1e400,"cdn_delete_results":[{"link":8}]}`, ErrMalformed, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, test.status, test.body) })
			c := client(t, fake.URL)
			calls := map[string]func() error{
				"history": func() error {
					for _, err := range c.Requests(t.Context(), RequestsQuery{EndpointID: testEndpoint}) {
						return err
					}
					return nil
				},
				"pricing":  func() error { _, err := c.Pricing(t.Context(), testEndpoint); return err },
				"estimate": func() error { _, err := c.EstimateCalls(t.Context(), testEndpoint, 1); return err },
				"delete":   func() error { _, err := c.DeletePayloads(t.Context(), testID); return err },
			}
			for name, call := range calls {
				before := len(fake.got())
				if err := call(); !errors.Is(err, test.want) {
					t.Errorf("%s: got %v, want %v", name, err, test.want)
				}
				if n := len(fake.got()) - before; n != test.calls {
					t.Errorf("%s: %d calls, want %d", name, n, test.calls)
				}
			}
		})
	}
}

func TestPricing(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if r.URL.Path != "/platform/v1/models/pricing" || r.URL.Query().Encode() != "endpoint_id=a%2Fb&endpoint_id=c%2Fd" {
			t.Errorf("asked %s", r.URL)
		}
		reply(w, 200, `{"prices":[{"endpoint_id":"a/b","unit_price":0.012,"unit":"megapixels","currency":"USD"},{"endpoint_id":"c/d"}],"next_cursor":null,"has_more":false}`)
	})
	c := client(t, fake.URL)
	prices, err := c.Pricing(t.Context(), "a/b", "c/d")
	if err != nil || len(prices) != 2 || *prices[0].UnitPrice != 0.012 || prices[0] != (Price{"a/b", prices[0].UnitPrice, "megapixels", "USD"}) || prices[1].UnitPrice != nil {
		t.Errorf("got %+v, %v", prices, err)
	}
}

func TestEstimate(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, number int) {
		if number == 1 {
			reply(w, 503, `{}`)
			return
		}
		reply(w, 200, `{"estimate_type":"x","total_cost":1.88,"currency":"USD"}`)
	})
	c := client(t, fake.URL)
	estimate, err := c.EstimateUnits(t.Context(), testEndpoint, 2.5)
	if err != nil || *estimate.TotalCost != 1.88 || estimate.Currency != "USD" {
		t.Errorf("got %+v, %v", estimate, err)
	}
	if _, err := c.EstimateCalls(t.Context(), testEndpoint, 100); err != nil {
		t.Error(err)
	}
	got := fake.got()
	bodies := []string{
		`{"endpoints":{"fal-ai/flux-2-dev":{"unit_quantity":2.5}},"estimate_type":"unit_price"}`,
		`{"endpoints":{"fal-ai/flux-2-dev":{"unit_quantity":2.5}},"estimate_type":"unit_price"}`,
		`{"endpoints":{"fal-ai/flux-2-dev":{"call_quantity":100}},"estimate_type":"historical_api_price"}`,
	}
	for i, r := range got {
		if r.method != "POST" || r.path != "/platform/v1/models/pricing/estimate" || r.body != bodies[i] {
			t.Errorf("sent %+v", r)
		}
	}
}

func TestDeletePayloads(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, number int) {
		if number == 1 {
			panic(http.ErrAbortHandler)
		}
		reply(w, 200, `{"cdn_delete_results":[{"link":"https://v3.fal.media/a","exception":null},{"link":"https://v3.fal.media/b","exception":"denied\u001b[31m\n\nError: forged"}]}`)
	})
	c := client(t, fake.URL)
	deleted, err := c.DeletePayloads(t.Context(), testID)
	if err != nil || len(deleted) != 2 || deleted[0].Exception != nil || *deleted[1].Exception != "denied [31m Error: forged" {
		t.Errorf("got %+v, %v", deleted, err)
	}
	got := fake.got()
	if len(got) != 2 || got[1].method != "DELETE" || got[1].path != "/platform/v1/models/requests/"+testID+"/payloads" {
		t.Errorf("sent %+v", got)
	}
	if _, err := c.DeletePayloads(t.Context(), "../x"); err == nil || len(fake.got()) != 2 {
		t.Errorf("a request id with a slash: %v", err)
	}
}

func TestFailureOfAPastRequest(t *testing.T) {
	t.Parallel()
	for status, want := range map[int64]error{400: ErrInvalid, 422: ErrInvalid, 499: ErrCancelled, 500: ErrServer} {
		err := Request{RequestID: testID, StatusCode: &status}.Failure()
		if !errors.Is(err, want) || !errors.Is(err, ErrJobFailed) {
			t.Errorf("%d: %v", status, err)
		}
	}
	for _, fine := range []int64{200, 399} {
		if err := (Request{StatusCode: &fine}).Failure(); err != nil {
			t.Error(err)
		}
	}
	if err := (Request{}).Failure(); err != nil {
		t.Error(err)
	}
}
