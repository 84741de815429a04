// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"encoding/json"
	"net/http"
	"time"
)

const (
	// keepAlive is how often an idle stream has a comment. fal documents
	// about 15 s.
	keepAlive = 15 * time.Second
	// positionPause spares a long queue a frame per job for each step.
	positionPause = time.Second
)

// serveStream follows a job's status until it is completed.
func (s *Server) serveStream(c *call, fault *Fault) {
	if refused := s.admit(c); refused != nil {
		s.send(c, *refused, 0)
		return
	}
	if c.Method != http.MethodGet {
		s.send(c, s.wrongMethod(c, RouteStream.methods()), 0)
		return
	}
	s.mu.Lock()
	s.settle()
	j := s.lookup(c)
	s.unlock()
	if j == nil {
		s.send(c, outcome(http.StatusNotFound, "NOT_FOUND"), 0)
		return
	}
	r := reply{status: http.StatusOK, header: http.Header{
		"Content-Type":     {"text/event-stream; charset=utf-8"},
		"Cache-Control":    {"no-cache"},
		"X-Fal-Request-Id": {j.ID},
	}}
	f := follower{server: s, call: c, job: j, logs: wantsLogs(c)}
	if fault != nil {
		if fault.late() && !s.hold(c, fault) {
			return
		}
		if fault.ResetAfter {
			s.reset(c)
			return
		}
		r = fault.alter(r, c.target)
		if r.body != nil {
			s.send(c, r, fault.Truncate)
			return
		}
		f.frames, f.bytes = fault.Frames, fault.Truncate
	}
	s.send(c, r, 0)
	s.flush(c)
	f.run()
}

// follower writes one status stream.
type follower struct {
	server *Server
	call   *call
	job    *job
	logs   bool
	// frames and bytes cut the stream when they have been sent; 0 is never.
	frames, bytes int

	started  bool
	status   phase
	position int
	sentAt   time.Time
	lines    int
	// idle says that a frame without lines is due.
	idle bool
}

func (f *follower) run() {
	bell := make(chan struct{}, 1)
	ring := func() {
		select {
		case bell <- struct{}{}:
		default:
		}
	}
	pings := f.server.clock.Now().Add(keepAlive)
	for {
		frame, done, next, changed := f.look()
		if frame != nil {
			f.write("data: " + string(frame) + "\n\n")
			if f.frames > 0 {
				if f.frames--; f.frames == 0 {
					panic(http.ErrAbortHandler)
				}
			}
		}
		if done {
			return
		}
		if f.idle {
			continue
		}
		now := f.server.clock.Now()
		if !now.Before(pings) {
			f.write(": ping\n\n")
			pings = now.Add(keepAlive)
		}
		wake := pings
		if !next.IsZero() && next.Before(wake) {
			wake = next
		}
		timer := f.server.clock.AfterFunc(wake.Sub(now), ring)
		select {
		case <-changed:
		case <-bell:
		case <-f.call.Context().Done():
			timer.Stop()
			return
		case <-f.server.done:
			timer.Stop()
			return
		}
		timer.Stop()
	}
}

// look returns the frame that is due, if any, whether it is the last, and when
// to look again if nothing changes until then.
func (f *follower) look() (frame []byte, done bool, next time.Time, changed <-chan struct{}) {
	s, j := f.server, f.job
	s.mu.Lock()
	defer s.unlock()
	s.settle()
	now := s.clock.Now()
	t := s.describe(j, f.call.base())
	changed = j.changed

	position := 0
	if t.QueuePosition != nil {
		position = *t.QueuePosition
	}
	due := !f.started || t.Status != f.status || f.idle
	f.idle = false
	if !due && position != f.position {
		if next = f.sentAt.Add(positionPause); !next.After(now) {
			due, next = true, time.Time{}
		}
	}
	if t.Status != inQueue {
		lines := s.logLines(j)
		fresh := lines[min(f.lines, len(lines)):]
		if f.logs && len(fresh) > 0 {
			due = true
		}
		if f.logs && j.Phase == inProgress {
			if all := s.allLogLines(j); len(all) > len(lines) {
				next = all[len(lines)].at
			}
		}
		if mode := s.logModeOf(j); due && mode != LogsMissing {
			t.Logs = json.RawMessage("null")
			if f.logs {
				t.Logs = mode.show(fresh)
				f.lines = len(lines)
				f.idle = mode == LogsLabelled && len(fresh) > 0 && j.Phase != completed
			}
		}
	}
	if !due {
		return nil, false, next, changed
	}
	f.started, f.status, f.position, f.sentAt = true, t.Status, position, now
	return encode(t), j.Phase == completed, next, changed
}

// write sends text, up to where a fault cuts the stream.
func (f *follower) write(text string) {
	cut := f.bytes > 0 && len(text) >= f.bytes
	if cut {
		text = text[:f.bytes]
	}
	// A client that has left also ends the request's context.
	_, _ = f.call.w.Write([]byte(text))
	f.server.flush(f.call)
	if cut {
		panic(http.ErrAbortHandler)
	}
	if f.bytes > 0 {
		f.bytes -= len(text)
	}
}
