// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/recorded"
)

// replayed is a client of recorded answers.
func replayed(t *testing.T, exchange string) (*Client, *recorded.Server) {
	t.Helper()

	server := recorded.Start(t, exchange)
	// Streams have all the time that they take.
	clock := newFakeClock()
	clock.hold = longestSilence
	c, err := New(Options{Key: testKey, QueueURL: server.URL + "/queue", RunURL: server.URL + "/run", PlatformURL: server.URL + "/platform/v1", Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c, server
}

// recordedRequests are what the exchanges of a queued request come to.
var recordedRequests = map[string]struct {
	endpoint string
	// submit, wait and result are what they fail with; nil for nothing. The first
	// that fails ends it.
	submit, wait, result error
	// units are the billable ones of a result, and field is what an error is about.
	units float64
	field string
}{
	"finished":                 {units: 1},
	"sub_path":                 {endpoint: "fal-ai/flux-2/turbo", units: 1},
	"in_progress_at_once":      {units: 1},
	"no_stream":                {units: 1},
	"nulls":                    {units: 0.1107},
	"result_in_progress":       {result: ErrInProgress},
	"result_not_found_at_once": {result: ErrNotFound},
	"url_and_seed_only":        {units: 8.439999999999998},
	"flagged_with_large_seed":  {units: 1},
	"prompt_refused":           {result: ErrContentPolicy, field: "prompt"},
	"prompt_refused_object":    {result: ErrContentPolicy},
	"size_refused":             {result: ErrRefusedInput, field: "image_size"},
	"field_missing":            {result: ErrRefusedInput, field: "resolution"},
	"nothing_generated":        {result: ErrRefusedInput},
	"internal_error":           {result: ErrServerFault},
	"generation_timeout":       {result: ErrServerFault},
	"downstream_error":         {result: ErrServerFault},
	"unknown_request":          {wait: ErrNotFound},
	"key_not_accepted":         {submit: ErrUnauthorized},
	"account_locked":           {submit: ErrLocked},
	"cancelled_in_queue":       {units: 1},
	"cancelled_too_late":       {units: 1},
	"cancelled_when_finished":  {units: 1},
}

// A client takes in what fal was recorded to say, as it was meant.
func TestRecorded_requests(t *testing.T) {
	t.Parallel()

	for name, want := range recordedRequests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			c, server := replayed(t, name)
			if want.endpoint == "" {
				want.endpoint = "fal-ai/flux-2"
			}
			handle, err := c.Submit(t.Context(), want.endpoint, []byte(testInput), SubmitOptions{})
			if !errors.Is(err, want.submit) || errors.Is(err, ErrOutcomeUnknown) {
				t.Fatalf("submitting: %v", err)
			}
			if sent := len(server.Calls(http.MethodPost, "/queue/")); sent != 1 {
				t.Errorf("it was sent %d times", sent)
			}
			if err != nil {
				return
			}
			if handle.RequestID != recorded.RequestID || handle.EndpointID != want.endpoint {
				t.Errorf("the handle is %+v", handle)
			}
			status, err := c.Wait(t.Context(), handle, nil)
			if !errors.Is(err, want.wait) {
				t.Fatalf("waiting: %v", err)
			}
			if err != nil {
				return
			}
			if polled := len(server.Calls(http.MethodGet, "/status")) > 1; polled != (name == "no_stream") {
				t.Errorf("the status was polled: %t", polled)
			}
			if status.State != Completed || status.Error != "" || status.ErrorType != "" {
				t.Errorf("the status is %+v", status)
			}
			result, err := c.Result(t.Context(), handle)
			if !errors.Is(err, want.result) {
				t.Fatalf("the result: %v", err)
			}
			if err == nil {
				if result.RequestID != recorded.RequestID || result.BillableUnits == nil || *result.BillableUnits != want.units {
					t.Errorf("the result is %+v", result)
				}
				return
			}
			var failure *Error
			if !errors.As(err, &failure) {
				t.Fatal(err)
			}
			if errors.Is(err, ErrInProgress) || errors.Is(err, ErrNotFound) {
				// The status is ahead of the result, and nobody is to blame.
				if errors.Is(err, ErrJobFailed) || errors.Is(err, ErrRefusedInput) || errors.Is(err, ErrServerFault) {
					t.Errorf("%v blames %v", err, failure.Unwrap())
				}
				return
			}
			field := ""
			if len(failure.Fields) > 0 {
				field = failure.Fields[0].Loc[1]
			}
			if field != want.field || errors.Is(err, ErrRefusedInput) == errors.Is(err, ErrServerFault) || !errors.Is(err, ErrJobFailed) {
				t.Errorf("%v is about %q, and blames %v", err, field, failure.Unwrap())
			}
		})
	}
}

// The result's date lies in the past, and does not set the clock back.
func TestRecorded_dateOfAResult(t *testing.T) {
	t.Parallel()

	for _, name := range []string{"finished", "direct", "direct_without_id"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			c, _ := replayed(t, name)
			var result Result
			var err error
			before := c.Now()
			if name == "finished" {
				handle, submitErr := c.Submit(t.Context(), "fal-ai/flux-2", []byte(testInput), SubmitOptions{})
				if submitErr != nil {
					t.Fatal(submitErr)
				}
				before = c.Now()
				result, err = c.Result(t.Context(), handle)
			} else {
				result, err = c.Run(t.Context(), "fal-ai/flux-2", []byte(testInput), SubmitOptions{})
			}
			if err != nil {
				t.Fatal(err)
			}
			if (result.RequestID == "") != (name == "direct_without_id") || result.Date.IsZero() {
				t.Errorf("the result is %+v", result)
			}
			if after := c.Now(); after.Before(before) {
				t.Errorf("it is %s, and was %s before", after, before)
			}
		})
	}
}

func TestRecorded_cancellations(t *testing.T) {
	t.Parallel()

	for name, want := range map[string]CancelOutcome{
		"finished":                CancelRequested,
		"cancelled_in_queue":      CancelRemoved,
		"cancelled_too_late":      CancelTooLate,
		"cancelled_when_finished": CancelRefused,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			c, _ := replayed(t, name)
			handle, err := c.Attach("fal-ai/flux-2", recorded.RequestID)
			if err != nil {
				t.Fatal(err)
			}
			if outcome, err := c.Cancel(t.Context(), handle); outcome != want || err != nil {
				t.Errorf("outcome %d and %v, want %d", outcome, err, want)
			}
		})
	}
}

func TestRecorded_platform(t *testing.T) {
	t.Parallel()

	for name, want := range map[string]error{
		"history_empty": nil, "history_failed": nil, "history_closed": ErrForbidden,
		"priced": nil, "price_null": nil, "estimate_null": nil, "price_unknown": ErrNotFound, "price_not_permitted": ErrForbidden, "price_challenged": ErrMalformed,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			c, _ := replayed(t, name)
			listed := 0
			var prices []Price
			var err error
			if name[0] == 'h' {
				for _, err = range c.Requests(t.Context(), RequestsQuery{EndpointID: "fal-ai/flux-2"}) {
					if err == nil {
						listed++
					}
				}
			} else {
				prices, err = c.Pricing(t.Context(), "fal-ai/flux-2")
			}
			if !errors.Is(err, want) || want == nil && err != nil {
				t.Fatalf("%v, want %v", err, want)
			}
			if name == "priced" && (len(prices) != 1 || *prices[0].UnitPrice != 0.025 || prices[0].Unit != "megapixels") {
				t.Errorf("the prices are %+v", prices)
			}
			if (listed == 1) != (name == "history_failed") {
				t.Errorf("%d requests are listed", listed)
			}
			if errors.Is(want, ErrMalformed) && errors.Is(err, ErrForbidden) {
				t.Error("the key is blamed")
			}
		})
	}
}

// Each exchange is for some test.
func TestRecorded_allAreTested(t *testing.T) {
	t.Parallel()

	others := []string{
		"direct", "direct_without_id", "direct_prompt_refused", "direct_prompt_refused_object", "history_closed", "history_empty", "history_failed",
		"priced", "price_null", "estimate_null", "price_unknown", "price_not_permitted", "price_challenged",
	}
	for _, name := range recorded.Names() {
		if _, found := recordedRequests[name]; !found && !slices.Contains(others, name) {
			t.Errorf("no test replays %s", name)
		}
	}
}
