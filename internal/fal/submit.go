// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
}

// Handle is what finds a request again. It can be kept as JSON.
type Handle struct {
	EndpointID  string `json:"endpoint_id"`
	RequestID   string `json:"request_id"`
	StatusURL   string `json:"status_url"`
	ResponseURL string `json:"response_url"`
	CancelURL   string `json:"cancel_url"`
	// QueuePosition is how many requests were ahead at first; nil if fal did
	// not say.
	QueuePosition *int64 `json:"queue_position,omitempty"`
	// SubmittedAt is when fal accepted the request by its own clock, in seconds;
	// zero if that is not known.
	SubmittedAt time.Time `json:"submitted_at,omitzero"`
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
	}
	answer, current, err := c.do(ctx, what)
	if err != nil {
		return Handle{}, c.unanswered(current, err)
	}
	if !answer.ok() {
		failure := c.errorOf(what, answer)
		if isRefusal(answer) {
			return Handle{}, failure
		}
		return Handle{}, c.unknown(current, failure)
	}
	var ticket struct {
		RequestID     json.RawMessage `json:"request_id"`
		StatusURL     json.RawMessage `json:"status_url"`
		ResponseURL   json.RawMessage `json:"response_url"`
		CancelURL     json.RawMessage `json:"cancel_url"`
		QueuePosition json.RawMessage `json:"queue_position"`
	}
	if err := json.Unmarshal(answer.body, &ticket); err != nil || !isRequestID(text(ticket.RequestID)) {
		failure := &Error{Operation: what.operation, StatusCode: answer.status, Message: "fal's answer names no request"}
		return Handle{}, c.unknown(current, failure.is(ErrMalformed))
	}
	handle := c.rebuild(endpoint, text(ticket.RequestID))
	handle.StatusURL = c.trusted(ctx, text(ticket.StatusURL), handle.StatusURL)
	handle.ResponseURL = c.trusted(ctx, text(ticket.ResponseURL), handle.ResponseURL)
	handle.CancelURL = c.trusted(ctx, text(ticket.CancelURL), handle.CancelURL)
	handle.QueuePosition = count(ticket.QueuePosition)
	handle.SubmittedAt = c.dateOf(answer.header)
	return handle, nil
}

// unanswered tells a submission that never left from one that may have arrived.
func (c *Client) unanswered(current *try, err error) error {
	var failure *Error
	if errors.As(err, &failure) && current.mayHaveArrived {
		return c.unknown(current, failure)
	}
	return err
}

func (c *Client) unknown(current *try, failure *Error) *Error {
	failure.SentAt = c.skew.apply(current.sentAt)
	return failure.is(ErrOutcomeUnknown)
}

// isRefusal reports whether an answer to a submission is fal's word that it has
// not accepted. All else, redirects included, may come from something on the
// way that passed the submission on before it failed.
func isRefusal(from *answer) bool {
	switch from.status {
	case http.StatusRequestTimeout, http.StatusTooEarly, 499:
		return false
	}
	return from.status >= 400 && from.status < 500
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

// Attach rebuilds the handle of a request from its ids, as fal's own clients
// do: the URLs drop the endpoint's sub-path. It calls nobody.
func (c *Client) Attach(endpointID, id string) (Handle, error) {
	endpoint, err := ParseEndpointID(endpointID)
	if err != nil {
		return Handle{}, err
	}
	if !isRequestID(id) {
		return Handle{}, fmt.Errorf("%q is not a request id", id)
	}
	return c.rebuild(endpoint, id), nil
}

func (c *Client) rebuild(endpoint EndpointID, id string) Handle {
	base := join(c.queue, endpoint.App+"/requests/"+id, nil)
	return Handle{
		EndpointID:  endpoint.String(),
		RequestID:   id,
		StatusURL:   base + "/status",
		ResponseURL: base,
		CancelURL:   base + "/cancel",
	}
}
