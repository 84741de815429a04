// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"
	"time"
)

// LargestPage is how many requests fal lists with one call at most.
const LargestPage = 100

// RequestsQuery selects requests from the history of an endpoint.
type RequestsQuery struct {
	// EndpointID is required.
	EndpointID string
	// RequestID selects one request; fal then looks back 90 days by default.
	RequestID string
	// Start and End limit the time of submission; End is exclusive. Without a
	// Start fal looks back 24 hours.
	Start, End time.Time
	// Status is "success", "error" or "user_error", or empty for all.
	Status string
	// Payloads asks for input and output.
	Payloads bool
	// PageSize is how many requests come with one call; 0 for LargestPage.
	PageSize int
}

// Request is one entry of the history.
type Request struct {
	RequestID  string
	EndpointID string
	// SentAt, StartedAt and EndedAt are zero as long as they have not come.
	SentAt, StartedAt, EndedAt time.Time
	// StatusCode is the HTTP status of the result; nil until there is one.
	StatusCode *int64
	// Duration is in seconds; nil until the request has ended.
	Duration *float64
	// Input and Output are nil unless they were asked for and are stored.
	Input, Output json.RawMessage
}

// wireRequest takes each member by itself: one of an unexpected type does not
// hide the others, nor the other requests of its page.
type wireRequest struct {
	RequestID  json.RawMessage `json:"request_id"`
	EndpointID json.RawMessage `json:"endpoint_id"`
	SentAt     json.RawMessage `json:"sent_at"`
	StartedAt  json.RawMessage `json:"started_at"`
	EndedAt    json.RawMessage `json:"ended_at"`
	StatusCode json.RawMessage `json:"status_code"`
	Duration   json.RawMessage `json:"duration"`
	JSONInput  json.RawMessage `json:"json_input"`
	JSONOutput json.RawMessage `json:"json_output"`
}

// Requests reads the history page by page, for as long as the caller wants
// more. An error ends the sequence.
func (c *Client) Requests(ctx context.Context, query RequestsQuery) iter.Seq2[Request, error] {
	history := listing{operation: "list requests", path: "models/requests/by-endpoint", values: query.values(), size: LargestPage}
	if query.PageSize > 0 {
		history.size = min(query.PageSize, LargestPage)
	}
	return func(yield func(Request, error) bool) {
		for entries, err := range c.pages(ctx, history, func(page *platformPage) *[fullPage]json.RawMessage { return page.Items }) {
			if err != nil {
				yield(Request{}, err)
				return
			}
			for _, entry := range entries {
				var item wireRequest
				if len(entry) == 0 || json.Unmarshal(entry, &item) != nil || !IsRequestID(text(item.RequestID)) {
					// Whatever it is, it can't be used.
					continue
				}
				request := item.request()
				request.EndpointID = c.presentable(request.EndpointID)
				if !yield(request, nil) {
					return
				}
			}
		}
	}
}

func (q RequestsQuery) values() url.Values {
	values := url.Values{"endpoint_id": {q.EndpointID}}
	for name, value := range map[string]string{"request_id": q.RequestID, "status": q.Status} {
		if value != "" {
			values.Set(name, value)
		}
	}
	for name, at := range map[string]time.Time{"start": q.Start, "end": q.End} {
		if !at.IsZero() {
			values.Set(name, at.UTC().Format(time.RFC3339))
		}
	}
	if q.Payloads {
		values.Set("expand", "payloads")
	}
	return values
}

func (w wireRequest) request() Request {
	request := Request{
		RequestID:  text(w.RequestID),
		EndpointID: text(w.EndpointID),
		SentAt:     parseTime(text(w.SentAt)),
		StartedAt:  parseTime(text(w.StartedAt)),
		EndedAt:    parseTime(text(w.EndedAt)),
		StatusCode: count(w.StatusCode),
		Input:      present(w.JSONInput),
		Output:     present(w.JSONOutput),
	}
	if present(w.Duration) != nil {
		var seconds float64
		if json.Unmarshal(w.Duration, &seconds) == nil {
			request.Duration = &seconds
		}
	}
	return request
}

// present is nil for what is missing or null.
func present(value json.RawMessage) json.RawMessage {
	if len(value) == 0 || string(value) == "null" {
		return nil
	}
	return value
}

// count is a whole number of at least 0, or nil for anything else.
func count(value json.RawMessage) *int64 {
	var number int64
	if present(value) == nil || json.Unmarshal(value, &number) != nil || number < 0 {
		return nil
	}
	return &number
}

// parseTime reads a time of fal's, which is in UTC if it does not say.
func parseTime(text string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		at, err := time.Parse(layout, text)
		// A zone can move a year out of those that RFC 3339 can write.
		if at = at.UTC(); err == nil && at.Year() >= 0 && at.Year() <= 9999 {
			return at
		}
	}
	return time.Time{}
}

// callPlatform makes one call to the platform API and decodes its answer.
func (c *Client) callPlatform(ctx context.Context, what call, into any) error {
	what.tellsTime = true
	made, err := c.do(ctx, what)
	if err != nil {
		return err
	}
	if !made.answer.ok() {
		return c.errorOf(what, made.answer)
	}
	if err := json.Unmarshal(made.answer.body, into); err != nil {
		return c.malformed(what, err)
	}
	return nil
}
