// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strconv"
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
	return func(yield func(Request, error) bool) {
		values, length := query.values(), 0
		for range mostPages {
			var page struct {
				Items      [fullPage]json.RawMessage `json:"items"`
				NextCursor *string                   `json:"next_cursor"`
				HasMore    bool                      `json:"has_more"`
			}
			what := call{
				operation: "list requests",
				method:    http.MethodGet,
				url:       join(c.platform, "models/requests/by-endpoint", values),
				limit:     pageBody,
				timeout:   time.Minute,
			}
			err := c.callPlatform(ctx, what, &page)
			if err == nil && page.Items[fullPage-1] != nil {
				err = c.malformed(what, errors.New("the page lists more requests than were asked for"))
			}
			for _, entry := range page.Items {
				length += len(entry)
			}
			if err == nil && length > c.longestHistory {
				err = c.malformed(what, errors.New("the history has no end"))
			}
			if err != nil {
				yield(Request{}, err)
				return
			}
			for _, entry := range page.Items {
				var item wireRequest
				if len(entry) == 0 || json.Unmarshal(entry, &item) != nil || !isRequestID(text(item.RequestID)) {
					// Whatever it is, it can't be used.
					continue
				}
				if !yield(item.request(), nil) {
					return
				}
			}
			if !page.HasMore || page.NextCursor == nil || *page.NextCursor == "" || *page.NextCursor == values.Get("cursor") {
				return
			}
			values.Set("cursor", *page.NextCursor)
		}
		yield(Request{}, c.malformed(call{operation: "list requests"}, errors.New("the history has no end")))
	}
}

// The bounds of a history that has no end.
const (
	mostPages = 2000
	// fullPage is more than a page can have: LargestPage was asked for.
	fullPage = 10*LargestPage + 1
)

func (q RequestsQuery) values() url.Values {
	values := url.Values{"endpoint_id": {q.EndpointID}, "limit": {strconv.Itoa(LargestPage)}}
	if q.PageSize > 0 {
		values.Set("limit", strconv.Itoa(min(q.PageSize, LargestPage)))
	}
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
