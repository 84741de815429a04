// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"net/http"
)

// run answers a direct call: it blocks until the model has answered, refuses
// when all runners are busy, and gives up when the client leaves.
func (s *Server) run(c *call) (reply, bool) {
	if unknown := s.refuseEndpoint(c.endpoint); unknown != nil {
		return *unknown, false
	}
	if !s.readBody(c) {
		return tooLarge(), false
	}
	s.mu.Lock()
	s.settle()
	if s.runners > 0 && s.running >= s.runners {
		s.unlock()
		busy := broken("concurrent_requests_limit", "Maximum number of concurrent requests reached")
		return busy.reply().with("X-Fal-Needs-Retry", "1"), false
	}
	j := s.newJob(c.endpoint, c.content, c.Header, s.jobFault(c))
	j.Direct, j.QueueTime = true, 0
	s.enter(j)
	// A free runner is there; jobs in the queue must not take it.
	if j.Phase == inQueue && phase(j.Fault.Stuck) != inQueue {
		s.start(j, j.SentAt)
	}
	c.entry.RequestID, c.entry.Accepted = j.ID, true
	s.settle()
	s.unlock()

	for {
		s.mu.Lock()
		s.settle()
		over, changed := j.Phase == completed, j.changed
		s.unlock()
		if over {
			break
		}
		select {
		case <-changed:
		case <-c.Context().Done():
			s.abandon(j)
			return reply{}, true
		case <-s.done:
			s.abandon(j)
			s.reset(c)
			return reply{}, true
		}
	}
	r := s.finalAnswer(j, c.base())
	if j.Failure != nil && j.Failure.Type != "" && r.status >= http.StatusInternalServerError {
		r.header.Set("X-Fal-Needs-Retry", "1")
	}
	return r, false
}

// abandon ends a direct call whose client has left.
func (s *Server) abandon(j *job) {
	s.mu.Lock()
	defer s.unlock()
	if j.Phase == completed {
		return
	}
	s.finish(j, s.clock.Now(), broken("client_disconnected", "Client disconnected"))
	s.changedJob(j)
	s.settle()
}
