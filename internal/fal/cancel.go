// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"net/http"
	"time"
)

// CancelOutcome is how fal took a cancellation.
type CancelOutcome int

const (
	// CancelRequested means that the request was running; it is asked to stop, and may
	// finish all the same.
	CancelRequested CancelOutcome = iota
	// CancelRemoved means that the request left the queue; it never runs.
	CancelRemoved
	// CancelTooLate means that the request has finished.
	CancelTooLate
	// CancelNotFound means that fal does not know the request.
	CancelNotFound
	// CancelRefused means that fal answered with another 4xx, as it does where the
	// request has finished. Whether it has, its status tells.
	CancelRefused
)

// Cancel asks fal to drop a request. That it is too late, that the request is not
// known, or that fal refuses, is an outcome and not an error.
func (c *Client) Cancel(ctx context.Context, handle Handle) (CancelOutcome, error) {
	handle, err := c.complete(handle)
	if err != nil {
		return CancelRequested, err
	}
	what := call{
		operation: "cancel",
		method:    http.MethodPut,
		url:       handle.CancelURL,
		policy:    repeatEffect,
		limit:     smallBody,
		timeout:   30 * time.Second,
		// Who cancels is being interrupted, and has seconds.
		urgent:    true,
		requestID: handle.RequestID,
	}
	made, err := c.do(ctx, what)
	if err != nil {
		return CancelRequested, err
	}
	answer := made.answer
	said := text(decodeWireError(answer.body).Status)
	switch {
	case answer.status == http.StatusOK && said == "OK":
		return CancelRemoved, nil
	case said == "ALREADY_COMPLETED" && answer.status < 500:
		return CancelTooLate, nil
	case answer.status == http.StatusNotFound, answer.status == http.StatusGone, answer.ok() && said == "NOT_FOUND":
		return CancelNotFound, nil
	case answer.ok():
		return CancelRequested, nil
	}
	switch answer.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		// They say nothing about the request.
	default:
		if answer.status >= 400 && answer.status < 500 {
			return CancelRefused, nil
		}
	}
	return CancelRequested, c.errorOf(what, answer)
}
