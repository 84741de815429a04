// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"errors"
	"net/http"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

// Request is what the emulator knows of one request.
type Request struct {
	ID         string
	EndpointID string
	Direct     bool
	// Seeded says that SeedRequest made it.
	Seeded bool
	// Status is IN_QUEUE, IN_PROGRESS or COMPLETED.
	Status string
	// QueuePosition counts those ahead, while it is in the queue.
	QueuePosition int
	// Input is zero if the body isn't a valid input.
	Input flux2.Input
	Body  []byte
	// Seed is the one used.
	Seed int64
	// SentAt, StartedAt and EndedAt are zero for what hasn't happened.
	SentAt, StartedAt, EndedAt time.Time
	// StatusCode is that of the result, once it is completed.
	StatusCode int
	// ErrorType is set if fal's infrastructure failed it.
	ErrorType string
	// Error is the body of the result if it isn't a success.
	Error string
	// Media are the paths of the pictures below the emulator's address.
	Media []string
	// MediaGone says that they have expired or been deleted.
	MediaGone bool
	// Flagged says which of them the safety checker has replaced.
	Flagged []bool
}

// Requests lists all requests in the order of their submission.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.unlock()
	s.settle()
	requests := make([]Request, len(s.order))
	for i, j := range s.order {
		requests[i] = s.inspect(j)
	}
	return requests
}

// Request returns one request, and whether there is one of that id.
func (s *Server) Request(id string) (Request, bool) {
	s.mu.Lock()
	defer s.unlock()
	s.settle()
	j := s.jobs[id]
	if j == nil {
		return Request{}, false
	}
	return s.inspect(j), true
}

func (s *Server) inspect(j *job) Request {
	r := Request{
		ID: j.ID, EndpointID: j.Endpoint.String(), Direct: j.Direct, Seeded: j.Seeded,
		Status: string(j.Phase), Input: j.input, Body: j.Body, Seed: j.Seed,
		SentAt: j.SentAt, StartedAt: j.StartedAt, EndedAt: j.EndedAt,
	}
	switch j.Phase {
	case inQueue:
		r.QueuePosition = s.position(j)
	case completed:
		r.StatusCode, r.MediaGone = j.statusCode(), s.mediaGone(j)
		if j.Failure != nil {
			r.ErrorType, r.Error = j.Failure.Type, string(j.Failure.reply().body)
			return r
		}
		r.Flagged = j.flagged
		for _, p := range j.pictures {
			r.Media = append(r.Media, "/media/"+p.name)
		}
	}
	return r
}

// SeededRequest is a request that exists already.
type SeededRequest struct {
	// ID is made up if it is empty.
	ID string
	// EndpointID is the model's default if it is empty.
	EndpointID string
	// Input is the JSON body.
	Input []byte
	// Header is what was sent, such as X-Fal-Store-IO.
	Header http.Header
	// SentAt is now if it is zero. From there the request takes QueueTime and
	// RunTime, so one that was sent yesterday is completed.
	SentAt             time.Time
	QueueTime, RunTime time.Duration
	// Job spoils it.
	Job *JobFault
}

// SeedRequest adds a request that nobody has submitted: it isn't among the
// Submissions. It returns the request's id.
func (s *Server) SeedRequest(seeded SeededRequest) (string, error) {
	id := seeded.EndpointID
	if id == "" {
		id = flux2.DefaultEndpointID
	}
	e, ok := parseEndpoint(id)
	if !ok {
		return "", errors.New("emulator: " + id + " is not an endpoint id")
	}
	s.mu.Lock()
	defer s.unlock()
	if s.jobs[seeded.ID] != nil {
		return "", errors.New("emulator: there is a request " + seeded.ID + " already")
	}
	header := seeded.Header
	if header == nil {
		header = http.Header{}
	}
	j := s.newJob(e, seeded.Input, header, seeded.Job)
	j.Seeded = true
	j.QueueTime, j.RunTime = seeded.QueueTime, seeded.RunTime
	if seeded.ID != "" {
		j.ID = seeded.ID
	}
	if !seeded.SentAt.IsZero() {
		j.SentAt = seeded.SentAt
	}
	s.enter(j)
	s.settle()
	return j.ID, nil
}

// Expire has fal forget a request's result before its time.
func (s *Server) Expire(requestID string) error {
	return s.alterJob(requestID, func(j *job) { j.Expired = true })
}

// ExpireMedia deletes a request's pictures from the media host.
func (s *Server) ExpireMedia(requestID string) error {
	return s.alterJob(requestID, func(j *job) { j.MediaExpired = true })
}

func (s *Server) alterJob(id string, alter func(*job)) error {
	s.mu.Lock()
	defer s.unlock()
	j := s.jobs[id]
	if j == nil {
		return errUnknownRequest
	}
	alter(j)
	s.changedJob(j)
	return nil
}
