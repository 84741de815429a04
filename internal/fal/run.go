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
	const operation = "run"
	answer, current, err := c.do(ctx, call{
		operation: operation,
		method:    http.MethodPost,
		url:       join(c.run, endpoint.String(), nil),
		header:    options.headers(),
		body:      input,
		policy:    repeatUnsent,
		limit:     largeBody,
		// fal lets an app work for an hour by default.
		timeout: 65 * time.Minute,
	})
	if err != nil {
		return Result{}, current.submissionError(ctx, err)
	}
	result, err := c.resultOf(operation, "", answer)
	var failure *Error
	refused := answer.status >= 400 && answer.status < 500
	if errors.As(err, &failure) && !refused && !jobFailed(answer) {
		// Only a refusal, or an error that fal's infrastructure signs, is fal's
		// word that there is no output.
		return Result{}, failure.is(ErrOutcomeUnknown)
	}
	return result, err
}
