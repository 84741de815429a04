// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a network without sockets: what is dialled is accepted.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
}

func (p pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.accepted <- far:
		return near, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accepted:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	close(p.closed)
	return nil
}

func (pipes) Addr() net.Addr { return &net.TCPAddr{} }

// inBubble runs a test in a bubble of virtual time, with a server in it.
func inBubble(t *testing.T, handler http.HandlerFunc, test func(ctx context.Context, c *Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := pipes{make(chan net.Conn), make(chan struct{})}
		server := &http.Server{Handler: handler} //nolint:gosec // in memory
		go func() { _ = server.Serve(network) }()
		c, err := New(Options{Key: testKey, QueueURL: "http://fal.test/queue", RunURL: "http://fal.test/run", PlatformURL: "http://fal.test/v1", Dial: network.dial})
		if err != nil {
			t.Fatal(err)
		}
		test(t.Context(), c)
		c.CloseIdleConnections()
		_ = server.Close()
	})
}

// All that takes time is on one clock: a bubble of the testing package moves on
// as soon as everybody waits, and would stand still for ever if somebody waited
// for anything else, such as a mutex.
func TestManyImagesInABubble(t *testing.T) {
	t.Parallel()
	const images = 50
	var accepted, refused atomic.Int64
	handler := func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost && refused.Add(1)%3 == 1:
			w.Header().Set("Retry-After", "60")
			reply(w, 429, `{"detail":"slow down"}`)
		case r.Method == http.MethodPost:
			accepted.Add(1)
			time.Sleep(3 * time.Second)
			reply(w, 200, ticket("http://fal.test"))
		case isStream(r):
			stream(w, event("IN_QUEUE"))
			// The watch takes it for dead.
			<-r.Context().Done()
		case isStatus(r):
			reply(w, 200, `{"status":"COMPLETED"}`)
		default:
			reply(w, 503, `{"detail":"in vain"}`)
		}
	}
	inBubble(t, handler, func(ctx context.Context, c *Client) {
		began := time.Now()
		var running sync.WaitGroup
		for range images {
			running.Go(func() {
				handle, err := c.Submit(ctx, testEndpoint, json.RawMessage(testInput), SubmitOptions{Patience: time.Hour})
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := c.Wait(ctx, handle, nil); err != nil {
					t.Error(err)
				}
				if _, err := c.Result(ctx, handle); !errors.Is(err, ErrServerFault) {
					t.Error(err)
				}
			})
		}
		running.Wait()
		if took := time.Since(began); took < longestSilence+time.Minute || took > time.Hour {
			t.Errorf("it took %s", took)
		}
	})
	if accepted.Load() != images {
		t.Errorf("%d submissions were accepted, want %d", accepted.Load(), images)
	}
}

// An attempt ends by the clock, not by the machine's.
func TestAttemptsEndByTheClock(t *testing.T) {
	t.Parallel()
	var submitted atomic.Int64
	handler := func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			submitted.Add(1)
		}
		// Only then the server notices that the client is gone.
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}
	inBubble(t, handler, func(ctx context.Context, c *Client) {
		began := time.Now()
		_, err := c.Submit(ctx, testEndpoint, json.RawMessage(testInput), SubmitOptions{})
		if took := time.Since(began); !errors.Is(err, ErrOutcomeUnknown) || took != time.Minute {
			t.Errorf("a submission without an answer ended after %s with %v", took, err)
		}
		began = time.Now()
		_, err = c.Run(ctx, testEndpoint, json.RawMessage(testInput), SubmitOptions{})
		if took := time.Since(began); !errors.Is(err, ErrOutcomeUnknown) || took != 65*time.Minute {
			t.Errorf("a direct call without an answer ended after %s with %v", took, err)
		}
		bounded, stop := SystemClock().WithTimeout(ctx, 2*time.Minute)
		defer stop()
		began = time.Now()
		_, err = c.Status(bounded, attach(t, c), false)
		if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took != 2*time.Minute {
			t.Errorf("a status ended after %s with %v", took, err)
		}
	})
	if submitted.Load() != 2 {
		t.Errorf("%d submissions, want 2", submitted.Load())
	}
}

// What is written to a connection that is handed in counts as evidence, too.
func TestDialIsCounted(t *testing.T) {
	t.Parallel()
	dials := 0
	var fake *fakeFal
	fake = newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 200, ticket(fake.URL)) })
	c := client(t, fake.URL, withTransport(nil), func(o *Options) {
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
			if dials++; dials < 3 {
				conn = deaf{conn}
			}
			return conn, err
		}
	})
	defer c.CloseIdleConnections()
	if _, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{}); err != nil || dials != 3 || submissions(fake) != 1 {
		t.Errorf("%v after %d connections and %d submissions", err, dials, submissions(fake))
	}
}
