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
	"time"
)

// The addresses of fal itself.
const (
	DefaultQueueURL    = "https://queue.fal.run"
	DefaultRunURL      = "https://fal.run"
	DefaultPlatformURL = "https://api.fal.ai/v1"
)

// Options say how a Client reaches fal.
type Options struct {
	// Key is "id:secret". Without it, every call fails with ErrNoKey before
	// anything is sent.
	Key string
	// QueueURL, RunURL and PlatformURL are absolute base URLs, which may carry a
	// path; empty for fal itself. The key is sent to their origins only.
	QueueURL, RunURL, PlatformURL string
	// UserAgent is sent with every call.
	UserAgent string
	// Dial replaces how connections are made; nil for the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Transport replaces the client's own connection pool, and Dial. It should
	// report to net/http/httptrace: a submission that failed in it is otherwise
	// taken to have left as soon as its body was read.
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
	logger    Logger
	clock     Clock
	inAnswers redactor
	inTexts   redactor
	cooldown  cooldown
	skew      skew
	// submitTimeout is how long a submission may take to be answered.
	submitTimeout time.Duration
	// longestList is how many bytes of a list are read, all its pages together.
	longestList int
	streams     streamSupport
}

// New makes a client. It fails if a base URL is not absolute, or if the key
// can't be part of an HTTP header. It calls nobody.
func New(options Options) (*Client, error) {
	client := &Client{
		key:       options.Key,
		userAgent: options.UserAgent,
		logger:    options.Logger,
		clock:     options.Clock,
		streams:   newStreamSupport(),
		inAnswers: newRedactor(options.Key, shortestInAnswer),
		inTexts:   newRedactor(options.Key, shortestInText),

		submitTimeout: time.Minute,
		// The requests of weeks, at ten times the usual size of a prompt.
		longestList: 512 << 20,
	}
	if strings.ContainsFunc(options.Key, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return nil, errors.New("the API key contains a control character")
	}
	for _, base := range []struct {
		name, value, standard string
		parsed                **url.URL
	}{
		{"queue", options.QueueURL, DefaultQueueURL, &client.queue},
		{"run", options.RunURL, DefaultRunURL, &client.run},
		{"platform", options.PlatformURL, DefaultPlatformURL, &client.platform},
	} {
		if base.value == "" {
			base.value = base.standard
		}
		parsed, err := parseBase(base.value)
		if err != nil {
			return nil, fmt.Errorf("the %s URL %w", base.name, err)
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
		pool := newTransport()
		if options.Dial != nil {
			pool.DialContext = countWrites(options.Dial)
		}
		transport = pool
	}
	client.http = &http.Client{Transport: transport, CheckRedirect: client.checkRedirect}
	return client, nil
}

// CloseIdleConnections closes the connections that are kept for reuse.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

// dialer gives up on what doesn't answer.
var dialer = net.Dialer{Timeout: 10 * time.Second}

// newTransport pools connections generously: hundreds of images are waited for
// at the same time, and each holds a stream open.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  proxyOf,
		OnProxyConnectResponse: proxyAnswered,
		DialContext:            countWrites(keepLoopback(dialer)),
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		// Every stream of a dead HTTP/2 connection hangs; a ping finds out.
		HTTP2:               &http.HTTP2Config{SendPingTimeout: 20 * time.Second, PingTimeout: 10 * time.Second},
		MaxIdleConnsPerHost: 256,
		// Shorter than servers keep theirs, so that a submission seldom meets a
		// connection that was just closed.
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		// A compressed answer could unpack to any size.
		DisableCompression: true,
	}
}
