// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

const billingPath = "/platform/v1/models/billing-events"

// seedBilled adds a request of fal-ai/flux-2 that was sent some time ago.
func (f *fixture) seedBilled(id string, ago time.Duration, tags string) {
	f.t.Helper()
	_, err := f.SeedRequest(SeededRequest{
		ID: id, EndpointID: "fal-ai/flux-2", Input: []byte(`{"prompt":"cat","num_images":2}`), SentAt: epoch.Add(-ago),
		Header: http.Header{"X-Fal-Tags": {tags}},
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// billedIDs lists a page of billing events.
func billedIDs(t *testing.T, r response) []string {
	t.Helper()
	if r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.text)
	}
	found := []string{}
	items, _ := r.json(t)["billing_events"].([]any)
	for _, item := range items {
		members, _ := item.(map[string]any)
		found = append(found, fmt.Sprint(members["request_id"]))
	}
	return found
}

func TestBillingEvent(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithoutPrices(), WithPrice(Price{"fal-ai/flux-2", 0.1, "megapixels", "USD"}))
	f.seedBilled("a", time.Hour, "team=web, stage=live,BAD=1,fal.x=1,none")
	want := `{"request_id":"a","endpoint_id":"fal-ai/flux-2","timestamp":"2026-09-01T11:00:00.000Z","quantity":2,"output_units":2,"unit":"megapixels",` +
		`"unit_price":0.1,"percent_discount":null,"cost_subtotal":0.2,"cost_discount":0,"cost_total":0.2,"cost_estimate_nano_usd":200000000`
	expect(t, f.get(billingPath), http.StatusOK, `{"billing_events":[`+want+`}],"next_cursor":null,"has_more":false}`)
	expect(t, f.get(billingPath+"?source=tagged-billed"), http.StatusOK,
		`{"billing_events":[`+want+`,"tags":{"stage":"live","team":"web"}}],"next_cursor":null,"has_more":false}`)
	// An endpoint without a price is billed nothing.
	id := f.submit(cat)
	if r := f.get(billingPath + "?request_id=" + id); !strings.Contains(r.text, `"output_units":1,"unit":null,"unit_price":null`) || !strings.Contains(r.text, `"cost_total":0`) {
		t.Errorf("events %s", r.text)
	}
}

// Only outputs are billed, and after a while.
func TestBillingEventsFollowTheResult(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithQueueTime(time.Second), WithRunTime(time.Second), WithBilling(Billing{Lag: time.Minute}),
		WithFaults(Fault{Route: RouteSubmit, Prompt: "broken", Job: &JobFault{ErrorType: "runner_disconnected"}}))
	id := f.submit(cat)
	f.submit(`{"prompt":"emulate:refuse"}`)
	f.submit(`{"prompt":"broken"}`)
	cancelled := f.submit(`{"prompt":"late"}`)
	expect(t, f.do(http.MethodPut, request(cancelled)+"/cancel", ""), http.StatusOK, "")
	f.clock.Advance(time.Minute)
	if got := billedIDs(t, f.get(billingPath)); len(got) != 0 {
		t.Errorf("%v was billed before its time", got)
	}
	f.clock.Advance(2 * time.Second)
	if got := billedIDs(t, f.get(billingPath)); !slices.Equal(got, []string{id}) {
		t.Errorf("%v was billed, want %s", got, id)
	}
}

func TestBillingEventsAreSelected(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.seedBilled("a", time.Hour, "team=web,stage=live")
	f.seedBilled("b", 2*time.Hour, "team=shop,stage=live")
	f.seedBilled("c", 3*time.Hour, "")
	f.seedBilled("d", 25*time.Hour, "team=web")
	other := f.submit(cat)
	for query, want := range map[string][]string{
		"":                            {other, "a", "b", "c"},
		"?source=billed":              {other, "a", "b", "c"},
		"?endpoint_id=fal-ai/flux-2":  {"a", "b", "c"},
		"?endpoint_id=x/y":            {},
		"?request_id=b,c":             {"b", "c"},
		"?request_id=b&request_id=d":  {"b"},
		"?start=2026-08-31T11:00:00Z": {other, "a", "b", "c", "d"},
		"?end=2026-09-01T11:00:00Z":   {"b", "c"},
		"?start=2026-09-01T09:00:00Z&end=2026-09-01T13:00:00%2B02:00": {"b", "c"},
		"?start=2026-09-01T11:00:00Z&end=2026-09-01":                  {},
		"?source=tagged-billed&tag=team=web":                          {"a"},
		"?source=tagged-billed&tag=team=web&tag=team=shop":            {"a", "b"},
		"?source=tagged-billed&tag=team=web,stage=test":               {},
		"?source=tagged-billed&tag=team=(untagged)":                   {other, "c"},
		"?limit=2":           {other, "a"},
		"?limit=2&cursor=Mg": {"b", "c"},
		"?limit=10000":       {other, "a", "b", "c"},
	} {
		if got := billedIDs(t, f.get(billingPath+query)); !slices.Equal(got, want) {
			t.Errorf("%s lists %v, want %v", query, got, want)
		}
	}
	if r := f.get(billingPath + "?limit=2"); !strings.Contains(r.text, `"has_more":true,"next_cursor":"Mg"`) {
		t.Errorf("page %s", r.text)
	}
}

func TestBillingEventsAreRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithKey(testKey, ScopeAdmin), WithKey("user:secret"))
	for query, want := range map[string]string{
		"?limit=0":                        "limit: must be a number from 1 to 10000",
		"?limit=10001":                    "limit: must be a number from 1 to 10000",
		"?cursor=?":                       "cursor: Invalid cursor",
		"?start=yesterday":                "start: Invalid date",
		"?source=x":                       "source: Invalid option",
		"?tag=a=b":                        "tag: requires source=tagged-billed",
		"?source=tagged-billed&tag=a":     "tag: must have the form key=value",
		"?start=2026-06-03T11:59:59Z":     "The date range must not exceed 90 days",
		"?start=2026-01-01&end=2026-04-2": "end: Invalid date",
		"?request_id=" + strings.Repeat("a,", 51):                    "At most 50 values are allowed",
		"?source=tagged-billed&tag=" + strings.Repeat("a=b,", 11):    "tag: at most 10 filters are allowed",
		"?start=2026-01-01T00:00:00Z&end=2026-04-01T00:00:01Z&x=y%3": "The date range must not exceed 90 days",
	} {
		expect(t, f.get(billingPath+query), http.StatusBadRequest, `{"error":{"message":"`+want+`","type":"validation_error"}}`)
	}
	expect(t, f.get(billingPath+"?expand=auth_method"), http.StatusNotImplemented, "")
	expect(t, f.do(http.MethodPost, billingPath, ""), http.StatusMethodNotAllowed, "")
	notPermitted := `{"error":{"message":"This API key is not permitted to perform this action.","type":"authorization_error"}}`
	expect(t, f.get(billingPath, "Authorization", "Key user:secret"), http.StatusForbidden, notPermitted)
	expect(t, f.get(billingPath, "Authorization", ""), http.StatusUnauthorized, "")

	f = newFixture(t, WithBilling(Billing{WithoutTags: true}))
	expect(t, f.get(billingPath+"?source=tagged-billed"), http.StatusForbidden, "")
	expect(t, f.get(billingPath), http.StatusOK, "")
	if _, err := New(WithBilling(Billing{Lag: -1})); err == nil {
		t.Error("a negative lag is taken")
	}
}
