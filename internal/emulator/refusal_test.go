// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// Both pages have been seen in front of any part of fal.
func TestPages(t *testing.T) {
	t.Parallel()
	for page, want := range map[string]struct{ contentType, mitigated, body string }{
		"challenge": {"text/html; charset=UTF-8", "challenge", "<title>Just a moment...</title>"},
		"forbidden": {"text/plain; charset=utf-8", "", "Forbidden"},
	} {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			faults, err := ReadFaults(strings.NewReader(`[{"page":"` + page + `"}]`))
			if err != nil {
				t.Fatal(err)
			}
			f := newFixture(t)
			id := f.submit(cat)
			media := f.Requests()[0].Media[0]
			f.Inject(faults...)
			for path, method := range map[string]string{
				dev:                            http.MethodPost,
				direct:                         http.MethodPost,
				request(id):                    http.MethodGet,
				request(id) + "/status":        http.MethodGet,
				request(id) + "/status/stream": http.MethodGet,
				request(id) + "/cancel":        http.MethodPut,
				historyPath:                    http.MethodGet,
				"/platform/v1/models/pricing":  http.MethodGet,
				"/platform/v1/models/requests/" + id + "/payloads": http.MethodDelete,
				media: http.MethodGet,
			} {
				r := f.do(method, path, cat)
				if r.status != http.StatusForbidden || !strings.Contains(r.text, want.body) || strings.Contains(r.text, "{") ||
					r.header.Get("Content-Type") != want.contentType || r.header.Get("Cf-Mitigated") != want.mitigated {
					t.Errorf("%s %s: %d %v %s", method, path, r.status, r.header, r.text)
				}
				if r.header.Get("X-Fal-Request-Id") != "" {
					t.Errorf("%s: fal has signed it", path)
				}
			}
			if n := len(f.Submissions()); n != 1 {
				t.Errorf("%d submissions", n)
			}
		})
	}
}

// A status alone has fal's own words for it.
func TestRefusals(t *testing.T) {
	t.Parallel()
	const platform = `{"error":{"type":"authorization_error","message":`
	for name, test := range map[string]struct {
		path   string
		status int
		want   string
	}{
		"result":             {"/result", 404, `{"detail":"Request not found"}`},
		"status":             {"/status", 404, `{"status":"NOT_FOUND"}`},
		"no stream, 404":     {"/status/stream", 404, `{"status":"NOT_FOUND"}`},
		"no stream, 405":     {"/status/stream", 405, `{"detail":"Method Not Allowed"}`},
		"unusual":            {"/result", 451, `{}`},
		"history, 401":       {historyPath, 401, platform + `"API key authentication required"}}`},
		"history, 403":       {historyPath, 403, platform + `"This API key is not permitted to perform this action."}}`},
		"history, 503":       {historyPath, 503, `{"error":{"type":"server_error","message":"The request failed."}}`},
		"locked, other text": {"/status", 403, `{"detail":"User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing."}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			path := test.path
			if path != historyPath {
				path = request(f.submit(cat)) + strings.TrimPrefix(path, "/result")
			}
			f.Inject(Fault{Path: strings.Split(path, "?")[0], Status: test.status})
			expect(t, f.get(path), test.status, test.want)
		})
	}
}

// An error of fal's infrastructure about a result that is there.
func TestInfrastructureErrorOnTheWire(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithFaults(
		Fault{Route: RouteResult, Times: 1, ErrorType: "runner_disconnected"},
		Fault{Route: RouteResult, Times: 1, ErrorType: "runner_disconnected", Status: 502},
	))
	id := f.submit(cat)
	for _, status := range []int{http.StatusServiceUnavailable, http.StatusBadGateway} {
		r := f.get(request(id))
		expect(t, r, status, `{"detail":"The request failed: runner disconnected","error_type":"runner_disconnected"}`)
		if r.header.Get("X-Fal-Request-Id") != id || r.header.Get("X-Fal-Error-Type") != "runner_disconnected" {
			t.Errorf("headers %v", r.header)
		}
	}
	expect(t, f.get(request(id)), http.StatusOK, "")
}

// A body of JSON is JSON, whatever the status would have had.
func TestBodyOfAFault(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithFaults(Fault{Route: RouteResult, Status: 503, Body: ptr(`{"detail":"later"}`)}))
	r := f.get(request(f.submit(cat)))
	expect(t, r, http.StatusServiceUnavailable, `{"detail":"later"}`)
	if got := r.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("content type %q", got)
	}
}

func TestHeadersOfAFault(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithFaults(
		Fault{Route: RouteResult, Headers: map[string]string{"X-Fal-Needs-Retry": "false", "Date": "Mon, 31 Aug 2026 08:00:00 GMT"}},
		Fault{Route: RouteRun, Headers: map[string]string{"X-Fal-Request-Id": ""}},
	))
	r := f.get(request(f.submit(cat)))
	if r.header.Get("X-Fal-Needs-Retry") != "false" || r.header.Get("Date") != "Mon, 31 Aug 2026 08:00:00 GMT" {
		t.Errorf("headers %v", r.header)
	}
	if served := r.header.Get("X-Fal-Served-From"); len(served) != 36 {
		t.Errorf("served from %q", served)
	}
	r = f.do(http.MethodPost, direct, cat)
	expect(t, r, http.StatusOK, "")
	if _, found := r.header["X-Fal-Request-Id"]; found {
		t.Errorf("headers %v", r.header)
	}
}

func TestClockOffset(t *testing.T) {
	t.Parallel()
	for _, offset := range []time.Duration{7 * time.Minute, -7 * time.Minute} {
		f := newFixture(t, WithClockOffset(offset), WithRunTime(time.Second))
		want := epoch.Add(offset)
		r := f.do(http.MethodPost, dev, cat)
		if got := r.header.Get("Date"); got != want.Format(http.TimeFormat) || !f.Submissions()[0].Time.Equal(want) {
			t.Errorf("with %s the Date is %s", offset, got)
		}
		f.clock.Advance(time.Second)
		if got := f.get(historyPath).text; !strings.Contains(got, `"sent_at":"`+timestamp(want)+`"`) ||
			!strings.Contains(got, `"ended_at":"`+timestamp(want.Add(time.Second))+`"`) {
			t.Errorf("history %s", got)
		}
	}
}
