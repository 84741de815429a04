// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// State is a request's place in its life. fal knows three; others are passed on
// as they come.
type State string

// The states that fal documents. A failed or cancelled request is completed.
const (
	InQueue    State = "IN_QUEUE"
	InProgress State = "IN_PROGRESS"
	Completed  State = "COMPLETED"
)

// Status is what fal says about a request that has not been collected.
type Status struct {
	State State
	// QueuePosition counts the requests ahead; nil if fal does not say.
	QueuePosition *int64
	// Logs are the model's lines, if they were asked for.
	Logs []LogEntry
	// Error and ErrorType are set for a failure of fal's infrastructure. The
	// model's own errors show in the result only.
	Error, ErrorType string
}

// LogEntry is one line of a model's log.
type LogEntry struct {
	Timestamp string `json:"timestamp"`
	Level     string `json:"level"`
	Message   string `json:"message"`
}

// decodeStatus reads a status, be it an answer or a frame of a stream.
func decodeStatus(body []byte) (Status, error) {
	var wire struct {
		Status        string          `json:"status"`
		QueuePosition json.RawMessage `json:"queue_position"`
		Logs          json.RawMessage `json:"logs"`
		Error         json.RawMessage `json:"error"`
		ErrorType     json.RawMessage `json:"error_type"`
	}
	if err := json.Unmarshal(body, &wire); err != nil {
		return Status{}, err
	}
	if wire.Status == "" {
		return Status{}, errors.New("the status is missing")
	}
	status := Status{State: State(wire.Status)}
	// The rest is for people; nothing hangs on its being well-formed.
	_ = json.Unmarshal(wire.QueuePosition, &status.QueuePosition)
	_ = json.Unmarshal(wire.Error, &status.Error)
	_ = json.Unmarshal(wire.ErrorType, &status.ErrorType)
	if json.Unmarshal(wire.Logs, &status.Logs) != nil {
		status.Logs = nil
	}
	return status, nil
}

// Status asks once for a request's status. A 404 means that fal has forgotten
// it, or never knew it.
func (c *Client) Status(ctx context.Context, handle Handle, withLogs bool) (Status, error) {
	const operation = "status"
	answer, _, err := c.do(ctx, call{
		operation: operation,
		method:    http.MethodGet,
		url:       withLogsQuery(handle.StatusURL, withLogs),
		limit:     smallBody * 4,
		timeout:   30 * time.Second,
	})
	if err != nil {
		return Status{}, err
	}
	if !answer.ok() {
		return Status{}, c.errorOf(operation, answer)
	}
	status, err := decodeStatus(answer.body)
	if err != nil {
		return Status{}, c.malformed(operation, handle, err)
	}
	return status, nil
}

func withLogsQuery(address string, withLogs bool) string {
	parsed, err := url.Parse(address)
	if err != nil || !withLogs {
		return address
	}
	query := parsed.Query()
	query.Set("logs", "1")
	parsed.RawQuery = query.Encode()
	return parsed.String()
}

// Result is a finished request's output.
type Result struct {
	// Body is the model's JSON, an object.
	Body json.RawMessage
	// RequestID is fal's id, from a header; empty if fal did not send it.
	RequestID string
	// BillableUnits is what fal bills; nil if fal did not say.
	BillableUnits *float64
	// Date is when the answer was given, by fal's clock.
	Date time.Time
}

// Result fetches the output of a completed request. If the request itself has
// failed, errors.Is(err, ErrJobFailed) or errors.Is(err, ErrCancelled) holds;
// any other error says nothing about the request, which may have succeeded.
func (c *Client) Result(ctx context.Context, handle Handle) (Result, error) {
	const operation = "result"
	answer, _, err := c.do(ctx, call{
		operation: operation,
		method:    http.MethodGet,
		url:       handle.ResponseURL,
		limit:     largeBody,
		timeout:   5 * time.Minute,
		final:     jobFailed,
	})
	if err != nil {
		return Result{}, err
	}
	return c.resultOf(operation, handle.RequestID, answer)
}

// resultOf reads the output from an answer, or what the answer says of a
// failure.
func (c *Client) resultOf(operation, id string, from *answer) (Result, error) {
	if !from.ok() || holdsDetail(from) {
		failure := c.errorOf(operation, from)
		if failure.RequestID == "" {
			failure.RequestID = id
		}
		if from.ok() {
			// A list of errors under a success was seen for a failed request.
			failure.kinds = nil
			failure.is(ErrInvalid, ErrJobFailed)
		}
		if jobFailed(from) || gaveUpOnJob(from) {
			failure.is(ErrJobFailed)
		}
		return Result{}, failure
	}
	if !json.Valid(from.body) {
		return Result{}, c.malformed(operation, Handle{RequestID: id}, errors.New("it is not JSON"))
	}
	result := Result{
		Body:      bytes.TrimSpace(from.body),
		RequestID: from.header.Get(headerRequestID),
		Date:      c.dateOf(from.header),
	}
	var units float64
	if json.Unmarshal([]byte(from.header.Get(headerBillableUnits)), &units) == nil {
		result.BillableUnits = &units
	}
	return result, nil
}

// jobFailed reports whether an answer to a result request is the failure of the
// request itself, which no repetition changes. fal marks failures of its
// infrastructure with a type; a model's refusals are lists, or 4xx.
func jobFailed(from *answer) bool {
	switch from.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests,
		http.StatusRequestTimeout, http.StatusTooEarly, http.StatusGone:
		return false
	case http.StatusNotFound:
		// An app that lacks the path says so itself, and that it bills nothing;
		// the queue's own 404 means that the request is forgotten.
		return from.header.Get(headerBillableUnits) != ""
	case http.StatusBadRequest:
		return !bytes.Contains(bytes.ToLower(from.body), []byte("still in progress"))
	}
	if from.status >= 500 {
		var wire wireError
		_ = json.Unmarshal(from.body, &wire)
		return wire.ErrorType != "" || from.header.Get(headerErrorType) != "" || isList(wire.Detail)
	}
	return from.status >= 400
}

// gaveUpOnJob reports whether a 5xx that never went away came from the app
// rather than from something in front of it: only the app's answers name the
// request.
func gaveUpOnJob(from *answer) bool {
	return from.status >= 500 && from.header.Get(headerRequestID) != "" && looksLikeJSON(from.body)
}

// holdsDetail reports whether a successful answer is a list of errors.
func holdsDetail(from *answer) bool {
	var wire wireError
	_ = json.Unmarshal(from.body, &wire)
	return isList(wire.Detail)
}

func isList(detail json.RawMessage) bool {
	var entries []struct {
		Msg string `json:"msg"`
	}
	return json.Unmarshal(detail, &entries) == nil && len(entries) > 0
}

func (c *Client) malformed(operation string, handle Handle, err error) error {
	failure := &Error{
		Operation: operation,
		Message:   fmt.Sprintf("fal's answer can't be understood: %s", c.presentable(err.Error())),
		RequestID: handle.RequestID,
	}
	return failure.is(ErrMalformed)
}

// CancelOutcome is how fal took a cancellation.
type CancelOutcome int

const (
	// CancelRequested: the request was running; it is asked to stop, and may
	// finish all the same.
	CancelRequested CancelOutcome = iota
	// CancelRemoved: the request left the queue; it never runs.
	CancelRemoved
	// CancelTooLate: the request has finished.
	CancelTooLate
	// CancelNotFound: fal does not know the request.
	CancelNotFound
)

// Cancel asks fal to drop a request. That it is too late, or that the request
// is not known, is an outcome and not an error.
func (c *Client) Cancel(ctx context.Context, handle Handle) (CancelOutcome, error) {
	const operation = "cancel"
	answer, _, err := c.do(ctx, call{
		operation: operation,
		method:    http.MethodPut,
		url:       handle.CancelURL,
		policy:    repeatEffect,
		limit:     smallBody,
		timeout:   30 * time.Second,
	})
	if err != nil {
		return CancelRequested, err
	}
	var wire struct {
		Status string `json:"status"`
	}
	_ = json.Unmarshal(answer.body, &wire)
	switch {
	case answer.status == http.StatusOK && wire.Status == "OK":
		return CancelRemoved, nil
	case wire.Status == "ALREADY_COMPLETED":
		return CancelTooLate, nil
	case wire.Status == "NOT_FOUND" && !answer.ok(), answer.status == http.StatusNotFound:
		return CancelNotFound, nil
	case answer.ok():
		return CancelRequested, nil
	}
	return CancelRequested, c.errorOf(operation, answer)
}
