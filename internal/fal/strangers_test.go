// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// stranger is every host in the world but the client's own, and records what is
// sent there, byte by byte.
type stranger struct {
	*rawServer
	mutex sync.Mutex
	heard bytes.Buffer
}

func newStranger(t *testing.T) *stranger {
	t.Helper()

	s := &stranger{}
	s.rawServer = newRawServer(t, func(conn *rawConn, _ int) {
		request, err := http.ReadRequest(bufio.NewReader(io.TeeReader(conn, s)))
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, request.Body)
		conn.answer(http.StatusOK, `{"status":"COMPLETED"}`)
	})
	return s
}

// Write records.
func (s *stranger) Write(p []byte) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.heard.Write(p)
}

func (s *stranger) said() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.heard.String()
}

// world is a network in which one server is fal, and all other addresses lead to
// the stranger: so it needs no name server to try any name.
func (s *stranger) world(t *testing.T, own *httptest.Server) func(*Options) {
	t.Helper()

	transport := newTransport()
	t.Cleanup(transport.CloseIdleConnections)
	if certificate := own.Certificate(); certificate != nil {
		transport.TLSClientConfig.RootCAs = x509.NewCertPool()
		transport.TLSClientConfig.RootCAs.AddCert(certificate)
	}
	dialer := net.Dialer{}
	transport.DialContext = countWrites(func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != own.Listener.Addr().String() {
			address = strings.TrimPrefix(s.url, "http://")
		}
		return dialer.DialContext(ctx, network, address)
	})
	return func(o *Options) { o.Transport = transport }
}

// placesElsewhere are URLs that lead away from an address, though some look as
// if they didn't.
func placesElsewhere(own *url.URL) map[string]string {
	port := own.Port()
	other := map[string]string{"http": "https", "https": "http"}[own.Scheme]
	places := map[string]string{
		"another scheme":       other + "://" + own.Host,
		"a user":               own.Scheme + "://fal@" + own.Host,
		"a password":           own.Scheme + "://fal:fal@" + own.Host,
		"an address as a user": own.Scheme + "://" + own.Host + "@evil.example",
		"no scheme":            "//evil.example",
		"a file transfer":      "ftp://" + own.Host,
		"a backslash":          own.Scheme + `://evil.example\@` + own.Host,
	}
	for name, host := range map[string]string{
		"another port":            "127.0.0.1:1",
		"no port":                 "127.0.0.1",
		"another name":            "localhost:" + port,
		"a name that begins so":   "127.0.0.1.evil.example:" + port,
		"a name that ends so":     "evil-127.0.0.1:" + port,
		"a loopback lookalike":    "localhost.evil.example:" + port,
		"a dot at the end":        "127.0.0.1.:" + port,
		"a mapped address":        "[::ffff:127.0.0.1]:" + port,
		"a decimal address":       "2130706433:" + port,
		"a hexadecimal address":   "0x7f000001:" + port,
		"a short address":         "127.1:" + port,
		"another host altogether": "evil.example",
	} {
		places[name] = own.Scheme + "://" + host
	}
	return places
}

// following is what becomes of a request that exists.
func following(ctx context.Context, c *Client, handle Handle) map[string]func() error {
	return map[string]func() error{
		"status": func() error { _, err := c.Status(ctx, handle, true); return err },
		"wait":   func() error { _, err := c.Wait(ctx, handle, nil); return err },
		"result": func() error { _, err := c.Result(ctx, handle); return err },
		"cancel": func() error { _, err := c.Cancel(ctx, handle); return err },
	}
}

// singleCalls are all that the client does at fal in single calls.
func singleCalls(ctx context.Context, c *Client, handle Handle) map[string]func() error {
	input := json.RawMessage(testInput)
	all := following(ctx, c, handle)
	delete(all, "wait")
	maps.Copy(all, map[string]func() error{
		"stream": func() error {
			c.streams.have.Store(streamsUnknown)
			_, err := c.follow(ctx, handle, func(Status) {}, func() {})
			return err
		},
		"submit":   func() error { _, err := c.Submit(ctx, testEndpoint, input, SubmitOptions{}); return err },
		"run":      func() error { _, err := c.Run(ctx, testEndpoint, input, SubmitOptions{}); return err },
		"pricing":  func() error { _, err := c.Pricing(ctx, testEndpoint); return err },
		"estimate": func() error { _, err := c.EstimateUnits(ctx, testEndpoint, 2); return err },
		"delete":   func() error { _, err := c.DeletePayloads(ctx, testID); return err },
		"billing": func() error {
			for _, err := range c.BillingEvents(ctx, BillingQuery{Start: noon}) {
				return err
			}
			return nil
		},
		"history": func() error {
			for _, err := range c.Requests(ctx, RequestsQuery{EndpointID: testEndpoint}) {
				return err
			}
			return nil
		},
	})
	return all
}

// TestStrangersGetNothing leads every operation away from fal: by redirects of
// each kind, and by URLs in answers and in handles that were stored.
func TestStrangersGetNothing(t *testing.T) {
	t.Parallel()

	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()

			var mutex sync.Mutex
			var place string
			var status, withKey, others, posted int
			own := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mutex.Lock()
				defer mutex.Unlock()
				if r.Header.Get("Authorization") == "Key "+testKey && r.URL.User == nil {
					withKey++
				} else {
					others++
				}
				if strings.HasSuffix(r.URL.Path, testEndpoint) {
					posted++
				}
				switch {
				case status > 0:
					w.Header().Set("Location", place+"/somewhere?"+r.URL.RawQuery)
					w.WriteHeader(status)
				case r.Method == http.MethodPost:
					reply(w, http.StatusOK, ticket(place))
				default:
					reply(w, http.StatusOK, `{"status":"COMPLETED"}`)
				}
			}))
			if scheme == "https" {
				own.StartTLS()
			} else {
				own.Start()
			}
			t.Cleanup(own.Close)
			base, err := url.Parse(own.URL)
			if err != nil {
				t.Fatal(err)
			}
			strange := newStranger(t)
			c := client(t, own.URL, strange.world(t, own), withClock(streamClock()))
			lead := func(to string, with int) {
				mutex.Lock()
				defer mutex.Unlock()
				place, status, withKey, posted = to, with, 0, 0
			}
			// expect checks how many calls fal got, and that nobody else got one.
			expect := func(least, most int, format string, arguments ...any) {
				t.Helper()
				mutex.Lock()
				defer mutex.Unlock()
				if withKey < least || withKey > most || others != 0 || posted > 1 || strange.said() != "" {
					t.Errorf(format+": fal got %d calls with the key, %d without and %d submissions; the stranger got %q",
						append(arguments, withKey, others, posted, strange.said())...)
				}
			}

			for name, to := range placesElsewhere(base) {
				for _, redirect := range []int{301, 302, 303, 307, 308} {
					for operation, call := range singleCalls(t.Context(), c, attach(t, c)) {
						lead(to, redirect)
						if err := call(); err == nil {
							t.Errorf("%s took a %d to %s for an answer", operation, redirect, name)
						}
						// A place that can't be read is taken for a fault that may pass.
						expect(1, attempts, "%s with a %d to %s", operation, redirect, name)
					}
				}
				lead(to, 0)
				returned, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
				if err != nil {
					t.Fatal(err)
				}
				expect(1, 1, "submission with an answer that names %s", name)
				kept := Handle{EndpointID: testEndpoint, RequestID: testID, StatusURL: to + "/a", ResponseURL: to + "/b", CancelURL: to + "/c"}
				for operation, call := range following(t.Context(), c, kept) {
					lead(to, 0)
					if err := call(); err == nil {
						t.Errorf("%s went to %s with a handle that nobody has checked", operation, name)
					}
					expect(0, 0, "%s at %s, unchecked", operation, name)
				}
				stored, err := c.Restore(t.Context(), kept)
				if err != nil {
					t.Fatal(err)
				}
				for _, handle := range []Handle{returned, stored} {
					for operation, call := range following(t.Context(), c, handle) {
						lead(to, 0)
						if err := call(); err != nil {
							t.Errorf("%s at %s: %v", operation, name, err)
						}
						expect(1, 2, "%s at %s", operation, name)
					}
				}
			}
			// What the stranger would have heard, had it been told.
			trusting := client(t, "http://evil.example", strange.world(t, own))
			if _, err := trusting.Pricing(t.Context(), testEndpoint); err != nil {
				t.Error(err)
			}
			if said := strange.said(); !strings.Contains(said, "Authorization: Key "+testKey) {
				t.Errorf("the stranger hears nothing: %q", said)
			}
		})
	}
}
