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
	has(t, f.get(historyPath+"&limit=3"), "next_cursor", "Mg")
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
		"the next page":       {"&limit=3&cursor=Mg", "slow"},
		"a padded cursor":     {"&limit=3&cursor=Mg==", "slow"},
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
	f := newFixture(t, WithQueueTime(time.Hour), WithHistory(History{Lag: Duration(time.Minute), ListsUnstarted: true}))
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

func TestHistoryLagsInAllThatItTells(t *testing.T) {
	t.Parallel()
	const lag = 30 * time.Second
	f := newFixture(t, WithQueueTime(10*time.Second), WithRunTime(10*time.Second), WithHistory(History{Lag: Duration(lag), ListsUnstarted: true}))
	f.submit(cat)
	for _, step := range []struct {
		after          time.Duration
		listed         int
		started, ended string
	}{
		{lag - time.Millisecond, 0, "", ""},
		{time.Millisecond, 1, `"started_at":null`, `"ended_at":null,"status_code":null`},
		{10 * time.Second, 1, `"started_at":"2026-09-01T12:00:10.000Z"`, `"ended_at":null,"status_code":null`},
		{10 * time.Second, 1, `"started_at":"2026-09-01T12:00:10.000Z"`, `"ended_at":"2026-09-01T12:00:20.000Z","status_code":200`},
	} {
		f.clock.Advance(step.after)
		r := f.get(historyPath + "&expand=payloads")
		if got := ids(t, r); len(got) != step.listed || !strings.Contains(r.text, step.started) || !strings.Contains(r.text, step.ended) {
			t.Errorf("after %s more: %s", step.after, r.text)
		}
		if over := step.ended != "" && !strings.Contains(step.ended, "null"); strings.Contains(r.text, "json_output") != over {
			t.Errorf("the output is there before the end, or not at all: %s", r.text)
		}
	}
}

func TestHistoryWithoutPayloads(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithHistory(History{WithoutPayloads: true}))
	f.submit(cat)
	r := f.get(historyPath + "&expand=payloads")
	if got := ids(t, r); len(got) != 1 || strings.Contains(r.text, "json_") {
		t.Errorf("history %s", r.text)
	}
}

func TestHistoryByTheEnd(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithHistory(History{ByEndedAt: true}))
	seed := func(id string, ago, took time.Duration) {
		t.Helper()
		if _, err := f.SeedRequest(SeededRequest{ID: id, Input: []byte(cat), SentAt: epoch.Add(-ago), RunTime: took}); err != nil {
			t.Fatal(err)
		}
	}
	seed("short", 2*time.Hour, time.Second)
	seed("long", 2*time.Hour, 90*time.Minute)
	seed("running", 2*time.Hour, 3*time.Hour)
	for query, want := range map[string]string{
		"&start=2026-09-01T11:00:00Z":                          "running long",
		"&start=2026-09-01T09:00:00Z&end=2026-09-01T11:00:00Z": "short",
	} {
		if got := strings.Join(ids(t, f.get(historyPath+query)), " "); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

// A fault changes single answers of the history, and may be read from a file.
func TestHistoryOfAFault(t *testing.T) {
	t.Parallel()
	faults, err := ReadFaults(strings.NewReader(`[{"route":"history","times":1,"history":{"lag":"30s","lists_unstarted":true,"without_payloads":true,"by_ended_at":true}}]`))
	want := History{Lag: Duration(30 * time.Second), ListsUnstarted: true, WithoutPayloads: true, ByEndedAt: true}
	if err != nil || *faults[0].History != want {
		t.Fatalf("%v: %+v", err, faults)
	}
	f := newFixture(t, WithFaults(faults...))
	id := f.submit(cat)
	if got := ids(t, f.get(historyPath)); len(got) != 0 {
		t.Errorf("the history does not lag: %v", got)
	}
	if got := ids(t, f.get(historyPath)); len(got) != 1 || got[0] != id {
		t.Errorf("the history still lags: %v", got)
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
