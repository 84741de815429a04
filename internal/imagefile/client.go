// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// DefaultMaxBytes is the largest image that is accepted unless told otherwise:
// 64 MiB. The largest picture of the model, 2048 by 2048 pixels, takes 16 MiB
// without any compression.
const DefaultMaxBytes int64 = 64 << 20

// availableBudget bounds one existence check, so that a host that swallows
// packets can't hold up a plan for long; after such a check the host is left
// alone for a while.
const (
	availableBudget = 10 * time.Second
	silencePeriod   = 30 * time.Second
)

// Logger receives what happens on the wire. Queries of URLs and bodies are
// never part of it.
type Logger interface {
	Debug(ctx context.Context, msg string, fields map[string]any)
}

// Clock is the time that retries live by.
type Clock interface {
	Now() time.Time
	// Sleep returns early with the context's error when the context ends.
	Sleep(ctx context.Context, d time.Duration) error
}

// Options configures a Client. The zero value works.
type Options struct {
	// TrustedOrigins are the URLs of the API itself (queue, run, platform).
	// These very origins may be asked wherever they are, over http if that is
	// how they are written. If one of them is at a loopback, private or
	// link-local address, images may come from addresses of the same kind.
	TrustedOrigins []string
	// UserAgent is the User-Agent header.
	UserAgent string
	// Logger is told about every call. Default: nobody is.
	Logger Logger
	// Clock is what waits between tries. Default: the system's.
	Clock Clock
	// MaxBytes limits an image's size. Default: DefaultMaxBytes.
	MaxBytes int64
	// Dial replaces how connections are made, and with it the check of the
	// address that is dialled; nil for the network. It is for tests.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client fetches images. It is safe for concurrent use.
type Client struct {
	http      *http.Client
	policy    *policy
	logger    Logger
	clock     Clock
	userAgent string
	maxBytes  int64
	close     func()
	disk      disk

	mu     sync.Mutex
	silent map[string]time.Time // hosts that gave no answer, and until when they are left alone
}

// New makes a Client. It fails if a trusted origin is not an http or https URL.
func New(opts Options) (*Client, error) {
	return newClient(opts, hooks{})
}

func newClient(opts Options, h hooks) (*Client, error) {
	p, err := newPolicy(opts.TrustedOrigins, h)
	if err != nil {
		return nil, err
	}
	c := &Client{
		policy:    p,
		logger:    opts.Logger,
		clock:     opts.Clock,
		userAgent: opts.UserAgent,
		maxBytes:  opts.MaxBytes,
		disk:      disk{writer: h.writer},
		silent:    map[string]time.Time{},
	}
	if c.logger == nil {
		c.logger = noLog{}
	}
	if c.clock == nil {
		c.clock = systemClock{}
	}
	if c.userAgent == "" {
		c.userAgent = "terraform-provider-flux2"
	}
	if c.maxBytes <= 0 {
		c.maxBytes = DefaultMaxBytes
	}
	h.dial = opts.Dial
	rt := newTransport(p, c.logger, h)
	c.http = &http.Client{Transport: rt, CheckRedirect: p.checkRedirect}
	c.close = rt.closeIdle
	return c, nil
}

// CloseIdleConnections closes the connections that are kept for reuse.
func (c *Client) CloseIdleConnections() { c.close() }

// CheckURL tells without asking the image's host whether Save could use the
// URL. A data URI has its image in itself, and is read to the end.
func (c *Client) CheckURL(ctx context.Context, rawURL string) error {
	if !isDataURI(rawURL) {
		_, err := c.parse(ctx, rawURL)
		return err
	}
	declared, content, err := openDataURI(rawURL)
	if err == nil {
		_, err = copyImage(io.Discard, content, declared, c.maxBytes)
	}
	return err
}

// longestURL is in bytes. Signed URLs take a tenth of it.
const longestURL = 16 << 10

func (c *Client) parse(ctx context.Context, rawURL string) (*url.URL, error) {
	if len(rawURL) > longestURL {
		return nil, fail(ErrInvalidURL, "the image's URL has %d characters, more than any host understands; expected https://host/path or a data URI", len(rawURL))
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		// The parser's error repeats the URL, which may hold a signature.
		return nil, fail(ErrInvalidURL, "the image's URL is malformed; expected https://host/path or a data URI")
	}
	return u, c.policy.checkURL(ctx, u)
}

// Availability is what is known about a hosted image.
type Availability int

const (
	// Unknown means that nobody could tell; the last known value stands.
	Unknown Availability = iota
	// Present means that the image is there.
	Present
	// Gone means that its host has deleted it.
	Gone
)

// String is the value in lower case.
func (a Availability) String() string {
	switch a {
	case Present:
		return "present"
	case Gone:
		return "gone"
	default:
		return "unknown"
	}
}

// Available asks whether the image is still there, with one HEAD request in
// the common case and none for a data URI. Success is Present. Gone takes two
// signs, a 404 or 410 of the URL itself to the HEAD and to a GET of the first
// byte: some hosts answer HEAD wrongly, and what stands in front of one may lead
// elsewhere. Anything else, silence and refused URLs included, is Unknown
// together with an error that says why; it is meant for a log line, not for a
// user. No check takes longer than about ten seconds.
func (c *Client) Available(ctx context.Context, rawURL string) (Availability, error) {
	if isDataURI(rawURL) {
		return Present, nil
	}
	u, err := c.parse(ctx, rawURL)
	if err != nil {
		return Unknown, err
	}
	if c.isSilent(u.Host) {
		return Unknown, fmt.Errorf("%s gave no answer a moment ago and was not asked again", u.Host)
	}
	budget, cancel := context.WithTimeout(ctx, availableBudget)
	defer cancel()
	question := call{
		method: http.MethodHead, url: u, attempts: 3,
		firstWait: 200 * time.Millisecond, longestWait: time.Second, longestRetryAfter: 2 * time.Second,
		handle: func(resp *http.Response) error {
			switch moved := resp.Request.URL.String() != u.String(); {
			case resp.StatusCode >= 200 && resp.StatusCode <= 299:
				return refuseHTML(resp.Header.Get("Content-Type"))
			case moved:
				return fail(nil, "%s leads to %s, which answered %d", public(u), public(resp.Request.URL), resp.StatusCode)
			}
			return &StatusError{Status: resp.StatusCode, URL: public(u)}
		},
	}
	if err = c.do(budget, question); errors.Is(err, ErrGone) {
		question.method, question.firstByte = http.MethodGet, true
		err = c.do(budget, question)
	}
	var answered *StatusError
	switch {
	case err == nil:
		return Present, nil
	case errors.Is(err, ErrGone):
		return Gone, nil
	case ctx.Err() == nil && !errors.As(err, &answered) && isPassing(err):
		c.markSilent(u.Host)
	}
	return Unknown, err
}

func (c *Client) isSilent(host string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	until, ok := c.silent[host]
	return ok && c.clock.Now().Before(until)
}

func (c *Client) markSilent(host string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.silent[host] = c.clock.Now().Add(silencePeriod)
}

type noLog struct{}

func (noLog) Debug(context.Context, string, map[string]any) {}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
