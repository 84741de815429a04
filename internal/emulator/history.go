// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// historyItem is a request in the history.
type historyItem struct {
	RequestID  string          `json:"request_id"`
	EndpointID string          `json:"endpoint_id"`
	SentAt     string          `json:"sent_at"`
	StartedAt  *string         `json:"started_at"`
	EndedAt    *string         `json:"ended_at"`
	StatusCode *int            `json:"status_code"`
	Duration   *float64        `json:"duration"`
	Input      json.RawMessage `json:"json_input,omitempty"`
	Output     json.RawMessage `json:"json_output,omitempty"`
}

// historyQuery is what a request for the history asks.
type historyQuery struct {
	endpoints  []string
	requests   []string
	start, end time.Time
	status     string
	payloads   bool
	byDuration bool
	page       int
	limit      int

	// view is the history that answers, and asOf the time that it shows.
	view      History
	now, asOf time.Time
}

const (
	historyWindow     = 24 * time.Hour
	historyWideWindow = 90 * 24 * time.Hour
	multiLimit        = 50
	historyLimit      = 100
)

func (s *Server) parseHistoryQuery(c *call) (historyQuery, *reply) {
	values := c.URL.Query()
	q := historyQuery{
		endpoints: multi(values, "endpoint_id"), requests: multi(values, "request_id"), status: values.Get("status"),
		view: s.config.history,
	}
	if c.fault != nil && c.fault.History != nil {
		q.view = *c.fault.History
	}
	q.now = s.clock.Now()
	q.asOf = q.now.Add(-time.Duration(q.view.Lag))
	invalid := func(format string, args ...any) (historyQuery, *reply) {
		return q, ptr(platformError(http.StatusBadRequest, "validation_error", fmt.Sprintf(format, args...)))
	}
	if len(q.endpoints) == 0 {
		return invalid("endpoint_id: Required")
	}
	if len(q.endpoints) > multiLimit || len(q.requests) > multiLimit {
		return invalid("At most %d values are allowed", multiLimit)
	}
	if q.status != "" && !slices.Contains([]string{"success", "error", "user_error"}, q.status) {
		return invalid("status: Invalid option")
	}
	for _, expand := range multi(values, "expand") {
		if expand != "payloads" {
			return invalid("expand: Invalid option")
		}
		q.payloads = true
	}
	switch values.Get("sort_by") {
	case "", "ended_at":
	case "duration":
		q.byDuration = true
	default:
		return invalid("sort_by: Invalid option")
	}
	window := historyWindow
	if len(q.requests) > 0 {
		window = historyWideWindow
	}
	var wrong string
	if q.start, q.end, wrong = dates(values, q.now.Add(-window), time.Time{}); wrong != "" {
		return invalid("%s: Invalid date", wrong)
	}
	var problem *reply
	if q.page, q.limit, problem = paging(values, historyLimit); problem != nil {
		return q, problem
	}
	return q, nil
}

// paging reads limit and cursor. A cursor is a page number, from 1, in Base64
// without padding; with padding it is understood as well.
func paging(values url.Values, most int) (page, limit int, problem *reply) {
	page, limit = 1, 50
	invalid := func(text string) (int, int, *reply) {
		return 0, 0, ptr(platformError(http.StatusBadRequest, "validation_error", text))
	}
	if text := values.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > most {
			return invalid(fmt.Sprintf("limit: must be a number from 1 to %d", most))
		}
		limit = n
	}
	if text := values.Get("cursor"); text != "" {
		decoded, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
		if err != nil {
			return invalid("cursor: Invalid cursor")
		}
		n, err := strconv.Atoi(string(decoded))
		if err != nil || n < 1 {
			return invalid("cursor: Invalid cursor")
		}
		page = n
	}
	return page, limit, nil
}

// multi reads a parameter that may be repeated and hold lists.
func multi(values url.Values, name string) []string {
	var all []string
	for _, value := range values[name] {
		for item := range strings.SplitSeq(value, ",") {
			if item = strings.TrimSpace(item); item != "" {
				all = append(all, item)
			}
		}
	}
	return all
}

// dates reads start and end, or takes what they are otherwise. It names the one
// that is wrong.
func dates(values url.Values, start, end time.Time) (from, to time.Time, wrong string) {
	for name, at := range map[string]*time.Time{"start": &start, "end": &end} {
		if text := values.Get(name); text != "" {
			parsed, err := parseDate(text)
			if err != nil {
				return start, end, name
			}
			*at = parsed
		}
	}
	return start, end, ""
}

func parseDate(text string) (time.Time, error) {
	if parsed, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return parsed, nil
	}
	return time.Parse(time.DateOnly, text)
}

func (s *Server) history(c *call) reply {
	q, problem := s.parseHistoryQuery(c)
	if problem != nil {
		return *problem
	}
	s.mu.Lock()
	s.settle()
	var found []*job
	for _, j := range s.order {
		if q.lists(j) {
			found = append(found, j)
		}
	}
	slices.SortStableFunc(found, q.compare)
	found, more := slice(found, q.page, q.limit)
	items := make([]historyItem, len(found))
	wanted := make([]*job, len(found))
	for i, j := range found {
		items[i] = q.item(j)
		if q.payloads && !q.view.WithoutPayloads && !j.PayloadsDeleted && j.stores() {
			if len(j.Body) > 0 {
				items[i].Input = j.Body
			}
			if q.ended(j) && j.storesOutput() {
				wanted[i] = j
			}
		}
	}
	s.unlock()
	// Results may have to wait for the painter.
	for i, j := range wanted {
		if j != nil {
			items[i].Output = s.outputFor(j, c.base())
		}
	}
	return answer(http.StatusOK, map[string]any{
		"items": items, "next_cursor": cursor(q.page, more), "has_more": more,
	})
}

func slice[T any](all []T, page, limit int) (part []T, more bool) {
	from := min((page-1)*limit, len(all))
	to := min(from+limit, len(all))
	return all[from:to], to < len(all)
}

func cursor(page int, more bool) any {
	if !more {
		return nil
	}
	return base64.RawStdEncoding.EncodeToString([]byte(strconv.Itoa(page + 1)))
}

// started and ended report what the history knows of a job by now.
func (q historyQuery) started(j *job) bool {
	return !j.StartedAt.IsZero() && !j.StartedAt.After(q.asOf)
}

func (q historyQuery) ended(j *job) bool {
	return j.Phase == completed && !j.EndedAt.After(q.asOf)
}

// lists reports whether the history shows a job to the query. The lock must be
// held.
func (q historyQuery) lists(j *job) bool {
	at := j.SentAt
	if q.view.ByEndedAt {
		at = q.now
		if q.ended(j) {
			at = j.EndedAt
		}
	}
	switch {
	case !slices.Contains(q.endpoints, j.Endpoint.String()),
		len(q.requests) > 0 && !slices.Contains(q.requests, j.ID),
		at.Before(q.start),
		!q.end.IsZero() && !at.Before(q.end),
		j.SentAt.After(q.asOf),
		!q.started(j) && !q.ended(j) && !q.view.ListsUnstarted:
		return false
	}
	if q.status == "" {
		return true
	}
	if !q.ended(j) {
		return false
	}
	switch code := j.statusCode(); {
	case code >= 500:
		return q.status == "error"
	case code >= 400:
		return q.status == "user_error"
	default:
		return q.status == "success"
	}
}

func (j *job) statusCode() int {
	if j.Failure != nil {
		return j.Failure.Status
	}
	return http.StatusOK
}

// compare sorts the latest or the longest first, and what hasn't ended before
// all that has.
func (q historyQuery) compare(a, b *job) int {
	aOpen, bOpen := !q.ended(a), !q.ended(b)
	switch {
	case aOpen && bOpen:
		return b.SentAt.Compare(a.SentAt)
	case aOpen:
		return -1
	case bOpen:
		return 1
	}
	longer := 0
	if q.byDuration {
		longer = cmp.Compare(b.EndedAt.Sub(b.SentAt), a.EndedAt.Sub(a.SentAt))
	}
	return cmp.Or(longer, b.EndedAt.Compare(a.EndedAt), cmp.Compare(b.Seq, a.Seq))
}

func (q historyQuery) item(j *job) historyItem {
	item := historyItem{RequestID: j.ID, EndpointID: j.Endpoint.String(), SentAt: timestamp(j.SentAt)}
	if q.started(j) {
		item.StartedAt = ptr(timestamp(j.StartedAt))
	}
	if q.ended(j) {
		item.EndedAt = ptr(timestamp(j.EndedAt))
		item.StatusCode = ptr(j.statusCode())
		item.Duration = ptr(j.EndedAt.Sub(j.SentAt).Seconds())
	}
	return item
}

func timestamp(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
