// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// submissions counts what a server was sent.
func submissions(fake *fakeFal) int {
	count := 0
	for _, r := range fake.got() {
		if r.method == http.MethodPost {
			count++
		}
	}
	return count
}

// wantUnsent checks that a submission was stopped before it was sent.
func wantUnsent(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrOutcomeUnknown) {
		t.Errorf("got %v, want an interruption and a known outcome", err)
	}
}

// Whoever waits out a 429 when the run is interrupted sends nothing any more,
// though its own context goes on; nor do those whom the 429 holds back.
func TestInterruptEndsWaitingForATurn(t *testing.T) {
	t.Parallel()
	const images = 20
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		w.Header().Set("Retry-After", "60")
		reply(w, 429, `{"detail":"slow down"}`)
	})
	clock := newFakeClock()
	clock.hold = time.Nanosecond
	c := client(t, fake.URL, withClock(clock))
	interrupt := make(chan struct{})
	var running sync.WaitGroup
	submit := func() {
		_, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{Patience: time.Hour, Interrupt: interrupt})
		wantUnsent(t, err)
	}
	running.Go(submit)
	clock.awaitHeld(1)
	for range images {
		running.Go(submit)
	}
	running.Go(func() {
		_, err := c.Run(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{Patience: time.Hour, Interrupt: interrupt})
		wantUnsent(t, err)
	})
	clock.awaitHeld(1 + images + 1)
	close(interrupt)
	running.Wait()
	// The time that they had waited for has no effect.
	clock.advance(time.Hour)
	if n := submissions(fake); n != 1 {
		t.Errorf("%d submissions, want the one before the interruption", n)
	}
}

// A clock on which pauses take no time gives an interruption no time to be
// noticed: it is looked for before each attempt.
func TestInterruptIsNoticedAtOnce(t *testing.T) {
	t.Parallel()
	interrupt := make(chan struct{})
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, number int) {
		if number == 3 {
			close(interrupt)
		}
		reply(w, 429, `{"detail":"slow down"}`)
	})
	c := client(t, fake.URL)
	_, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{Interrupt: interrupt})
	wantUnsent(t, err)
	if n := submissions(fake); n != 3 {
		t.Errorf("%d submissions, want 3, all refused", n)
	}
	if _, err = c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{Interrupt: interrupt}); submissions(fake) != 3 {
		t.Errorf("a run that was interrupted before submitted, and got %v", err)
	}
	wantUnsent(t, err)
}

// A submission whose bytes are out goes on until its own context ends: its
// answer has the id of what is paid for.
func TestInterruptLeavesASubmissionUnderWay(t *testing.T) {
	t.Parallel()
	interrupt, answer := make(chan struct{}), make(chan struct{})
	var fake *fakeFal
	fake = newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		close(interrupt)
		<-answer
		reply(w, 200, ticket(fake.URL))
	})
	c := client(t, fake.URL)
	time.AfterFunc(20*time.Millisecond, func() { close(answer) })
	handle, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{Interrupt: interrupt})
	if err != nil || handle.RequestID != testID || submissions(fake) != 1 {
		t.Errorf("got %+v, %v after %d submissions", handle, err, submissions(fake))
	}
}

// And if its context ends before the answer, the outcome is unknown.
func TestInterruptDoesNotHideALostAnswer(t *testing.T) {
	t.Parallel()
	interrupt := make(chan struct{})
	server := newRawServer(t, func(c *rawConn, _ int) {
		_ = c.request()
		close(interrupt)
		c.reset()
	})
	c := client(t, server.url)
	_, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{Interrupt: interrupt})
	if !errors.Is(err, ErrOutcomeUnknown) || errors.Is(err, context.Canceled) || server.heads.Load() != 1 {
		t.Errorf("got %v after %d submissions", err, server.heads.Load())
	}
}

// Who is still connecting has sent nothing, and doesn't any more.
func TestInterruptEndsConnecting(t *testing.T) {
	t.Parallel()
	var fake *fakeFal
	fake = newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 200, ticket(fake.URL)) })
	interrupt, connecting := make(chan struct{}), make(chan struct{})
	transport, dials := failingDials(t, 1, func(dial dialFunc, ctx context.Context, network, address string) (net.Conn, error) {
		close(connecting)
		<-ctx.Done()
		return dial(context.WithoutCancel(ctx), network, address)
	})
	c := client(t, fake.URL, withTransport(transport))
	go func() {
		<-connecting
		close(interrupt)
	}()
	_, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{Interrupt: interrupt})
	wantUnsent(t, err)
	if !strings.Contains(err.Error(), "no connection to "+strings.TrimPrefix(fake.URL, "http://")) || dials.Load() != 1 || submissions(fake) != 0 {
		t.Errorf("got %q after %d connections and %d submissions", err, dials.Load(), submissions(fake))
	}
}

// A transport that reports nothing may have sent what it has read.
func TestInterruptTrustsNoSilence(t *testing.T) {
	t.Parallel()
	interrupt := make(chan struct{})
	reading := answeringLate{reading: make(chan struct{}), answer: make(chan struct{})}
	c := client(t, "http://127.0.0.1:1", withTransport(reading))
	go func() {
		<-reading.reading
		close(interrupt)
		time.AfterFunc(20*time.Millisecond, func() { close(reading.answer) })
	}()
	handle, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{Interrupt: interrupt})
	if err != nil || handle.RequestID != testID {
		t.Errorf("got %+v, %v", handle, err)
	}
}

// answeringLate reads a request without a word, and answers when it is told to.
type answeringLate struct{ reading, answer chan struct{} }

func (a answeringLate) RoundTrip(request *http.Request) (*http.Response, error) {
	_, _ = request.Body.Read(make([]byte, 1))
	close(a.reading)
	select {
	case <-a.answer:
	case <-request.Context().Done():
		return nil, request.Context().Err()
	}
	return answering(func() (int, string) { return 200, ticket("http://127.0.0.1:1") }).RoundTrip(request)
}
