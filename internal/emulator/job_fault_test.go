// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// every has each job spoiled, as data of a file of faults says.
func every(t *testing.T, job string) Option {
	t.Helper()
	faults, err := ReadFaults(strings.NewReader(`[{"job":` + job + `}]`))
	if err != nil {
		t.Fatal(err)
	}
	return WithEveryJob(*faults[0].Job)
}

func TestModelErrors(t *testing.T) {
	t.Parallel()
	const (
		input   = `{"prompt":"cat","image_size":"1536x1024"}`
		flagged = `The content could not be processed because it contained material flagged by a content checker.`
	)
	for name, test := range map[string]struct {
		job    string
		status int
		want   string // the detail
	}{
		"timeout of the model": {`{"model_error":"generation_timeout"}`, 504,
			`[{"type":"generation_timeout","loc":["body"],"msg":"Generation timeout","input":` + input + `,"url":"https://docs.fal.ai/errors/#generation_timeout"}]`},
		"error of the model": {`{"model_error":"internal_server_error"}`, 500,
			`[{"type":"internal_server_error","loc":["body"],"msg":"Internal server error","input":` + input + `,"url":"https://docs.fal.ai/errors/#internal_server_error"}]`},
		"downstream error": {`{"model_error":"downstream_service_error"}`, 400,
			`[{"type":"downstream_service_error","loc":["body"],"msg":"Downstream service error","input":` + input + `,"url":"https://docs.fal.ai/errors/#downstream_service_error"}]`},
		"the other copy of the page": {`{"model_error":"downstream_service_error","status":500}`, 500,
			`[{"type":"downstream_service_error","loc":["body"],"msg":"Downstream service error","input":` + input + `,"url":"https://docs.fal.ai/errors/#downstream_service_error"}]`},
		"downstream unavailable": {`{"model_error":"downstream_service_unavailable"}`, 500,
			`[{"type":"downstream_service_unavailable","loc":["body"],"msg":"Downstream service unavailable","input":` + input + `,"url":"https://docs.fal.ai/errors/#downstream_service_unavailable"}]`},
		"no media": {`{"model_error":"no_media_generated"}`, 422,
			`[{"type":"no_media_generated","loc":["body"],"msg":"No media was generated","input":` + input + `,"url":"https://docs.fal.ai/errors/#no_media_generated"}]`},
		"image size": {`{"model_error":"model_attributes_type"}`, 422,
			`[{"type":"model_attributes_type","loc":["body","image_size","ImageSize"],"msg":"Input should be a valid dictionary or object to extract fields from","input":"1536x1024"}]`},
		"refusal": {`{"model_error":"content_policy_violation"}`, 422,
			`[{"type":"content_policy_violation","loc":["body","prompt"],"msg":"` + flagged + `","input":"cat","url":"https://docs.fal.ai/errors/#content_policy_violation"}]`},
		"refusal as an object": {`{"model_error":"content_policy_violation","error_style":"object"}`, 422,
			`{"message":"` + flagged + `","type":"content_policy_violation"}`},
		"refusal as text": {`{"model_error":"content_policy_violation","error_style":"text"}`, 422,
			`"prompt: ` + flagged + `"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, every(t, test.job))
			id := f.submit(input)
			r := f.get(request(id))
			if want := `{"detail":` + test.want + `}`; r.status != test.status || r.text != want {
				t.Errorf("%d %s\nwant %d %s", r.status, r.text, test.status, want)
			}
			if r.header.Get("X-Fal-Request-Id") != id || r.header.Get("X-Fal-Error-Type") != "" {
				t.Errorf("headers %v", r.header)
			}
			// Only the result tells.
			status := f.get(request(id) + "/status").json(t)
			if status["status"] != "COMPLETED" || status["error"] != nil || status["error_type"] != nil {
				t.Errorf("status %v", status)
			}
			if called := f.do(http.MethodPost, direct, input); called.status != test.status || called.text != r.text {
				t.Errorf("direct: %d %s", called.status, called.text)
			}
		})
	}
}

func TestErrorStyleOfOneJob(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithErrorStyle(ErrorsText), WithFaults(Fault{Times: 1, Job: &JobFault{ErrorStyle: ErrorsObject}}))
	for _, want := range []string{
		`{"detail":{"message":"Field required","type":"missing"}}`,
		`{"detail":"prompt: Field required"}`,
	} {
		if r := f.get(request(f.submit(`{}`))); r.status != http.StatusUnprocessableEntity || r.text != want {
			t.Errorf("%d %s, want %s", r.status, r.text, want)
		}
	}
}

func TestResultDate(t *testing.T) {
	t.Parallel()
	const queued, ran = 10 * time.Second, 20 * time.Second
	now := epoch.Add(queued + ran + time.Minute)
	for date, want := range map[string]time.Time{
		"started": epoch.Add(queued),
		"ended":   epoch.Add(queued + ran),
		"-30m":    now.Add(-30 * time.Minute),
		"1h":      now.Add(time.Hour),
		"":        now,
	} {
		t.Run(date, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, WithQueueTime(queued), WithRunTime(ran), every(t, `{"result_date":"`+date+`"}`))
			id := f.submit(cat)
			f.clock.Advance(queued + ran + time.Minute)
			for path, want := range map[string]time.Time{
				request(id):             want,
				request(id) + "/status": now,
				historyPath:             now,
			} {
				if got := f.get(path).header.Get("Date"); got != want.Format(http.TimeFormat) {
					t.Errorf("the Date of %s is %s, want %s", path, got, want)
				}
			}
			if got := f.do(http.MethodPost, dev, cat).header.Get("Date"); got != now.Format(http.TimeFormat) {
				t.Errorf("the Date of a submission is %s", got)
			}
		})
	}
}

func TestResultDateOfADirectCall(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithRunTime(28*time.Second), every(t, `{"result_date":"started"}`))
	done := make(chan response)
	go func() {
		r, _ := f.try(http.MethodPost, direct, cat)
		done <- r
	}()
	f.await(func() bool { return len(f.Submissions()) == 1 })
	f.clock.Advance(28 * time.Second)
	r := <-done
	expect(t, r, http.StatusOK, "")
	if got := r.header.Get("Date"); got != epoch.Format(http.TimeFormat) {
		t.Errorf("Date is %s", got)
	}
}

// What fails in the queue has never started.
func TestResultDateOfWhatNeverStarted(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithQueueTime(time.Hour), every(t, `{"result_date":"started"}`))
	id := f.submit(cat)
	f.clock.Advance(time.Minute)
	expect(t, f.do(http.MethodPut, request(id)+"/cancel", ""), http.StatusOK, "")
	if got := f.get(request(id)).header.Get("Date"); got != epoch.Format(http.TimeFormat) {
		t.Errorf("Date is %s", got)
	}
}

func TestSlowCancel(t *testing.T) {
	t.Parallel()
	const runs, slow = 10 * time.Second, 4 * time.Second
	for name, test := range map[string]struct {
		at        time.Duration // of the cancellation
		cancelled bool
	}{
		"carried out later": {2 * time.Second, true},
		"too late":          {7 * time.Second, false},
		"at the very end":   {runs - slow, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, WithRunTime(runs), every(t, `{"cancel_time":"4s"}`))
			id := f.submit(cat)
			put := func(status int, body string) {
				t.Helper()
				expect(t, f.do(http.MethodPut, request(id)+"/cancel", ""), status, body)
			}
			f.clock.Advance(test.at)
			put(http.StatusAccepted, `{"status":"CANCELLATION_REQUESTED"}`)
			f.clock.Advance(time.Second)
			has(t, f.get(request(id)+"/status"), "status", "IN_PROGRESS")
			// Asking again puts nothing off.
			put(http.StatusAccepted, `{"status":"CANCELLATION_REQUESTED"}`)
			f.clock.Advance(slow - time.Second)
			r := f.get(request(id) + "/status")
			has(t, r, "status", "COMPLETED")
			put(http.StatusBadRequest, `{"status":"ALREADY_COMPLETED"}`)
			if test.cancelled {
				has(t, r, "error_type", "client_cancelled")
				expect(t, f.get(request(id)), 499, `{"detail":"Request cancelled by the client.","error_type":"client_cancelled"}`)
				return
			}
			expect(t, f.get(request(id)), http.StatusOK, "")
		})
	}
}

func TestSlowCancelOfWhatGoesBackIntoTheQueue(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithRunTime(10*time.Second), every(t, `{"cancel_time":"8s","reverts":1,"queue_time":"1h"}`))
	id := f.submit(cat)
	f.clock.Advance(time.Hour)
	expect(t, f.do(http.MethodPut, request(id)+"/cancel", ""), http.StatusAccepted, "")
	f.clock.Advance(5 * time.Second)
	has(t, f.get(request(id)+"/status"), "status", "IN_QUEUE")
	f.clock.Advance(3 * time.Second)
	has(t, f.get(request(id)+"/status"), "error_type", "client_cancelled")
}

func TestRefusedCancel(t *testing.T) {
	t.Parallel()
	const (
		running  = `{"detail":"The request is already being processed"}`
		finished = `{"detail":"The request has already been completed"}`
	)
	for from, test := range map[string]struct {
		status   int
		body     string
		outcomes string
	}{
		"IN_PROGRESS": {http.StatusBadRequest, running, "OK REFUSED ALREADY_COMPLETED "},
		"COMPLETED":   {http.StatusAccepted, `{"status":"CANCELLATION_REQUESTED"}`, "OK CANCELLATION_REQUESTED ALREADY_COMPLETED "},
	} {
		t.Run(from, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, WithQueueTime(time.Second), WithRunTime(time.Second), every(t, `{"refuse_cancel":"`+from+`"}`))
			put := func(id string) response { return f.do(http.MethodPut, request(id)+"/cancel", "") }
			expect(t, put(f.submit(cat)), http.StatusOK, `{"status":"OK"}`)
			id := f.submit(cat)
			f.clock.Advance(time.Second)
			expect(t, put(id), test.status, test.body)
			f.clock.Advance(time.Second)
			expect(t, put(id), http.StatusBadRequest, finished)
			outcomes := ""
			for _, c := range f.Cancellations() {
				outcomes += c.Outcome + " "
			}
			if outcomes != test.outcomes {
				t.Errorf("cancellations %s", outcomes)
			}
		})
	}
}

func TestLiveSubmit(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithRunners(1), WithRunTime(time.Minute), every(t, `{"live_submit":true}`))
	for _, status := range []string{`"status":"IN_PROGRESS",`, `"status":"IN_QUEUE","queue_position":0,`} {
		r := f.do(http.MethodPost, dev, cat)
		id, _ := r.json(t)["request_id"].(string)
		url := f.url + request(id)
		expect(t, r, http.StatusOK, fmt.Sprintf(`{`+status+`"request_id":%q,"logs":null,"metrics":{},"response_url":%q,"status_url":%q,"cancel_url":%q}`,
			id, url, url+"/status", url+"/cancel"))
		if !strings.Contains(r.text, `"logs":null`) {
			t.Errorf("no logs in %s", r.text)
		}
	}
	if n := len(f.Submissions()); n != 2 {
		t.Errorf("%d submissions", n)
	}
}

func TestBareStatus(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithQueueTime(time.Second), WithRunTime(4*time.Second), every(t, `{"bare_status":true}`))
	id := f.submit(cat)
	url := f.url + request(id)
	expect(t, f.get(request(id)+"/status?logs=1"), http.StatusAccepted, fmt.Sprintf(
		`{"status":"IN_QUEUE","queue_position":0,"request_id":%q,"response_url":%q,"status_url":%q,"cancel_url":%q}`, id, url, url+"/status", url+"/cancel"))
	f.clock.Advance(time.Second)
	expect(t, f.get(request(id)+"/status?logs=1"), http.StatusAccepted, fmt.Sprintf(`{"status":"IN_PROGRESS","request_id":%q}`, id))
	f.clock.Advance(4 * time.Second)
	expect(t, f.get(request(id)+"/status?logs=1"), http.StatusOK, fmt.Sprintf(`{"status":"COMPLETED","request_id":%q,"metrics":{"inference_time":4}}`, id))
	lines, _ := f.listen(request(id) + "/status/stream?logs=1")
	expect(t, response{status: http.StatusOK, text: frame(t, lines).text}, http.StatusOK,
		fmt.Sprintf(`{"status":"COMPLETED","request_id":%q,"metrics":{"inference_time":4}}`, id))
}

func TestLabelledLogs(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithRunTime(4*time.Second), every(t, `{"logs":"labelled"}`))
	id := f.submit(cat)
	f.clock.Advance(time.Second)
	const want = `"logs":[{"timestamp":"2026-09-01T12:00:00.000000","message":"Loading the prompt","labels":{}},` +
		`{"timestamp":"2026-09-01T12:00:01.000000","message":"step 7/28","labels":{}}]`
	if r := f.get(request(id) + "/status?logs=1"); !strings.Contains(r.text, want) {
		t.Errorf("%s\nlacks %s", r.text, want)
	}
	has(t, f.get(request(id)+"/status"), "logs", nil)
}

// Few members, or null for what isn't known, have both been recorded.
func TestMembersOfPictures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		job   string
		names []string
		nulls int
	}{
		"all":  {`{}`, []string{"url", "content_type", "file_name", "file_size", "width", "height"}, 1},
		"four": {`{"omit_image":["file_name","file_size"]}`, []string{"url", "content_type", "width", "height"}, 0},
		"nulls": {`{"set_image":{"file_size":null,"width":null,"height":null}}`,
			[]string{"url", "content_type", "file_name", "file_size", "width", "height"}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, every(t, test.job))
			r := f.get(request(f.submit(`{"prompt":"cat","num_images":2}`)))
			images, _ := r.json(t)["images"].([]any)
			if len(images) != 2 {
				t.Fatalf("result %s", r.text)
			}
			for _, image := range images {
				members, _ := image.(map[string]any)
				nulls := 0
				for _, name := range test.names {
					value, found := members[name]
					if !found {
						t.Errorf("%s is missing", name)
					} else if value == nil {
						nulls++
					}
				}
				if len(members) != len(test.names) || nulls != test.nulls {
					t.Errorf("image %v", members)
				}
			}
		})
	}
}

func TestEveryJobGivesWayToFaults(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithEveryJob(JobFault{Set: map[string]json.RawMessage{"seed": json.RawMessage("1")}}))
	f.Inject(Fault{Times: 1, Job: &JobFault{ErrorType: "runner_disconnected"}})
	expect(t, f.get(request(f.submit(cat))), http.StatusServiceUnavailable, "")
	has(t, f.get(request(f.submit(cat))), "seed", 1)
	id, err := f.SeedRequest(SeededRequest{Input: []byte(cat)})
	if err != nil {
		t.Fatal(err)
	}
	has(t, f.get(request(id)), "seed", 1)
}
