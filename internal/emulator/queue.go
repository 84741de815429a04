// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// ticket is the answer to a submission, a part of every status, and the body
// that says that a result isn't ready.
type ticket struct {
	Status        phase  `json:"status,omitempty"`
	Detail        string `json:"detail,omitempty"`
	RequestID     string `json:"request_id"`
	Attempt       string `json:"gateway_request_id,omitempty"`
	QueuePosition *int   `json:"queue_position,omitempty"`
	// Logs is absent, null or a list.
	Logs      any             `json:"logs,omitempty"`
	Metrics   *map[string]any `json:"metrics,omitempty"`
	Error     string          `json:"error,omitempty"`
	ErrorType string          `json:"error_type,omitempty"`
	Response  string          `json:"response_url"`
	StatusURL string          `json:"status_url"`
	Cancel    string          `json:"cancel_url"`
	Extra     any             `json:"x_emulated,omitempty"`
}

func (s *Server) ticket(j *job, base string) ticket {
	url := fmt.Sprintf("%s/queue/%s/requests/%s", base, j.App, j.ID)
	t := ticket{RequestID: j.ID, Response: url, StatusURL: url + "/status", Cancel: url + "/cancel"}
	if s.responseSuffix {
		t.Response += "/response"
	}
	if s.hasExtras(j) {
		t.Extra = map[string]any{"note": "no document mentions this member"}
	}
	return t
}

// hasExtras picks every third request for members that clients don't know.
func (s *Server) hasExtras(j *job) bool {
	return s.extraFields && j.Seq%3 == 0
}

// knownApp refuses an endpoint of an app that doesn't exist.
func (s *Server) knownApp(app string) *reply {
	known := slices.ContainsFunc(s.endpoints, func(id string) bool {
		e, _ := parseEndpoint(id)
		return e.App == app
	})
	if known {
		return nil
	}
	return ptr(detail(http.StatusNotFound, fmt.Sprintf("Application %q not found", app)))
}

func (s *Server) submit(c *call) reply {
	if unknown := s.knownApp(c.endpoint.App); unknown != nil {
		return *unknown
	}
	if !s.readBody(c) {
		return tooLarge()
	}
	if len(c.content) > 0 && !json.Valid(c.content) {
		return detail(http.StatusBadRequest, "Invalid JSON in the request body")
	}
	if s.validatesAtSubmit {
		if _, wrong := s.judge(c.endpoint, c.content); wrong != nil {
			return wrong.reply().with("X-Fal-Billable-Units", "0")
		}
	}
	s.mu.Lock()
	defer s.unlock()
	s.settle()
	if limit, err := strconv.Atoi(c.URL.Query().Get("fal_max_queue_length")); err == nil && s.queueLength() > limit {
		return detail(http.StatusTooManyRequests, "Queue length exceeds the given maximum")
	}
	j := s.newJob(c.endpoint, c.content, c.Header, s.jobFault(c))
	s.enter(j)
	c.entry.RequestID, c.entry.Accepted = j.ID, true
	position := s.position(j)
	s.settle()

	t := s.ticket(j, c.base())
	if !s.minimalSubmit {
		t.Status, t.QueuePosition = inQueue, &position
	}
	if s.hasExtras(j) {
		t.Attempt = j.Attempt
	}
	return answer(http.StatusOK, t).with("X-Fal-Request-Id", j.ID)
}

// jobFault is the fault for a job that is being accepted: one of its own, or
// that of the fault which concerns the answer. The lock must be held.
func (s *Server) jobFault(c *call) *JobFault {
	if c.fault != nil && c.fault.Job != nil {
		return c.fault.Job
	}
	fault := s.takeFault(c, true)
	if fault == nil {
		return nil
	}
	c.entry.Fault = fault.label()
	return fault.Job
}

// lookup finds the queued request that a path names, unless fal has forgotten
// it or it belongs to another app. The lock must be held.
func (s *Server) lookup(c *call) *job {
	j := s.jobs[c.id]
	if j == nil || j.Direct || c.endpoint.App != j.App && c.endpoint.App != j.Endpoint.App {
		return nil
	}
	if c.endpoint.Path != "" && c.endpoint.Path != j.Endpoint.Path || s.forgotten(j) {
		return nil
	}
	return j
}

// forgotten reports whether the time for which fal keeps a result is over.
func (s *Server) forgotten(j *job) bool {
	if j.Phase != completed {
		return false
	}
	kept := s.retention.Result
	switch size := s.resultSize(j); {
	case j.storesOutput() && size <= 1<<20:
		kept = s.retention.Payloads
	case size >= 10_000:
		kept = s.retention.LargeResult
	}
	return j.Expired || j.PayloadsDeleted || !s.clock.Now().Before(j.EndedAt.Add(kept))
}

func (s *Server) status(c *call) reply {
	s.mu.Lock()
	defer s.unlock()
	s.settle()
	j := s.lookup(c)
	if j == nil {
		return outcome(http.StatusNotFound, "NOT_FOUND")
	}
	t := s.describe(j, c.base())
	if t.Status != inQueue && s.logMode != LogsMissing {
		t.Logs = json.RawMessage("null")
		if wantsLogs(c) {
			lines := s.logLines(j)
			if s.logMode == LogsWindow {
				lines = lines[max(0, len(lines)-2):]
			}
			t.Logs = lines
		}
	}
	code := http.StatusAccepted
	if j.Phase == completed || s.alwaysOK {
		code = http.StatusOK
	}
	return answer(code, t).with("X-Fal-Request-Id", j.ID)
}

// describe is a job's status without its log.
func (s *Server) describe(j *job, base string) ticket {
	t := s.ticket(j, base)
	t.Status = j.Phase
	switch j.Phase {
	case inQueue:
		t.QueuePosition = ptr(s.position(j))
	case inProgress:
		if j.Fault.UnknownStatus != "" {
			t.Status = phase(j.Fault.UnknownStatus)
		}
	case completed:
		t.Metrics = &map[string]any{}
		if j.Failure == nil {
			(*t.Metrics)["inference_time"] = j.EndedAt.Sub(j.StartedAt).Seconds()
		} else if j.Failure.Type != "" {
			t.Error, t.ErrorType = j.Failure.Text, j.Failure.Type
		}
	}
	return t
}

func wantsLogs(c *call) bool {
	asked, err := strconv.ParseBool(c.URL.Query().Get("logs"))
	return err == nil && asked
}

// logLine is a line that the model has written.
type logLine struct {
	Message   string `json:"message"`
	Level     string `json:"level"`
	Source    string `json:"source"`
	Timestamp string `json:"timestamp"`

	at time.Time
}

// logParts is how many lines of progress a run writes besides the first.
const logParts = 4

// logLines lists what the model has written so far.
func (s *Server) logLines(j *job) []logLine {
	lines := s.allLogLines(j)
	now := s.clock.Now()
	if j.Phase == completed && j.EndedAt.Before(now) {
		now = j.EndedAt
	}
	return slices.DeleteFunc(lines, func(line logLine) bool { return line.at.After(now) })
}

// allLogLines lists what the model will have written in the end.
func (s *Server) allLogLines(j *job) []logLine {
	lines := make([]logLine, 0, logParts+1)
	if j.StartedAt.IsZero() {
		return lines
	}
	add := func(at time.Time, level, message string) {
		lines = append(lines, logLine{
			Message: message, Level: level, Source: "USER",
			Timestamp: at.UTC().Format("2006-01-02T15:04:05.000000-07:00"), at: at,
		})
	}
	add(j.StartedAt, "INFO", "Loading the prompt")
	for part := int64(1); part <= logParts && j.verdict == nil; part++ {
		add(j.StartedAt.Add(j.RunTime*time.Duration(part)/logParts), "STDERR",
			fmt.Sprintf("step %d/%d", j.input.NumInferenceSteps*part/logParts, j.input.NumInferenceSteps))
	}
	return lines
}

func (s *Server) cancel(c *call) reply {
	s.mu.Lock()
	defer s.unlock()
	s.settle()
	j := s.lookup(c)
	if j == nil {
		return outcome(http.StatusNotFound, "NOT_FOUND")
	}
	now := s.clock.Now()
	r := outcome(http.StatusBadRequest, "ALREADY_COMPLETED")
	word := "ALREADY_COMPLETED"
	switch j.Phase {
	case inQueue:
		r, word = outcome(http.StatusOK, "OK"), "OK"
		s.finish(j, now, cancelled())
	case inProgress:
		word = "CANCELLATION_REQUESTED"
		r = outcome(http.StatusAccepted, word)
		if !j.Fault.IgnoreCancel {
			s.finish(j, now, cancelled())
		}
	}
	s.changedJob(j)
	s.cancellations = append(s.cancellations, Cancellation{RequestID: j.ID, Time: now, Outcome: word})
	s.settle()
	return r.with("X-Fal-Request-Id", j.ID)
}

func cancelled() *failure { return broken("client_cancelled", "Request cancelled by the client.") }

// result is what the model answered.
func (s *Server) result(c *call) reply {
	s.mu.Lock()
	s.settle()
	j := s.lookup(c)
	if j == nil {
		s.unlock()
		return outcome(http.StatusNotFound, "NOT_FOUND")
	}
	if j.Phase != completed {
		t := s.ticket(j, c.base())
		t.Detail = "Request is still in progress"
		s.unlock()
		return answer(http.StatusBadRequest, t).with("X-Fal-Request-Id", j.ID)
	}
	s.unlock()
	return s.finalAnswer(j, c.base())
}
