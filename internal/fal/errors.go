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
	// ErrUnauthorized: 401 in fal's own shape, the key is not accepted.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrLocked: 403 in fal's own shape because the account is locked, mostly for
	// lack of balance. It says nothing about any request.
	ErrLocked = errors.New("account locked")
	// ErrForbidden: any other 403 in fal's own shape. Pages and bare words, such as
	// the challenge of a bot protection, are ErrMalformed: they pass.
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
	// ErrServer: 5xx, or an answer that only a fault can explain, be it fal's or of
	// something on the way.
	ErrServer = errors.New("server error")
	// ErrConnection: there was no complete answer.
	ErrConnection = errors.New("no answer")
	// ErrUnreachable: there was not even a connection.
	ErrUnreachable = errors.New("no connection")
	// ErrMalformed: the answer could not be understood.
	ErrMalformed = errors.New("malformed answer")
	// ErrOutcomeUnknown: a submission may or may not have been accepted.
	ErrOutcomeUnknown = errors.New("outcome unknown")
	// ErrJobFailed: the request was carried out and brought no result. It comes
	// from Result and Run only.
	ErrJobFailed = errors.New("the request failed")
	// ErrRefusedInput and ErrServerFault: whom fal blames for there being no
	// result. They come from Result and Run only; each is one sign, and neither
	// holds for an answer that blames nobody.
	//
	// ErrRefusedInput: fal's detail, of a type that blames the input.
	ErrRefusedInput = errors.New("the input was refused")
	// ErrServerFault: 5xx in any shape, or a type that blames fal, whatever the
	// status.
	ErrServerFault = errors.New("fault of fal's")
)

// Types of errors that matter to those who handle them.
const (
	// TypeClientCancelled is that of a request that was cancelled.
	TypeClientCancelled = "client_cancelled"
	// TypeNoMediaGenerated is that of a model that made nothing of its input, and
	// says of no input that it is wrong.
	TypeNoMediaGenerated = "no_media_generated"
)

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
	// Fields says what is wrong with single inputs. A complaint that names none is
	// in the message alone.
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
	// LastAttempt is what the last attempt came to before the time was up, or the
	// call was interrupted; nil for any other error, and if there was none.
	LastAttempt error

	// host is who answered, where it was not in fal's own shape.
	host   string
	effort effort
	kinds  []error
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
	said := e.Message
	switch {
	case e.StatusCode != 0 && e.Type != "":
		said = fmt.Sprintf("%s (HTTP %d, %s)", strings.TrimRight(e.Message, ". "), e.StatusCode, e.Type)
	case e.StatusCode != 0:
		said = fmt.Sprintf("%s (HTTP %d)", strings.TrimRight(e.Message, ". "), e.StatusCode)
	}
	if e.host != "" {
		said = e.host + " answered: " + said
	}
	return said + e.effort.String()
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

// connectionError wraps the lack of an answer that can be used.
func (c *Client) connectionError(what call, made *attempt) *Error {
	failure := &Error{
		Operation: what.operation,
		Message:   c.presentable(strings.TrimPrefix(made.tried+": ", ": ") + made.err.Error()),
		RequestID: what.requestID,
		effort:    made.effort,
		kinds:     []error{ErrConnection, made.err},
	}
	switch err := made.err; {
	case made.timedOut:
		failure.Message = tooLate(what.timeout) + ": " + failure.Message
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		// Those of a connection look the same. Whoever asks about the context's
		// must not take them for that.
		failure.kinds = []error{ErrConnection}
	case errors.Is(err, errUnreadable):
		failure.Message = "something answered that is not fal, or fal is out of order: " + errUnreadable.Error()
		failure.kinds = []error{ErrMalformed, ErrServer, err}
	case errors.Is(err, errTooLarge), errors.Is(err, errRedirect), errors.Is(err, errForeign):
		failure.kinds = []error{ErrMalformed, err}
	}
	if !made.connected && errors.Is(failure, ErrConnection) {
		failure.mark(ErrUnreachable)
	}
	return failure
}

// cutShort is the error of a call that has to end before it is answered for
// good: its time is up, or it is interrupted. It says what kept it so long.
func (c *Client) cutShort(what call, reason error, began time.Time, last error) *Error {
	message, late := "the call was interrupted", errors.Is(reason, context.DeadlineExceeded)
	switch {
	case last == nil && late:
		message = "the time was up before anything was sent"
	case last == nil:
		message += " before anything was sent"
	case late:
		message = tooLate(c.clock.Now().Sub(began)) + "; the last attempt: " + last.Error()
	default:
		message += "; the last attempt: " + last.Error()
	}
	return &Error{Operation: what.operation, Message: message, RequestID: what.requestID, LastAttempt: last, kinds: []error{reason}}
}

func tooLate(limit time.Duration) string {
	return "fal did not answer within " + rounded(limit).String()
}

// rounded leaves out what nobody wants to know of a time.
func rounded(length time.Duration) time.Duration {
	if length > time.Second {
		return length.Round(time.Second)
	}
	return length.Round(time.Millisecond)
}

// failureOf is what is wrong with an attempt; nil for one that was never made.
func (c *Client) failureOf(what call, made *attempt) error {
	switch {
	case made.answer != nil:
		return c.errorOf(what, made.answer)
	case made.err != nil:
		return c.connectionError(what, made)
	}
	return nil
}
