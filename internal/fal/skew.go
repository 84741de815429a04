// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"net/http"
	"sync"
	"time"
)

// skew is how far fal's clock is ahead of this machine's, once it is known.
type skew struct {
	mutex sync.Mutex
	ahead time.Duration
	known bool
}

func (s *skew) set(ahead time.Duration) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.ahead, s.known = ahead, true
}

func (s *skew) get() (ahead time.Duration, known bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.ahead, s.known
}

// apply turns a time of this machine into fal's.
func (s *skew) apply(at time.Time) time.Time {
	ahead, _ := s.get()
	return at.Add(ahead)
}

// updateSkew notes how fal's clock differs from this machine's.
func (c *Client) updateSkew(header http.Header) {
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		c.skew.set(date.Sub(c.clock.Now()))
	}
}

// Now is the time by fal's clock, to about a second, as the last answer told it
// that is dated when it was given: those to submissions and of the platform, and
// statuses. Results and direct calls can be dated when the work began. Before the
// first such answer it is the time of this machine.
func (c *Client) Now() time.Time {
	return c.skew.apply(c.clock.Now())
}

// dateOf is the Date header of an answer, or the present time.
func (c *Client) dateOf(header http.Header) time.Time {
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		return date
	}
	return c.Now()
}
