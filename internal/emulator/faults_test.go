// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestFaultsOnTheWire(t *testing.T) {
	t.Parallel()
	html := "<html>busy</html>"
	for name, test := range map[string]struct {
		fault    Fault
		status   int // 0 is no answer
		body     string
		accepted int
	}{
		"429":                {Fault{Status: 429, Headers: map[string]string{"Retry-After": "7"}}, 429, `{"detail":"Too many requests"}`, 0},
		"502 of the ingress": {Fault{Status: 502}, 502, "<center>nginx</center>", 0},
		"500":                {Fault{Status: 500}, 500, `{"detail":"Internal Server Error"}`, 0},
		"lock":               {Fault{Status: 403}, 403, "User is locked.", 0},
		"own body":           {Fault{Status: 503, Body: &html}, 503, html, 0},
		"redirect":           {Fault{Status: 307, Headers: map[string]string{"Location": "/elsewhere"}, Body: new(string)}, 404, "", 0},
		"502 after it":       {Fault{Status: 502, Accept: true}, 502, "nginx", 1},
		"HTML after it":      {Fault{Body: &html, Accept: true}, 200, html, 1},
		"other header":       {Fault{Headers: map[string]string{"Content-Type": "text/html", "X-Fal-Request-Id": ""}}, 200, "IN_QUEUE", 1},
		"reset before":       {Fault{ResetBefore: true}, 0, "", 0},
		"reset after":        {Fault{ResetAfter: true}, 0, "", 1},
		"truncated":          {Fault{Truncate: 5}, 0, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.fault.Name, test.fault.Route, test.fault.Times = "the fault", RouteSubmit, 1
			f := newFixture(t, WithFaults(test.fault))
			r, err := f.try(http.MethodPost, dev, cat)
			switch {
			case test.status == 0 && err == nil:
				t.Errorf("there is an answer: %d %s", r.status, r.text)
			case test.status != 0 && (err != nil || r.status != test.status || !strings.Contains(r.text, test.body)):
				t.Errorf("%v %d %s", err, r.status, r.text)
			}
			for name, value := range test.fault.Headers {
				if name != "Location" && r.header.Get(name) != value {
					t.Errorf("%s is %q", name, r.header.Get(name))
				}
			}
			if n := len(f.Submissions()); n != test.accepted {
				t.Errorf("%d submissions, want %d", n, test.accepted)
			}
			if first := f.Log()[0]; first.Fault != "the fault" || first.Accepted != (test.accepted == 1) {
				t.Errorf("log %+v", first)
			}
			f.submit(cat)
			if n := len(f.Submissions()); n != test.accepted+1 {
				t.Errorf("the fault has not passed: %d submissions", n)
			}
		})
	}
}

func TestResetIsATCPReset(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithFaults(Fault{ResetAfter: true, Route: RouteSubmit}))
	_, err := f.try(http.MethodPost, dev, cat)
	// The second is what Windows calls it.
	if err == nil || !regexp.MustCompile(`(?i)connection reset by peer|forcibly closed`).MatchString(err.Error()) {
		t.Errorf("the error is %v", err)
	}
}

func TestFaultSelection(t *testing.T) {
	t.Parallel()
	const id, other = "11111111-0000-4000-8000-000000000000", "22222222-0000-4000-8000-000000000000"
	for name, test := range map[string]struct {
		fault Fault
		id    string
		want  int
	}{
		"route":            {Fault{Route: RouteResult}, id, 429},
		"another route":    {Fault{Route: RouteStatus}, id, 200},
		"method":           {Fault{Method: "get"}, id, 429},
		"another method":   {Fault{Method: "PUT"}, id, 200},
		"prefix":           {Fault{Path: "/queue/"}, id, 429},
		"another prefix":   {Fault{Path: "/run"}, id, 200},
		"pattern":          {Fault{Path: "/queue/*/requests/*"}, id, 429},
		"pattern at end":   {Fault{Path: "*" + id}, id, 429},
		"three pieces":     {Fault{Path: "/q*flux*quests*000"}, id, 429},
		"another pattern":  {Fault{Path: "/queue/*/status"}, id, 200},
		"a lacking piece":  {Fault{Path: "/queue/*nowhere*"}, id, 200},
		"request":          {Fault{RequestID: id}, id, 429},
		"another request":  {Fault{RequestID: id}, other, 200},
		"prompt":           {Fault{Prompt: "red"}, id, 429},
		"another prompt":   {Fault{Prompt: "red"}, other, 200},
		"after those left": {Fault{Skip: 1}, id, 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.fault.Status = 429
			f := newFixture(t, WithFaults(test.fault))
			for id, input := range map[string]string{id: `{"prompt":"a red cat"}`, other: `{"prompt":"a dog"}`} {
				if _, err := f.SeedRequest(SeededRequest{ID: id, Input: []byte(input)}); err != nil {
					t.Fatal(err)
				}
			}
			expect(t, f.get(request(test.id)), test.want, "")
			if test.fault.Skip > 0 {
				expect(t, f.get(request(test.id)), 429, "")
			}
			f.ClearFaults()
			expect(t, f.get(request(test.id)), http.StatusOK, "")
		})
	}
}

func TestFaultSelectionByTheSubmittedPrompt(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithFaults(Fault{Route: RouteSubmit, Prompt: "dog", Status: 500}))
	expect(t, f.do(http.MethodPost, dev, cat), http.StatusOK, "")
	expect(t, f.do(http.MethodPost, dev, `{"prompt":"dog"}`), http.StatusInternalServerError, "")
}

func TestFaultsOfMedia(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	path := f.paint("")
	whole := f.get(path).text
	f.Inject(
		Fault{Route: RouteMedia, Times: 1, Status: 403, Body: ptr("Forbidden")},
		Fault{Route: RouteMedia, Times: 1, Headers: map[string]string{"Content-Type": "text/html"}},
		Fault{Route: RouteMedia, Times: 1, Truncate: 100},
	)
	if r := f.get(path); r.status != http.StatusForbidden || r.text != "Forbidden" {
		t.Errorf("%d %s", r.status, r.text)
	}
	if r := f.get(path); r.header.Get("Content-Type") != "text/html" || r.text != whole {
		t.Errorf("%d %v", r.status, r.header)
	}
	if r, err := f.try(http.MethodGet, path, ""); err == nil || r.text != whole[:100] {
		t.Errorf("%v after %d bytes", err, len(r.text))
	}
	expect(t, f.get(path), http.StatusOK, "")
}

func TestPlatformFaultsHaveItsShape(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithFaults(Fault{Route: RouteHistory, Status: 429}))
	expect(t, f.get(historyPath), http.StatusTooManyRequests, `{"error":{"type":"rate_limited","message":"The request failed."}}`)
}

func TestDelays(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault    Fault
		accepted int
	}{
		"before": {Fault{Delay: Duration(time.Minute)}, 0},
		"after":  {Fault{Delay: Duration(time.Minute), Accept: true}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.fault.Route = RouteSubmit
			f := newFixture(t, WithFaults(test.fault))
			done := make(chan response)
			go func() {
				r, _ := f.try(http.MethodPost, dev, cat)
				done <- r
			}()
			f.clock.waitForTimers(1)
			if n := len(f.Submissions()); n != test.accepted {
				t.Errorf("%d submissions, want %d", n, test.accepted)
			}
			f.clock.Advance(time.Minute)
			expect(t, <-done, http.StatusOK, "")
		})
	}
}

func TestHang(t *testing.T) {
	t.Parallel()
	for name, accepted := range map[string]int{"before": 0, "after": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, WithFaults(Fault{Hang: true, Accept: accepted == 1}))
			failed := make(chan error)
			go func() {
				_, err := f.try(http.MethodPost, dev, cat)
				failed <- err
			}()
			f.await(func() bool {
				log := f.Log()
				return len(log) == 1 && log[0].Fault != "" && len(f.Submissions()) == accepted
			})
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if err := <-failed; err == nil {
				t.Error("there was an answer")
			}
		})
	}
}

func TestJobFaults(t *testing.T) {
	t.Parallel()
	html, none := "<html>broken</html>", 0
	late := Duration(time.Minute)
	for name, test := range map[string]struct {
		fault  JobFault
		after  time.Duration
		status string // what the status shows
		code   int    // of the result
		result string // a part of the result
	}{
		"infrastructure":  {JobFault{ErrorType: "runner_disconnected"}, time.Second, `"error_type":"runner_disconnected"`, 503, `"error_type":"runner_disconnected"`},
		"its own text":    {JobFault{ErrorType: "startup_timeout", Error: "too cold"}, time.Second, `"error":"too cold"`, 504, `{"detail":"too cold","error_type":"startup_timeout"}`},
		"unknown type":    {JobFault{ErrorType: "gremlins"}, time.Second, `"error_type":"gremlins"`, 500, ""},
		"its own status":  {JobFault{ErrorType: "gremlins", Status: 507}, time.Second, "COMPLETED", 507, ""},
		"model's 422":     {JobFault{Status: 422}, time.Second, `"metrics":{}`, 422, `{}`},
		"HTML":            {JobFault{Body: &html, ContentType: "text/html"}, time.Second, "COMPLETED", 200, html},
		"no pictures":     {JobFault{Images: &none}, time.Second, "COMPLETED", 200, `"images":[]`},
		"members":         {JobFault{Omit: []string{"timings", "seed", "has_nsfw_concepts"}, OmitImage: []string{"width", "height", "content_type", "file_name", "file_size"}}, time.Second, "COMPLETED", 200, `.png"}],"prompt":"cat"}`},
		"other members":   {JobFault{Set: map[string]json.RawMessage{"seed": json.RawMessage("1.5"), "new": json.RawMessage("true")}}, time.Second, "COMPLETED", 200, `"new":true,"seed":1.5}`},
		"unknown status":  {JobFault{UnknownStatus: "PAUSED"}, 0, `"status":"PAUSED"`, 400, ""},
		"stuck in queue":  {JobFault{Stuck: "IN_QUEUE"}, time.Hour, `"status":"IN_QUEUE"`, 400, ""},
		"stuck running":   {JobFault{Stuck: "IN_PROGRESS"}, time.Hour, `"status":"IN_PROGRESS"`, 400, ""},
		"own queue time":  {JobFault{QueueTime: &late}, 59 * time.Second, `"status":"IN_QUEUE"`, 400, ""},
		"own run time":    {JobFault{RunTime: &late}, time.Minute, `"inference_time":60`, 200, ""},
		"back to queue":   {JobFault{Reverts: 1, QueueTime: &late}, 61500 * time.Millisecond, `"status":"IN_QUEUE"`, 400, ""},
		"and on from it":  {JobFault{Reverts: 2}, 2 * time.Second, "COMPLETED", 200, ""},
		"422 in disguise": {JobFault{Body: ptr(`{"detail":[{"loc":["body"],"msg":"no","type":"x"}]}`)}, time.Second, "COMPLETED", 200, `{"detail":[`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, WithRunTime(time.Second), WithFaults(Fault{Job: &test.fault, Times: 1}))
			id := f.submit(cat)
			f.clock.Advance(test.after)
			if r := f.get(request(id) + "/status"); !strings.Contains(r.text, test.status) {
				t.Errorf("status %s", r.text)
			}
			if r := f.get(request(id)); r.status != test.code || !strings.Contains(r.text, test.result) {
				t.Errorf("result %d %s", r.status, r.text)
			}
			healthy := f.submit(cat)
			f.clock.Advance(time.Second)
			expect(t, f.get(request(healthy)), http.StatusOK, "")
		})
	}
}

func TestJobFaultWaitsForAcceptance(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithFaults(Fault{Times: 1, Job: &JobFault{ErrorType: "internal_error"}}), WithLock(LockTopUp))
	expect(t, f.do(http.MethodPost, dev, cat), http.StatusForbidden, "")
	f.Unlock()
	expect(t, f.get(request(f.submit(cat))), http.StatusInternalServerError, "")
	expect(t, f.get(request(f.submit(cat))), http.StatusOK, "")
}

func TestWireFaultCarriesAJobFault(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithFaults(Fault{Times: 1, Status: 502, Accept: true, Job: &JobFault{ErrorType: "internal_error"}}))
	expect(t, f.do(http.MethodPost, dev, cat), http.StatusBadGateway, "")
	expect(t, f.get(request(f.Submissions()[0].RequestID)), http.StatusInternalServerError, "")
}

func TestReadFaults(t *testing.T) {
	t.Parallel()
	faults, err := ReadFaults(strings.NewReader(`[{"name":"slow","times":2,"route":"submit","delay":"1.5s","status":503,"body":"","job":{"run_time":"3s","set":{"x":1}}}]`))
	if err != nil || len(faults) != 1 || faults[0].Delay != Duration(1500*time.Millisecond) || faults[0].Body == nil || faults[0].Job.RunTime == nil {
		t.Errorf("%v: %+v", err, faults)
	}
	written, err := json.Marshal(faults)
	if err != nil || !strings.Contains(string(written), `"delay":"1.5s"`) {
		t.Errorf("%v: %s", err, written)
	}
	for text, want := range map[string]string{
		`{}`:                                    "cannot unmarshal",
		`[] []`:                                 "more than one list",
		`[{"rout":"submit"}]`:                   "unknown field",
		`[{"route":"submit"}]`:                  "no effect",
		`[{"route":"nowhere","status":500}]`:    "no route",
		`[{"status":99}]`:                       "not a final HTTP status",
		`[{"delay":"soon"}]`:                    "invalid duration",
		`[{"delay":"-1s"}]`:                     "negative",
		`[{"times":-1,"status":500}]`:           "negative",
		`[{"reset_before":true,"accept":true}]`: "reset_before",
		`[{"job":{"stuck":"COMPLETED"}}]`:       "can't be stuck",
		`[{"history":{"lag":"1s"}}]`:            "needs the route",
		`[{"page":"lost"}]`:                     "no page",
		`[{"page":"forbidden","status":404}]`:   "can't be combined",
		`[{"job":{"cancel_time":"-1s"}}]`:       "negative",
		`[{"job":{"refuse_cancel":"never"}}]`:   "can't be refused",
		`[{"job":{"model_error":"gremlins"}}]`:  "no error of the model",
		`[{"job":{"error_style":"prose"}}]`:     "no style of errors",
		`[{"job":{"logs":"all"}}]`:              "no mode of logs",
		`[{"job":{"result_date":"soon"}}]`:      "started, ended or a duration",
		`[{"job":{"status":99}}]`:               "not a final HTTP status",
		`[{"job":{"reverts":-1}}]`:              "negative",
	} {
		if _, err := ReadFaults(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestInjectPanicsOnNonsense(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	f.Inject(Fault{})
}
