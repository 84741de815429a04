// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// streamClock is a clock under which polling takes no time and a stream's
// silence is noticed when the test says so.
func streamClock() *fakeClock {
	clock := newFakeClock()
	clock.hold = 40 * time.Second
	return clock
}

// stream answers with server-sent events.
func stream(w http.ResponseWriter, frames ...string) {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	for _, frame := range frames {
		_, _ = io.WriteString(w, frame)
		if flusher, ok := w.(http.Flusher); ok {
			flusher.Flush()
		}
	}
}

func event(status string) string {
	return fmt.Sprintf("data: {\"status\":%q,\"request_id\":%q,\"logs\":null}\n\n", status, testID)
}

func isStream(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/status/stream") }
func isStatus(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/status") }

// observed collects the states that Wait told about.
type observed []string

func (o *observed) see(status Status) { *o = append(*o, string(status.State)) }

func TestOneImageTakesThreeCalls(t *testing.T) {
	t.Parallel()
	var fake *fakeFal
	fake = newFakeFal(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		switch {
		case r.Method == http.MethodPost:
			reply(w, 200, ticket(fake.URL))
		case isStream(r):
			stream(w, ": ping\n\n", event("IN_QUEUE"), event("IN_PROGRESS"), ": ping\n\n", event("COMPLETED"))
		default:
			reply(w, 200, `{"images":[]}`)
		}
	})
	c := client(t, fake.URL, withClock(streamClock()))
	handle, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var seen observed
	if _, err := c.Wait(t.Context(), handle, seen.see); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Result(t.Context(), handle); err != nil {
		t.Fatal(err)
	}

	var calls []string
	for _, r := range fake.got() {
		calls = append(calls, r.method+" "+r.path)
		if r.header.Get("Authorization") != "Key "+testKey {
			t.Errorf("%s %s without the key", r.method, r.path)
		}
	}
	request := "/queue/" + testEndpoint + "/requests/" + testID
	want := []string{"POST /queue/" + testEndpoint, "GET " + request + "/status/stream", "GET " + request}
	if !slices.Equal(calls, want) {
		t.Errorf("calls %q, want %q", calls, want)
	}
	if !slices.Equal(seen, observed{"IN_QUEUE", "IN_PROGRESS", "COMPLETED"}) {
		t.Errorf("observed %q", seen)
	}
}

func TestImagesShareConnections(t *testing.T) {
	t.Parallel()
	var fake *fakeFal
	var mutex sync.Mutex
	conns := map[string]bool{}
	fake = newFakeFal(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		mutex.Lock()
		conns[r.RemoteAddr] = true
		mutex.Unlock()
		switch {
		case r.Method == http.MethodPost:
			reply(w, 200, ticket(fake.URL))
		case isStream(r):
			stream(w, event("COMPLETED"))
			// The end of the stream comes a moment after the last frame.
			<-time.After(time.Millisecond)
		default:
			reply(w, 200, `{"images":[]}`)
		}
	})
	// The end of a stream is waited for a moment, which takes its time.
	c := client(t, fake.URL, withClock(systemClock{}))
	for range 10 {
		handle, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Wait(t.Context(), handle, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Result(t.Context(), handle); err != nil {
			t.Fatal(err)
		}
	}
	// Without sharing there would be one more for each stream. On a busy machine
	// the end of a few is not awaited.
	if len(fake.got()) != 30 || len(conns) > 8 {
		t.Errorf("%d calls on %d connections, want 30 on a handful", len(fake.got()), len(conns))
	}
}

func TestWaitFallsBackToPolling(t *testing.T) {
	t.Parallel()
	completed := event("COMPLETED")
	status := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { reply(w, code, body) }
	}
	frames := func(frames ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { stream(w, frames...) }
	}
	tests := map[string]http.HandlerFunc{
		"404":              status(404, `{"status":"NOT_FOUND"}`),
		"405":              status(405, `{"detail":"Method Not Allowed"}`),
		"406":              status(406, `{}`),
		"403":              status(403, `{"detail":"User is locked."}`),
		"429":              status(429, `{}`),
		"500":              status(500, `{}`),
		"JSON":             status(200, `{"status":"COMPLETED"}`),
		"empty":            frames(),
		"cut after queued": frames(event("IN_QUEUE")),
		"cut in a frame":   frames(event("IN_QUEUE"), completed[:len(completed)-2]),
		"rubbish":          frames("data: {\"status\n\n"),
		"number":           frames("data: 7\n\n"),
		"other events":     frames("event: hello\ndata: {}\n\n", "data: {\"status\":7}\n\n"),
		"long line":        frames("data: " + strings.Repeat("x", 2*largestFrame)),
		"unknown status":   frames(event("DREAMING")),
		"redirect away": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://fal.invalid/stream", http.StatusTemporaryRedirect)
		},
		"reset": func(w http.ResponseWriter, _ *http.Request) {
			stream(w, event("IN_QUEUE"))
			panic(http.ErrAbortHandler)
		},
	}
	for name, streaming := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := newFakeFal(t, func(w http.ResponseWriter, r *http.Request, number int) {
				switch {
				case isStream(r):
					streaming(w, r)
				case number < 4:
					reply(w, 202, `{"status":"IN_PROGRESS"}`)
				default:
					reply(w, 200, `{"status":"COMPLETED"}`)
				}
			})
			clock := streamClock()
			c := client(t, fake.URL, withClock(clock))
			var seen observed
			got, err := c.Wait(t.Context(), attach(t, c), seen.see)
			if err != nil || got.State != Completed {
				t.Fatalf("got %+v, %v", got, err)
			}
			if n := len(fake.got()); n != 4 {
				t.Errorf("%d calls, want 1 stream and 3 polls", n)
			}
			if last := seen[len(seen)-1]; last != "COMPLETED" {
				t.Errorf("observed %q", seen)
			}
		})
	}
}

func TestWaitOutlastsWhatPasses(t *testing.T) {
	t.Parallel()
	answers := []func(http.ResponseWriter){
		func(w http.ResponseWriter) { reply(w, 500, `{"detail":"oops"}`) },
		func(w http.ResponseWriter) { reply(w, 502, `<html>nginx</html>`) },
		func(w http.ResponseWriter) { reply(w, 200, `<html>hello</html>`) },
		func(w http.ResponseWriter) { reply(w, 200, `{"status":`) },
		func(w http.ResponseWriter) { reply(w, 200, `{}`) },
		func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		func(w http.ResponseWriter) { reply(w, 429, `{}`) },
		func(w http.ResponseWriter) { reply(w, 408, `{}`) },
		func(w http.ResponseWriter) { reply(w, 202, `{"status":"IN_PROGRESS"}`) },
		func(w http.ResponseWriter) { reply(w, 202, `{"status":"IN_QUEUE","queue_position":12000}`) },
		func(w http.ResponseWriter) { reply(w, 202, `{"status":"PONDERING"}`) },
		func(w http.ResponseWriter) {
			reply(w, 200, `{"status":"COMPLETED","error":"lost","error_type":"runner_disconnected"}`)
		},
	}
	fake := newFakeFal(t, func(w http.ResponseWriter, r *http.Request, number int) {
		if isStream(r) {
			w.WriteHeader(404)
			return
		}
		answers[number-2](w)
	})
	c := client(t, fake.URL, withClock(streamClock()))
	var seen observed
	status, err := c.Wait(t.Context(), attach(t, c), seen.see)
	if err != nil || status.Error != "lost" || status.ErrorType != "runner_disconnected" {
		t.Errorf("got %+v, %v", status, err)
	}
	if !slices.Equal(seen, observed{"IN_PROGRESS", "IN_QUEUE", "PONDERING", "COMPLETED"}) {
		t.Errorf("observed %q", seen)
	}
	if n := len(fake.got()); n != 1+len(answers) {
		t.Errorf("%d calls, want one for the stream and one for each of %d answers", n, len(answers))
	}
}

func TestWaitPollsEverMoreSlowly(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, r *http.Request, number int) {
		switch {
		case isStream(r):
			w.WriteHeader(404)
		case number == 3:
			w.Header().Set("Retry-After", "20")
			reply(w, 503, `{}`)
		case number < 20:
			reply(w, 202, `{"status":"IN_QUEUE"}`)
		default:
			reply(w, 200, `{"status":"COMPLETED"}`)
		}
	})
	clock := streamClock()
	c := client(t, fake.URL, withClock(clock))
	if _, err := c.Wait(t.Context(), attach(t, c), nil); err != nil {
		t.Fatal(err)
	}
	pauses := clock.sleeps()
	if len(pauses) != 18 {
		t.Fatalf("%d pauses, want one after each status but the last", len(pauses))
	}
	waited := time.Duration(0)
	for i, pause := range pauses {
		want := min(max(250*time.Millisecond, waited/10), 5*time.Second)
		if i == 1 {
			want = 20 * time.Second
		}
		if pause != want {
			t.Errorf("after %s the pause is %s, want %s", waited, pause, want)
		}
		waited += pause
	}
	if pauses[17] != 5*time.Second {
		t.Errorf("the last pause is %s", pauses[17])
	}
}

func TestWaitEndsWithoutVerdict(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		body   string
		want   error
	}{
		"rejected key": {401, `{"detail":"invalid key credentials"}`, ErrUnauthorized},
		"forbidden":    {403, `{"detail":"Forbidden"}`, ErrForbidden},
		"locked":       {403, `{"detail":"User is locked. Reason: TOP_UP."}`, ErrLocked},
		"forgotten":    {404, `{"status":"NOT_FOUND"}`, ErrNotFound},
		"gone":         {410, `{}`, ErrNotFound},
		"wrong path":   {405, `{"detail":"Method Not Allowed"}`, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, test.status, test.body) })
			c := client(t, fake.URL, withClock(streamClock()))
			handle := attach(t, c)
			handle.SubmittedAt = noon.Add(-time.Minute)
			_, err := c.Wait(t.Context(), handle, nil)
			var failure *Error
			if !errors.As(err, &failure) || failure.RequestID != testID || (test.want != nil && !errors.Is(err, test.want)) {
				t.Errorf("got %#v, want %v about the request", err, test.want)
			}
			if errors.Is(err, ErrJobFailed) {
				t.Error("the request is said to have failed")
			}
			if n := len(fake.got()); n != 2 {
				t.Errorf("%d calls, want 2", n)
			}
		})
	}
}

func TestWaitForANewRequestThatIsNotKnownYet(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, number int) {
		if number < 5 {
			reply(w, 404, `{"status":"NOT_FOUND"}`)
			return
		}
		reply(w, 200, `{"status":"COMPLETED"}`)
	})
	c := client(t, fake.URL, withClock(streamClock()))
	handle := attach(t, c)
	handle.SubmittedAt = noon
	if _, err := c.Wait(t.Context(), handle, nil); err != nil {
		t.Errorf("got %v", err)
	}

	never := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 404, `{"status":"NOT_FOUND"}`) })
	clock := streamClock()
	c = client(t, never.URL, withClock(clock))
	// A time of submission in the future must not make it wait for ever.
	handle = attach(t, c)
	handle.SubmittedAt = noon.Add(time.Hour)
	if _, err := c.Wait(t.Context(), handle, nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	if waited := clock.Now().Sub(noon); waited < 10*time.Second || waited > 15*time.Second {
		t.Errorf("waited %s, want about 10 s", waited)
	}
}

// How long a new request may be unknown is counted from its submission, and by
// fal's answer if that says when to ask again.
func TestWaitForARequestThatIsNoLongerNew(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		age   time.Duration
		polls int
	}{
		"ten seconds old": {10 * time.Second, 1},
		"almost":          {10*time.Second - 1, 2},
		"of now":          {0, 2},
	} {
		fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.Header().Set("Retry-After", "10")
			reply(w, 404, `{"status":"NOT_FOUND"}`)
		})
		c := client(t, fake.URL, withClock(streamClock()))
		handle := attach(t, c)
		handle.SubmittedAt = noon.Add(-test.age)
		if _, err := c.Wait(t.Context(), handle, nil); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: got %v, want ErrNotFound", name, err)
		}
		if n := len(fake.got()) - 1; n != test.polls {
			t.Errorf("%s: asked %d times, want %d", name, n, test.polls)
		}
	}
}

// TestWaitNoticesSilence serves a stream that stays open.
func TestWaitNoticesSilence(t *testing.T) {
	t.Parallel()
	streaming := make(chan chan string, 1)
	fake := newFakeFal(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if !isStream(r) {
			reply(w, 200, `{"status":"COMPLETED"}`)
			return
		}
		lines := make(chan string)
		streaming <- lines
		stream(w, event("IN_QUEUE"))
		for {
			select {
			case line := <-lines:
				stream(w, line)
			case <-r.Context().Done():
				return
			}
		}
	})
	clock := newFakeClock()
	clock.hold = time.Nanosecond
	c := client(t, fake.URL, withClock(clock))
	beats := make(chan string, 10)
	done := make(chan error, 1)
	go func() {
		_, err := c.Wait(t.Context(), attach(t, c), func(s Status) { beats <- string(s.State) })
		done <- err
	}()
	lines := <-streaming
	if state := <-beats; state != "IN_QUEUE" {
		t.Fatalf("observed %s", state)
	}
	// Frames keep it alive, far beyond the limit of silence.
	for range 5 {
		clock.advance(longestSilence - time.Second)
		lines <- event("IN_PROGRESS")
		if state := <-beats; state != "IN_PROGRESS" {
			t.Fatalf("observed %s", state)
		}
	}
	if n := len(fake.got()); n != 1 {
		t.Fatalf("%d calls, want the stream alone", n)
	}
	// Silence ends it. The watcher may not have fallen asleep yet, and a poll that is
	// under way when the clock moves on may be given up and made again: each time, more
	// is left to it.
	err := error(nil)
	for ended, left := false, time.Millisecond; !ended; left *= 2 {
		clock.advance(longestSilence)
		select {
		case err = <-done:
			ended = true
		case <-time.After(left):
		}
	}
	if err != nil {
		t.Error(err)
	}
	calls := fake.got()
	if streams := slices.DeleteFunc(slices.Clone(calls), func(r received) bool { return !strings.HasSuffix(r.path, "/status/stream") }); len(streams) != 1 || len(calls) < 2 {
		t.Errorf("%d streams in %d calls, want one, and a poll", len(streams), len(calls))
	}
}

func TestStopWhenSilent(t *testing.T) {
	t.Parallel()
	stopped := func(clock *fakeClock, p *lastHeard) bool {
		ctx, cancel := context.WithCancel(context.Background())
		var ended bool
		clock.hold = time.Nanosecond
		done := make(chan struct{})
		go func() {
			p.stopWhenSilent(ctx, func() { ended = true })
			close(done)
		}()
		select {
		case <-done:
		case <-time.After(5 * time.Millisecond):
		}
		cancel()
		<-done
		return ended
	}
	clock := newFakeClock()
	p := newLastHeard(clock)
	clock.advance(45*time.Second - 1)
	if stopped(clock, p) {
		t.Error("stopped too early")
	}
	clock.advance(1)
	if !stopped(clock, p) {
		t.Error("silence was not noticed")
	}
	p = newLastHeard(clock)
	for range 15 {
		// Keep-alives count as life, but not for ever.
		clock.advance(40 * time.Second)
		p.noteByte()
		if stopped(clock, p) != (clock.Now().Sub(noon) >= 45*time.Second+10*time.Minute) {
			t.Errorf("after %s of keep-alives: stopped too early or too late", clock.Now().Sub(noon)-45*time.Second)
		}
	}
	if !stopped(clock, p) {
		t.Error("a stream that only pings was not noticed")
	}
	p.noteStatus()
	if stopped(clock, p) {
		t.Error("stopped in spite of a frame")
	}
}

func TestWaitInterrupted(t *testing.T) {
	t.Parallel()
	tests := map[string]func(http.ResponseWriter, *http.Request, func()){
		"in the stream": func(w http.ResponseWriter, r *http.Request, interrupt func()) {
			stream(w, event("IN_QUEUE"))
			interrupt()
			<-r.Context().Done()
		},
		"before the stream": func(_ http.ResponseWriter, r *http.Request, interrupt func()) {
			interrupt()
			<-r.Context().Done()
		},
		"while polling": func(w http.ResponseWriter, r *http.Request, interrupt func()) {
			if isStatus(r) {
				interrupt()
			}
			reply(w, 202, `{"status":"IN_QUEUE"}`)
		},
	}
	for name, handler := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			fake := newFakeFal(t, func(w http.ResponseWriter, r *http.Request, _ int) { handler(w, r, cancel) })
			c := client(t, fake.URL, withClock(systemClock{}))
			began := time.Now()
			_, err := c.Wait(ctx, attach(t, c), nil)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("it took %s to return", took)
			}
			for _, r := range fake.got() {
				if r.method != http.MethodGet {
					t.Errorf("Wait sent %s %s", r.method, r.path)
				}
			}
		})
	}
}

func TestStreamHasABound(t *testing.T) {
	t.Parallel()
	l := &streamReader{body: endless{}, heard: newLastHeard(newFakeClock())}
	n, err := io.Copy(io.Discard, l)
	if !errors.Is(err, errTooLarge) || n > longestStream+1<<20 {
		t.Errorf("read %d bytes, error %v", n, err)
	}
	l = &streamReader{body: io.LimitReader(endless{}, 4<<20), heard: newLastHeard(newFakeClock())}
	if n, err := io.Copy(io.Discard, l); n != 4<<20 || err != nil {
		t.Errorf("read %d bytes of 4 MiB, error %v", n, err)
	}
}

// endless is a body of comments.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	return copy(p, strings.Repeat(":\n", 1<<14)), nil
}

func TestStatus(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, r *http.Request, number int) {
		if r.URL.Query().Get("logs") == "1" {
			reply(w, 202, `{"status":"IN_PROGRESS","logs":[{"message":"a","level":"INFO","source":"USER","timestamp":"2026-09-01T12:00:01+00:00"}]}`)
			return
		}
		reply(w, 202, `{"status":"IN_QUEUE","queue_position":`+itoa(2-number)+`,"logs":null}`)
	})
	c := client(t, fake.URL)
	for _, ahead := range []int64{1, 0} {
		status, err := c.Status(t.Context(), attach(t, c), false)
		if err != nil || status.State != InQueue || status.QueuePosition == nil || *status.QueuePosition != ahead || status.Logs != nil {
			t.Errorf("got %+v, %v, want %d ahead", status, err, ahead)
		}
	}
	status, err := c.Status(t.Context(), attach(t, c), true)
	if err != nil || status.State != InProgress || status.QueuePosition != nil || len(status.Logs) != 1 || status.Logs[0].Message != "a" {
		t.Errorf("got %+v, %v", status, err)
	}
}

func TestDecodeStatus(t *testing.T) {
	t.Parallel()
	c := client(t, "http://127.0.0.1:1")
	tests := map[string]struct {
		body  string
		state State
	}{
		"logs as object":     {`{"status":"IN_PROGRESS","logs":{}}`, InProgress},
		"odd members":        {`{"status":"COMPLETED","queue_position":"x","error":{},"error_type":4,"metrics":[]}`, Completed},
		"negative position":  {`{"status":"IN_QUEUE","queue_position":-1}`, InQueue},
		"fraction":           {`{"status":"IN_QUEUE","queue_position":1.5}`, InQueue},
		"duplicate":          {`{"status":"IN_QUEUE","status":"COMPLETED"}`, Completed},
		"invalid UTF-8":      {"{\"status\":\"A\xff\"}", "A\ufffd"},
		"null":               {`null`, ""},
		"empty":              {`{}`, ""},
		"status as a number": {`{"status":1}`, ""},
		"nothing":            {``, ""},
		"number":             {`{"status":"A","queue_position":NaN}`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, err := c.decodeStatus([]byte(test.body))
			if (err != nil) != (test.state == "") || status.State != test.state || status.QueuePosition != nil {
				t.Errorf("got %+v, %v", status, err)
			}
		})
	}
}
