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
	// Date is what the answer says, or the present time by fal's clock. It may lie
	// in the past: some answers are dated when the work began.
	Date time.Time
}

// Result fetches the output of a completed request. An error may be one sign of
// how the request has ended: ErrRefusedInput, ErrServerFault, ErrCancelled and
// ErrInProgress exclude each other, and if none of them holds it says nothing
// about the request, which may have succeeded.
func (c *Client) Result(ctx context.Context, handle Handle) (Result, error) {
	handle, err := c.complete(handle)
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
	made, err := c.do(ctx, what)
	if err != nil {
		return Result{}, err
	}
	if made.answer.status == http.StatusAccepted {
		// What fal answers to a status request before there is a result.
		failure := &Error{Operation: what.operation, StatusCode: made.answer.status, Message: "there is no result yet", RequestID: handle.RequestID}
		return Result{}, failure.is(ErrInProgress)
	}
	return c.resultOf(what, made.answer)
}

// resultOf reads the output from an answer, or what the answer says of a
// failure.
func (c *Client) resultOf(what call, from *answer) (Result, error) {
	refused := isList(decodeWireError(from.body).Detail)
	if !from.ok() || refused {
		failure, blamed := c.errorOf(what, from), blame(from)
		if from.ok() && !errors.Is(blamed, ErrServerFault) {
			// A list of errors under a success was seen for a failed request.
			failure.kinds = slices.DeleteFunc(failure.kinds, func(kind error) bool { return errors.Is(kind, ErrMalformed) })
			failure.mark(ErrInvalid)
		}
		if blamed != nil {
			failure.mark(blamed)
		}
		if from.ok() || jobFailed(from) || gaveUpOnJob(from) {
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
