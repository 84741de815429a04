// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"encoding/json"
	"errors"
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

var errNoStatus = errors.New("the status is missing")

// decodeStatus reads a status, be it an answer or a frame of a stream.
func (c *Client) decodeStatus(body []byte) (Status, error) {
	var wire struct {
		Status        json.RawMessage `json:"status"`
		QueuePosition json.RawMessage `json:"queue_position"`
		Logs          json.RawMessage `json:"logs"`
		Error         json.RawMessage `json:"error"`
		ErrorType     json.RawMessage `json:"error_type"`
	}
	if err := json.Unmarshal(body, &wire); err != nil {
		return Status{}, err
	}
	status := Status{
		State:     State(c.presentable(text(wire.Status))),
		Error:     c.presentable(text(wire.Error)),
		ErrorType: c.presentable(text(wire.ErrorType)),
	}
	if status.State == "" {
		return Status{}, errNoStatus
	}
	// The rest is for people; nothing hangs on its being well-formed.
	status.QueuePosition = count(wire.QueuePosition)
	if present(wire.Logs) != nil {
		status.Logs = c.decodeLogs(wire.Logs)
	}
	return status, nil
}

// mostLogs bounds how many lines of a log are kept.
const mostLogs = 1000

func (c *Client) decodeLogs(list json.RawMessage) []LogEntry {
	var entries [mostLogs]*LogEntry
	if json.Unmarshal(list, &entries) != nil {
		return nil
	}
	var logs []LogEntry
	for _, entry := range entries {
		if entry != nil {
			logs = append(logs, LogEntry{
				Timestamp: c.presentable(entry.Timestamp),
				Level:     c.presentable(entry.Level),
				// A line may be long, or several.
				Message: Printable(c.inTexts.text(entry.Message)),
			})
		}
	}
	return logs
}

// Status asks once for a request's status. A 404 means that fal has forgotten
// it, or never knew it.
func (c *Client) Status(ctx context.Context, handle Handle, withLogs bool) (Status, error) {
	handle, err := c.complete(handle)
	if err != nil {
		return Status{}, err
	}
	return c.status(ctx, handle, withLogs, repeatRead)
}

func (c *Client) status(ctx context.Context, handle Handle, withLogs bool, repeat policy) (Status, error) {
	what := call{
		operation: "status",
		method:    http.MethodGet,
		url:       withLogsQuery(handle.StatusURL, withLogs),
		policy:    repeat,
		limit:     4 * smallBody,
		timeout:   30 * time.Second,
		tellsTime: true,
		requestID: handle.RequestID,
	}
	made, err := c.do(ctx, what)
	if err != nil {
		return Status{}, err
	}
	if !made.answer.ok() {
		return Status{}, c.errorOf(what, made.answer)
	}
	status, err := c.decodeStatus(made.answer.body)
	if err != nil {
		return Status{}, c.malformed(what, err)
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
