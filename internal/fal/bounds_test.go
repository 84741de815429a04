// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
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
	length := func(bytes int) string {
		base := fake.URL + "/queue/"
		return base + strings.Repeat("x", bytes-len(base))
	}
	fake = newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, number int) {
		long := length(2<<10 + number - 1)
		reply(w, http.StatusOK, fmt.Sprintf(`{"request_id":%q,"status_url":%q,"response_url":%[2]q,"cancel_url":%[2]q}`, testID, long))
	})
	c := client(t, fake.URL)
	handle, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
	if want := length(2 << 10); err != nil || handle.StatusURL != want || handle.ResponseURL != want || handle.CancelURL != want {
		t.Errorf("got %+v, %v", handle, err)
	}
	handle, err = c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
	rebuilt := attach(t, c)
	if err != nil || handle.StatusURL != rebuilt.StatusURL || handle.ResponseURL != rebuilt.ResponseURL || handle.CancelURL != rebuilt.CancelURL {
		t.Errorf("got %+v, %v", handle, err)
	}
	if len(fake.got()) != 2 {
		t.Errorf("%d submissions for 2 images", len(fake.got()))
	}
}

// An answer is taken in up to its bound, whether it says beforehand how long it
// is or not.
func TestAnswersUpToTheBound(t *testing.T) {
	t.Parallel()
	const bound = 1 << 20
	for name, announced := range map[string]bool{"announced": true, "not announced": false} {
		for length, fits := range map[int]bool{bound: true, bound + 1: false} {
			fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
				frame := `{"prices":[{"endpoint_id":"a/b","unit":"%s"}]}`
				body := fmt.Sprintf(frame, strings.Repeat("x", length-len(frame)+len("%s")))
				if announced {
					w.Header().Set("Content-Length", itoa(len(body)))
				}
				w.WriteHeader(http.StatusOK)
				for part := range slices.Chunk([]byte(body), bound/2) {
					_, _ = w.Write(part)
				}
			})
			prices, err := client(t, fake.URL).Pricing(t.Context(), "a/b")
			if fits && (err != nil || len(prices) != 1) || !fits && !errors.Is(err, errTooLarge) {
				t.Errorf("%s, %d bytes: %d prices, %v", name, length, len(prices), err)
			}
			if n := len(fake.got()); n != 1 {
				t.Errorf("%s, %d bytes: %d calls, want 1", name, length, n)
			}
		}
	}
}

// No input comes near the size from which on none is compared.
func TestHugeInputsEqualNothing(t *testing.T) {
	t.Parallel()
	padded := func(size int) json.RawMessage {
		return json.RawMessage(`{"prompt":"x"` + strings.Repeat(" ", size) + `}`)
	}
	sent := json.RawMessage(`{"prompt":"x"}`)
	if most := 4<<20 - len(sent); !SameInput(sent, padded(most)) || SameInput(sent, padded(most+1)) {
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
	for _, text := range []string{"9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z"} {
		if at := parseTime(text); at.Format(time.RFC3339) != text {
			t.Errorf("%q became %s", text, at)
		}
	}
}
