// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// billed is an event as fal writes it.
func billed(id string, nano int64) string {
	return fmt.Sprintf(`{"request_id":%q,"endpoint_id":"fal-ai/flux-2","timestamp":"2026-09-01T12:00:00Z","output_units":1,"unit_price":0.012,"percent_discount":null,`+
		`"cost_subtotal":0.012,"cost_discount":0,"cost_total":0.012,"cost_estimate_nano_usd":%d}`, id, nano)
}

func billingPage(next string, events ...string) string {
	return fmt.Sprintf(`{"billing_events":[%s],"next_cursor":%q,"has_more":%t}`, strings.Join(events, ","), next, next != "")
}

// events reads all events of a query.
func events(t *testing.T, c *Client, query BillingQuery) ([]BillingEvent, error) {
	t.Helper()
	var all []BillingEvent
	for event, err := range c.BillingEvents(t.Context(), query) {
		if err != nil {
			return all, err
		}
		all = append(all, event)
	}
	return all, nil
}

func TestBillingEvents(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		switch r.URL.Query().Get("cursor") {
		case "":
			reply(w, 200, billingPage("Mg", billed("a", 12000000), billed("a", 12000000), `7`, `null`))
		default:
			reply(w, 200, billingPage("", `{"request_id":"b\u001b[2J","endpoint_id":7,"timestamp":"yesterday","output_units":null,"quantity":1.5,"unit_price":null,"cost_total":0.30000000000000004}`, `{}`))
		}
	})
	got, err := events(t, client(t, fake.URL), BillingQuery{
		EndpointID: testEndpoint, RequestIDs: []string{"a", "b"}, Tags: map[string]string{"team": "web", "stage": "live"},
		Start: noon.In(time.FixedZone("", 7200)), End: noon.Add(time.Hour + time.Millisecond),
	})
	if err != nil || len(got) != 6 {
		t.Fatalf("got %+v, %v", got, err)
	}
	// A request can be billed twice alike.
	for _, whole := range got[:2] {
		if whole.RequestID != "a" || whole.EndpointID != "fal-ai/flux-2" || !whole.Timestamp.Equal(noon) || whole.OutputUnits.FloatString(1) != "1.0" ||
			whole.UnitPrice.FloatString(3) != "0.012" || whole.Cost.String() != "12000000" {
			t.Errorf("got %+v", whole)
		}
	}
	if odd := got[4]; odd.RequestID != "b [2J" || odd.EndpointID != "" || !odd.Timestamp.IsZero() || odd.OutputUnits.FloatString(1) != "1.5" ||
		odd.UnitPrice != nil || odd.Cost.String() != "300000000" {
		t.Errorf("got %+v", odd)
	}
	for _, bare := range []BillingEvent{got[2], got[3], got[5]} {
		if bare.RequestID != "" || bare.OutputUnits != nil || bare.UnitPrice != nil || bare.Cost != nil {
			t.Errorf("got %+v", bare)
		}
	}
	sent := fake.got()
	if len(sent) != 2 || sent[0].path != "/platform/v1/models/billing-events" {
		t.Fatalf("sent %+v", sent)
	}
	want := url.Values{
		"endpoint_id": {testEndpoint}, "request_id": {"a,b"}, "source": {"tagged-billed"}, "tag": {"stage=live", "team=web"}, "limit": {"1000"},
		"start": {"2026-09-01T12:00:00Z"}, "end": {"2026-09-01T13:00:00.001Z"}, "cursor": {"Mg"},
	}
	if asked, err := url.ParseQuery(sent[1].query); err != nil || asked.Encode() != want.Encode() {
		t.Errorf("asked %s, want %s", asked.Encode(), want.Encode())
	}
}

// An event that comes in between two calls moves the last of a page to the next.
func TestBillingEventsCountOnce(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, number int) {
		if number == 1 {
			reply(w, 200, billingPage("Mg", billed("c", 3), billed("b", 2)))
			return
		}
		reply(w, 200, billingPage("", billed("b", 2), billed("a", 1)))
	})
	got, err := events(t, client(t, fake.URL), BillingQuery{Start: noon})
	if err != nil || len(got) != 3 || got[0].RequestID != "c" || got[1].RequestID != "b" || got[2].RequestID != "a" {
		t.Errorf("got %+v, %v", got, err)
	}
}

// What fal doesn't answer in one is asked in parts.
func TestBillingEventsAreAskedForInParts(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	ids := slices.Repeat([]string{testID}, 51)
	for name, test := range map[string]struct {
		query BillingQuery
		want  []string
	}{
		"nothing given":      {BillingQuery{}, []string{"limit=1000"}},
		"an end alone":       {BillingQuery{End: noon}, []string{"end=2026-09-01T12:00:00Z&limit=1000"}},
		"of no requests":     {BillingQuery{RequestIDs: []string{}, Start: noon}, nil},
		"no tags":            {BillingQuery{Tags: map[string]string{}, Start: noon}, []string{"limit=1000&start=2026-09-01T12:00:00Z"}},
		"90 days":            {BillingQuery{Start: noon.Add(-90 * day), End: noon}, []string{"end=2026-09-01T12:00:00Z&limit=1000&start=2026-06-03T12:00:00Z"}},
		"90 days until now":  {BillingQuery{Start: noon.Add(-90 * day)}, []string{"end=2026-09-01T12:00:00Z&limit=1000&start=2026-06-03T12:00:00Z", "limit=1000&start=2026-09-01T12:00:00Z"}},
		"a moment more":      {BillingQuery{Start: noon.Add(-90*day - time.Second), End: noon}, []string{"end=2026-09-01T11:59:59Z&limit=1000&start=2026-06-03T11:59:59Z", "end=2026-09-01T12:00:00Z&limit=1000&start=2026-09-01T11:59:59Z"}},
		"the future":         {BillingQuery{Start: noon.Add(1000 * day)}, []string{"limit=1000&start=2029-05-28T12:00:00Z"}},
		"of 51 requests":     {BillingQuery{RequestIDs: ids, Start: noon}, []string{"limit=1000&request_id=" + strings.Join(ids[:50], ",") + "&start=2026-09-01T12:00:00Z", "limit=1000&request_id=" + testID + "&start=2026-09-01T12:00:00Z"}},
		"of requests, tags":  {BillingQuery{RequestIDs: ids[:1], Tags: map[string]string{"a": "b=c"}, Start: noon}, []string{"limit=1000&request_id=" + testID + "&source=tagged-billed&start=2026-09-01T12:00:00Z&tag=a=b=c"}},
		"of no requests yet": {BillingQuery{RequestIDs: []string{}}, nil},
	} {
		fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 200, billingPage("")) })
		c := client(t, fake.URL, func(o *Options) { o.Clock = newFakeClock() })
		if got, err := events(t, c, test.query); err != nil || len(got) != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		var asked []string
		for _, sent := range fake.got() {
			query, err := url.QueryUnescape(sent.query)
			if err != nil {
				t.Fatal(err)
			}
			asked = append(asked, query)
		}
		if !slices.Equal(asked, test.want) {
			t.Errorf("%s: asked %q, want %q", name, asked, test.want)
		}
	}
}

func TestBillingEventsNeedAnAdminKey(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		reply(w, 403, `{"error":{"type":"authorization_error","message":"This API key is not permitted to perform this action."}}`)
	})
	if got, err := events(t, client(t, fake.URL), BillingQuery{Start: noon}); !errors.Is(err, ErrForbidden) || len(got) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// FuzzBillingEvent reads events. Their amounts are numbers of a bill's size.
func FuzzBillingEvent(f *testing.F) {
	f.Add([]byte(billed("a", 12000000)))
	f.Add([]byte(`{"output_units":1e-400,"unit_price":-0.1,"cost_total":1e999999999}`))
	f.Add([]byte(`{"cost_total":1e18,"cost_estimate_nano_usd":"1"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var wire wireBillingEvent
		if json.Unmarshal(body, &wire) != nil {
			return
		}
		c, err := New(Options{Key: testKey})
		if err != nil {
			t.Fatal(err)
		}
		event := c.billingEvent(wire)
		for _, amount := range []*big.Rat{event.OutputUnits, event.UnitPrice} {
			if amount != nil && (amount.Num().BitLen() > 256 || amount.Denom().BitLen() > 256) {
				t.Errorf("%q became %s", body, amount)
			}
		}
		if event.Cost != nil && event.Cost.BitLen() > 100 {
			t.Errorf("%q cost %s", body, event.Cost)
		}
	})
}
