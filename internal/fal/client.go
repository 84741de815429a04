// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Options say how a Client reaches fal.
type Options struct {
	// Key is "id:secret". Without it, every call fails with ErrNoKey before
	// anything is sent.
	Key string
	// QueueURL, RunURL and PlatformURL are absolute base URLs, for fal itself
	// https://queue.fal.run, https://fal.run and https://api.fal.ai/v1.
	QueueURL, RunURL, PlatformURL string
	// UserAgent is sent with every call.
	UserAgent string
	// Transport replaces the client's own connection pool.
	Transport http.RoundTripper
	// Logger receives a line for every answer; nil for none.
	Logger Logger
	// Clock replaces the machine's clock.
	Clock Clock
}

// Client calls fal. It is safe for concurrent use, and a 429 given to one call
// slows down all of them.
type Client struct {
	key       string
	userAgent string
	queue     *url.URL
	run       *url.URL
	platform  *url.URL
	http      *http.Client
	repeating *retryablehttp.Client
	logger    Logger
	clock     Clock
	cooldown  cooldown
	// skew is how far fal's clock is ahead of this machine's, in nanoseconds.
	skew atomic.Int64
}

// New makes a client. It fails if a base URL is not absolute. It calls nobody.
func New(options Options) (*Client, error) {
	client := &Client{
		key:       options.Key,
		userAgent: options.UserAgent,
		logger:    options.Logger,
		clock:     options.Clock,
	}
	for _, base := range []struct {
		name, value string
		parsed      **url.URL
	}{
		{"queue", options.QueueURL, &client.queue},
		{"run", options.RunURL, &client.run},
		{"platform", options.PlatformURL, &client.platform},
	} {
		parsed, err := url.Parse(strings.TrimRight(base.value, "/"))
		if err != nil || parsed.Host == "" || (parsed.Scheme != "http" && parsed.Scheme != "https") {
			return nil, fmt.Errorf("the %s URL is not an absolute URL", base.name)
		}
		*base.parsed = parsed
	}
	if client.logger == nil {
		client.logger = silent{}
	}
	if client.clock == nil {
		client.clock = systemClock{}
	}
	transport := options.Transport
	if transport == nil {
		transport = newTransport()
	}
	client.http = &http.Client{Transport: transport, CheckRedirect: client.checkRedirect}
	client.repeating = client.newRepeating()
	return client, nil
}

// newTransport pools connections generously: hundreds of images are waited for
// at the same time, and each holds a stream open.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &countedConn{Conn: conn}, nil
		},
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           0,
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		// A compressed answer could unpack to any size.
		DisableCompression: true,
	}
}

// countedConn counts what is written to a connection, so that a submission
// which never left can be told from one that may have arrived.
type countedConn struct {
	net.Conn
	written atomic.Int64
}

func (c *countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.written.Add(int64(n))
	return n, err
}

// errForeignRedirect stops a redirect that would take the key elsewhere.
var errForeignRedirect = errors.New("the redirect leads to an address that is not fal's")

// checkRedirect follows a redirect only to the origin of a configured URL. A
// request that is not a GET is never redirected: a 307 would repeat it.
func (c *Client) checkRedirect(req *http.Request, via []*http.Request) error {
	switch {
	case via[0].Method != http.MethodGet:
		return http.ErrUseLastResponse
	case len(via) >= 4:
		return errors.New("too many redirects")
	case !c.isOwn(req.URL):
		return errForeignRedirect
	}
	return nil
}

// isOwn reports whether a URL has the origin of a configured one, so that the
// key may be sent there.
func (c *Client) isOwn(target *url.URL) bool {
	for _, base := range []*url.URL{c.queue, c.run, c.platform} {
		if target.Scheme == base.Scheme && target.User == nil && hostPort(target) == hostPort(base) {
			return true
		}
	}
	return false
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
