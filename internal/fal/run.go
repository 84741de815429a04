// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// Run sends an input to the direct endpoint and waits for the output on the
// same connection. It is never sent again once it may have left, and cannot be
// resumed: after an error for which errors.Is(err, ErrOutcomeUnknown) holds,
// the work may have been done and billed.
func (c *Client) Run(ctx context.Context, endpointID string, input json.RawMessage, options SubmitOptions) (Result, error) {
	endpoint, err := ParseEndpointID(endpointID)
	if err != nil {
		return Result{}, err
	}
	header, err := options.headers()
	if err != nil {
		return Result{}, err
	}
	// The queue's own header means nothing here.
	header.Del("X-Fal-Queue-Priority")
	what := call{
		operation: "run",
		method:    http.MethodPost,
		url:       join(c.run, endpoint.String(), nil),
		header:    header,
		body:      input,
		policy:    repeatUnsent,
		limit:     largeBody,
		// fal lets an app work for an hour by default.
		timeout:   65 * time.Minute,
		patience:  options.Patience,
		interrupt: options.Interrupt,
	}
	made, err := c.do(ctx, what)
	if err != nil {
		return Result{}, c.unanswered(made, err)
	}
	result, err := c.resultOf(what, made.answer)
	var failure *Error
	if errors.As(err, &failure) && !made.answer.isRefusal() && !errors.Is(err, ErrJobFailed) {
		// Only a refusal, or an error that fal or the app signs, is their word
		// that there is no output.
		return Result{}, c.unknown(made, failure)
	}
	return result, err
}
