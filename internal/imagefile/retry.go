// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// call is one question to a media host, with the patience it deserves.
type call struct {
	method            string
	url               *url.URL
	attempts          int
	firstWait         time.Duration
	longestWait       time.Duration
	longestRetryAfter time.Duration
	// firstByte asks for no more than that.
	firstByte bool
	// handle judges an answer and takes in its body; do closes it.
	handle func(*http.Response) error
}

func (c *Client) do(ctx context.Context, k call) error {
	req, err := http.NewRequestWithContext(ctx, k.method, k.url.String(), nil)
	if err != nil {
		return fail(ErrInvalidURL, "the image's URL is malformed; expected https://host/path or a data URI")
	}
	req.Header.Set("User-Agent", c.userAgent)
	// Naming image types would invite a host to convert the picture.
	req.Header.Set("Accept", "*/*")
	req.Header.Set("Accept-Encoding", "identity")
	if k.firstByte {
		req.Header.Set("Range", "bytes=0-0")
	}
	began := c.clock.Now()
	for attempt := 1; ; attempt++ {
		resp, err := c.http.Do(req)
		if err == nil {
			err = k.handle(resp)
			_ = resp.Body.Close()
		}
		tried := effort{attempts: attempt, elapsed: c.clock.Now().Sub(began)}
		switch {
		case err != nil && ctx.Err() != nil:
			// What is done is done, even if the context has ended since.
			return describe(ctx.Err(), k, tried)
		case attempt == k.attempts, !isPassing(err):
			return describe(err, k, tried)
		}
		wait := k.backoff(attempt-1, resp, c.clock.Now())
		c.logger.Debug(ctx, "media call again", map[string]any{"url": public(req.URL), "wait_ms": wait.Milliseconds(), "attempt": attempt + 1})
		if err := c.clock.Sleep(ctx, wait); err != nil {
			return describe(err, k, tried)
		}
	}
}

// effort is how often something was tried, and for how long.
type effort struct {
	attempts int
	elapsed  time.Duration
}

// String continues a text. Of a single attempt there is nothing to say.
func (e effort) String() string {
	if e.attempts < 2 {
		return ""
	}
	return fmt.Sprintf(" after %d attempts in %s", e.attempts, e.elapsed.Round(100*time.Millisecond))
}

// describe puts an error of the network into words; errors of this package
// have theirs already, but arrive wrapped in net/http's, which repeat the URL.
func describe(err error, k call, tried effort) error {
	var own *problem
	var status *StatusError
	var wrong *HashMismatchError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &own):
		return own
	case errors.As(err, &status):
		status.effort = tried
		return err
	case errors.As(err, &wrong):
		return err
	}
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	text := fmt.Sprintf("%s %s failed%s", k.method, public(k.url), tried)
	return &problem{text: text, cause: err, passing: isPassing(err)}
}

// isPassing tells whether the same question may be answered the next time.
func isPassing(err error) bool {
	var own *problem
	var status *StatusError
	var wrong *HashMismatchError
	var certificate *tls.CertificateVerificationError
	var proxy *ProxyError
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.As(err, &wrong), errors.As(err, &certificate), errors.Is(err, http.ErrSchemeMismatch):
		return false
	case errors.As(err, &proxy):
		return proxy.Code != http.StatusProxyAuthRequired
	case errors.As(err, &own):
		return own.passing
	case errors.As(err, &status):
		switch status.Status {
		case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests,
			http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return false
	}
	return true
}

// backoff is the wait before the next try: what the host asks for, within
// limits, else a random time below a bound that doubles with every try.
func (k call) backoff(attempt int, resp *http.Response, now time.Time) time.Duration {
	if resp != nil {
		if asked, ok := retryAfter(resp.Header.Get("Retry-After"), now); ok {
			return min(asked, k.longestRetryAfter)
		}
	}
	bound := min(k.longestWait, k.firstWait<<min(attempt, 20))
	return rand.N(bound) + 1 //nolint:gosec // jitter needs no secrecy.
}

// retryAfter reads both forms of the header: seconds, or a date.
func retryAfter(value string, now time.Time) (time.Duration, bool) {
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		return time.Duration(seconds) * time.Second, true //nolint:gosec // at most 32 bits.
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return max(0, date.Sub(now)), true
}
