// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

const streamHead = "HTTP/1.1 200 x\r\nContent-Type: text/event-stream\r\n\r\n"

// hostileStreams are status streams that lead nowhere.
var hostileStreams = map[string]func(c *rawConn){
	"a line without end":    func(c *rawConn) { endlessly(c, streamHead+"data: ", strings.Repeat("x", 1<<16)) },
	"a line of 10 MB":       func(c *rawConn) { _, _ = io.WriteString(c, streamHead+"data: "+strings.Repeat("x", 10<<20)+"\n\n") },
	"an event without end":  func(c *rawConn) { endlessly(c, streamHead, strings.Repeat("data: x\n", 1<<13)) },
	"a comment without end": func(c *rawConn) { endlessly(c, streamHead+":", strings.Repeat("x", 1<<16)) },
	"blank lines":           func(c *rawConn) { endlessly(c, streamHead, strings.Repeat("\n", 1<<16)) },
	"keep-alives": func(c *rawConn) {
		endlessly(c, streamHead, strings.Repeat(": "+strings.Repeat("ping ", 30)+"\n\n", 1<<9))
	},
	"events of other kinds": func(c *rawConn) {
		endlessly(c, streamHead, strings.Repeat("event: x\ndata: {\"x\":\""+strings.Repeat("x", 100)+"\"}\n\n", 1<<9))
	},
	"the same status":     func(c *rawConn) { endlessly(c, streamHead, strings.Repeat(event("IN_QUEUE"), 1<<9)) },
	"no text":             func(c *rawConn) { _, _ = io.WriteString(c, streamHead+"data: {\"status\":\"\x00\xff\"}\n\n") },
	"no number":           func(c *rawConn) { _, _ = io.WriteString(c, streamHead+"data: {\"status\":NaN}\n\n") },
	"brackets":            func(c *rawConn) { _, _ = io.WriteString(c, streamHead+"data: "+strings.Repeat("[", 100_000)+"\n\n") },
	"headers without end": func(c *rawConn) { endlessly(c, "HTTP/1.1 200 x\r\n", strings.Repeat("X-More: and more\r\n", 1000)) },
	"packed without a reason": func(c *rawConn) {
		_, _ = io.WriteString(c, "HTTP/1.1 200 x\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n"+bomb())
	},
}

// floods are those of them that bring whole events, and as many as they can.
var floods = []string{"keep-alives", "events of other kinds", "the same status"}

// TestHostileStreams checks that whatever a stream brings, polling takes over
// before it costs much, and learns that the request is completed.
func TestHostileStreams(t *testing.T) { //nolint:paralleltest // it counts what is allocated
	bomb()
	for kind, answer := range hostileStreams { //nolint:paralleltest // see above
		t.Run(kind, func(t *testing.T) {
			server := streamServer(t, answer)
			c := client(t, server.url, withClock(streamClock()))
			handle := attach(t, c)
			var status Status
			var err error
			allocated := allocation(func() { status, err = c.Wait(t.Context(), handle, nil) })
			if err != nil || status.State != Completed || server.heads.Load() != 2 {
				t.Errorf("got %v, %v after %d calls", status.State, err, server.heads.Load())
			}
			// The server's own lines count too.
			most := 48 * largestFrame >> 20
			if slices.Contains(floods, kind) {
				// Each event is decoded and forgotten; most are short.
				most = 64 * longestStream >> 20
			}
			if allocated > most {
				t.Errorf("it took %d MB, want %d at most", allocated, most)
			}
		})
	}
}

// streamServer answers the status stream with a function, and a poll with the
// news that the request is completed.
func streamServer(t *testing.T, answer func(*rawConn)) *rawServer {
	t.Helper()
	return newRawServer(t, func(c *rawConn, _ int) {
		request, err := c.head()
		switch {
		case err != nil:
		case isStream(request):
			answer(c)
		default:
			c.answer(http.StatusOK, `{"status":"COMPLETED"}`)
		}
	})
}

// A stream that says no more than that it is alive is listened to for a while;
// how long at most is up to the context.
func TestEndlessWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server := streamServer(t, func(c *rawConn) {
		_, _ = io.WriteString(c, streamHead+strings.Repeat(": ping\n\n", 20))
		cancel()
		_, _ = c.reader.ReadByte()
	})
	clock := newFakeClock()
	clock.hold = time.Nanosecond
	c := client(t, server.url, withClock(clock))
	_, err := c.Wait(ctx, attach(t, c), nil)
	if !errors.Is(err, context.Canceled) || server.heads.Load() != 1 {
		t.Errorf("got %v after %d calls", err, server.heads.Load())
	}
}
