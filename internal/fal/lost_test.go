// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// entry is a request of the history.
func entry(id string, sentAt time.Time, input string) string {
	return fmt.Sprintf(`{"request_id":%q,"sent_at":%q,"json_input":%s}`, id, sentAt.Format(time.RFC3339Nano), input)
}

func page(entries ...string) string {
	return `{"items":[` + strings.Join(entries, ",") + `],"has_more":false}`
}

// TestFindSubmission loses the answer to a submission, and finds the request.
func TestFindSubmission(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, r *http.Request, number int) {
		stored := `{"seed":9007199254740993,"num_images":1,"prompt":"a lighthouse"}`
		switch {
		case r.Method == http.MethodPost:
			panic(http.ErrAbortHandler)
		case number < 4:
			reply(w, 200, page())
		case number == 4:
			reply(w, 502, `<html></html>`)
		default:
			reply(w, 200, page(
				entry("later", noon.Add(9*time.Second), stored),
				entry("other-seed", noon, `{"prompt":"a lighthouse","seed":9007199254740992}`),
				entry("too-old", noon.Add(-3*time.Minute), stored),
				entry("mine", noon.Add(time.Second), stored),
				entry("taken", noon, stored),
				`{"request_id":"no-payload","sent_at":"2026-09-01T12:00:00Z"}`,
			))
		}
	})
	clock := newFakeClock()
	c := client(t, fake.URL, withClock(clock))
	before := c.Now()
	_, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
	if !errors.Is(err, ErrOutcomeUnknown) {
		t.Fatal(err)
	}

	var asked []string
	handle, found, err := c.FindSubmission(t.Context(), LostSubmission{
		EndpointID: testEndpoint,
		Input:      json.RawMessage(testInput),
		NotBefore:  before.Add(-2 * time.Minute),
		Exclude: func(id string) bool {
			asked = append(asked, id)
			return id == "taken"
		},
	})
	if err != nil || !found || handle.RequestID != "mine" || handle.EndpointID != testEndpoint || !handle.SubmittedAt.Equal(noon.Add(time.Second)) {
		t.Errorf("got %+v, %t, %v", handle, found, err)
	}
	if strings.Join(asked, " ") != "taken mine" {
		t.Errorf("asked about %q, want the matches up to the first that is free, earliest first", asked)
	}
	var submissions int
	for _, r := range fake.got() {
		if r.method == http.MethodPost {
			submissions++
		}
	}
	if submissions != 1 {
		t.Errorf("%d submissions, want 1", submissions)
	}
	if !strings.Contains(fake.got()[1].query, "expand=payloads") || !strings.Contains(fake.got()[1].query, "start=2026-09-01T11%3A58%3A00Z") {
		t.Errorf("asked %s", fake.got()[1].query)
	}
}

func TestFindSubmissionLearnsTheirTime(t *testing.T) {
	t.Parallel()
	ahead := noon.Add(-5 * time.Hour)
	fake := newFakeFal(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		w.Header().Set("Date", ahead.Format(http.TimeFormat))
		if !strings.Contains(r.URL.RawQuery, "start=2026-09-01T06") {
			// What this machine takes for now has not come yet over there.
			reply(w, 200, page())
			return
		}
		reply(w, 200, page(entry("mine", ahead, testInput)))
	})
	c := client(t, fake.URL)
	lost := LostSubmission{EndpointID: testEndpoint, Input: json.RawMessage(testInput), NotBefore: c.Now().Add(-2 * time.Minute)}
	handle, found, err := c.FindSubmission(t.Context(), lost)
	if err != nil || !found || handle.RequestID != "mine" || len(fake.got()) != 2 {
		t.Errorf("got %+v, %t, %v after %d calls", handle, found, err, len(fake.got()))
	}
}

// TestFindSubmissionOnASlowClock has a machine that is an hour behind and whose
// first answer of fal is the history: what looks recent from here is not.
func TestFindSubmissionOnASlowClock(t *testing.T) {
	t.Parallel()
	theirs := noon.Add(time.Hour)
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, number int) {
		w.Header().Set("Date", theirs.Format(http.TimeFormat))
		entries := []string{entry("older", theirs.Add(-30*time.Minute), testInput)}
		if number > 1 {
			entries = append(entries, entry("mine", theirs, testInput))
		}
		reply(w, 200, page(entries...))
	})
	c := client(t, fake.URL)
	lost := LostSubmission{EndpointID: testEndpoint, Input: json.RawMessage(testInput), NotBefore: c.Now().Add(-2 * time.Minute)}
	handle, found, err := c.FindSubmission(t.Context(), lost)
	if err != nil || !found || handle.RequestID != "mine" {
		t.Errorf("got %+v, %t, %v, want the request that was lost and not an older one", handle, found, err)
	}
}

func TestFindSubmissionGivesUp(t *testing.T) {
	t.Parallel()
	t.Run("with its context", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, number int) {
			if number == 20 {
				cancel()
			}
			reply(w, 200, page(entry("other", noon, `{"prompt":"a cat"}`)))
		})
		clock := newFakeClock()
		c := client(t, fake.URL, withClock(clock))
		_, found, err := c.FindSubmission(ctx, LostSubmission{EndpointID: testEndpoint, Input: json.RawMessage(testInput), NotBefore: noon})
		if found || !errors.Is(err, context.Canceled) {
			t.Errorf("got %t, %v", found, err)
		}
		pauses := clock.sleeps()
		if want := []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 30 * time.Second, 30 * time.Second}; !slices.Equal(pauses[:len(want)], want) {
			t.Errorf("pauses %v, want them to grow as %v", pauses, want)
		}
	})
	for name, status := range map[string]int{"without permission": 403, "with a rejected key": 401, "without a history": 404} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
				reply(w, status, `{"error":{"type":"authorization_error","message":"no"}}`)
			})
			c := client(t, fake.URL)
			_, found, err := c.FindSubmission(t.Context(), LostSubmission{EndpointID: testEndpoint, Input: json.RawMessage(testInput)})
			var failure *Error
			if found || !errors.As(err, &failure) || failure.StatusCode != status || len(fake.got()) != 1 {
				t.Errorf("got %t, %v after %d calls", found, err, len(fake.got()))
			}
		})
	}
	t.Run("at once for an impossible endpoint", func(t *testing.T) {
		t.Parallel()
		c := client(t, "http://127.0.0.1:1")
		if _, _, err := c.FindSubmission(t.Context(), LostSubmission{EndpointID: "x"}); err == nil {
			t.Error("no error")
		}
	})
}

// TestFindSubmissionClaims has two equal submissions lost at the same time.
func TestFindSubmissionClaims(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		reply(w, 200, page(entry("a", noon, testInput), entry("b", noon.Add(time.Second), testInput)))
	})
	c := client(t, fake.URL)
	var mutex sync.Mutex
	claimed := map[string]bool{}
	claim := func(id string) bool {
		mutex.Lock()
		defer mutex.Unlock()
		taken := claimed[id]
		claimed[id] = true
		return taken
	}
	var running sync.WaitGroup
	found := make([]string, 2)
	for i := range found {
		running.Go(func() {
			handle, _, err := c.FindSubmission(t.Context(), LostSubmission{EndpointID: testEndpoint, Input: json.RawMessage(testInput), NotBefore: noon, Exclude: claim})
			if err != nil {
				t.Error(err)
			}
			found[i] = handle.RequestID
		})
	}
	running.Wait()
	if found[0] == found[1] || found[0] == "" || found[1] == "" {
		t.Errorf("found %q", found)
	}
}

func TestSameInput(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		sent, stored string
		want         bool
	}{
		"equal":                {`{"a":1}`, `{"a":1}`, true},
		"order and spaces":     {`{"a":1,"b":"x"}`, ` { "b" : "x", "a" : 1 } `, true},
		"defaults added":       {`{"a":1}`, `{"a":1,"b":null}`, true},
		"empty":                {`{}`, `{"a":1}`, true},
		"missing":              {`{"a":1,"b":2}`, `{"a":1}`, false},
		"null for missing":     {`{"a":null}`, `{}`, false},
		"null":                 {`{"a":null}`, `{"a":null}`, true},
		"type":                 {`{"a":"1"}`, `{"a":1}`, false},
		"bool":                 {`{"a":true}`, `{"a":false}`, false},
		"nested":               {`{"a":{"w":1,"h":2}}`, `{"a":{"h":2,"w":1.0}}`, true},
		"nested addition":      {`{"a":{"w":1}}`, `{"a":{"w":1,"h":2}}`, false},
		"list":                 {`{"a":[1,{"b":2}]}`, `{"a":[1.0,{"b":2e0}]}`, true},
		"list order":           {`{"a":[1,2]}`, `{"a":[2,1]}`, false},
		"list length":          {`{"a":[1]}`, `{"a":[1,2]}`, false},
		"escapes":              {`{"a":"é"}`, `{"a":"\u00e9"}`, true},
		"trailing zero":        {`{"a":2.5}`, `{"a":2.50}`, true},
		"whole float":          {`{"a":28}`, `{"a":28.0}`, true},
		"exponent":             {`{"a":1000}`, `{"a":1E+3}`, true},
		"small exponent":       {`{"a":0.025}`, `{"a":25e-3}`, true},
		"minus":                {`{"a":-1}`, `{"a":1}`, false},
		"minus zero":           {`{"a":-0.0}`, `{"a":0}`, true},
		"huge zero":            {`{"a":0e999999999999}`, `{"a":0}`, false},
		"big integers":         {`{"a":9007199254740993}`, `{"a":9007199254740992}`, false},
		"biggest seed":         {`{"a":9223372036854775807}`, `{"a":9223372036854775807}`, true},
		"biggest seed rounded": {`{"a":9223372036854775807}`, `{"a":9223372036854775808.0}`, false},
		"biggest seed float":   {`{"a":9223372036854775807}`, `{"a":9.223372036854776e18}`, false},
		"same float":           {`{"a":0.1}`, `{"a":0.10000000000000001}`, true},
		"an integer is exact":  {`{"a":9007199254740993}`, `{"a":9007199254740992.5}`, false},
		"also the stored one":  {`{"a":9007199254740992.5}`, `{"a":9007199254740993}`, false},
		"other float":          {`{"a":0.1}`, `{"a":0.1000000000000001}`, false},
		"enormous":             {`{"a":1e2000000000}`, `{"a":1e2000000000}`, true},
		"more enormous":        {`{"a":1e99999999999999999999}`, `{"a":1e99999999999999999998}`, false},
		"duplicate":            {`{"a":1}`, `{"a":2,"a":1}`, true},
		"not stored":           {`{"a":1}`, ``, false},
		"not an object":        {`[]`, `[]`, false},
		"nothing":              {`null`, `null`, false},
		"cut":                  {`{"a":1`, `{"a":1`, false},
		"more than one":        {`{"a":1}`, `{"a":1}{"a":1}`, false},
		"not a number":         {`{"a":NaN}`, `{"a":NaN}`, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := SameInput(json.RawMessage(test.sent), json.RawMessage(test.stored)); got != test.want {
				t.Errorf("%s in %s: %t, want %t", test.sent, test.stored, got, test.want)
			}
		})
	}
}
