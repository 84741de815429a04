// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

const historyPath = "/platform/v1/models/requests/by-endpoint?endpoint_id=fal-ai/flux-2-dev"

// ids lists a page of history.
func ids(t *testing.T, r response) []string {
	t.Helper()
	if r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.text)
	}
	var found []string
	items, _ := r.json(t)["items"].([]any)
	for _, item := range items {
		members, _ := item.(map[string]any)
		found = append(found, fmt.Sprint(members["request_id"]))
	}
	return found
}

func TestHistoryItem(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithQueueTime(time.Second), WithRunTime(2*time.Second))
	id := f.submit(`{"prompt":"cat","seed":9223372036854775807}`)
	if got := ids(t, f.get(historyPath)); len(got) != 0 {
		t.Errorf("an unstarted request is listed: %v", got)
	}
	f.clock.Advance(time.Second)
	item := `"request_id":"` + id + `","endpoint_id":"fal-ai/flux-2-dev","sent_at":"2026-09-01T12:00:00.000Z","started_at":"2026-09-01T12:00:01.000Z"`
	expect(t, f.get(historyPath), http.StatusOK,
		`{"items":[{`+item+`,"ended_at":null,"status_code":null,"duration":null}],"next_cursor":null,"has_more":false}`)
	f.clock.Advance(2 * time.Second)
	r := f.get(historyPath + "&expand=payloads")
	result := f.get(request(id)).text
	want := `{` + item + `,"ended_at":"2026-09-01T12:00:03.000Z","status_code":200,"duration":3,"json_input":{"prompt":"cat","seed":9223372036854775807},"json_output":` + result + `}`
	if !strings.Contains(r.text, want) {
		t.Errorf("%s\nlacks %s", r.text, want)
	}
	if r = f.get(historyPath); strings.Contains(r.text, "json_input") {
		t.Errorf("payloads that nobody asked for: %s", r.text)
	}
}

func TestHistoryFilters(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	seed := func(id string, ago, took time.Duration, fault *JobFault, headers ...string) {
		t.Helper()
		header := http.Header{}
		for i := 0; i < len(headers); i += 2 {
			header.Set(headers[i], headers[i+1])
		}
		_, err := f.SeedRequest(SeededRequest{
			ID: id, Input: []byte(cat), SentAt: epoch.Add(-ago), RunTime: took, Header: header, Job: fault,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	seed("old", 50*24*time.Hour, time.Second, nil)
	seed("yesterday", 25*time.Hour, time.Second, nil)
	seed("slow", 3*time.Hour, time.Minute, nil)
	seed("broken", 2*time.Hour, time.Second, &JobFault{ErrorType: "runner_disconnected"})
	seed("refused", time.Hour, time.Second, &JobFault{Status: 422})
	seed("secret", 30*time.Minute, time.Second, nil, "X-Fal-Store-IO", "0")
	if _, err := f.SeedRequest(SeededRequest{ID: "other", EndpointID: "fal-ai/flux-2", Input: []byte(cat)}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.SeedRequest(SeededRequest{ID: "other"}); err == nil {
		t.Error("an id was given twice")
	}
	if _, err := f.SeedRequest(SeededRequest{EndpointID: "nonsense"}); err == nil {
		t.Error("an endpoint without an alias was taken")
	}
	has(t, f.get(historyPath+"&limit=3"), "next_cursor", "Mg==")
	has(t, f.get(historyPath+"&limit=3"), "has_more", true)
	if r := f.get(historyPath + "&request_id=secret&expand=payloads"); strings.Contains(r.text, "json_") {
		t.Errorf("payloads that are not stored: %s", r.text)
	}
	if n := len(f.Submissions()); n != 0 {
		t.Errorf("%d submissions", n)
	}
	for name, test := range map[string]struct{ query, want string }{
		"the last day":        {"", "secret refused broken slow"},
		"start":               {"&start=2026-08-31T00:00:00Z", "secret refused broken slow yesterday"},
		"a date":              {"&start=2026-08-31", "secret refused broken slow yesterday"},
		"end is exclusive":    {"&end=2026-09-01T11:00:00Z", "broken slow"},
		"success":             {"&status=success", "secret slow"},
		"error":               {"&status=error", "broken"},
		"user error":          {"&status=user_error", "refused"},
		"by id in 90 days":    {"&request_id=old", "old"},
		"several ids":         {"&request_id=old,slow&request_id=broken", "broken slow old"},
		"by duration":         {"&sort_by=duration", "slow secret refused broken"},
		"another endpoint":    {"&endpoint_id=fal-ai/flux-2", "other secret refused broken slow"},
		"a page":              {"&limit=3", "secret refused broken"},
		"the next page":       {"&limit=3&cursor=Mg==", "slow"},
		"beyond the last one": {"&limit=3&cursor=OQ==", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := strings.Join(ids(t, f.get(historyPath+test.query)), " "); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestHistoryRefusesWrongFilters(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, query := range []string{"&limit=0", "&limit=101", "&limit=x", "&cursor=x", "&cursor=eA==", "&status=done", "&sort_by=id", "&start=soon", "&expand=all"} {
		r := f.get(historyPath + query)
		if r.status != http.StatusBadRequest || !strings.Contains(r.text, `{"error":{"message":`) || !strings.Contains(r.text, `"type":"validation_error"`) {
			t.Errorf("%s: %d %s", query, r.status, r.text)
		}
	}
	expect(t, f.get("/platform/v1/models/requests/by-endpoint"), http.StatusBadRequest, "")
}

func TestHistorySwitches(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithQueueTime(time.Hour), WithHistoryListsUnstarted(true), WithHistoryDelay(time.Minute))
	f.submit(cat)
	if got := ids(t, f.get(historyPath)); len(got) != 0 {
		t.Errorf("the history does not lag: %v", got)
	}
	f.clock.Advance(time.Minute)
	r := f.get(historyPath)
	if got := ids(t, r); len(got) != 1 || !strings.Contains(r.text, `"started_at":null`) {
		t.Errorf("history %s", r.text)
	}
}

func TestHistoryOfDataURIs(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.submit(`{"prompt":"cat","sync_mode":true}`)
	if r := f.get(historyPath + "&expand=payloads"); !strings.Contains(r.text, "json_input") || strings.Contains(r.text, "json_output") {
		t.Errorf("history %s", r.text)
	}
}
