// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// obstacle is a way in which no connection comes about, and what an error has to
// say of it.
type obstacle struct {
	address, want string
	change        func(*http.Transport)
}

func obstacles(t *testing.T) map[string]obstacle {
	t.Helper()
	answering := func(status int) *url.URL {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(server.Close)
		parsed, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	proxy, asks := answering(http.StatusForbidden), answering(http.StatusProxyAuthRequired)
	gone, err := url.Parse("http://someone:password@127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	return map[string]obstacle{
		"refused": {address: "http://127.0.0.1:1", want: "dial tcp 127.0.0.1:1: connect"},
		// No name server is asked about a label of this length.
		"name":              {address: "https://" + strings.Repeat("n", 64) + ".invalid", want: "no such host"},
		"plain HTTP":        {address: "https://" + proxy.Host, want: "HTTP response to HTTPS client"},
		"certificate":       {address: untrusted.URL, want: "certificate"},
		"proxy that denies": {address: "https://fal.invalid", want: "the proxy " + proxy.Host + " answered HTTP 403 Forbidden", change: func(t *http.Transport) { t.Proxy = http.ProxyURL(proxy) }},
		"proxy that asks":   {address: "https://fal.invalid", want: "the proxy " + asks.Host + " answered HTTP 407 Proxy Authentication Required", change: func(t *http.Transport) { t.Proxy = http.ProxyURL(asks) }},
		"proxy that's gone": {address: "https://fal.invalid", want: "proxyconnect tcp: dial tcp 127.0.0.1:1", change: func(t *http.Transport) { t.Proxy = http.ProxyURL(gone) }},
	}
}

// An error says what was tried and what came back: at the end of all attempts,
// and if the time was up, or the run was interrupted, before that.
func TestErrorsSayWhatCameBack(t *testing.T) {
	t.Parallel()
	for name, test := range obstacles(t) {
		for _, end := range []string{"attempts", "time", "interruption"} {
			for operation, operate := range operations {
				transport := newTransport()
				t.Cleanup(transport.CloseIdleConnections)
				if test.change != nil {
					test.change(transport)
				}
				clock := newFakeClock()
				c := client(t, test.address, withTransport(transport), withClock(clock))
				ctx, stop := context.WithCancel(t.Context())
				begin, permanent := "", name == "certificate" || name == "plain HTTP" || name == "proxy that asks"
				switch {
				case end == "time" && !permanent:
					begin = "fal did not answer within 10ms; the last attempt: "
					ctx, stop = clock.WithTimeout(ctx, 10*time.Millisecond)
				case end == "interruption" && !permanent:
					begin = "the call was interrupted; the last attempt: "
					clock.onSleep = stop
				}
				err := operate(ctx, c, attach(t, c))
				stop()
				var failure *Error
				if !errors.As(err, &failure) || errors.Is(err, ErrOutcomeUnknown) {
					t.Fatalf("%s, %s at %s: %v", name, end, operation, err)
				}
				if said := err.Error(); !strings.HasPrefix(said, begin) || !strings.Contains(said, test.want) || !strings.Contains(said, " "+test.address+"/") || strings.Contains(said, "password") {
					t.Errorf("%s, %s at %s: %q, want %q and %q in it", name, end, operation, said, begin, test.want)
				}
				if begin == "" {
					if !errors.Is(err, ErrConnection) || !errors.Is(err, ErrUnreachable) || failure.LastAttempt != nil {
						t.Errorf("%s, %s at %s: %#v", name, end, operation, failure)
					}
					if often := strings.Contains(err.Error(), ", after 8 attempts in "); often == permanent {
						t.Errorf("%s, %s at %s: %q, which is permanent: %t", name, end, operation, err, permanent)
					}
					continue
				}
				want := context.DeadlineExceeded
				if end == "interruption" {
					want = context.Canceled
				}
				if !errors.Is(err, want) || errors.Is(err, ErrConnection) || !errors.Is(failure.LastAttempt, ErrConnection) {
					t.Errorf("%s, %s at %s: %v after %v", name, end, operation, err, failure.LastAttempt)
				}
			}
		}
	}
}

func TestProxyThatConnects(t *testing.T) {
	t.Parallel()
	proxy := &url.URL{Scheme: "http", Host: "proxy.example:3128", User: url.UserPassword("someone", "password")}
	if err := proxyAnswered(t.Context(), proxy, nil, &http.Response{StatusCode: 200}); err != nil {
		t.Error(err)
	}
	err := proxyAnswered(t.Context(), proxy, nil, &http.Response{StatusCode: 407, Status: "407 Proxy Authentication Required"})
	if err == nil || err.Error() != "the proxy proxy.example:3128 answered HTTP 407 Proxy Authentication Required" {
		t.Error(err)
	}
}

// So does an error of waiting, which is the context's; unless fal has said all
// the while that the request is at work.
func TestWaitSaysWhatKeptItFromAsking(t *testing.T) {
	t.Parallel()
	for want, status := range map[string]int{"fal did not answer within 1m0s; the last attempt: oops (HTTP 503)": 503, "context deadline exceeded": 202} {
		fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
			reply(w, status, `{"status":"IN_PROGRESS","detail":"oops"}`)
		})
		clock := newFakeClock()
		c := client(t, fake.URL, withClock(clock))
		ctx, stop := clock.WithTimeout(t.Context(), time.Minute)
		_, err := c.Wait(ctx, attach(t, c), nil)
		stop()
		if !errors.Is(err, context.DeadlineExceeded) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if waited := clock.Now().Sub(noon); waited != time.Minute {
			t.Errorf("it took %s", waited)
		}
	}
}

// Where nothing was tried, an error says that.
func TestNothingWasSent(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		w.Header().Set("Retry-After", "60")
		reply(w, 429, `{"detail":"slow down"}`)
	})
	clock := newFakeClock()
	c := client(t, fake.URL, withClock(clock))
	submit := func(ctx context.Context) error {
		_, err := c.Submit(ctx, testEndpoint, json.RawMessage(testInput), SubmitOptions{})
		return err
	}
	ctx, stop := clock.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	if err := submit(ctx); err == nil || err.Error() != "fal did not answer within 30s; the last attempt: slow down (HTTP 429)" {
		t.Errorf("got %v", err)
	}
	ctx, stop = clock.WithTimeout(t.Context(), time.Second)
	defer stop()
	if err := submit(ctx); err == nil || err.Error() != "the time was up before anything was sent" {
		t.Errorf("got %v", err)
	}
	ctx, stop = context.WithCancel(t.Context())
	stop()
	if err := submit(ctx); err == nil || err.Error() != "the call was interrupted before anything was sent" {
		t.Errorf("got %v", err)
	}
	if submissions(fake) != 1 {
		t.Errorf("%d submissions, want 1, refused", submissions(fake))
	}
}

// A connection that takes longer than it may looks like the end of a context; it
// is none, and says whom it was to.
func TestConnectionsThatTimeOut(t *testing.T) {
	t.Parallel()
	const limit = 20 * time.Second
	clock := newFakeClock()
	for name, test := range map[string]struct {
		fail func(ctx context.Context) error
		want string
	}{
		"the connection's own limit": {func(context.Context) error {
			return &net.OpError{Op: "dial", Net: "tcp", Err: context.DeadlineExceeded}
		}, "/status: dial tcp: context deadline exceeded, after 8 attempts in "},
		"the attempt's limit": {func(ctx context.Context) error { clock.advance(limit); <-ctx.Done(); return ctx.Err() }, "/status: no connection to 127.0.0.1:1 came about, after 8 attempts in "},
	} {
		transport, _ := failingDials(t, 1000, func(_ dialFunc, ctx context.Context, _, _ string) (net.Conn, error) { return nil, test.fail(ctx) })
		c := client(t, "http://127.0.0.1:1", withTransport(transport), withClock(clock))
		_, err := c.do(t.Context(), call{operation: "status", method: http.MethodGet, url: attach(t, c).StatusURL, limit: smallBody, timeout: limit})
		if !errors.Is(err, ErrUnreachable) || !errors.Is(err, ErrConnection) || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q in it", name, err, test.want)
		}
	}
	server := newRawServer(t, func(c *rawConn, _ int) {
		_ = c.request()
		_, _ = io.WriteString(c, "HTTP/1.1 200 x\r\nContent-Length: 90\r\n\r\n{")
		clock.advance(limit)
		_, _ = c.reader.ReadByte()
	})
	c := client(t, server.url, withClock(clock))
	_, err := c.do(t.Context(), call{method: http.MethodGet, url: attach(t, c).StatusURL, limit: smallBody, timeout: limit})
	want := "fal did not answer within 20s: GET " + attach(t, c).StatusURL + ": the request was sent, and no complete answer came, after 8 attempts in "
	if err == nil || !strings.HasPrefix(err.Error(), want) || errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v, want %s", err, want)
	}
}
