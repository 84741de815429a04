// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// Logs go into the state of a data source: there are only so many lines, and
// the key is in none of them, wherever a server puts it.
func TestLogsAreBounded(t *testing.T) {
	t.Parallel()
	line := fmt.Sprintf(`{"timestamp":%q,"level":%q,"message":%q}`, testKey, testKey, testKey)
	lines := "null," + strings.Repeat(line+",", 5000) + line
	status, err := client(t, "http://127.0.0.1:1").decodeStatus([]byte(`{"status":"IN_PROGRESS","logs":[` + lines + `]}`))
	if err != nil || len(status.Logs) != mostLogs-1 {
		t.Fatalf("%d lines, %v", len(status.Logs), err)
	}
	if want := (LogEntry{Timestamp: "[redacted]", Level: "[redacted]", Message: "[redacted]"}); status.Logs[0] != want {
		t.Errorf("got %+v", status.Logs[0])
	}
}

// The URLs of a request are kept in state, so that their length has a bound.
func TestLongURLsAreNotKept(t *testing.T) {
	t.Parallel()
	var fake *fakeFal
	fake = newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		long, _ := json.Marshal(fake.URL + "/queue/" + strings.Repeat("x", longestURL))
		reply(w, http.StatusOK, fmt.Sprintf(`{"request_id":%q,"status_url":%s,"response_url":%[2]s,"cancel_url":%[2]s}`, testID, long))
	})
	c := client(t, fake.URL)
	handle, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
	rebuilt := attach(t, c)
	if err != nil || handle.StatusURL != rebuilt.StatusURL || handle.ResponseURL != rebuilt.ResponseURL || handle.CancelURL != rebuilt.CancelURL {
		t.Errorf("got %+v, %v", handle, err)
	}
	if len(fake.got()) != 1 {
		t.Errorf("%d submissions", len(fake.got()))
	}
}

// No input comes near the size from which on none is compared.
func TestHugeInputsEqualNothing(t *testing.T) {
	t.Parallel()
	padded := func(size int) json.RawMessage {
		return json.RawMessage(`{"prompt":"x"` + strings.Repeat(" ", size) + `}`)
	}
	if sent := json.RawMessage(`{"prompt":"x"}`); !SameInput(sent, padded(1<<20)) || SameInput(sent, padded(largestInput)) {
		t.Error("the bound is not where it should be")
	}
}

// A time that RFC 3339 can't write could not be kept.
func TestTimesBeyondTheCalendar(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"9999-12-31T23:59:59-12:00", "0000-01-01T00:00:00+12:00", "10000-01-01T00:00:00Z", "yesterday", ""} {
		if at := parseTime(text); !at.IsZero() {
			t.Errorf("%q became %s", text, at)
		}
	}
}
