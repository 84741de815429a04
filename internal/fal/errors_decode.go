// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"
)

// The headers that fal's answers carry.
const (
	headerRequestID     = "X-Fal-Request-Id"
	headerErrorType     = "X-Fal-Error-Type"
	headerTimeoutType   = "X-Fal-Request-Timeout-Type"
	headerBillableUnits = "X-Fal-Billable-Units"
)

// longestMessage bounds how much of an answer is repeated to people, in bytes.
const longestMessage = 500

// wireError covers all shapes in which fal is known to report errors: a text,
// a list or an object as detail; an error envelope of the platform API; the
// bare status of the queue; and a message beside an error's name.
type wireError struct {
	Detail    json.RawMessage `json:"detail"`
	Error     json.RawMessage `json:"error"`
	ErrorType string          `json:"error_type"`
	Message   string          `json:"message"`
	Status    string          `json:"status"`
}

// errorOf turns an answer into the error that it stands for.
func (c *Client) errorOf(operation string, from *answer) *Error {
	failure := &Error{
		Operation:  operation,
		StatusCode: from.status,
		Type:       from.header.Get(headerErrorType),
		RequestID:  from.header.Get(headerRequestID),
	}
	var wire wireError
	// One member of a wrong type must not hide the others.
	var wrongType *json.UnmarshalTypeError
	if err := json.Unmarshal(from.body, &wire); err == nil || errors.As(err, &wrongType) {
		failure.take(wire)
	}
	if failure.Message == "" {
		failure.Message = http.StatusText(from.status)
	}
	if failure.Message == "" {
		failure.Message = "fal gave no reason"
	}
	failure.Message = c.presentable(failure.Message)
	for i := range failure.Fields {
		failure.Fields[i].Message = c.presentable(failure.Fields[i].Message)
	}
	return failure.is(failure.kindsByStatus(from.header.Get(headerTimeoutType))...)
}

// take reads what the body says.
func (e *Error) take(wire wireError) {
	if wire.ErrorType != "" {
		e.Type = wire.ErrorType
	}
	var text string
	var nested struct {
		Type    string `json:"type"`
		Message string `json:"message"`
		Msg     string `json:"msg"`
	}
	switch {
	case json.Unmarshal(wire.Detail, &text) == nil && text != "":
		e.Message = text
	case e.takeFields(wire.Detail):
	case json.Unmarshal(wire.Detail, &nested) == nil && nested.Message+nested.Msg != "":
		e.Message = nested.Message + nested.Msg
	case json.Unmarshal(wire.Error, &nested) == nil && nested.Message != "":
		e.Message = nested.Message
		if e.Type == "" {
			e.Type = nested.Type
		}
	case wire.Message != "":
		e.Message = wire.Message
	case json.Unmarshal(wire.Error, &text) == nil && text != "":
		e.Message = text
	case wire.Status != "":
		e.Message = wire.Status
	}
}

// takeFields reads a list of complaints about inputs.
func (e *Error) takeFields(list json.RawMessage) bool {
	var entries []struct {
		Loc  []any  `json:"loc"`
		Msg  string `json:"msg"`
		Type string `json:"type"`
	}
	if json.Unmarshal(list, &entries) != nil || len(entries) == 0 {
		return false
	}
	var messages []string
	for _, entry := range entries {
		field := FieldError{Message: entry.Msg, Type: entry.Type}
		for _, step := range entry.Loc {
			field.Loc = append(field.Loc, fmt.Sprint(step))
		}
		if field.Message == "" {
			field.Message = entry.Type
		}
		e.Fields = append(e.Fields, field)
		messages = append(messages, strings.TrimPrefix(strings.Join(append(field.Loc, ""), ".")+": ", ": ")+field.Message)
	}
	e.Message = strings.Join(messages, "; ")
	if e.Type == "" && len(entries) == 1 {
		e.Type = entries[0].Type
	}
	return true
}

// presentable clips a server's text, makes it one line and takes the key out.
func (c *Client) presentable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(c.redact(text), "?"))
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > longestMessage {
		text = strings.ToValidUTF8(text[:longestMessage], "") + " …"
	}
	return text
}

// lockWords appear in a 403 that is about the account's balance or standing
// rather than about the key.
var lockWords = []string{"user is locked", "exhausted balance", "top_up", "admin lock"}

func (e *Error) kindsByStatus(timeoutType string) []error {
	var kinds []error
	for _, field := range e.Fields {
		if field.Type == "content_policy_violation" {
			kinds = append(kinds, ErrContentPolicy)
		}
	}
	switch status := e.StatusCode; {
	case e.Type == TypeClientCancelled || status == 499:
		kinds = append(kinds, ErrCancelled)
	case status == http.StatusBadRequest && strings.Contains(strings.ToLower(e.Message), "still in progress"):
		kinds = append(kinds, ErrInProgress)
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge, status == http.StatusUnprocessableEntity:
		kinds = append(kinds, ErrInvalid)
	case status == http.StatusUnauthorized:
		kinds = append(kinds, ErrUnauthorized)
	case status == http.StatusForbidden:
		kinds = append(kinds, forbiddenKind(e.Message))
	case status == http.StatusNotFound, status == http.StatusGone:
		kinds = append(kinds, ErrNotFound)
	case status == http.StatusTooManyRequests:
		kinds = append(kinds, ErrRateLimited)
	case status == http.StatusGatewayTimeout && timeoutType == "user":
		kinds = append(kinds, ErrStartTimeout, ErrServer)
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusTooEarly:
		kinds = append(kinds, ErrServer)
	default:
		kinds = append(kinds, ErrMalformed)
	}
	return kinds
}

func forbiddenKind(message string) error {
	message = strings.ToLower(message)
	for _, word := range lockWords {
		if strings.Contains(message, word) {
			return ErrLocked
		}
	}
	return ErrForbidden
}
