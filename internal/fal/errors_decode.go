// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// The headers that fal's answers carry.
const (
	headerRequestID     = "X-Fal-Request-Id"
	headerErrorType     = "X-Fal-Error-Type"
	headerTimeoutType   = "X-Fal-Request-Timeout-Type"
	headerNeedsRetry    = "X-Fal-Needs-Retry"
	headerRetryable     = "X-Fal-Retryable"
	headerBillableUnits = "X-Fal-Billable-Units"
)

// longestMessage bounds how much of an answer is repeated to people, in bytes.
const longestMessage = 500

// mostFields bounds how many complaints about inputs are kept.
const mostFields = 50

// wireError covers all shapes in which fal is known to report errors: a text,
// a list or an object as detail; an error envelope of the platform API; the
// bare status of the queue; and a message beside an error's name. One member of
// an unexpected type does not hide the others.
type wireError struct {
	Detail    json.RawMessage `json:"detail"`
	Error     json.RawMessage `json:"error"`
	ErrorType json.RawMessage `json:"error_type"`
	Message   json.RawMessage `json:"message"`
	Status    json.RawMessage `json:"status"`
}

func decodeWireError(body []byte) wireError {
	var wire wireError
	if json.Unmarshal(body, &wire) != nil {
		return wireError{}
	}
	return wire
}

// text is a JSON string, or empty for anything else.
func text(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) != nil {
		return ""
	}
	return text
}

// errorOf turns an answer into the error that it stands for.
func (c *Client) errorOf(what call, from *answer) *Error {
	failure := &Error{
		Operation:   what.operation,
		StatusCode:  from.status,
		Type:        from.header.Get(headerErrorType),
		RequestID:   what.requestID,
		TimeoutType: c.presentable(from.header.Get(headerTimeoutType)),
		Retryable:   retryAdvice(from.header),
		RetryAfter:  retryAfter(from.header, c.Now()),
	}
	if failure.RequestID == "" {
		failure.RequestID = c.presentable(from.header.Get(headerRequestID))
	}
	failure.take(decodeWireError(from.body))
	if failure.Message == "" {
		failure.Message = plainText(from)
	}
	failure.mark(failure.kindsByStatus()...)
	failure.Message = cmp.Or(c.presentable(failure.Message), http.StatusText(from.status), "fal gave no reason")
	failure.Type = c.presentable(failure.Type)
	for i := range failure.Fields {
		field := &failure.Fields[i]
		field.Message, field.Type = c.presentable(field.Message), c.presentable(field.Type)
		for j := range field.Loc {
			field.Loc[j] = c.presentable(field.Loc[j])
		}
	}
	return failure
}

// plainText is what an answer says that is not JSON. Pages are for browsers.
func plainText(from *answer) string {
	if len(from.body) <= longestMessage && !bytes.ContainsAny(from.body, "<{[") {
		return string(from.body)
	}
	return ""
}

// retryAdvice reads both headers that fal documents, the newer one first.
func retryAdvice(header http.Header) *bool {
	for _, name := range []string{headerNeedsRetry, headerRetryable} {
		if advice, err := strconv.ParseBool(header.Get(name)); err == nil {
			return &advice
		}
	}
	return nil
}

// take reads what the body says.
func (e *Error) take(wire wireError) {
	if kind := text(wire.ErrorType); kind != "" {
		e.Type = kind
	}
	detail, envelope := nestedError(wire.Detail), nestedError(wire.Error)
	if e.takeFields(wire.Detail) {
		return
	}
	switch {
	case text(wire.Detail) != "":
		e.Message = text(wire.Detail)
	case detail.Message != "":
		e.Message = detail.Message
	case envelope.Message != "":
		e.Message = envelope.Message
	case text(wire.Message) != "":
		e.Message = text(wire.Message)
	case text(wire.Error) != "":
		e.Message = text(wire.Error)
	case text(wire.Status) != "":
		e.Message = text(wire.Status)
	}
	e.Type = cmp.Or(e.Type, detail.Type, envelope.Type)
}

type nested struct{ Type, Message string }

// nestedError reads an object that has a type and a message.
func nestedError(value json.RawMessage) nested {
	var wire struct {
		Type    json.RawMessage `json:"type"`
		Message json.RawMessage `json:"message"`
		Msg     json.RawMessage `json:"msg"`
	}
	if json.Unmarshal(value, &wire) != nil {
		return nested{}
	}
	return nested{Type: text(wire.Type), Message: cmp.Or(text(wire.Message), text(wire.Msg))}
}

// takeFields reads a list of complaints about inputs.
func (e *Error) takeFields(list json.RawMessage) bool {
	// Arrays leave out what is beyond their length.
	var entries [mostFields]json.RawMessage
	if json.Unmarshal(list, &entries) != nil || entries[0] == nil {
		return false
	}
	var messages []string
	for _, entry := range entries {
		if entry == nil {
			break
		}
		var place struct {
			Loc [mostFields]json.RawMessage `json:"loc"`
		}
		_ = json.Unmarshal(entry, &place)
		said := nestedError(entry)
		field := FieldError{Message: cmp.Or(said.Message, text(entry), said.Type, "refused"), Type: said.Type}
		for _, step := range place.Loc {
			if step == nil {
				break
			}
			// A name, or the index of a list's element.
			field.Loc = append(field.Loc, cmp.Or(text(step), string(step)))
		}
		e.Fields = append(e.Fields, field)
		messages = append(messages, strings.TrimPrefix(strings.Join(field.Loc, ".")+": ", ": ")+field.Message)
	}
	e.Message = strings.Join(messages, "; ")
	e.Type = cmp.Or(e.Type, e.Fields[0].Type)
	return true
}

// lockWords appear in a 403 that is about the account's balance or standing
// rather than about the key.
var lockWords = []string{"user is locked", "exhausted balance", "top_up", "admin lock"}

// kindsByStatus finds the sentinels that hold for an answer. None may: fal's
// word is then the message alone.
func (e *Error) kindsByStatus() []error {
	var kinds []error
	if e.Type == typeContentPolicy || slices.ContainsFunc(e.Fields, func(f FieldError) bool { return f.Type == typeContentPolicy }) {
		kinds = append(kinds, ErrContentPolicy)
	}
	switch status := e.StatusCode; {
	case e.Type == TypeClientCancelled || status == 499:
		return append(kinds, ErrCancelled)
	case e.Type == "downstream_service_error":
		// The catalogue has it with 400, though it is not about the input.
		return append(kinds, ErrServer)
	case status < 400:
		return append(kinds, ErrMalformed)
	case status == http.StatusBadRequest && strings.Contains(strings.ToLower(e.Message), inProgress):
		return append(kinds, ErrInProgress)
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge, status == http.StatusUnprocessableEntity:
		return append(kinds, ErrInvalid)
	case status == http.StatusUnauthorized:
		return append(kinds, ErrUnauthorized)
	case status == http.StatusForbidden:
		return append(kinds, forbiddenKind(e.Message))
	case status == http.StatusNotFound, status == http.StatusGone:
		return append(kinds, ErrNotFound)
	case status == http.StatusTooManyRequests:
		return append(kinds, ErrRateLimited)
	case status == http.StatusGatewayTimeout && e.TimeoutType == "user":
		return append(kinds, ErrStartTimeout, ErrServer)
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusTooEarly:
		return append(kinds, ErrServer)
	}
	return kinds
}

const (
	typeContentPolicy = "content_policy_violation"
	// inProgress is part of the text that comes with a 400 in place of a result
	// that there is not yet.
	inProgress = "still in progress"
)

func forbiddenKind(message string) error {
	message = strings.ToLower(message)
	for _, word := range lockWords {
		if strings.Contains(message, word) {
			return ErrLocked
		}
	}
	return ErrForbidden
}
