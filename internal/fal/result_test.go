// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestResult(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		header map[string]string
		body   string
		want   []error
		not    []error
		// calls is how often fal is asked, 1 if it is left out.
		calls int
	}{
		"output":             {status: 200, body: ` {"images":[],"detail":"high"} `},
		"redirected":         {status: 300, body: `{"images":[]}`, want: []error{ErrMalformed}, not: []error{ErrJobFailed}},
		"no content":         {status: 204, want: []error{ErrMalformed}, calls: attempts},
		"output with a list": {status: 200, body: `{"images":[],"detail":[{"loc":["body"]}]}`},
		"list of types":      {status: 200, body: `{"detail":[{"type":"x"}]}`, want: []error{ErrInvalid, ErrJobFailed}},
		"list of messages":   {status: 200, body: `{"detail":[{"msg":"x"}]}`, want: []error{ErrInvalid, ErrJobFailed}},
		"in progress":        {status: 400, body: `{"detail":"Request is still in progress","request_id":"x"}`, want: []error{ErrInProgress}, not: []error{ErrJobFailed, ErrInvalid}},
		"accepted":           {status: 202, body: `{"status":"IN_PROGRESS"}`, want: []error{ErrInProgress}, not: []error{ErrJobFailed}},
		"refused": {status: 422, body: `{"detail":[{"loc":["body","seed"],"msg":"too large","type":"less_than_equal"}]}`,
			want: []error{ErrInvalid, ErrJobFailed}},
		"policy": {status: 422, body: `{"detail":[{"loc":["body","prompt"],"msg":"no","type":"content_policy_violation"}]}`,
			want: []error{ErrInvalid, ErrContentPolicy, ErrJobFailed}},
		"list in success": {status: 200, body: `{"detail":[{"loc":["body"],"msg":"bad","type":"x"}]}`, want: []error{ErrInvalid, ErrJobFailed}, not: []error{ErrMalformed}},
		"downstream": {status: 400, body: `{"detail":[{"loc":["body"],"msg":"bad","type":"downstream_service_error"}]}`,
			want: []error{ErrServer, ErrJobFailed}, not: []error{ErrInvalid}},
		"cancelled":    {status: 499, body: `{"detail":"Request cancelled by the client.","error_type":"client_cancelled"}`, want: []error{ErrCancelled, ErrJobFailed}},
		"deadline":     {status: 504, header: map[string]string{headerTimeoutType: "user"}, body: `{"detail":"late","error_type":"request_timeout"}`, want: []error{ErrStartTimeout, ErrJobFailed}},
		"disconnected": {status: 503, body: `{"detail":"gone","error_type":"runner_disconnected"}`, want: []error{ErrServer, ErrJobFailed}, not: []error{ErrStartTimeout}},
		"typed header": {status: 500, header: map[string]string{headerErrorType: "internal_error"}, body: `{"detail":"gone"}`, want: []error{ErrServer, ErrJobFailed}},
		"app crash": {status: 500, header: map[string]string{headerRequestID: testID}, body: `{"detail":"Internal Server Error"}`,
			want: []error{ErrServer, ErrJobFailed}, calls: attempts},
		"gateway":        {status: 502, body: `<html>nginx</html>`, want: []error{ErrServer}, not: []error{ErrJobFailed}, calls: attempts},
		"bare 500":       {status: 500, body: `{"detail":"oops"}`, want: []error{ErrServer}, not: []error{ErrJobFailed}, calls: attempts},
		"early":          {status: 425, body: `{}`, want: []error{ErrServer}, not: []error{ErrJobFailed}, calls: attempts},
		"late":           {status: 408, body: `{}`, want: []error{ErrServer}, not: []error{ErrJobFailed}, calls: attempts},
		"page":           {status: 200, body: `<html></html>`, want: []error{ErrMalformed}, not: []error{ErrJobFailed}, calls: attempts},
		"empty":          {status: 200, body: ``, want: []error{ErrMalformed}, calls: attempts},
		"cut":            {status: 200, body: `{"images":[`, want: []error{ErrMalformed}, calls: attempts},
		"not a number":   {status: 200, body: `{"seed":NaN}`, want: []error{ErrMalformed}, calls: attempts},
		"list":           {status: 200, body: `[{}]`, want: []error{ErrMalformed}},
		"rejected key":   {status: 401, body: `{"detail":"no"}`, want: []error{ErrUnauthorized}, not: []error{ErrJobFailed}},
		"locked":         {status: 403, body: `{"detail":"User is locked. Reason: Admin lock."}`, want: []error{ErrLocked}, not: []error{ErrJobFailed, ErrForbidden}},
		"forgotten":      {status: 404, body: `{"status":"NOT_FOUND"}`, want: []error{ErrNotFound}, not: []error{ErrJobFailed}},
		"gone":           {status: 410, body: `{"detail":"expired"}`, want: []error{ErrNotFound}, not: []error{ErrJobFailed}},
		"app lacks path": {status: 404, header: map[string]string{headerBillableUnits: "0"}, body: `{"detail":"Path /x not found"}`, want: []error{ErrNotFound, ErrJobFailed}},
		"wrong method":   {status: 405, body: ``, not: []error{ErrJobFailed, ErrMalformed}},
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
			result, err := c.Result(t.Context(), attach(t, c))
			if succeeds := strings.HasPrefix(name, "output"); succeeds != (err == nil) {
				t.Fatalf("got %+v, %v", result, err)
			}
			if err == nil && string(result.Body) != strings.TrimSpace(test.body) {
				t.Errorf("body %s", result.Body)
			}
			for _, want := range test.want {
				if !errors.Is(err, want) {
					t.Errorf("got %v, want %v", err, want)
				}
			}
			for _, not := range append(test.not, ErrOutcomeUnknown) {
				if errors.Is(err, not) {
					t.Errorf("got %v, which must not be %v", err, not)
				}
			}
			var failure *Error
			if err != nil && (!errors.As(err, &failure) || failure.RequestID != testID) {
				t.Errorf("the error does not name the request: %#v", failure)
			}
			if n := len(fake.got()); n != max(test.calls, 1) {
				t.Errorf("%d calls, want %d", n, max(test.calls, 1))
			}
		})
	}
}

func TestResultComesInTheEnd(t *testing.T) {
	t.Parallel()
	answers := []func(http.ResponseWriter){
		func(w http.ResponseWriter) { reply(w, 503, `<html>nginx</html>`) },
		func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "500")
			reply(w, 200, `{"images":[]}`)
		},
		func(w http.ResponseWriter) { reply(w, 429, `{}`) },
		func(w http.ResponseWriter) {
			w.Header().Set(headerRequestID, testID)
			w.Header().Set(headerBillableUnits, "2")
			reply(w, 200, `{"images":[]}`)
		},
	}
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, number int) { answers[number-1](w) })
	clock := newFakeClock()
	c := client(t, fake.URL, withClock(clock))
	result, err := c.Result(t.Context(), attach(t, c))
	if err != nil || string(result.Body) != `{"images":[]}` || result.RequestID != testID || *result.BillableUnits != 2 || !result.Date.Equal(noon) {
		t.Errorf("got %+v, %v", result, err)
	}
	// net/http itself repeats the GET whose kept connection broke.
	if calls, pauses := len(fake.got()), len(clock.sleeps()); calls != len(answers) || pauses < calls-2 {
		t.Errorf("%d calls and %d pauses, want %d and a pause after almost each", calls, pauses, len(answers))
	}
}

// slowBodies is a transport under whose answers time passes before they are read.
type slowBodies struct {
	next  http.RoundTripper
	clock *fakeClock
}

func (s slowBodies) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := s.next.RoundTrip(request)
	if err == nil {
		response.Body = &slowBody{response.Body, s.clock}
	}
	return response, err
}

type slowBody struct {
	io.ReadCloser
	clock *fakeClock
}

// Read takes a minute.
func (b *slowBody) Read(p []byte) (int, error) {
	b.clock.advance(time.Minute)
	return b.ReadCloser.Read(p)
}

// When fal answered is what it says, however long it takes to read.
func TestDatesAreTheirs(t *testing.T) {
	t.Parallel()
	theirs := noon.Add(3 * time.Hour)
	var fake *fakeFal
	fake = newFakeFal(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		w.Header().Set("Date", theirs.Format(http.TimeFormat))
		if r.Method == http.MethodPost {
			reply(w, 200, ticket(fake.URL))
			return
		}
		reply(w, 200, `{"images":[]}`)
	})
	clock := newFakeClock()
	c := client(t, fake.URL, withClock(clock), func(o *Options) { o.Transport = slowBodies{o.Transport, clock} })
	handle, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
	if err != nil || !handle.SubmittedAt.Equal(theirs) {
		t.Errorf("submitted at %s, %v; want %s", handle.SubmittedAt, err, theirs)
	}
	result, err := c.Result(t.Context(), handle)
	if err != nil || !result.Date.Equal(theirs) {
		t.Errorf("answered at %s, %v; want %s", result.Date, err, theirs)
	}
	if n := len(fake.got()); n != 2 {
		t.Errorf("%d calls, want a submission and a result", n)
	}
}

func TestBillableUnits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"0": 0, "1": 1, "2.5": 2.5} {
		fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.Header().Set(headerBillableUnits, text)
			reply(w, 200, `{}`)
		})
		c := client(t, fake.URL)
		if result, err := c.Result(t.Context(), attach(t, c)); err != nil || result.BillableUnits == nil || *result.BillableUnits != want {
			t.Errorf("%q became %v, %v", text, result.BillableUnits, err)
		}
	}
}

func TestBillableUnitsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, units := range []string{"", "NaN", "Inf", "-1", "1e999", "many"} {
		fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.Header().Set(headerBillableUnits, units)
			reply(w, 200, `{}`)
		})
		c := client(t, fake.URL)
		if result, err := c.Result(t.Context(), attach(t, c)); err != nil || result.BillableUnits != nil {
			t.Errorf("%q became %v, %v", units, result.BillableUnits, err)
		}
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	server := newRawServer(t, func(c *rawConn, _ int) {
		if err := c.request(); err != nil {
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 200 x\r\n\r\n{\"status\":\"")
		for err := error(nil); err == nil; {
			_, err = io.WriteString(c, strings.Repeat("x", 1<<16))
		}
	})
	c := client(t, server.url)
	_, err := c.Status(t.Context(), attach(t, c), false)
	if !errors.Is(err, ErrMalformed) || errors.Is(err, ErrConnection) || server.heads.Load() != 1 {
		t.Errorf("got %v after %d calls", err, server.heads.Load())
	}
}

func TestSlowAnswersEnd(t *testing.T) {
	t.Parallel()
	const limit = 20 * time.Second
	clock := newFakeClock()
	server := newRawServer(t, func(c *rawConn, _ int) {
		_ = c.request()
		_, _ = io.WriteString(c, "HTTP/1.1 200 x\r\nContent-Length: 90\r\n\r\n{")
		clock.advance(limit)
		_, _ = c.reader.ReadByte()
	})
	logs := &logLines{}
	c := client(t, server.url, withClock(clock), func(o *Options) { o.Logger = logs })
	_, err := c.do(t.Context(), call{operation: "status", method: "GET", url: attach(t, c).StatusURL, limit: smallBody, timeout: limit})
	if !errors.Is(err, ErrConnection) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want ErrConnection and no sign of the caller's deadline", err)
	}
	if n := len(logs.all()); n != attempts {
		t.Errorf("%d attempts, want %d", n, attempts)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		body   string
		want   CancelOutcome
		err    error
		calls  int
	}{
		"removed":         {200, `{"status":"OK"}`, CancelRemoved, nil, 1},
		"requested":       {202, `{"status":"CANCELLATION_REQUESTED"}`, CancelRequested, nil, 1},
		"success":         {200, `{"success":true}`, CancelRequested, nil, 1},
		"OK too early":    {202, `{"status":"OK"}`, CancelRequested, nil, 1},
		"says nothing":    {202, ``, CancelRequested, nil, 1},
		"too late":        {400, `{"status":"ALREADY_COMPLETED"}`, CancelTooLate, nil, 1},
		"too late in 200": {200, `{"status":"ALREADY_COMPLETED"}`, CancelTooLate, nil, 1},
		"not found":       {404, `{"status":"NOT_FOUND"}`, CancelNotFound, nil, 1},
		"forgotten":       {410, `{}`, CancelNotFound, nil, 1},
		"unknown in 200":  {200, `{"status":"NOT_FOUND"}`, CancelNotFound, nil, 1},
		"too late in 422": {422, `{"status":"ALREADY_COMPLETED"}`, CancelTooLate, nil, 1},
		"slow down":       {429, `{}`, CancelRequested, ErrRateLimited, 0},
		"not implemented": {501, `{}`, CancelRequested, ErrServer, attempts},
		"no route":        {404, `<html></html>`, CancelNotFound, nil, 1},
		"locked":          {403, `{"detail":"User is locked."}`, CancelRequested, ErrLocked, 1},
		"other 400":       {400, `{"detail":"what?"}`, CancelRefused, nil, 1},
		"late":            {408, `{}`, CancelRequested, ErrServer, 1},
		"server":          {500, `{}`, CancelRequested, ErrServer, attempts},
		"page":            {200, `<html></html>`, CancelRequested, ErrMalformed, attempts},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, test.status, test.body) })
			c := client(t, fake.URL)
			outcome, err := c.Cancel(t.Context(), attach(t, c))
			if outcome != test.want || !errors.Is(err, test.err) {
				t.Errorf("got %d, %v; want %d, %v", outcome, err, test.want, test.err)
			}
			got := fake.got()
			if len(got) != cmp.Or(test.calls, len(got)) || got[0].method != "PUT" || got[0].path != "/queue/"+testEndpoint+"/requests/"+testID+"/cancel" {
				t.Errorf("%d calls, the first %+v; want %d", len(got), got[0], test.calls)
			}
		})
	}
}

func TestCancelIsRepeatedAndUrgent(t *testing.T) {
	t.Parallel()
	server := newRawServer(t, func(c *rawConn, before int) {
		if err := c.request(); err != nil {
			return
		}
		if before == 0 {
			c.reset()
			return
		}
		c.answer(200, `{"status":"OK"}`)
	})
	clock := newFakeClock()
	c := client(t, server.url, withClock(clock))
	c.cooldown.extend(noon.Add(time.Hour))
	if outcome, err := c.Cancel(t.Context(), attach(t, c)); err != nil || outcome != CancelRemoved {
		t.Errorf("got %d, %v", outcome, err)
	}
	if waited := clock.Now().Sub(noon); waited > time.Second || server.heads.Load() != 2 {
		t.Errorf("waited %s for %d calls, want 2 at once", waited, server.heads.Load())
	}
}
