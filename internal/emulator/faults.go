// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Duration is a time.Duration that is written as text, such as "1.5s", in a
// file of faults.
type Duration time.Duration

// MarshalText writes the duration in Go's syntax.
func (d Duration) MarshalText() ([]byte, error) {
	return []byte(time.Duration(d).String()), nil
}

// UnmarshalText reads Go's syntax. Negative durations are refused.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return err
	}
	if parsed < 0 {
		return fmt.Errorf("the duration %s is negative", parsed)
	}
	*d = Duration(parsed)
	return nil
}

// Fault spoils the next answers to some requests. The first group of members
// selects requests; all that are set must match. The second says what becomes
// of the answer; the third what becomes of a job that is accepted meanwhile.
//
// Without Accept, ResetAfter, Truncate or Frames, a fault that replaces the
// answer keeps the request from being carried out: a submission isn't accepted.
// Of what replaces it, Page stands alone.
type Fault struct {
	// Name appears in the log.
	Name string `json:"name,omitempty"`
	// Skip lets that many matching requests pass first.
	Skip int `json:"skip,omitempty"`
	// Times is how many requests the fault meets; 0 is all of them.
	Times int `json:"times,omitempty"`
	// Route is the name of a route.
	Route Route `json:"route,omitempty"`
	// Method is an HTTP method.
	Method string `json:"method,omitempty"`
	// Path is the beginning of the path, or, if there is a * in it, a pattern
	// for all of the path in which each * stands for any text.
	Path string `json:"path,omitempty"`
	// RequestID is the id that the path names.
	RequestID string `json:"request_id,omitempty"`
	// Prompt is a part of the prompt that is submitted, or was by the request
	// that the path names.
	Prompt string `json:"prompt,omitempty"`

	// Delay holds the answer back: before the request is carried out, or after
	// it with Accept, ResetAfter or Truncate.
	Delay Duration `json:"delay,omitempty"`
	// Hang never answers, until the client leaves or the emulator is closed.
	Hang bool `json:"hang,omitempty"`
	// Accept carries the request out before the answer is spoiled.
	Accept bool `json:"accept,omitempty"`
	// Status replaces the status code, and the body by what fal answers with it.
	Status int `json:"status,omitempty"`
	// Headers are set in the answer; an empty value removes one.
	Headers map[string]string `json:"headers,omitempty"`
	// ErrorType answers with an error of fal's infrastructure, such as
	// runner_disconnected, and the status that goes with it.
	ErrorType string `json:"error_type,omitempty"`
	// Page answers with a page of what stands in front of fal.
	Page Page `json:"page,omitempty"`
	// Body replaces the body.
	Body *string `json:"body,omitempty"`
	// ResetBefore resets the connection instead of carrying the request out.
	ResetBefore bool `json:"reset_before,omitempty"`
	// ResetAfter carries the request out and resets the connection.
	ResetAfter bool `json:"reset_after,omitempty"`
	// Truncate sends that many bytes of the body and cuts the connection.
	Truncate int `json:"truncate,omitempty"`
	// Frames sends that many frames of a status stream and cuts the connection.
	Frames int `json:"frames,omitempty"`
	// History has the request history answer like this; for RouteHistory only.
	History *History `json:"history,omitempty"`

	// Job spoils the job that a submission or a direct call creates.
	Job *JobFault `json:"job,omitempty"`
}

// ReadFaults reads a JSON list of faults.
func ReadFaults(r io.Reader) ([]Fault, error) {
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	var faults []Fault
	if err := decoder.Decode(&faults); err != nil {
		return nil, fmt.Errorf("read faults: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read faults: there is more than one list")
	}
	for i, fault := range faults {
		if err := fault.check(); err != nil {
			return nil, fmt.Errorf("fault %d: %w", i, err)
		}
	}
	return faults, nil
}

func (f Fault) check() error {
	switch {
	case f.Times < 0 || f.Skip < 0 || f.Truncate < 0 || f.Frames < 0 || f.Delay < 0:
		return errors.New("a count or a delay is negative")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("%d is not a final HTTP status", f.Status)
	case f.Page != "" && f.Page != PageChallenge && f.Page != PageForbidden:
		return fmt.Errorf("there is no page %q", f.Page)
	case f.Page != "" && (f.Status != 0 || f.ErrorType != "" || f.Body != nil):
		return errors.New("a page can't be combined with another answer")
	case f.Route != "" && f.Route != RouteUnknown && f.Route.methods() == nil:
		return fmt.Errorf("there is no route %q", f.Route)
	case f.ResetBefore && f.carriesOut():
		return errors.New("reset_before can't be combined with what comes after acceptance")
	case f.History != nil && f.Route != RouteHistory:
		return fmt.Errorf("a fault with history needs the route %q", RouteHistory)
	case f.History != nil && f.History.check() != nil:
		return f.History.check()
	case !f.onWire() && f.Job == nil:
		return errors.New("the fault has no effect")
	case f.Job != nil:
		return f.Job.check()
	}
	return nil
}

// onWire reports whether the fault concerns an answer rather than a job.
func (f Fault) onWire() bool {
	return f.replaces() || f.late() || f.Delay > 0 || f.Hang || len(f.Headers) > 0 || f.ResetBefore || f.History != nil
}

// replaces reports whether the answer is another than what came of the request.
func (f Fault) replaces() bool {
	return f.Status != 0 || f.ErrorType != "" || f.Page != "" || f.Body != nil
}

// late reports whether the effects come after the request is carried out.
func (f Fault) late() bool {
	return f.Accept || f.ResetAfter || f.Truncate > 0 || f.Frames > 0
}

// carriesOut reports whether the request is carried out at all.
func (f Fault) carriesOut() bool {
	return f.late() || !f.replaces() && !f.ResetBefore && !f.Hang
}

// plannedFault is a fault and how often it has been passed.
type plannedFault struct {
	Fault
	skipped, used int
}

// Inject adds faults behind those that are there. The first that matches a
// request wins. It panics on a fault that makes no sense, since only a mistake
// in a program can be the cause.
func (s *Server) Inject(faults ...Fault) {
	for _, fault := range faults {
		if err := fault.check(); err != nil {
			panic(fmt.Sprintf("emulator: fault %q: %v", fault.Name, err))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, fault := range faults {
		s.faults = append(s.faults, &plannedFault{Fault: fault})
	}
}

// ClearFaults removes all faults. Jobs that were accepted keep theirs.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// takeFault uses up the first fault that matches, if any: one for the answer
// or one for the job that was accepted. The lock must be held.
func (s *Server) takeFault(c *call, forJob bool) *Fault {
	for i, fault := range s.faults {
		if fault.onWire() == forJob || !s.matches(fault.Fault, c) {
			continue
		}
		if fault.skipped < fault.Skip {
			fault.skipped++
			continue
		}
		fault.used++
		if fault.Times > 0 && fault.used == fault.Times {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		return &fault.Fault
	}
	return nil
}

func (s *Server) matches(f Fault, c *call) bool {
	switch {
	case f.Route != "" && f.Route != c.route,
		f.Method != "" && !strings.EqualFold(f.Method, c.Method),
		f.RequestID != "" && f.RequestID != c.id,
		!matchPath(f.Path, c.URL.Path):
		return false
	}
	if f.Prompt == "" {
		return true
	}
	if job := s.jobs[c.id]; job != nil {
		return strings.Contains(job.prompt(), f.Prompt)
	}
	return strings.Contains(promptOf(c.content), f.Prompt)
}

func matchPath(pattern, path string) bool {
	pieces := strings.Split(pattern, "*")
	rest, found := strings.CutPrefix(path, pieces[0])
	if !found || len(pieces) == 1 {
		return found
	}
	last := len(pieces) - 1
	for _, piece := range pieces[1:last] {
		_, after, found := strings.Cut(rest, piece)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, pieces[last])
}

// wantsPrompt reports whether a fault looks at prompts. The lock must be held.
func (s *Server) wantsPrompt() bool {
	return slices.ContainsFunc(s.faults, func(f *plannedFault) bool { return f.Prompt != "" })
}
