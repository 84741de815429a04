// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
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
		effort:      from.effort,
	}
	if failure.RequestID == "" {
		failure.RequestID = c.presentable(from.header.Get(headerRequestID))
	}
	types := failure.take(decodeWireError(from.body))
	switch {
	case from.isChallenge():
		failure.Message = "a bot challenge stands in front of fal"
	case failure.Message == "":
		// Something on the way may have said it: whoever reads this has to know where.
		failure.Message, failure.host = plainText(from), hostOf(what.url)
	}
	if from.isForeignDenial() || from.isForeignPage() && from.status < 500 {
		failure.mark(ErrMalformed)
	} else {
		failure.mark(failure.kindsByStatus(types)...)
	}
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

// hostOf is the host that an address leads to, empty if there is none.
func hostOf(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return parsed.Host
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

// take reads what the body says, and returns all types that its detail has.
func (e *Error) take(wire wireError) []string {
	if kind := text(wire.ErrorType); kind != "" {
		e.Type = kind
	}
	types := detailTypes(wire.Detail)
	if e.takeFields(wire.Detail) {
		return types
	}
	detail, envelope := nestedError(wire.Detail), nestedError(wire.Error)
	e.Message = cmp.Or(text(wire.Detail), detail.Message, envelope.Message, text(wire.Message), text(wire.Error), text(wire.Status))
	e.Type = cmp.Or(e.Type, detail.Type, envelope.Type)
	return types
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

// complaints are the entries of a detail that is a list.
func complaints(detail json.RawMessage) []json.RawMessage {
	// Arrays leave out what is beyond their length.
	var entries [mostFields]json.RawMessage
	if json.Unmarshal(detail, &entries) != nil {
		return nil
	}
	end := slices.IndexFunc(entries[:], func(entry json.RawMessage) bool { return entry == nil })
	if end < 0 {
		end = mostFields
	}
	return entries[:end]
}

// detailTypes are the machine-readable types of a detail: those of a list's
// entries, or of an object.
func detailTypes(detail json.RawMessage) []string {
	var types []string
	for _, entry := range append(complaints(detail), detail) {
		if kind := nestedError(entry).Type; kind != "" {
			types = append(types, kind)
		}
	}
	return types
}

// takeFields reads a list of complaints about inputs.
func (e *Error) takeFields(list json.RawMessage) bool {
	var messages []string
	for i, entry := range complaints(list) {
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
		if i == 0 {
			e.Type = cmp.Or(e.Type, said.Type)
		}
		message := field.Message
		if namesInput(field.Loc) {
			e.Fields = append(e.Fields, field)
			message = strings.Join(field.Loc, ".") + ": " + message
		}
		messages = append(messages, message)
	}
	e.Message = strings.Join(messages, "; ")
	return len(messages) > 0
}

// namesInput reports whether a location leads to an input: the body as a whole
// is none.
func namesInput(location []string) bool {
	return len(location) > 1 || len(location) == 1 && location[0] != "body"
}

// lockWords appear in a 403 that is about the account's balance or standing
// rather than about the key.
var lockWords = []string{"user is locked", "exhausted balance", "top_up", "admin lock", "add funds"}

// kindsByStatus finds the sentinels that hold for an answer, whose detail has
// the given types. None may: fal's word is then the message alone.
func (e *Error) kindsByStatus(types []string) []error {
	typed := len(types) > 0
	types = append(types, e.Type)
	var kinds []error
	if slices.Contains(types, typeContentPolicy) {
		kinds = append(kinds, ErrContentPolicy)
	}
	switch status := e.StatusCode; {
	case e.Type == TypeClientCancelled || status == 499:
		return append(kinds, ErrCancelled)
	case status < 500 && slices.ContainsFunc(types, blamesFal):
		// Whatever the status: the catalogue has such types with 400, too.
		return append(kinds, ErrServer)
	case status < 400:
		return append(kinds, ErrMalformed)
	case status == http.StatusBadRequest && !typed && strings.Contains(strings.ToLower(e.Message), inProgress):
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

func forbiddenKind(message string) error {
	message = strings.ToLower(message)
	if slices.ContainsFunc(lockWords, func(word string) bool { return strings.Contains(message, word) }) {
		return ErrLocked
	}
	return ErrForbidden
}
