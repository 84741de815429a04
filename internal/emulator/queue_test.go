// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

const cat = `{"prompt":"cat"}`

func TestSubmit(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithQueueTime(time.Second))
	r := f.do(http.MethodPost, dev, cat)
	id, _ := r.json(t)["request_id"].(string)
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("%q is not a UUID of version 7", id)
	}
	if ms := fmt.Sprintf("%012x", epoch.UnixMilli()); strings.ReplaceAll(id, "-", "")[:12] != ms {
		t.Errorf("%q doesn't begin with the time, %s", id, ms)
	}
	url := f.url + dev + "/requests/" + id
	expect(t, r, http.StatusOK, fmt.Sprintf(`{"status":"IN_QUEUE","request_id":%q,"response_url":%q,"status_url":%q,"cancel_url":%q,"queue_position":0}`,
		id, url, url+"/status", url+"/cancel"))
	if got := r.header.Get("X-Fal-Request-Id"); got != id {
		t.Errorf("header names request %q", got)
	}
	if got := r.header.Get("Date"); got != epoch.Format(http.TimeFormat) {
		t.Errorf("Date is %q", got)
	}
	if got := f.Submissions(); len(got) != 1 || got[0].RequestID != id || string(got[0].Body) != cat ||
		got[0].EndpointID != "fal-ai/flux-2-dev" || got[0].Direct || !got[0].Time.Equal(epoch) {
		t.Errorf("submissions %+v", got)
	}
}

func TestOrderOfChecks(t *testing.T) {
	t.Parallel()
	const app = "Cannot access application \\\"fal-ai/flux-2-dev\\\". Authentication is required to access this application."
	for name, test := range map[string]struct {
		method, path, auth, lock, body string
		status                         int
		want                           string
	}{
		"no key":               {"POST", dev, "", "", cat, 401, `{"detail":"` + app + `"}`},
		"no key, sub-path":     {"POST", dev + "/edit", "", "", cat, 401, `{"detail":"` + app + `"}`},
		"no key before method": {"GET", dev, "", "", "", 401, `{"detail":"` + app + `"}`},
		"no key before lock":   {"POST", dev, "", LockTopUp, cat, 401, `{"detail":"` + app + `"}`},
		"half a key":           {"POST", dev, "Key abc", "", cat, 401, `{"detail":"Invalid Key Authorization header format. Expected '<key_id>:<key_secret>'."}`},
		"wrong key":            {"POST", dev, "Key a:b", "", cat, 401, `{"detail":"invalid key credentials"}`},
		"bearer":               {"POST", dev, "Bearer " + testKey, "", cat, 401, `{"detail":"invalid key credentials"}`},
		"lock":                 {"POST", dev, "good", LockExhausted, cat, 403, `{"detail":"User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing."}`},
		"lock before method":   {"GET", dev, "good", LockTopUp, "", 403, `{"detail":"User is locked. Reason: TOP_UP."}`},
		"lock before body":     {"POST", dev, "good", LockAdmin, "{", 403, `{"detail":"User is locked. Reason: Admin lock. Please contact support@fal.ai"}`},
		"lock before app":      {"POST", "/queue/no/such", "good", LockTopUp, cat, 403, `{"detail":"User is locked. Reason: TOP_UP."}`},
		"lock, other words":    {"POST", dev, "good", LockAddFunds, cat, 403, `{"detail":"User is locked. Reason: Exhausted balance. Add funds to continue."}`},
		"lock of direct calls": {"POST", "/run/fal-ai/flux-2-dev", "good", LockTopUp, cat, 403, `{"detail":"User is locked. Reason: TOP_UP."}`},
		"method":               {"GET", dev, "good", "", "", 405, `{"detail":"Method Not Allowed"}`},
		"unknown app":          {"POST", "/queue/nosuch/vendor", "good", "", cat, 404, `{"detail":"Application \"nosuch/vendor\" not found"}`},
		"half an app":          {"POST", "/queue/nosuch", "good", "", cat, 404, `{"detail":"Application \"nosuch\" not found"}`},
		"no JSON":              {"POST", dev, "good", "", "{", 400, `{"detail":"Invalid JSON in the request body"}`},
		"unknown request":      {"GET", dev + "/requests/00000000-0000-4000-8000-000000000000/status", "good", "", "", 404, `{"status":"NOT_FOUND"}`},
		"locked, read":         {"GET", dev + "/requests/00000000-0000-4000-8000-000000000000/status", "good", LockTopUp, "", 404, `{"status":"NOT_FOUND"}`},
		"unknown action":       {"GET", dev + "/requests/x/nonsense", "good", "", "", 404, `{"detail":"Not Found"}`},
		"unknown route":        {"GET", "/nonsense", "", "", "", 404, `{"detail":"Not Found"}`},
		"cancel with POST":     {"POST", dev + "/requests/x/cancel", "good", "", "", 405, `{"detail":"Method Not Allowed"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, WithKey(testKey), WithLock(test.lock))
			auth := test.auth
			if auth == "good" {
				auth = "Key " + testKey
			}
			expect(t, f.do(test.method, test.path, test.body, "Authorization", auth), test.status, test.want)
			if n := len(f.Submissions()); n != 0 {
				t.Errorf("%d submissions", n)
			}
			if log := f.Log(); len(log) != 1 || log[0].Status != test.status || log[0].Accepted {
				t.Errorf("log %+v", log)
			}
		})
	}
}

// A wrong key at fal-ai/flux-2 has been answered in the name of the app behind.
func TestAliasNamesTheAppBehind(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithKey(testKey), WithAlias("fal-ai/flux-2", "fal-ai/flux-2-dev"))
	const want = `{"detail":"Cannot access application \"fal-ai/flux-2-dev\". Authentication is required to access this application."}`
	for _, auth := range []string{"", "Key a:b"} {
		expect(t, f.do(http.MethodPost, "/queue/fal-ai/flux-2", cat, "Authorization", auth), http.StatusUnauthorized, want)
		expect(t, f.do(http.MethodPost, "/run/fal-ai/flux-2", cat, "Authorization", auth), http.StatusUnauthorized, want)
	}
	if n := len(f.Submissions()); n != 0 {
		t.Errorf("%d submissions", n)
	}
}

func TestLockOfReadsIsSwitchable(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithLockedReads())
	id := f.submit(cat)
	f.Lock(LockExhausted)
	expect(t, f.get(request(id)), http.StatusForbidden, "")
	f.Unlock()
	expect(t, f.get(request(id)), http.StatusOK, "")
}

func TestLifeOfARequest(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithQueueTime(time.Second), WithRunTime(4*time.Second))
	id := f.submit(`{"prompt":"cat","seed":9223372036854775807,"num_images":2,"image_size":{"width":1024,"height":1025}}`)
	url := f.url + request(id)
	links := fmt.Sprintf(`"request_id":%q,"response_url":%q,"status_url":%q,"cancel_url":%q`, id, url, url+"/status", url+"/cancel")

	expect(t, f.get(request(id)+"/status"), http.StatusAccepted, `{"status":"IN_QUEUE","queue_position":0,`+links+`}`)
	expect(t, f.get(request(id)), http.StatusBadRequest, `{"detail":"Request is still in progress",`+links+`}`)

	f.clock.Advance(time.Second)
	expect(t, f.get(request(id)+"/status"), http.StatusAccepted, `{"status":"IN_PROGRESS","logs":null,`+links+`}`)
	expect(t, f.get(request(id)), http.StatusBadRequest, `{"detail":"Request is still in progress",`+links+`}`)
	r := f.get(request(id) + "/status?logs=1")
	has(t, r, "logs", []map[string]string{{
		"message": "Loading the prompt", "level": "INFO", "source": "USER", "timestamp": "2026-09-01T12:00:01.000000+00:00",
	}})

	f.clock.Advance(4 * time.Second)
	expect(t, f.get(request(id)+"/status?logs=0"), http.StatusOK, `{"status":"COMPLETED","logs":null,"metrics":{"inference_time":4},`+links+`}`)
	if lines, _ := f.get(request(id) + "/status?logs=true").json(t)["logs"].([]any); len(lines) != 5 {
		t.Errorf("%d lines of log", len(lines))
	}
	r = f.get(request(id))
	if r.header.Get("X-Fal-Request-Id") != id || r.header.Get("X-Fal-Billable-Units") != "4" {
		t.Errorf("headers %v", r.header)
	}
	has(t, r, "timings", map[string]any{"inference": 4})
	has(t, r, "has_nsfw_concepts", []bool{false, false})
	has(t, r, "prompt", "cat")
	if !strings.Contains(r.text, `"seed":9223372036854775807`) {
		t.Errorf("the seed has lost digits: %s", r.text)
	}
	images, _ := r.json(t)["images"].([]any)
	if len(images) != 2 {
		t.Fatalf("%d images", len(images))
	}
	for _, image := range images {
		members, _ := image.(map[string]any)
		if len(members) != 6 || !strings.HasPrefix(fmt.Sprint(members["url"]), f.url+"/media/files/b/") {
			t.Errorf("image %v", members)
		}
	}
}

func TestPathsOfARequest(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithEndpoints("fal-ai/flux-2/turbo"))
	r := f.do(http.MethodPost, "/queue/fal-ai/flux-2/turbo/", cat)
	id, _ := r.json(t)["request_id"].(string)
	has(t, r, "status_url", f.url+"/queue/fal-ai/flux-2/requests/"+id+"/status")
	for path, status := range map[string]int{
		"/queue/fal-ai/flux-2/requests/%s":                http.StatusOK,
		"/queue/fal-ai/flux-2/requests/%s/":               http.StatusOK,
		"/queue/fal-ai/flux-2/requests/%s/response":       http.StatusOK,
		"/queue/fal-ai/flux-2/requests/%s/status/":        http.StatusOK,
		"/queue/fal-ai/flux-2/turbo/requests/%s":          http.StatusOK,
		"/queue/fal-ai/flux-2/turbo/requests/%s/status":   http.StatusOK,
		"/queue/fal-ai/flux-2/turbo/requests/%s/response": http.StatusOK,
		"/queue/fal-ai/flux-2/edit/requests/%s":           http.StatusNotFound,
		"/queue/fal-ai/flux-2-dev/requests/%s":            http.StatusNotFound,
	} {
		if got := f.get(fmt.Sprintf(path, id)); got.status != status {
			t.Errorf("%s: %d, want %d", path, got.status, status)
		}
	}
}

func TestShapesThatAreSwitchable(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithMinimalSubmit(), WithResponseSuffix(), WithAlwaysOK(), WithLogMode(LogsMissing),
		WithAlias("fal-ai/flux-2-dev", "fal-ai/flux-2"), WithRunTime(time.Second))
	r := f.do(http.MethodPost, dev, cat)
	id, _ := r.json(t)["request_id"].(string)
	url := f.url + "/queue/fal-ai/flux-2/requests/" + id
	expect(t, r, http.StatusOK, fmt.Sprintf(`{"request_id":%q,"response_url":%q,"status_url":%q,"cancel_url":%q}`,
		id, url+"/response", url+"/status", url+"/cancel"))
	r = f.get(request(id) + "/status?logs=1")
	has(t, r, "status", "IN_PROGRESS")
	if _, found := r.json(t)["logs"]; found || r.status != http.StatusOK {
		t.Errorf("%d %s", r.status, r.text)
	}
	f.clock.Advance(time.Second)
	expect(t, f.get("/queue/fal-ai/flux-2/requests/"+id+"/response"), http.StatusOK, "")
}

func TestLogWindow(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithLogMode(LogsWindow), WithRunTime(4*time.Second))
	id := f.submit(cat)
	f.clock.Advance(3 * time.Second)
	lines, _ := f.get(request(id) + "/status?logs=1").json(t)["logs"].([]any)
	if len(lines) != 2 || !strings.Contains(string(encode(lines)), "step 21/28") {
		t.Errorf("log %v", lines)
	}
}

func TestExtraFields(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithExtraFields(true))
	for n := 1; n <= 6; n++ {
		id := f.submit(cat)
		_, found := f.get(request(id)).json(t)["x_emulated"]
		if found != (n%3 == 0) {
			t.Errorf("request %d has an extra member: %v", n, found)
		}
	}
}

func TestQueueWithTwoRunners(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithRunners(2), WithRunTime(10*time.Second))
	var ids []string
	for range 4 {
		ids = append(ids, f.submit(cat))
	}
	low := f.submit(cat, "X-Fal-Queue-Priority", "low")
	normal := f.submit(cat)
	expectLine := func(want string) {
		t.Helper()
		got := ""
		for _, id := range append(ids, normal, low) {
			switch r, _ := f.Request(id); r.Status {
			case "IN_QUEUE":
				got += fmt.Sprint(r.QueuePosition)
			case "IN_PROGRESS":
				got += "r"
			case "COMPLETED":
				got += "c"
			}
		}
		if got != want {
			t.Errorf("the requests are %s, want %s", got, want)
		}
	}
	expectLine("rr0123")
	f.clock.Advance(10 * time.Second)
	expectLine("ccrr01")
	f.clock.Advance(20 * time.Second)
	for _, id := range append(ids, normal, low) {
		r, _ := f.Request(id)
		want := map[string]time.Duration{ids[2]: 10 * time.Second, ids[3]: 10 * time.Second, normal: 20 * time.Second, low: 20 * time.Second}[id]
		if got := r.StartedAt.Sub(epoch); got != want {
			t.Errorf("a request started after %s, want %s", got, want)
		}
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithQueueTime(time.Second), WithRunTime(time.Second))
	put := func(id string) response { return f.do(http.MethodPut, request(id)+"/cancel", "") }
	queued := f.submit(cat)
	expect(t, put(queued), http.StatusOK, `{"status":"OK"}`)
	expect(t, put(queued), http.StatusBadRequest, `{"status":"ALREADY_COMPLETED"}`)

	running := f.submit(cat)
	f.Inject(Fault{Job: &JobFault{IgnoreCancel: true}, Times: 1})
	stubborn := f.submit(cat)
	f.clock.Advance(time.Second)
	expect(t, put(running), http.StatusAccepted, `{"status":"CANCELLATION_REQUESTED"}`)
	expect(t, put(stubborn), http.StatusAccepted, `{"status":"CANCELLATION_REQUESTED"}`)
	f.clock.Advance(time.Second)
	expect(t, f.get(request(stubborn)), http.StatusOK, "")
	expect(t, put("00000000-0000-4000-8000-000000000000"), http.StatusNotFound, `{"status":"NOT_FOUND"}`)

	for _, id := range []string{queued, running} {
		r := f.get(request(id) + "/status")
		has(t, r, "status", "COMPLETED")
		has(t, r, "error_type", "client_cancelled")
		r = f.get(request(id))
		expect(t, r, 499, `{"detail":"Request cancelled by the client.","error_type":"client_cancelled"}`)
		if r.header.Get("X-Fal-Error-Type") != "client_cancelled" || r.header.Get("X-Fal-Billable-Units") != "0" {
			t.Errorf("headers %v", r.header)
		}
	}
	outcomes := ""
	for _, c := range f.Cancellations() {
		outcomes += c.Outcome + " "
	}
	if outcomes != "OK ALREADY_COMPLETED CANCELLATION_REQUESTED CANCELLATION_REQUESTED " {
		t.Errorf("cancellations %s", outcomes)
	}
}

func TestStartDeadline(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		headers []string
		expires bool
	}{
		"old header":             {[]string{"X-Fal-Request-Timeout", "2.0"}, true},
		"new header":             {[]string{"X-Fal-Request-Start-Timeout", "0.5"}, true},
		"new header wins":        {[]string{"X-Fal-Request-Timeout", "2", "X-Fal-Request-Start-Timeout", "60"}, false},
		"old one is too short":   {[]string{"X-Fal-Request-Timeout", "1"}, false},
		"new one is too short":   {[]string{"X-Fal-Request-Start-Timeout", "0.1"}, false},
		"not a number":           {[]string{"X-Fal-Request-Timeout", "soon"}, false},
		"later than the queue's": {[]string{"X-Fal-Request-Timeout", "30"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, WithQueueTime(10*time.Second), WithRunTime(time.Second))
			id := f.submit(cat, test.headers...)
			f.clock.Advance(11 * time.Second)
			r := f.get(request(id))
			if !test.expires {
				expect(t, r, http.StatusOK, "")
				return
			}
			expect(t, r, http.StatusGatewayTimeout, `{"detail":"Request timed out before processing started","error_type":"request_timeout"}`)
			if r.header.Get("X-Fal-Request-Timeout-Type") != "user" {
				t.Errorf("headers %v", r.header)
			}
			has(t, f.get(request(id)+"/status"), "error_type", "request_timeout")
		})
	}
}

func TestMaxQueueLength(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithQueueTime(time.Minute))
	f.submit(cat)
	f.submit(cat)
	expect(t, f.do(http.MethodPost, dev+"?fal_max_queue_length=2", cat), http.StatusOK, "")
	expect(t, f.do(http.MethodPost, dev+"?fal_max_queue_length=2", cat), http.StatusTooManyRequests, "")
	if n := len(f.Submissions()); n != 3 {
		t.Errorf("%d submissions", n)
	}
}

func TestRetention(t *testing.T) {
	t.Parallel()
	large := `{"prompt":"` + strings.Repeat("cat ", 2500) + `"}`
	for name, test := range map[string]struct {
		body    string
		headers []string
		kept    time.Duration
	}{
		"stored":             {cat, nil, 30 * 24 * time.Hour},
		"stored and large":   {large, nil, 30 * 24 * time.Hour},
		"not stored":         {cat, []string{"X-Fal-Store-IO", "0"}, time.Hour},
		"stored on request":  {cat, []string{"X-Fal-Store-IO", "1"}, 30 * 24 * time.Hour},
		"large, not stored":  {large, []string{"X-Fal-Store-IO", "0"}, 6 * time.Minute},
		"data URI":           {`{"prompt":"cat","sync_mode":true,"image_size":"square"}`, nil, 6 * time.Minute},
		"error, not stored":  {`{}`, []string{"X-Fal-Store-IO", "0"}, time.Hour},
		"larger than 1 MB":   {`{"prompt":"` + strings.Repeat("cat ", 300_000) + `"}`, nil, 6 * time.Minute},
		"error, kept stored": {`{}`, nil, 30 * 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			id := f.submit(test.body, test.headers...)
			f.clock.Advance(test.kept - time.Second)
			if r := f.get(request(id)); r.status == http.StatusNotFound {
				t.Fatal("forgotten too early")
			}
			f.clock.Advance(time.Second)
			expect(t, f.get(request(id)), http.StatusNotFound, `{"detail":"Request not found"}`)
			expect(t, f.get(request(id)+"/status"), http.StatusNotFound, `{"status":"NOT_FOUND"}`)
		})
	}
}

func TestExpire(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.submit(cat)
	if err := f.Expire(id); err != nil {
		t.Fatal(err)
	}
	expect(t, f.get(request(id)), http.StatusNotFound, "")
	if f.Expire("nonsense") == nil || f.ExpireMedia("nonsense") == nil {
		t.Error("an unknown request expired")
	}
}

func TestLargeBody(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithBodyLimit(100))
	expect(t, f.do(http.MethodPost, dev, `{"prompt":"`+strings.Repeat("x", 100)+`"}`), http.StatusRequestEntityTooLarge, "")
	expect(t, f.do(http.MethodPost, "/run/fal-ai/flux-2-dev", `{"prompt":"`+strings.Repeat("x", 100)+`"}`), http.StatusRequestEntityTooLarge, "")
	if n := len(f.Submissions()); n != 0 {
		t.Errorf("%d submissions", n)
	}
}

func TestParallelSubmissions(t *testing.T) {
	t.Parallel()
	const n = 200
	f := newFixture(t, WithQueueTime(time.Millisecond), WithRunTime(time.Millisecond))
	ids := make([]string, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { ids[i] = f.submit(cat) })
	}
	all.Wait()
	f.clock.Advance(2 * time.Millisecond)
	seen := map[string]bool{}
	for _, id := range ids {
		seen[id] = true
		if r, _ := f.Request(id); r.Status != "COMPLETED" {
			t.Errorf("%s is %s", id, r.Status)
		}
	}
	if len(seen) != n || len(f.Submissions()) != n {
		t.Errorf("%d ids, %d submissions", len(seen), len(f.Submissions()))
	}
}

// A client that leaves in the middle of its body has sent no request.
func TestSubmit_cutBody(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var dialer net.Dialer
	connection, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(f.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close() //nolint:errcheck // it is read to its end.
	if _, err := io.WriteString(connection, "POST "+dev+" HTTP/1.1\r\nHost: fal\r\nAuthorization: Key "+testKey+"\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{\"prompt\":"); err != nil {
		t.Fatal(err)
	}
	if err := connection.(*net.TCPConn).CloseWrite(); err != nil { //nolint:forcetypeassert // it is one.
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(connection); err != nil || len(answer) > 0 {
		t.Errorf("got %q, %v", answer, err)
	}
	if n := len(f.Submissions()); n != 0 {
		t.Errorf("%d submissions were accepted", n)
	}
}
