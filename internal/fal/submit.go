// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
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
}

// Handle is what finds a request again. It can be kept as JSON.
type Handle struct {
	EndpointID  string `json:"endpoint_id"`
	RequestID   string `json:"request_id"`
	StatusURL   string `json:"status_url"`
	ResponseURL string `json:"response_url"`
	CancelURL   string `json:"cancel_url"`
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
	const operation = "submit"
	answer, current, err := c.do(ctx, call{
		operation: operation,
		method:    http.MethodPost,
		url:       join(c.queue, endpoint.String(), nil),
		header:    options.headers(),
		body:      input,
		policy:    repeatUnsent,
		limit:     smallBody,
		timeout:   time.Minute,
	})
	if err != nil {
		return Handle{}, current.submissionError(ctx, err)
	}
	if !answer.ok() {
		return Handle{}, c.refusal(operation, answer)
	}
	var ticket struct {
		RequestID   string `json:"request_id"`
		StatusURL   string `json:"status_url"`
		ResponseURL string `json:"response_url"`
		CancelURL   string `json:"cancel_url"`
	}
	if err := json.Unmarshal(answer.body, &ticket); err != nil || !requestID.MatchString(ticket.RequestID) {
		failure := &Error{Operation: operation, StatusCode: answer.status, Message: "fal's answer names no request"}
		return Handle{}, failure.is(ErrMalformed, ErrOutcomeUnknown)
	}
	handle := c.rebuild(endpoint, ticket.RequestID)
	handle.StatusURL = c.trusted(ctx, ticket.StatusURL, handle.StatusURL)
	handle.ResponseURL = c.trusted(ctx, ticket.ResponseURL, handle.ResponseURL)
	handle.CancelURL = c.trusted(ctx, ticket.CancelURL, handle.CancelURL)
	handle.SubmittedAt = c.dateOf(answer.header)
	return handle, nil
}

// submissionError tells an attempt that never left from one that may have
// arrived.
func (t *try) submissionError(ctx context.Context, err error) error {
	var failure *Error
	if errors.As(err, &failure) && (t.answer != nil || t.sent.possible(ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded))) {
		return failure.is(ErrOutcomeUnknown)
	}
	return err
}

// refusal is the error for an answer to a submission. A 4xx is fal's word that
// it has not accepted; all else may come from something in between.
func (c *Client) refusal(operation string, answer *answer) error {
	failure := c.errorOf(operation, answer)
	if answer.status < 400 || answer.status >= 500 || answer.status == http.StatusRequestTimeout || answer.status == 499 {
		return failure.is(ErrOutcomeUnknown)
	}
	return failure
}

// headers are those of fal's documentation for what the options say.
func (o SubmitOptions) headers() http.Header {
	header := http.Header{}
	if o.Priority != "" {
		header.Set("X-Fal-Queue-Priority", o.Priority)
	}
	if o.StartTimeout > 0 {
		// The clients send the first name, newer documents want the second.
		seconds := strconv.FormatFloat(o.StartTimeout.Seconds(), 'f', -1, 64)
		header.Set("X-Fal-Request-Timeout", seconds)
		header.Set("X-Fal-Request-Start-Timeout", seconds)
	}
	if o.MediaExpiration != nil {
		lifetime := "null"
		if *o.MediaExpiration > 0 {
			lifetime = strconv.FormatInt(int64(o.MediaExpiration.Seconds()), 10)
		}
		header.Set("X-Fal-Object-Lifecycle-Preference", `{"expiration_duration_seconds":`+lifetime+`}`)
	}
	if o.StorePayloads != nil {
		header.Set("X-Fal-Store-Io", map[bool]string{false: "0", true: "1"}[*o.StorePayloads])
	}
	if len(o.Tags) > 0 {
		var pairs []string
		for name, value := range o.Tags {
			pairs = append(pairs, name+"="+value)
		}
		slices.Sort(pairs)
		header.Set("X-Fal-Tags", strings.Join(pairs, ","))
	}
	return header
}

// Attach rebuilds the handle of a request from its ids, as fal's own clients
// do: the URLs drop the endpoint's sub-path. It calls nobody.
func (c *Client) Attach(endpointID, id string) (Handle, error) {
	endpoint, err := ParseEndpointID(endpointID)
	if err != nil {
		return Handle{}, err
	}
	if !requestID.MatchString(id) {
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

// trusted returns a URL from fal's answer if the key may be sent there, else
// the rebuilt one. The returned one is better: an alias may have moved it.
func (c *Client) trusted(ctx context.Context, returned, rebuilt string) string {
	parsed, err := url.Parse(returned)
	if returned == "" || err != nil || !c.isOwn(parsed) {
		if returned != "" {
			c.logger.Debug(ctx, "fal returned a URL of another origin, which is not used", nil)
		}
		return rebuilt
	}
	return returned
}
