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

// listing is a list of the platform API that comes in pages.
type listing struct {
	operation string
	path      string
	values    url.Values
	// size is how many entries a page has at most.
	size int
}

// The bounds of a list that has no end.
const (
	mostPages = 2000
	// fullPage is more than a page of the longest kind can have.
	fullPage = 10*LargestBillingPage + 1
)

// platformPage is a page of any list: each has the member of one list.
type platformPage struct {
	Items         *[fullPage]json.RawMessage `json:"items"`
	BillingEvents *[fullPage]json.RawMessage `json:"billing_events"`
	NextCursor    string                     `json:"next_cursor"`
	HasMore       *bool                      `json:"has_more"`
}

// next is the cursor of the page that follows; empty if this is the last one.
func (p *platformPage) next(current string) (string, error) {
	goesOn := p.NextCursor != ""
	if p.HasMore != nil {
		goesOn = *p.HasMore
	}
	switch {
	case !goesOn:
		return "", nil
	case p.NextCursor == "", p.NextCursor == current:
		return "", errors.New("the list goes on, and does not say where")
	}
	return p.NextCursor, nil
}

// pages reads a list page by page, for as long as the caller wants more. An error
// ends the sequence. What is not a list, or breaks off, is an error: it must not be
// taken for a list that has nothing.
func (c *Client) pages(ctx context.Context, list listing, entries func(*platformPage) *[fullPage]json.RawMessage) iter.Seq2[[]json.RawMessage, error] {
	return func(yield func([]json.RawMessage, error) bool) {
		values, length := list.values, 0
		values.Set("limit", strconv.Itoa(list.size))
		for range mostPages {
			what := call{
				operation: list.operation,
				method:    http.MethodGet,
				url:       join(c.platform, list.path, values),
				limit:     pageBody,
				timeout:   time.Minute,
			}
			var page platformPage
			err := c.callPlatform(ctx, what, &page)
			listed := entries(&page)
			switch {
			case err != nil:
			case listed == nil:
				err = c.malformed(what, errors.New("the page has no list"))
			case listed[10*list.size] != nil:
				err = c.malformed(what, errors.New("the page lists more entries than were asked for"))
			default:
				for _, entry := range listed {
					length += len(entry)
				}
				if length > c.longestList {
					err = c.malformed(what, errors.New("the list has no end"))
				}
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(listed[:], nil) {
				return
			}
			next, err := page.next(values.Get("cursor"))
			if err != nil {
				yield(nil, c.malformed(what, err))
				return
			}
			if next == "" {
				return
			}
			values.Set("cursor", next)
		}
		yield(nil, c.malformed(call{operation: list.operation}, errors.New("the list has no end")))
	}
}
