// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"net/http"
	"testing"
	"time"
)

// Results and direct calls can be dated when the work began, and a stream when
// it was opened. What time it is at fal is learned from the other answers.
func TestWhichAnswersTellTheTime(t *testing.T) {
	t.Parallel()
	const ahead = 3 * time.Hour
	for operation, operate := range operations {
		tells := operation != "result" && operation != "run" && operation != "cancel"
		fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.Header().Set("Date", noon.Add(ahead).Format(http.TimeFormat))
			reply(w, 422, `{"detail":"no"}`)
		})
		c := client(t, fake.URL)
		_ = operate(t.Context(), c, attach(t, c))
		if got := c.Now().Sub(noon); (got == ahead) != tells || got != 0 && got != ahead {
			t.Errorf("after %s it is %s later at fal", operation, got)
		}
	}
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		w.Header().Set("Date", noon.Add(-ahead).Format(http.TimeFormat))
		stream(w, event("COMPLETED"))
	})
	c := client(t, fake.URL, withClock(streamClock()))
	if _, err := c.Wait(t.Context(), attach(t, c), nil); err != nil || !c.Now().Before(noon.Add(time.Minute)) || c.Now().Before(noon) {
		t.Errorf("after a stream it is %s at fal, %v", c.Now(), err)
	}
}

// A result that is dated in the past turns no clock back: neither ours, nor the
// time from which on a lost submission is looked for.
func TestAResultOfThePast(t *testing.T) {
	t.Parallel()
	past := noon.Add(-30 * time.Minute)
	fake := newFakeFal(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if !isStatus(r) {
			w.Header().Set("Date", past.Format(http.TimeFormat))
		}
		reply(w, 200, `{"status":"COMPLETED","images":[]}`)
	})
	c := client(t, fake.URL)
	if _, err := c.Status(t.Context(), attach(t, c), false); err != nil {
		t.Fatal(err)
	}
	result, err := c.Result(t.Context(), attach(t, c))
	if err != nil || !result.Date.Equal(past) || !c.Now().Equal(noon) {
		t.Errorf("a result of %s, and it is %s at fal, %v", result.Date, c.Now(), err)
	}
}
