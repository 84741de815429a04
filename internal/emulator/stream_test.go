// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// listen opens a status stream and returns its lines as they come. The channel
// is closed at the stream's end; the error is then in the second.
func (f *fixture) listen(path string) (<-chan string, <-chan error) {
	f.t.Helper()
	request, err := http.NewRequestWithContext(f.t.Context(), http.MethodGet, f.url+path, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Key "+testKey)
	answer, err := f.http.Do(request) //nolint:bodyclose // The goroutine below closes it.
	if err != nil {
		f.t.Fatal(err)
	}
	if got := answer.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/event-stream") {
		f.t.Errorf("content type %q", got)
	}
	lines, ended := make(chan string, 1000), make(chan error, 1)
	go func() {
		defer close(lines)
		defer func() { _ = answer.Body.Close() }()
		scanner := bufio.NewScanner(answer.Body)
		for scanner.Scan() {
			lines <- scanner.Text()
		}
		ended <- scanner.Err()
	}()
	return lines, ended
}

// frame reads the next frame and the empty line after it.
func frame(t *testing.T, lines <-chan string) response {
	t.Helper()
	select {
	case line, open := <-lines:
		text, found := strings.CutPrefix(line, "data: ")
		if !open || !found || <-lines != "" {
			t.Fatalf("%q is no frame (stream open: %v)", line, open)
		}
		return response{text: text}
	case <-time.After(10 * time.Second):
		t.Fatal("no frame came")
		return response{}
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithQueueTime(time.Second), WithRunTime(4*time.Second))
	id := f.submit(cat)
	lines, ended := f.listen(request(id) + "/status/stream?logs=1")
	r := frame(t, lines)
	has(t, r, "status", "IN_QUEUE")
	has(t, r, "queue_position", 0)

	f.clock.Advance(time.Second)
	r = frame(t, lines)
	has(t, r, "status", "IN_PROGRESS")
	if !strings.Contains(r.text, "Loading the prompt") {
		t.Errorf("no log in %s", r.text)
	}
	f.clock.Advance(time.Second)
	r = frame(t, lines)
	has(t, r, "status", "IN_PROGRESS")
	if strings.Contains(r.text, "Loading the prompt") || !strings.Contains(r.text, "step 7/28") {
		t.Errorf("the log is not incremental: %s", r.text)
	}
	f.clock.Advance(3 * time.Second)
	r = frame(t, lines)
	for r.json(t)["status"] == "IN_PROGRESS" {
		r = frame(t, lines)
	}
	has(t, r, "status", "COMPLETED")
	has(t, r, "metrics", map[string]any{"inference_time": 4})
	if line, open := <-lines; open {
		t.Errorf("%q after the end", line)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestStreamOfWhatIsCompletedOrUnknown(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	lines, _ := f.listen(request(f.submit(cat)) + "/status/stream")
	r := frame(t, lines)
	has(t, r, "status", "COMPLETED")
	if !strings.Contains(r.text, `"logs":null`) {
		t.Errorf("logs that nobody asked for: %s", r.text)
	}
	if _, open := <-lines; open {
		t.Error("the stream goes on")
	}
	expect(t, f.get(request("x")+"/status/stream"), http.StatusNotFound, `{"status":"NOT_FOUND"}`)
	expect(t, f.get(request("x")+"/status/stream", "Authorization", ""), http.StatusUnauthorized, "")
	expect(t, f.do(http.MethodPost, request("x")+"/status/stream", ""), http.StatusMethodNotAllowed, "")
}

// As recorded: lines since the last frame, and an empty list between.
func TestStreamWithLabelledLogs(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithQueueTime(time.Second), WithRunTime(4*time.Second), WithLogMode(LogsLabelled))
	id := f.submit(cat)
	lines, _ := f.listen(request(id) + "/status/stream?logs=1")
	has(t, frame(t, lines), "status", "IN_QUEUE")
	for second, message := range []string{"Loading the prompt", "step 7/28", "step 14/28", "step 21/28", "step 28/28"} {
		// The stream sets its timer after the frame was read.
		f.clock.waitForTimers(2)
		f.clock.Advance(time.Second)
		r := frame(t, lines)
		has(t, r, "logs", []map[string]any{{
			"timestamp": fmt.Sprintf("2026-09-01T12:00:0%d.000000", second+1), "message": message, "labels": map[string]any{},
		}})
		if second == logParts {
			has(t, r, "status", "COMPLETED")
			break
		}
		r = frame(t, lines)
		has(t, r, "status", "IN_PROGRESS")
		has(t, r, "logs", []any{})
	}
	if line, open := <-lines; open {
		t.Errorf("%q after the end", line)
	}
}

func TestStreamShowsPositions(t *testing.T) {
	t.Parallel()
	// Over before it is time for a ping.
	const runTime = 3 * time.Second
	f := newFixture(t, WithRunners(1), WithRunTime(runTime))
	var last string
	for range 4 {
		last = f.submit(cat)
	}
	lines, _ := f.listen(request(last) + "/status/stream")
	for _, want := range []int{2, 1, 0} {
		has(t, frame(t, lines), "queue_position", want)
		f.clock.Advance(runTime)
	}
	has(t, frame(t, lines), "status", "IN_PROGRESS")
	f.clock.Advance(runTime)
	has(t, frame(t, lines), "status", "COMPLETED")
}

func TestStreamKeepsAlive(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithQueueTime(time.Hour))
	lines, _ := f.listen(request(f.submit(cat)) + "/status/stream")
	frame(t, lines)
	for range 3 {
		// The stream sets its timer after the frame was read.
		f.clock.waitForTimers(2)
		f.clock.Advance(15 * time.Second)
		if got := <-lines; got != ": ping" || <-lines != "" {
			t.Fatalf("%q instead of a ping", got)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, open := <-lines; open {
		t.Error("the stream outlives the emulator")
	}
}

func TestStreamIsCut(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]Fault{
		"after a frame":    {Route: RouteStream, Frames: 1},
		"in a frame":       {Route: RouteStream, Truncate: 10},
		"by a false start": {Route: RouteStream, Frames: 1, Delay: 0, Accept: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, WithQueueTime(time.Hour), WithFaults(fault))
			lines, ended := f.listen(request(f.submit(cat)) + "/status/stream")
			text := ""
			for line := range lines {
				text += line
			}
			if err := <-ended; err == nil {
				t.Error("the stream ended well")
			}
			if whole := strings.HasSuffix(text, "}"); whole == (fault.Truncate > 0) {
				t.Errorf("the stream had %q", text)
			}
		})
	}
}
