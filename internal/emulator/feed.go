// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"net/http"
	"time"
)

const (
	// pageLimit is how many requests the page shows: the newest.
	pageLimit = 200
	// feedPause is the least time between two looks at the jobs, so that a
	// page that is open doesn't slow down a run of hundreds.
	feedPause = 100 * time.Millisecond
)

// update is one event of the feed: what has changed since the one before.
type update struct {
	// Fresh says that the page has to forget what it knows. It is so in the
	// first event of each connection.
	Fresh bool `json:"fresh,omitempty"`
	// Now is the emulator's time, for durations that go on.
	Now    time.Time `json:"now"`
	Limit  int       `json:"limit"`
	Counts counts    `json:"counts"`
	// Cards are those that are new or have changed.
	Cards []card `json:"cards"`
}

// counts are of all requests, shown or not.
type counts struct {
	Total     int `json:"total"`
	Queued    int `json:"queued"`
	Running   int `json:"running"`
	Completed int `json:"completed"`
	Failed    int `json:"failed"`
	Cancelled int `json:"cancelled"`
}

// mark is all of a job that can change what its card says.
type mark struct {
	phase    phase
	position int
	started  time.Time
	gone     bool
}

// feed is one page that is open.
type feed struct {
	server *Server
	// filter is the state of the requests to show; empty for all.
	filter cardState
	begun  bool
	counts counts
	sent   map[*job]mark
}

// serveFeed sends updates as server-sent events until the page is closed.
func (s *Server) serveFeed(c *call) {
	c.w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	c.w.WriteHeader(http.StatusOK)
	if c.Method == http.MethodHead {
		return
	}
	write := func(text string) {
		// A page that has left also ends the request's context.
		_, _ = c.w.Write([]byte(text))
		s.flush(c)
	}
	write("retry: 1000\n\n")
	f := feed{server: s, filter: filterOf(c)}
	for {
		news, changed := f.look()
		if news != nil {
			write("data: " + string(encode(news)) + "\n\n")
		}
		if _, over := s.waitForChange(c, feedPause, nil); over {
			return
		}
		woken, over := s.waitForChange(c, keepAlive, changed)
		if over {
			return
		}
		if !woken {
			write(": ping\n\n")
		}
	}
}

// waitForChange waits until the time is over or something has changed, and reports
// which. It reports over if nobody is there any more.
func (s *Server) waitForChange(c *call, d time.Duration, changed <-chan struct{}) (woken, over bool) {
	elapsed := make(chan struct{})
	timer := s.clock.AfterFunc(d, func() { close(elapsed) })
	defer timer.Stop()
	select {
	case <-elapsed:
		return false, false
	case <-changed:
		return true, false
	case <-c.Context().Done():
	case <-s.done:
	}
	return false, true
}

// look returns what is new, or nil, and a channel that is closed when it is
// worth to look again.
func (f *feed) look() (*update, <-chan struct{}) {
	s := f.server
	s.mu.Lock()
	defer s.unlock()
	s.settle()
	now := &update{Fresh: !f.begun, Now: s.clock.Now(), Limit: pageLimit, Cards: []card{}}

	positions := make(map[*job]int, len(s.active))
	for _, j := range s.active {
		if j.Phase == inQueue {
			positions[j] = len(positions)
		}
	}
	wanted := make([]*job, 0, len(s.order))
	for _, j := range s.order {
		now.Counts.add(j)
		if f.filter == "" || f.filter == j.state() {
			wanted = append(wanted, j)
		}
	}
	// What isn't shown any more is forgotten here too.
	shown := make(map[*job]mark, pageLimit)
	for _, j := range wanted[max(0, len(wanted)-pageLimit):] {
		m := mark{phase: j.Phase, position: positions[j], started: j.StartedAt}
		m.gone = j.Phase == completed && s.mediaGone(j)
		shown[j] = m
		if before, known := f.sent[j]; !known || before != m {
			now.Cards = append(now.Cards, s.card(j, m))
		}
	}
	// A card in another state than the page shows tells it to let go.
	for j := range f.sent {
		if _, kept := shown[j]; !kept && f.filter != "" && f.filter != j.state() {
			now.Cards = append(now.Cards, s.card(j, mark{phase: j.Phase, position: positions[j]}))
		}
	}
	unchanged := f.begun && len(now.Cards) == 0 && now.Counts == f.counts
	f.begun, f.counts, f.sent = true, now.Counts, shown
	if unchanged {
		return nil, s.changed
	}
	return now, s.changed
}

// of is how many requests are in a state; all of them for none.
func (c *counts) of(state cardState) int {
	switch state {
	case stateQueued:
		return c.Queued
	case stateRunning:
		return c.Running
	case stateCompleted:
		return c.Completed
	case stateFailed:
		return c.Failed
	case stateCancelled:
		return c.Cancelled
	default:
		return c.Total
	}
}

func (c *counts) add(j *job) {
	c.Total++
	switch j.state() {
	case stateQueued:
		c.Queued++
	case stateRunning:
		c.Running++
	case stateFailed:
		c.Failed++
	case stateCancelled:
		c.Cancelled++
	default:
		c.Completed++
	}
}
