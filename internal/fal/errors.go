// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What an Error can be about, for errors.Is. Several may hold at once.
var (
	// ErrNoKey: no API key is configured; nothing was sent.
	ErrNoKey = errors.New("no API key")
	// ErrUnauthorized: 401, the key is not accepted.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrLocked: 403 because the account is locked, mostly for lack of balance.
	// It says nothing about any request.
	ErrLocked = errors.New("account locked")
	// ErrForbidden: any other 403.
	ErrForbidden = errors.New("forbidden")
	// ErrNotFound: 404 or 410.
	ErrNotFound = errors.New("not found")
	// ErrRateLimited: 429, again and again.
	ErrRateLimited = errors.New("rate limited")
	// ErrInvalid: the input was refused, with 400, 413 or 422.
	ErrInvalid = errors.New("invalid input")
	// ErrContentPolicy: the input was refused for its content.
	ErrContentPolicy = errors.New("content policy violation")
	// ErrInProgress: the result was asked for before there is one.
	ErrInProgress = errors.New("still in progress")
	// ErrCancelled: the request was cancelled.
	ErrCancelled = errors.New("cancelled")
	// ErrStartTimeout: processing did not start by the caller's deadline.
	ErrStartTimeout = errors.New("not started in time")
	// ErrServer: 5xx, or an answer that only a fault can explain.
	ErrServer = errors.New("server error")
	// ErrConnection: there was no complete answer.
	ErrConnection = errors.New("no answer")
	// ErrMalformed: the answer could not be understood.
	ErrMalformed = errors.New("malformed answer")
	// ErrOutcomeUnknown: a submission may or may not have been accepted.
	ErrOutcomeUnknown = errors.New("outcome unknown")
	// ErrJobFailed: the request was carried out and brought no result. It comes
	// from Result and Run only.
	ErrJobFailed = errors.New("the request failed")
)

// TypeClientCancelled is the error type of a request that was cancelled.
const TypeClientCancelled = "client_cancelled"

// Error is what fal, or the way to it, answered instead of what was wanted.
type Error struct {
	// Operation is what was attempted, such as "submit".
	Operation string
	// StatusCode is the HTTP status, 0 if there was no answer.
	StatusCode int
	// Type is fal's machine-readable type, empty if there is none.
	Type string
	// Message is fal's text, or a description of what happened.
	Message string
	// Fields says what is wrong with single inputs.
	Fields []FieldError
	// RequestID is fal's id of the request, empty if it is not known.
	RequestID string
	// TimeoutType says on a 504 whose deadline passed: "user" for the caller's.
	TimeoutType string
	// Retryable is fal's own advice on whether the same work could succeed
	// later; nil if it gave none. Doing it again is a new, billable request.
	Retryable *bool
	// RetryAfter is how long fal asked to be left alone; 0 if it did not.
	RetryAfter time.Duration
	// SentAt is when, by fal's clock, the attempt began whose outcome is
	// unknown; zero for any other error.
	SentAt time.Time

	kinds []error
}

// FieldError is fal's complaint about one input.
type FieldError struct {
	// Loc leads to the input, such as body, image_size, width.
	Loc []string
	// Message is fal's text.
	Message string
	// Type is fal's machine-readable type, such as less_than_equal.
	Type string
}

// Error says what happened in one sentence without a full stop.
func (e *Error) Error() string {
	if e.StatusCode == 0 {
		return e.Message
	}
	if e.Type == "" {
		return fmt.Sprintf("%s (HTTP %d)", strings.TrimRight(e.Message, ". "), e.StatusCode)
	}
	return fmt.Sprintf("%s (HTTP %d, %s)", strings.TrimRight(e.Message, ". "), e.StatusCode, e.Type)
}

// Unwrap returns the sentinels that hold.
func (e *Error) Unwrap() []error { return e.kinds }

// is adds sentinels, and returns the error.
func (e *Error) is(kinds ...error) *Error {
	e.mark(kinds...)
	return e
}

func (e *Error) mark(kinds ...error) {
	for _, kind := range kinds {
		if !slices.Contains(e.kinds, kind) {
			e.kinds = append(e.kinds, kind)
		}
	}
}

func (c *Client) noKey(operation string) *Error {
	return &Error{Operation: operation, Message: "there is no API key", kinds: []error{ErrNoKey}}
}

// connectionError wraps the lack of a complete answer.
func (c *Client) connectionError(ctx context.Context, what call, err error) *Error {
	failure := &Error{
		Operation: what.operation,
		Message:   c.presentable(err.Error()),
		RequestID: what.requestID,
		kinds:     []error{ErrConnection, err},
	}
	switch {
	case ctx.Err() != nil:
		failure.Message, failure.kinds = "the call was interrupted", []error{ctx.Err()}
	case errors.Is(err, context.DeadlineExceeded):
		// The attempt's own limit. Whoever asks about the context's must not
		// take it for that.
		failure.Message = "fal did not answer within " + what.timeout.String()
		failure.kinds = []error{ErrConnection}
	case errors.Is(err, errUnreadable):
		failure.Message = "something answered that is not fal, or fal is out of order: " + errUnreadable.Error()
		failure.kinds = []error{ErrMalformed, ErrServer, err}
	case errors.Is(err, errTooLarge), errors.Is(err, errRedirect):
		failure.kinds = []error{ErrMalformed, err}
	}
	return failure
}
