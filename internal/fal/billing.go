// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"encoding/json"
	"iter"
	"math"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The limits that fal documents for one question about billing events.
const (
	// LargestBillingPage is how many events one call asks for. fal gives ten times
	// as many at most.
	LargestBillingPage = 1000
	// longestBillingWindow is the time that one call may be about.
	longestBillingWindow = 90 * 24 * time.Hour
	// mostRequestIDs is how many requests one call may be about.
	mostRequestIDs = 50
)

// BillingQuery selects billing events of the key's account.
type BillingQuery struct {
	// EndpointID is empty for all endpoints.
	EndpointID string
	// RequestIDs selects requests; nil is for all.
	RequestIDs []string
	// Tags selects requests that were sent with all of these tags. fal must have
	// enabled reports by tags for the account.
	Tags map[string]string
	// Start and End limit the time of the events; End is exclusive. Without a Start
	// fal looks back 24 hours, whatever the End is.
	Start, End time.Time
}

// BillingEvent is what fal has billed for a request.
type BillingEvent struct {
	RequestID  string
	EndpointID string
	// Timestamp is zero if fal does not give one.
	Timestamp time.Time
	// OutputUnits and UnitPrice are nil if fal does not give them.
	OutputUnits, UnitPrice *big.Rat
	// Cost is in billionths of a US dollar, after discounts; nil if fal does not
	// give it.
	Cost *big.Int
}

type wireBillingEvent struct {
	RequestID   json.RawMessage `json:"request_id"`
	EndpointID  json.RawMessage `json:"endpoint_id"`
	Timestamp   json.RawMessage `json:"timestamp"`
	OutputUnits json.RawMessage `json:"output_units"`
	Quantity    json.RawMessage `json:"quantity"`
	UnitPrice   json.RawMessage `json:"unit_price"`
	CostTotal   json.RawMessage `json:"cost_total"`
	CostNanoUSD json.RawMessage `json:"cost_estimate_nano_usd"`
}

// BillingEvents reads what was billed. It needs a key of scope ADMIN. Questions
// that are too large for one call are asked in parts. An error ends the sequence.
func (c *Client) BillingEvents(ctx context.Context, query BillingQuery) iter.Seq2[BillingEvent, error] {
	return func(yield func(BillingEvent, error) bool) {
		for values := range query.parts(c.Now()) {
			part := listing{operation: "list billing events", path: "models/billing-events", values: values, size: LargestBillingPage}
			// A page is found by its number: an event that comes in while the list is
			// read moves others from the end of one page to the start of the next.
			listed := map[string]bool{}
			for entries, err := range c.pages(ctx, part, func(page *platformPage) *[fullPage]json.RawMessage { return page.BillingEvents }) {
				if err != nil {
					yield(BillingEvent{}, err)
					return
				}
				var fresh []string
				for _, entry := range entries {
					if len(entry) == 0 || listed[string(entry)] {
						continue
					}
					fresh = append(fresh, string(entry))
					// One that can't be read has been billed all the same.
					var wire wireBillingEvent
					_ = json.Unmarshal(entry, &wire)
					if !yield(c.billingEvent(wire), nil) {
						return
					}
				}
				for _, entry := range fresh {
					listed[entry] = true
				}
			}
		}
	}
}

// parts are the questions to ask: each about no more time and no more requests
// than fal allows for one.
func (q BillingQuery) parts(now time.Time) iter.Seq[url.Values] {
	return func(yield func(url.Values) bool) {
		for requests := range q.requestParts() {
			for start, end := range q.windows(now) {
				values := q.values(requests)
				for name, at := range map[string]time.Time{"start": start, "end": end} {
					if !at.IsZero() {
						values.Set(name, at.UTC().Format(time.RFC3339Nano))
					}
				}
				if !yield(values) {
					return
				}
			}
		}
	}
}

// windows cuts the time into pieces that fal answers for.
func (q BillingQuery) windows(now time.Time) iter.Seq2[time.Time, time.Time] {
	return func(yield func(time.Time, time.Time) bool) {
		start, end := q.Start, q.End
		if end.IsZero() {
			// By fal's clock it may be later, and it gets later while fal is asked.
			end = now.Add(time.Hour)
		}
		for !start.IsZero() && end.Sub(start) > longestBillingWindow {
			next := start.Add(longestBillingWindow)
			if !yield(start, next) {
				return
			}
			start = next
		}
		yield(start, q.End)
	}
}

func (q BillingQuery) requestParts() iter.Seq[[]string] {
	if q.RequestIDs == nil {
		return func(yield func([]string) bool) { yield(nil) }
	}
	return slices.Chunk(q.RequestIDs, mostRequestIDs)
}

func (q BillingQuery) values(requests []string) url.Values {
	values := url.Values{}
	if q.EndpointID != "" {
		values.Set("endpoint_id", q.EndpointID)
	}
	if requests != nil {
		values.Set("request_id", strings.Join(requests, ","))
	}
	if len(q.Tags) > 0 {
		values.Set("source", "tagged-billed")
		values["tag"] = strings.Split(joinTags(q.Tags), ",")
	}
	return values
}

func (c *Client) billingEvent(wire wireBillingEvent) BillingEvent {
	event := BillingEvent{
		RequestID:   c.presentable(text(wire.RequestID)),
		EndpointID:  c.presentable(text(wire.EndpointID)),
		Timestamp:   parseTime(text(wire.Timestamp)),
		OutputUnits: exactNumber(wire.OutputUnits),
		UnitPrice:   exactNumber(wire.UnitPrice),
	}
	if event.OutputUnits == nil {
		event.OutputUnits = exactNumber(wire.Quantity)
	}
	// fal's own sums of dollars may end in the errors of binary fractions, as in
	// 0.30000000000000004. Billionths are whole numbers.
	event.Cost = nearest(exactNumber(wire.CostNanoUSD))
	if total := exactNumber(wire.CostTotal); event.Cost == nil && total != nil {
		event.Cost = nearest(total.Mul(total, big.NewRat(1e9, 1)))
	}
	return event
}

// exactNumber reads a number as it is written, and is nil for anything else. A number
// that no bill has is none: its digits could fill the memory.
func exactNumber(value json.RawMessage) *big.Rat {
	var number float64
	if present(value) == nil || len(value) > 40 || json.Unmarshal(value, &number) != nil || math.Abs(number) > 1e18 {
		return nil
	}
	if math.Abs(number) < 1e-18 {
		return new(big.Rat)
	}
	exact, ok := new(big.Rat).SetString(string(value))
	if !ok {
		return nil
	}
	return exact
}

// nearest is the whole number nearest to a fraction.
func nearest(fraction *big.Rat) *big.Int {
	if fraction == nil {
		return nil
	}
	whole, _ := new(big.Int).SetString(fraction.FloatString(0), 10)
	return whole
}
