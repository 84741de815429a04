// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"
)

// SubmitOptions are what fal is told beside the input. The zero value leaves
// everything to fal.
type SubmitOptions struct {
	// Priority is "normal" or "low", or empty. It concerns the queue only.
	Priority string
	// StartTimeout is how long fal may take until processing starts; 0 for
	// no limit. fal counts from the submission and wants more than a second.
	StartTimeout time.Duration
	// MediaExpiration is how long fal keeps the generated files: nil for the
	// account's setting, 0 for ever.
	MediaExpiration *time.Duration
	// StorePayloads says whether fal keeps input and output in its history: nil
	// for the account's setting.
	StorePayloads *bool
	// Tags attribute the request in fal's usage reports.
	Tags map[string]string
	// Patience is how long fal may put the submission off, by answers of 429 or
	// connections that fail; 0 for ten minutes.
	Patience time.Duration
	// Interrupt, once closed, has the submission wait for its turn no longer, nor
	// for a connection: nothing is sent any more, and the error is
	// context.Canceled. One that is under way goes on until its context ends.
	Interrupt <-chan struct{}
	// Sending is called before each attempt, and Refused after one that fal can't
	// have accepted, if another follows; nil for nothing.
	Sending, Refused func()
}

// Submit sends an input to the queue, once. fal knows no idempotency key: the
// same body sent twice is two requests and two charges. So it is sent again
// only if no byte of it can have left, or fal answered 429.
//
// An error for which errors.Is(err, ErrOutcomeUnknown) holds means that fal may
// have accepted the request all the same. After any other error it has not.
func (c *Client) Submit(ctx context.Context, endpointID string, input json.RawMessage, options SubmitOptions) (Handle, error) {
	endpoint, err := ParseEndpointID(endpointID)
	if err != nil {
		return Handle{}, err
	}
	header, err := options.headers()
	if err != nil {
		return Handle{}, err
	}
	what := call{
		operation: "submit",
		method:    http.MethodPost,
		url:       join(c.queue, endpoint.String(), nil),
		header:    header,
		body:      input,
		policy:    repeatUnsent,
		limit:     smallBody,
		timeout:   c.submitTimeout,
		patience:  options.Patience,
		interrupt: options.Interrupt,
		sending:   options.Sending,
		refused:   options.Refused,
		tellsTime: true,
	}
	made, err := c.do(ctx, what)
	if err != nil {
		return Handle{}, c.unanswered(made, err)
	}
	if !made.answer.ok() {
		failure := c.errorOf(what, made.answer)
		if made.answer.isRefusal() {
			return Handle{}, failure
		}
		return Handle{}, c.unknown(made, failure)
	}
	var ticket struct {
		RequestID     json.RawMessage `json:"request_id"`
		StatusURL     json.RawMessage `json:"status_url"`
		ResponseURL   json.RawMessage `json:"response_url"`
		CancelURL     json.RawMessage `json:"cancel_url"`
		QueuePosition json.RawMessage `json:"queue_position"`
	}
	if err := json.Unmarshal(made.answer.body, &ticket); err != nil || !IsRequestID(text(ticket.RequestID)) {
		failure := &Error{Operation: what.operation, StatusCode: made.answer.status, Message: "fal's answer names no request"}
		return Handle{}, c.unknown(made, failure.is(ErrMalformed))
	}
	return c.Restore(ctx, Handle{
		EndpointID: endpoint.String(), RequestID: text(ticket.RequestID),
		StatusURL: text(ticket.StatusURL), ResponseURL: text(ticket.ResponseURL), CancelURL: text(ticket.CancelURL),
		QueuePosition: count(ticket.QueuePosition), SubmittedAt: c.dateOf(made.answer.header),
	})
}

// unanswered tells a submission that never left from one that may have arrived.
func (c *Client) unanswered(made *attempt, err error) error {
	var failure *Error
	if errors.As(err, &failure) && made.mayHaveArrived {
		return c.unknown(made, failure)
	}
	return err
}

func (c *Client) unknown(made *attempt, failure *Error) *Error {
	failure.SentAt = c.skew.apply(made.sentAt)
	return failure.is(ErrOutcomeUnknown)
}

// isRefusal reports whether an answer to a submission tells for sure that there is
// no request: a 4xx, but for those that gateways give to what takes too long. All
// else, redirects included, may come from something on the way that passed the
// submission on before it failed.
//
// Not every refusal is fal's. Whoever answers with 401 or 403, a page or a bare
// word though it be, does so instead of passing the submission on. A bot challenge
// in front of fal is marked as one; it passes, and fal can't have read what met it,
// so that it is repeated like a 429. Nothing marks other pages: they are not.
func (a *answer) isRefusal() bool {
	switch a.status {
	case http.StatusRequestTimeout, http.StatusTooEarly, 499:
		return a.isChallenge()
	}
	return a.status >= 400 && a.status < 500 || a.isChallenge()
}

// headers are those of fal's documentation for what the options say.
func (o SubmitOptions) headers() (http.Header, error) {
	header := http.Header{}
	if o.Priority != "" {
		header.Set("X-Fal-Queue-Priority", o.Priority)
	}
	if o.StartTimeout > 0 {
		seconds := strconv.FormatFloat(o.StartTimeout.Seconds(), 'f', -1, 64)
		header.Set("X-Fal-Request-Start-Timeout", seconds)
		if o.StartTimeout > time.Second {
			// The older name, which fal's clients send and which wants more than
			// a second.
			header.Set("X-Fal-Request-Timeout", seconds)
		}
	}
	if o.MediaExpiration != nil {
		lifetime := "null"
		if *o.MediaExpiration > 0 {
			lifetime = strconv.FormatInt(int64(math.Ceil(o.MediaExpiration.Seconds())), 10)
		}
		header.Set("X-Fal-Object-Lifecycle-Preference", `{"expiration_duration_seconds":`+lifetime+`}`)
	}
	if o.StorePayloads != nil {
		stored := "0"
		if *o.StorePayloads {
			stored = "1"
		}
		header.Set("X-Fal-Store-IO", stored)
	}
	if len(o.Tags) > 0 {
		if err := ValidateTags(o.Tags); err != nil {
			return nil, err
		}
		header.Set("X-Fal-Tags", joinTags(o.Tags))
	}
	return header, nil
}
