// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
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

// gatedClock tells how many waits leave the question for a stream to another one.
type gatedClock struct {
	*fakeClock
	gated chan struct{}
}

func (c gatedClock) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, stop := c.fakeClock.WithTimeout(ctx, d)
	if d == firstAnswer {
		c.gated <- struct{}{}
	}
	return ctx, stop
}

// waitAtOnce makes so many waits at one time. The answer to the first question for
// a stream is held back until all of them have begun, and until what is given has
// been done. It returns how often a stream was asked for.
func waitAtOnce(t *testing.T, waits int, answer func(http.ResponseWriter), before func(*fakeClock, *atomic.Int32)) int {
	t.Helper()
	clock := gatedClock{fakeClock: streamClock(), gated: make(chan struct{}, waits)}
	var asked, ended atomic.Int32
	fake := newFakeFal(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if !isStream(r) {
			reply(w, 200, `{"status":"COMPLETED"}`)
			return
		}
		if asked.Add(1) == 1 {
			for range waits {
				<-clock.gated
			}
			before(clock.fakeClock, &ended)
		}
		answer(w)
	})
	c := client(t, fake.URL, func(o *Options) { o.Clock = clock })
	handle := attach(t, c)
	var all sync.WaitGroup
	for range waits {
		all.Go(func() {
			defer ended.Add(1)
			if status, err := c.Wait(t.Context(), handle, nil); err != nil || status.State != Completed {
				t.Errorf("got %v, %v", status, err)
			}
		})
	}
	all.Wait()
	return int(asked.Load())
}

// Waits that begin together ask once for a stream that the server doesn't have, and
// each for its own where there are streams.
func TestStreamIsLookedForOnce(t *testing.T) {
	t.Parallel()
	const waits = 10
	atOnce := func(*fakeClock, *atomic.Int32) {}
	if got := waitAtOnce(t, waits, func(w http.ResponseWriter) { reply(w, 404, `{"detail":"Not Found"}`) }, atOnce); got != 1 {
		t.Errorf("a stream that is missing was asked for %d times, want 1", got)
	}
	if got := waitAtOnce(t, waits, func(w http.ResponseWriter) { stream(w, event("COMPLETED")) }, atOnce); got != waits {
		t.Errorf("streams were asked for %d times, want %d", got, waits)
	}
}

// A first question for a stream that is not answered holds the others up for a
// second, not for as long as it lasts.
func TestStreamThatDoesNotAnswerHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	const waits = 5
	got := waitAtOnce(t, waits, func(w http.ResponseWriter) { stream(w, event("COMPLETED")) }, func(clock *fakeClock, ended *atomic.Int32) {
		clock.advance(firstAnswer)
		for ended.Load() < waits-1 {
			runtime.Gosched()
		}
	})
	if got != waits {
		t.Errorf("streams were asked for %d times, want %d", got, waits)
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

// That one request has no stream says nothing about the streams of others either,
// once there was one.
func TestStreamThatOneRequestLacks(t *testing.T) {
	t.Parallel()
	got := streams(t, 3, func(w http.ResponseWriter, r *http.Request, asked int) {
		switch {
		case !isStream(r):
			reply(w, 200, `{"status":"COMPLETED"}`)
		case asked == 2:
			reply(w, 404, `{"status":"NOT_FOUND"}`)
		default:
			stream(w, event("COMPLETED"))
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
