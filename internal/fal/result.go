// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

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
	handle, err := c.vet(ctx, handle)
	if err != nil {
		return Result{}, err
	}
	what := call{
		operation: "result",
		method:    http.MethodGet,
		url:       handle.ResponseURL,
		limit:     largeBody,
		timeout:   5 * time.Minute,
		final:     jobFailed,
		requestID: handle.RequestID,
	}
	answer, _, err := c.do(ctx, what)
	if err != nil {
		return Result{}, err
	}
	if answer.status == http.StatusAccepted {
		// What fal answers to a status request before there is a result.
		failure := &Error{Operation: what.operation, StatusCode: answer.status, Message: "there is no result yet", RequestID: handle.RequestID}
		return Result{}, failure.is(ErrInProgress)
	}
	return c.resultOf(what, answer)
}

// resultOf reads the output from an answer, or what the answer says of a
// failure.
func (c *Client) resultOf(what call, from *answer) (Result, error) {
	refused := isList(decodeWireError(from.body).Detail)
	if !from.ok() || refused {
		failure := c.errorOf(what, from)
		if from.ok() {
			// A list of errors under a success was seen for a failed request.
			failure.kinds = slices.DeleteFunc(failure.kinds, func(kind error) bool { return errors.Is(kind, ErrMalformed) })
			failure.mark(ErrInvalid, ErrJobFailed)
		}
		if jobFailed(from) || gaveUpOnJob(from) {
			failure.mark(ErrJobFailed)
		}
		return Result{}, failure
	}
	if from.body[0] != '{' {
		return Result{}, c.malformed(what, errors.New("it is not an object"))
	}
	result := Result{
		Body:      from.body,
		RequestID: c.presentable(from.header.Get(headerRequestID)),
		Date:      c.dateOf(from.header),
	}
	if units, err := strconv.ParseFloat(from.header.Get(headerBillableUnits), 64); err == nil && units >= 0 && !math.IsInf(units, 0) {
		result.BillableUnits = &units
	}
	return result, nil
}

// jobFailed reports whether an answer to a result request is the failure of the
// request itself, which no repetition changes. A model's refusals are 4xx with
// a detail; fal marks failures of its infrastructure with a type.
func jobFailed(from *answer) bool {
	wire := decodeWireError(from.body)
	signed := text(wire.ErrorType) != "" || from.header.Get(headerErrorType) != ""
	switch from.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusGone,
		http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	case http.StatusNotFound:
		// An app that lacks the path says so itself, and that it bills nothing;
		// the queue's own 404 means that the request is forgotten.
		return from.header.Get(headerBillableUnits) != ""
	case http.StatusBadRequest:
		if strings.Contains(strings.ToLower(text(wire.Detail)), inProgress) {
			return false
		}
	}
	if from.status >= 500 {
		return signed || isList(wire.Detail)
	}
	return from.status >= 400 && (signed || len(wire.Detail) > 0)
}

// gaveUpOnJob reports whether a 5xx that never went away came from the app
// rather than from something in front of it: only the app's answers name the
// request. fal bills nothing for a 5xx.
func gaveUpOnJob(from *answer) bool {
	return from.status >= 500 && from.header.Get(headerRequestID) != "" && isContainer(from.body)
}

// isList reports whether a detail is a list of complaints.
func isList(detail json.RawMessage) bool {
	// The first tells; an array leaves out the rest, however many there are.
	var entries [1]struct {
		Msg  json.RawMessage `json:"msg"`
		Type json.RawMessage `json:"type"`
	}
	if json.Unmarshal(detail, &entries) != nil {
		return false
	}
	return entries[0].Msg != nil || entries[0].Type != nil
}

func (c *Client) malformed(what call, err error) *Error {
	failure := &Error{
		Operation: what.operation,
		Message:   "fal's answer can't be understood: " + c.presentable(err.Error()),
		RequestID: what.requestID,
	}
	return failure.is(ErrMalformed)
}
