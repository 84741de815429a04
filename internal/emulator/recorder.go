// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

// logLimit bounds the memory of an emulator that runs for weeks.
const logLimit = 100_000

// Entry is one HTTP request as the emulator saw it.
type Entry struct {
	// Seq counts requests from 1.
	Seq    int
	Time   time.Time
	Method string
	// Path has the query, if there is one.
	Path  string
	Route Route
	// Header is what was sent, with a mark in place of credentials.
	Header http.Header
	// Body is what was sent, if it was read.
	Body []byte
	// Status is the answer's, 0 if there was none or not yet.
	Status int
	// RequestID is the request that the path names, or that was created.
	RequestID string
	// Accepted says that a submission or direct call created a paid job.
	Accepted bool
	// Fault names the fault that met the request; "fault" if it has no name.
	Fault string
	// RemoteAddr tells connections apart.
	RemoteAddr string
}

// Submission is an accepted, paid job.
type Submission struct {
	RequestID  string
	EndpointID string
	// Direct says that it was a direct call rather than a queued one.
	Direct bool
	Body   []byte
	// Header is what was sent, with a mark in place of credentials.
	Header http.Header
	Time   time.Time
}

// Cancellation is a cancel request for a job that exists.
type Cancellation struct {
	RequestID string
	Time      time.Time
	// Outcome is OK, CANCELLATION_REQUESTED or ALREADY_COMPLETED, or REFUSED
	// where a JobFault has a running job's cancellation refused.
	Outcome string
}

// Log lists the latest requests, up to 100,000, in the order they arrived.
func (s *Server) Log() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	entries := make([]Entry, len(s.log))
	for i, entry := range s.log {
		entries[i] = *entry
	}
	return entries
}

// LogOf lists the requests to one route.
func (s *Server) LogOf(route Route) []Entry {
	return slices.DeleteFunc(s.Log(), func(e Entry) bool { return e.Route != route })
}

// Submissions lists accepted paid jobs, queued and direct, in their order. With
// a directory it goes back to the first.
func (s *Server) Submissions() []Submission {
	s.mu.Lock()
	defer s.mu.Unlock()
	var submissions []Submission
	for _, job := range s.order {
		if job.Seeded {
			continue
		}
		submissions = append(submissions, Submission{
			RequestID:  job.ID,
			EndpointID: job.Endpoint.String(),
			Direct:     job.Direct,
			Body:       slices.Clone(job.Body),
			Header:     job.Header.Clone(),
			Time:       job.SentAt,
		})
	}
	return submissions
}

// Cancellations lists cancel requests in their order.
func (s *Server) Cancellations() []Cancellation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.cancellations)
}

// WaitFor returns once the condition holds, or with the context's error. The
// condition may use every method of the server; it is asked again whenever
// anything has happened: a request, an answer, a step of a job.
func (s *Server) WaitFor(ctx context.Context, condition func() bool) error {
	for {
		s.mu.Lock()
		s.settle()
		changed := s.changed
		s.unlock()
		if condition() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// touch tells those who wait that something has happened. The lock must be
// held.
func (s *Server) touch() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// record begins the entry of a request.
func (s *Server) record(c *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	c.entry = &Entry{
		Seq:        s.requests,
		Time:       s.clock.Now(),
		Method:     c.Method,
		Path:       c.URL.RequestURI(),
		Route:      c.route,
		Header:     redact(c.Header),
		RequestID:  c.id,
		RemoteAddr: c.RemoteAddr,
	}
	if len(s.log) == logLimit {
		s.log = slices.Delete(s.log, 0, logLimit/10)
	}
	s.log = append(s.log, c.entry)
	s.touch()
}

// note changes the entry of a request.
func (s *Server) note(c *call, change func(*Entry)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(c.entry)
	s.touch()
}

// redact copies headers with a mark in place of credentials: enough to tell
// two keys apart, too little to use one.
func redact(header http.Header) http.Header {
	copied := header.Clone()
	for i, value := range copied["Authorization"] {
		scheme, secret, _ := strings.Cut(value, " ")
		digest := sha256.Sum256([]byte(secret))
		copied["Authorization"][i] = scheme + " sha256:" + hex.EncodeToString(digest[:4])
	}
	return copied
}
