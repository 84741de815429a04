// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"errors"
	"io"
	"net/http"
	"testing"
	"time"
)

func TestPollPause(t *testing.T) {
	t.Parallel()
	for waited, want := range map[time.Duration]time.Duration{
		0: 250 * time.Millisecond, 2499 * time.Millisecond: 250 * time.Millisecond, 2510 * time.Millisecond: 251 * time.Millisecond,
		20 * time.Second: 2 * time.Second, 50 * time.Second: 5 * time.Second, time.Hour: 5 * time.Second,
	} {
		if got := pollPause(waited); got != want {
			t.Errorf("after %s the pause is %s, want %s", waited, got, want)
		}
	}
}

// Polling learns that a request is completed a tenth of its time later at most,
// or a quarter of a second.
func TestPollingAddsATenth(t *testing.T) {
	t.Parallel()
	for _, length := range []time.Duration{0, 100 * time.Millisecond, time.Second, 10 * time.Second, time.Minute, 10 * time.Minute} {
		clock := streamClock()
		fake := newFakeFal(t, func(w http.ResponseWriter, r *http.Request, _ int) {
			switch {
			case isStream(r):
				w.WriteHeader(404)
			case clock.Now().Sub(noon) < length:
				reply(w, 202, `{"status":"IN_PROGRESS"}`)
			default:
				reply(w, 200, `{"status":"COMPLETED"}`)
			}
		})
		c := client(t, fake.URL, withClock(clock))
		if _, err := c.Wait(t.Context(), attach(t, c), nil); err != nil {
			t.Fatal(err)
		}
		if late := clock.Now().Sub(noon) - length; late > min(max(length/10, 250*time.Millisecond), 5*time.Second) {
			t.Errorf("a request of %s was waited for %s too long", length, late)
		}
	}
}

// streams counts how often the stream was asked for while so many requests were
// waited for, one after the other.
func streams(t *testing.T, waits int, answer func(w http.ResponseWriter, r *http.Request, asked int)) int {
	t.Helper()
	asked := 0
	fake := newFakeFal(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if isStream(r) {
			asked++
		}
		answer(w, r, asked)
	})
	c := client(t, fake.URL, withClock(streamClock()))
	for range waits {
		handle := attach(t, c)
		handle.SubmittedAt = noon.Add(-time.Hour)
		if _, err := c.Wait(t.Context(), handle, nil); err != nil && !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
	}
	return asked
}

// A stream that the server doesn't have is asked for once, and one that breaks
// again and again.
func TestStreamsThatTheServerLacks(t *testing.T) {
	t.Parallel()
	const waits = 4
	for name, test := range map[string]struct {
		stream func(http.ResponseWriter)
		want   int
	}{
		"not found":       {func(w http.ResponseWriter) { reply(w, 404, `{"detail":"Not Found"}`) }, 1},
		"not allowed":     {func(w http.ResponseWriter) { reply(w, 405, `{"detail":"Method Not Allowed"}`) }, 1},
		"not implemented": {func(w http.ResponseWriter) { reply(w, 501, ``) }, 1},
		"JSON":            {func(w http.ResponseWriter) { reply(w, 200, `{"status":"IN_QUEUE"}`) }, 1},
		"no content":      {func(w http.ResponseWriter) { w.WriteHeader(204) }, 1},
		"broken":          {func(w http.ResponseWriter) { reply(w, 502, `<html>`) }, waits},
		"limited":         {func(w http.ResponseWriter) { reply(w, 429, `{}`) }, waits},
		"denied":          {func(w http.ResponseWriter) { reply(w, 403, `Forbidden`) }, waits},
		"empty":           {func(w http.ResponseWriter) { stream(w) }, waits},
		"cut":             {func(w http.ResponseWriter) { stream(w, event("IN_QUEUE")); panic(http.ErrAbortHandler) }, waits},
	} {
		got := streams(t, waits, func(w http.ResponseWriter, r *http.Request, _ int) {
			if isStream(r) {
				test.stream(w)
				return
			}
			reply(w, 200, `{"status":"COMPLETED"}`)
		})
		if got != test.want {
			t.Errorf("%s: the stream was asked for %d times for %d requests, want %d", name, got, waits, test.want)
		}
	}
}

// That fal does not know one request says nothing about the streams of others.
func TestStreamOfAForgottenRequest(t *testing.T) {
	t.Parallel()
	got := streams(t, 3, func(w http.ResponseWriter, r *http.Request, asked int) {
		switch {
		case asked == 1:
			reply(w, 404, `{"status":"NOT_FOUND"}`)
		case isStream(r):
			stream(w, event("COMPLETED"))
		default:
			t.Errorf("%s was asked for", r.URL.Path)
		}
	})
	if got != 3 {
		t.Errorf("the stream was asked for %d times, want 3", got)
	}
}

// A server that leaves a stream open after the last frame holds nobody up.
func TestStreamThatNeverEnds(t *testing.T) {
	t.Parallel()
	server := streamServer(t, func(c *rawConn) {
		_, _ = io.WriteString(c, streamHead+event("COMPLETED"))
		_, _ = c.reader.ReadByte()
	})
	c := client(t, server.url, withClock(streamClock()))
	status, err := c.Wait(t.Context(), attach(t, c), nil)
	if err != nil || status.State != Completed || server.heads.Load() != 1 {
		t.Errorf("got %v, %v after %d calls", status, err, server.heads.Load())
	}
}
