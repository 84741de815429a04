// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package diagnostics_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/diagnostics"
)

// skippingClock is never waited for.
type skippingClock struct{ fal.Clock }

func (skippingClock) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func TestAdvice_network(t *testing.T) {
	t.Parallel()

	listen := func(tls bool, answer http.HandlerFunc) *url.URL {
		server := httptest.NewUnstartedServer(answer)
		server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
		if tls {
			server.StartTLS()
		} else {
			server.Start()
		}
		t.Cleanup(server.Close)
		parsed, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	answering := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	cutting := listen(false, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	untrusted, plain := listen(true, answering(200)), listen(false, answering(200))
	asks, denies := listen(false, answering(407)), listen(false, answering(403))
	through := func(proxy *url.URL) func(*http.Transport) {
		return func(t *http.Transport) { t.Proxy = http.ProxyURL(proxy) }
	}
	gone := &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	dial := func(err error) func(*http.Transport) {
		return func(t *http.Transport) {
			t.DialContext = func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
			}
		}
	}
	for name, test := range map[string]struct {
		address string
		change  func(*http.Transport)
		said    []string
		advice  []string
	}{
		"nobody listens": {address: "http://127.0.0.1:1",
			said: []string{"dial tcp 127.0.0.1:1: connect", "after 8 attempts in "}, advice: []string{"fal could not be reached. Check the network and the provider's URLs, or start the emulator"}},
		"nobody knows the name": {address: "https://" + strings.Repeat("n", 64) + ".invalid",
			said: []string{"no such host", "after 8 attempts in "}, advice: []string{"No name server knows that host", "HTTPS_PROXY"}},
		"no name server": {address: "https://fal.invalid", change: dial(&net.DNSError{Err: "server misbehaving", Name: "fal.invalid", IsTemporary: true}),
			said: []string{"server misbehaving", "after 8 attempts in "}, advice: []string{"name server gave no answer that could be used"}},
		"dropped": {address: "https://fal.invalid", change: dial(context.DeadlineExceeded),
			said: []string{"dial tcp: context deadline exceeded", "after 8 attempts in "}, advice: []string{"often a firewall", "HTTPS_PROXY"}},
		"not trusted": {address: untrusted.String(), said: []string{"failed to verify certificate"}, advice: []string{"does not trust the certificate", "SSL_CERT_FILE"}},
		"no TLS":      {address: "https://" + plain.Host, said: []string{"HTTP response to HTTPS client"}, advice: []string{"begins with http://, not with https://"}},
		"a proxy that asks who it is": {address: "https://fal.invalid", change: through(asks),
			said: []string{"the proxy " + asks.Host + " answered HTTP 407 Proxy Authentication Required"}, advice: []string{"HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT", "NO_PROXY"}},
		"a proxy that denies": {address: "https://fal.invalid", change: through(denies),
			said: []string{"the proxy " + denies.Host + " answered HTTP 403 Forbidden", "after 8 attempts in "}, advice: []string{"whoever runs the proxy", "NO_PROXY"}},
		"a proxy that is gone": {address: "https://fal.invalid", change: through(gone),
			said: []string{"proxyconnect tcp: dial tcp 127.0.0.1:1", "after 8 attempts in "}, advice: []string{"HTTPS_PROXY or HTTP_PROXY names does not answer as a proxy. Correct the variable or unset it"}},
		"a proxy that can't encrypt": {address: "https://fal.invalid", change: through(&url.URL{Scheme: "https", Host: plain.Host}),
			said: []string{"proxyconnect tcp: "}, advice: []string{"Most proxies have an address that begins with http://"}},
		"cut off": {address: cutting.String(), said: []string{"EOF", "after 8 attempts in "}, advice: []string{"There was a connection, and no complete answer came over it"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			transport := &http.Transport{DisableKeepAlives: true, OnProxyConnectResponse: func(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
				if answer.StatusCode == http.StatusOK {
					return nil
				}
				return &fal.ProxyError{Host: proxy.Host, Code: answer.StatusCode, Status: answer.Status}
			}}
			if test.change != nil {
				test.change(transport)
			}
			t.Cleanup(transport.CloseIdleConnections)
			client, err := fal.New(fal.Options{
				Key: "id:secret", QueueURL: test.address + "/queue", PlatformURL: test.address + "/v1",
				Transport: transport, Clock: skippingClock{fal.SystemClock()},
			})
			if err != nil {
				t.Fatal(err)
			}
			_, submitErr := client.Submit(t.Context(), "fal-ai/flux-2-dev", json.RawMessage(`{"prompt":"a lighthouse"}`), fal.SubmitOptions{})
			_, priceErr := client.Pricing(t.Context(), "fal-ai/flux-2-dev")
			for what, err := range map[string]error{"POST " + test.address + "/queue/fal-ai/flux-2-dev": submitErr, "GET " + test.address + "/v1/models/pricing": priceErr} {
				said, advice := "", ""
				if err != nil {
					said, advice = diagnostics.Sentence(err), diagnostics.Advice(err)
				}
				t.Logf("%s. %s", said, advice)
				if !strings.Contains(said, what) {
					t.Errorf("%q does not say what was tried: %s", said, what)
				}
				for _, want := range test.said {
					// What fal may have read is not sent again.
					if name == "cut off" && err == submitErr && strings.Contains(want, "attempts") { //nolint:errorlint // the very one
						continue
					}
					if !strings.Contains(said, want) {
						t.Errorf("%q does not say %q", said, want)
					}
				}
				for _, want := range test.advice {
					if !strings.Contains(advice, want) {
						t.Errorf("the advice %q is not %q", advice, want)
					}
				}
			}
		})
	}
}
