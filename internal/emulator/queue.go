// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

// queueAnswer is the answer to a submission, a part of every status, and the body
// that says that a result isn't ready.
type queueAnswer struct {
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
	Response  string          `json:"response_url,omitempty"`
	StatusURL string          `json:"status_url,omitempty"`
	Cancel    string          `json:"cancel_url,omitempty"`
	Extra     any             `json:"x_emulated,omitempty"`
}

func (s *Server) queueAnswer(j *job, base string) queueAnswer {
	url := fmt.Sprintf("%s/queue/%s/requests/%s", base, j.App, j.ID)
	t := queueAnswer{RequestID: j.ID, Response: url, StatusURL: url + "/status", Cancel: url + "/cancel"}
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

// refuseEndpoint refuses an endpoint of an app that doesn't exist, as fal does, and
// in words of its own one that fal has and the emulator hasn't.
func (s *Server) refuseEndpoint(of endpoint) *reply {
	if text := s.notImitated(of.String()); text != "" {
		return ptr(detail(http.StatusNotFound, text))
	}
	known := slices.ContainsFunc(s.endpoints, func(id string) bool {
		e, _ := parseEndpoint(id)
		return e.App == of.App
	})
	if known {
		return nil
	}
	return ptr(detail(http.StatusNotFound, fmt.Sprintf("Application %q not found", of.App)))
}

// notImitated says why the emulator has not got an endpoint that fal has. It is empty
// for one that it has got, and for one that fal is not known to have.
func (s *Server) notImitated(id string) string {
	difference := flux2.OtherInput(id)
	if difference == "" || slices.Contains(s.endpoints, id) {
		return ""
	}
	return fmt.Sprintf("The emulator does not imitate %s, whose input is another: %s. It imitates %s.", id, difference, strings.Join(s.endpoints, " and "))
}

func (s *Server) submit(c *call) reply {
	if unknown := s.refuseEndpoint(c.endpoint); unknown != nil {
		return *unknown
	}
	if !s.readBody(c) {
		return tooLarge()
	}
	if len(c.content) > 0 && !json.Valid(c.content) {
		return detail(http.StatusBadRequest, "Invalid JSON in the request body")
	}
	if s.validatesAtSubmit {
		if _, wrong := s.judge(c.endpoint, c.content, s.errorStyle); wrong != nil {
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

	t := s.queueAnswer(j, c.base())
	if !s.minimalSubmit {
		t.Status, t.QueuePosition = inQueue, &position
	}
	if j.Fault.LiveSubmit {
		t.Logs, t.Metrics = json.RawMessage("null"), &map[string]any{}
		if j.Phase != inQueue {
			t.Status, t.QueuePosition = inProgress, nil
		}
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
	if mode := s.logModeOf(j); t.Status != inQueue && mode != LogsMissing {
		t.Logs = json.RawMessage("null")
		if wantsLogs(c) {
			lines := s.logLines(j)
			if mode == LogsWindow {
				lines = lines[max(0, len(lines)-2):]
			}
			t.Logs = mode.show(lines)
		}
	}
	code := http.StatusAccepted
	if j.Phase == completed || s.alwaysOK {
		code = http.StatusOK
	}
	return answer(code, t).with("X-Fal-Request-Id", j.ID)
}

// describe is a job's status without its log.
func (s *Server) describe(j *job, base string) queueAnswer {
	t := s.queueAnswer(j, base)
	t.Status = j.Phase
	if j.Fault.BareStatus && j.Phase != inQueue {
		t.Response, t.StatusURL, t.Cancel = "", "", ""
	}
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
		if phase(j.Fault.RefuseCancel) == inProgress {
			r, word = detail(http.StatusBadRequest, "The request is already being processed"), "REFUSED"
			break
		}
		word = "CANCELLATION_REQUESTED"
		r = outcome(http.StatusAccepted, word)
		if !j.Fault.IgnoreCancel && j.CancelAt.IsZero() {
			j.CancelAt = now.Add(time.Duration(j.Fault.CancelTime))
		}
	case completed:
		if j.Fault.RefuseCancel != "" {
			r = detail(http.StatusBadRequest, "The request has already been completed")
		}
	}
	s.changedJob(j)
	s.cancellations = append(s.cancellations, Cancellation{RequestID: j.ID, Time: now, Outcome: word})
	s.settle()
	return r.with("X-Fal-Request-Id", j.ID)
}

// requestNotFound is what a result says where a status says NOT_FOUND.
const requestNotFound = "Request not found"

func cancelled() *failure { return broken("client_cancelled", "Request cancelled by the client.") }

// result is what the model answered.
func (s *Server) result(c *call) reply {
	s.mu.Lock()
	s.settle()
	j := s.lookup(c)
	if j == nil {
		s.unlock()
		return detail(http.StatusNotFound, requestNotFound)
	}
	if j.Phase != completed {
		t := s.queueAnswer(j, c.base())
		t.Detail = "Request is still in progress"
		s.unlock()
		return answer(http.StatusBadRequest, t).with("X-Fal-Request-Id", j.ID)
	}
	s.unlock()
	return s.finalAnswer(j, c.base())
}
