// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The limits that fal documents for billing events.
const (
	billingLimit  = 10_000
	billingWindow = 90 * 24 * time.Hour
	mostTags      = 10
	// untagged stands in a filter for requests without the tag.
	untagged = "(untagged)"
)

// Billing says what the billing events show.
type Billing struct {
	// Lag is how long after a request has ended its event shows.
	Lag time.Duration
	// WithoutTags has fal refuse to report by tags, as for an account that it has
	// not enabled that for.
	WithoutTags bool
}

// billingEvent is what was billed for a request.
type billingEvent struct {
	RequestID       string             `json:"request_id"`
	EndpointID      string             `json:"endpoint_id"`
	Timestamp       string             `json:"timestamp"`
	Quantity        float64            `json:"quantity"`
	OutputUnits     float64            `json:"output_units"`
	Unit            *string            `json:"unit"`
	UnitPrice       *float64           `json:"unit_price"`
	PercentDiscount *float64           `json:"percent_discount"`
	CostSubtotal    float64            `json:"cost_subtotal"`
	CostDiscount    float64            `json:"cost_discount"`
	CostTotal       float64            `json:"cost_total"`
	CostNanoUSD     int64              `json:"cost_estimate_nano_usd"`
	Tags            *map[string]string `json:"tags,omitempty"`
}

// billingQuery is what a request for billing events asks.
type billingQuery struct {
	endpoints, requests []string
	start, end          time.Time
	// tagged is the source that knows tags.
	tagged bool
	// tags has for each name the values that are wanted.
	tags        map[string][]string
	page, limit int
}

func (s *Server) listBillingEvents(c *call) reply {
	q, problem := s.parseBillingQuery(c)
	if problem != nil {
		return *problem
	}
	s.mu.Lock()
	s.settle()
	now := s.clock.Now()
	var found []*job
	for _, j := range s.order {
		if j.billed() && !j.EndedAt.Add(s.billing.Lag).After(now) && q.lists(j) {
			found = append(found, j)
		}
	}
	s.unlock()
	slices.SortStableFunc(found, func(a, b *job) int { return cmp.Or(b.SentAt.Compare(a.SentAt), cmp.Compare(b.Seq, a.Seq)) })
	found, more := slice(found, q.page, q.limit)
	events := make([]billingEvent, len(found))
	for i, j := range found {
		events[i] = s.billingEvent(j, q.tagged)
	}
	return answer(http.StatusOK, map[string]any{
		"billing_events": events, "next_cursor": cursor(q.page, more), "has_more": more,
	})
}

// billed leaves out what made nothing: fal bills outputs. The lock must be held.
func (j *job) billed() bool {
	return j.Phase == completed && j.statusCode() < http.StatusBadRequest && j.units() > 0
}

func (s *Server) billingEvent(j *job, tagged bool) billingEvent {
	units := float64(j.units())
	event := billingEvent{
		RequestID: j.ID, EndpointID: j.Endpoint.String(), Timestamp: timestamp(j.SentAt), Quantity: units, OutputUnits: units,
	}
	if price, known := s.price(j.Endpoint.String()); known {
		event.Unit, event.UnitPrice = &price.Unit, &price.UnitPrice
		event.CostNanoUSD = int64(math.Round(units * price.UnitPrice * 1e9))
	}
	event.CostSubtotal = float64(event.CostNanoUSD) / 1e9
	event.CostTotal = event.CostSubtotal
	if tagged {
		event.Tags = ptr(j.tags())
	}
	return event
}

func (s *Server) parseBillingQuery(c *call) (billingQuery, *reply) {
	values := c.URL.Query()
	q := billingQuery{endpoints: multi(values, "endpoint_id"), requests: multi(values, "request_id"), tags: map[string][]string{}}
	invalid := func(format string, args ...any) (billingQuery, *reply) {
		return q, ptr(platformError(http.StatusBadRequest, "validation_error", fmt.Sprintf(format, args...)))
	}
	for _, name := range []string{"api_key_id", "login_username", "expand"} {
		if values.Has(name) {
			return q, ptr(platformError(http.StatusNotImplemented, "not_implemented", name+": the emulator does not know it"))
		}
	}
	if len(q.endpoints) > multiLimit || len(q.requests) > multiLimit {
		return invalid("At most %d values are allowed", multiLimit)
	}
	switch values.Get("source") {
	case "", "billed":
	case "tagged-billed":
		q.tagged = true
	default:
		return invalid("source: Invalid option")
	}
	filters := multi(values, "tag")
	switch {
	case q.tagged && s.billing.WithoutTags:
		return q, ptr(platformError(http.StatusForbidden, "authorization_error", "Tagged reporting is not enabled for this account."))
	case len(filters) > 0 && !q.tagged:
		return invalid("tag: requires source=tagged-billed")
	case len(filters) > mostTags:
		return invalid("tag: at most %d filters are allowed", mostTags)
	}
	for _, filter := range filters {
		name, value, found := strings.Cut(filter, "=")
		if !found {
			return invalid("tag: must have the form key=value")
		}
		q.tags[name] = append(q.tags[name], value)
	}
	now := s.clock.Now()
	var wrong string
	if q.start, q.end, wrong = dates(values, now.Add(-historyWindow), time.Time{}); wrong != "" {
		return invalid("%s: Invalid date", wrong)
	}
	if end := cmp.Or(q.end, now); end.Sub(q.start) > billingWindow {
		return invalid("The date range must not exceed 90 days")
	}
	var problem *reply
	q.page, q.limit, problem = paging(values, billingLimit)
	return q, problem
}

// lists reports whether a job's event is wanted. The lock must be held.
func (q billingQuery) lists(j *job) bool {
	switch {
	case len(q.endpoints) > 0 && !slices.Contains(q.endpoints, j.Endpoint.String()),
		len(q.requests) > 0 && !slices.Contains(q.requests, j.ID),
		j.SentAt.Before(q.start), !q.end.IsZero() && !j.SentAt.Before(q.end):
		return false
	}
	tags := j.tags()
	for name, wanted := range q.tags {
		value, has := tags[name]
		if !has {
			value = untagged
		}
		if !slices.Contains(wanted, value) {
			return false
		}
	}
	return true
}

// tags are those of X-Fal-Tags. fal drops bad ones without a word.
func (j *job) tags() map[string]string {
	tags := map[string]string{}
	for pair := range strings.SplitSeq(j.Header.Get("X-Fal-Tags"), ",") {
		name, value, found := strings.Cut(strings.TrimSpace(pair), "=")
		if found && isTag(name, value) && len(tags) < mostTags {
			tags[name] = value
		}
	}
	return tags
}

// isTag reports whether fal keeps a tag.
func isTag(name, value string) bool {
	strange := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("._-", r)
	}
	unprintable := func(r rune) bool { return r < ' ' || r > '~' }
	return name != "" && len(name) <= 64 && !strings.ContainsFunc(name, strange) && !strings.HasPrefix(name, "fal.") &&
		len(value) <= 256 && !strings.ContainsFunc(value, unprintable)
}
