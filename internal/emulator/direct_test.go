// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

const direct = "/run/fal-ai/flux-2-dev"

func TestDirectCall(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithQueueTime(time.Hour))
	r := f.do(http.MethodPost, direct+"/", `{"prompt":"cat","seed":5}`)
	expect(t, r, http.StatusOK, "")
	has(t, r, "seed", 5)
	id := r.header.Get("X-Fal-Request-Id")
	submissions := f.Submissions()
	if len(submissions) != 1 || submissions[0].RequestID != id || !submissions[0].Direct {
		t.Errorf("submissions %+v", submissions)
	}
	expect(t, f.get(request(id)), http.StatusNotFound, "")
	expect(t, f.do(http.MethodPost, "/run/no/such", cat), http.StatusNotFound, `{"detail":"Application \"no/such\" not found"}`)
	expect(t, f.get(direct), http.StatusMethodNotAllowed, "")
	expect(t, f.do(http.MethodPost, direct, "{"), http.StatusUnprocessableEntity, "")
}

func TestDirectCallBeyondTheRunners(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithRunners(1), WithRunTime(time.Second))
	f.submit(cat)
	r := f.do(http.MethodPost, direct, cat)
	expect(t, r, http.StatusTooManyRequests, `{"detail":"Maximum number of concurrent requests reached","error_type":"concurrent_requests_limit"}`)
	if r.header.Get("X-Fal-Needs-Retry") != "1" || r.header.Get("X-Fal-Error-Type") != "concurrent_requests_limit" {
		t.Errorf("headers %v", r.header)
	}
	if n := len(f.Submissions()); n != 1 {
		t.Errorf("%d submissions", n)
	}
	f.clock.Advance(time.Second)
	done := make(chan response)
	go func() {
		r, _ := f.try(http.MethodPost, direct, cat)
		done <- r
	}()
	f.await(func() bool { return len(f.Submissions()) == 2 })
	f.clock.Advance(time.Second)
	expect(t, <-done, http.StatusOK, "")
}

func TestDirectCallEndsWithItsClient(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithRunTime(time.Hour))
	ctx, leave := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url+direct, strings.NewReader(cat))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Key "+testKey)
	go func() {
		f.await(func() bool { return len(f.Submissions()) == 1 })
		leave()
	}()
	if r, err := f.http.Do(request); err == nil {
		_ = r.Body.Close()
		t.Errorf("answered %d", r.StatusCode)
	}
	f.await(func() bool { return f.Requests()[0].Status == "COMPLETED" })
	if r := f.Requests()[0]; r.ErrorType != "client_disconnected" || r.StatusCode != 499 {
		t.Errorf("request %+v", r)
	}
}

func TestDirectCallEndsWithTheEmulator(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithRunTime(time.Hour))
	failed := make(chan error)
	go func() {
		_, err := f.try(http.MethodPost, direct, cat)
		failed <- err
	}()
	f.await(func() bool { return len(f.Submissions()) == 1 })
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err == nil {
		t.Error("there was an answer")
	}
}
