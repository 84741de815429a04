// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// policy says after which failures a call may be sent again.
type policy int

const (
	// repeatRead is for calls that change nothing: all that may pass by itself.
	repeatRead policy = iota
	// repeatEffect is for cancel and delete, which may be carried out twice.
	repeatEffect
	// repeatUnsent is for submissions: only what fal can't have accepted.
	repeatUnsent
)

// The sizes that answers are limited to, in bytes. Results can hold pictures.
const (
	smallBody = 1 << 20
	largeBody = 128 << 20
)

// call is one request to fal, however often it is sent.
type call struct {
	operation string
	method    string
	url       string
	header    http.Header
	body      []byte
	policy    policy
	// limit is the largest answer that is read, in bytes.
	limit int64
	// timeout bounds each attempt.
	timeout time.Duration
	// final reports that an answer which looks passing is not: the job behind
	// it has failed for good.
	final func(*answer) bool
}

// answer is a complete HTTP answer.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a *answer) ok() bool { return a.status >= 200 && a.status < 300 }

// try is the state of one call over its attempts.
type try struct {
	call   *call
	count  int
	pause  time.Duration
	answer *answer
	sent   *evidence
}

type tryKey struct{}

func tryOf(ctx context.Context) *try {
	current, _ := ctx.Value(tryKey{}).(*try)
	return current
}

// evidence tells whether a request may have reached the other side.
type evidence struct {
	connected atomic.Bool
	headers   atomic.Bool
	conn      *countedConn
	before    int64
}

func (e *evidence) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			e.conn = counted(info.Conn)
			if e.conn != nil {
				e.before = e.conn.written.Load()
			}
			e.connected.Store(true)
		},
		WroteHeaders: func() { e.headers.Store(true) },
	}
}

func counted(conn net.Conn) *countedConn {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	found, _ := conn.(*countedConn)
	return found
}

// possible reports whether a byte of the request may have been written. After
// an attempt was cut short, a write may still be on its way.
func (e *evidence) possible(cutShort bool) bool {
	switch {
	case !e.connected.Load():
		return false
	case cutShort:
		return true
	case e.conn != nil:
		return e.conn.written.Load() != e.before
	default:
		return e.headers.Load()
	}
}

func (c *Client) newRepeating() *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient: &http.Client{Transport: &gate{client: c, next: c.http.Transport}, CheckRedirect: c.checkRedirect},
		// checkRetry counts by itself.
		RetryMax:   attempts + 1,
		CheckRetry: c.checkRetry,
		// The pause is taken in PrepareRetry, where the client's clock is.
		Backoff:      func(time.Duration, time.Duration, int, *http.Response) time.Duration { return 0 },
		PrepareRetry: func(req *http.Request) error { return c.clock.Sleep(req.Context(), tryOf(req.Context()).pause) },
	}
}

// do sends a call until it is answered for good. An error means that there is
// no complete answer; an answer with an error status is not an error here.
func (c *Client) do(ctx context.Context, what call) (*answer, *try, error) {
	current := &try{call: &what, sent: &evidence{}}
	if c.key == "" {
		return nil, current, &Error{Operation: what.operation, Message: "there is no API key", kinds: []error{ErrNoKey}}
	}
	var body any
	if what.body != nil {
		body = what.body
	}
	request, err := retryablehttp.NewRequestWithContext(context.WithValue(ctx, tryKey{}, current), what.method, what.url, body)
	if err != nil {
		return nil, current, fmt.Errorf("prepare the call to fal: %w", err)
	}
	// Without this, net/http could rewind the body and send it again by itself.
	request.GetBody = nil
	for name, values := range what.header {
		request.Header[name] = values
	}
	c.dress(request.Request, what.body != nil)
	request.SetResponseHandler(func(response *http.Response) error { return current.read(response) })

	response, err := c.repeating.Do(request)
	if response != nil {
		_ = response.Body.Close()
	}
	if err != nil {
		return nil, current, c.connectionError(ctx, what.operation, err)
	}
	return current.answer, current, nil
}

// dress sets the headers that every call has.
func (c *Client) dress(request *http.Request, hasBody bool) {
	request.Header.Set("Authorization", "Key "+c.key)
	if request.Header.Get("Accept") == "" {
		request.Header.Set("Accept", "application/json")
	}
	if c.userAgent != "" {
		request.Header.Set("User-Agent", c.userAgent)
	}
	if hasBody {
		request.Header.Set("Content-Type", "application/json")
	}
}

// errTooLarge and errUnreadable end attempts whose answer is of no use.
var (
	errTooLarge   = errors.New("the answer is larger than any that fal gives")
	errUnreadable = errors.New("the answer is not JSON")
)

// read takes in an answer whole, so that one which is cut off counts as a
// failed attempt.
func (t *try) read(response *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(response.Body, t.call.limit+1))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if int64(len(body)) > t.call.limit {
		return errTooLarge
	}
	t.answer = &answer{status: response.StatusCode, header: response.Header, body: body}
	if t.answer.ok() && !looksLikeJSON(body) {
		return errUnreadable
	}
	return nil
}

// looksLikeJSON tells fal's answers from the pages of whatever stands in front
// of it. Only the beginning counts; decoding finds the rest.
func looksLikeJSON(body []byte) bool {
	body = bytes.TrimSpace(body)
	return len(body) > 0 && (body[0] == '{' || body[0] == '[')
}

// checkRetry decides after each attempt whether another follows. It is asked
// twice about an answer: before it is read, when it can't tell yet, and after.
func (c *Client) checkRetry(ctx context.Context, response *http.Response, err error) (bool, error) {
	current := tryOf(ctx)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err == nil && current.answer == nil {
		return false, nil
	}
	current.count++
	if current.count >= attempts || !current.mayRepeat(err) {
		return false, nil
	}
	current.pause = backoff(current.count - 1)
	if response != nil {
		asked := retryAfter(response.Header, c.now())
		if response.StatusCode == http.StatusTooManyRequests {
			current.pause = max(current.pause, asked)
			c.cooldown.extend(c.clock.Now().Add(current.pause))
		} else if asked > 0 {
			current.pause = asked
		}
	}
	current.answer = nil
	return true, nil
}

// mayRepeat is the table of which call may follow which failure.
func (t *try) mayRepeat(err error) bool {
	if errors.Is(err, errForeignRedirect) || errors.Is(err, errTooLarge) {
		return false
	}
	if t.call.policy == repeatUnsent {
		if err != nil {
			return t.answer == nil && !t.sent.possible(errors.Is(err, context.DeadlineExceeded))
		}
		return t.answer.status == http.StatusTooManyRequests
	}
	if err != nil {
		return true
	}
	if t.call.final != nil && t.call.final(t.answer) {
		return false
	}
	switch t.answer.status {
	case http.StatusRequestTimeout, http.StatusTooEarly:
		return t.call.policy == repeatRead
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// gate is the transport of repeated calls: it holds them back while fal wants
// the account to slow down, bounds each attempt and gathers evidence.
type gate struct {
	client *Client
	next   http.RoundTripper
}

func (g *gate) RoundTrip(request *http.Request) (*http.Response, error) {
	current := tryOf(request.Context())
	if err := g.client.cooldown.wait(request.Context(), g.client.clock); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(request.Context(), current.call.timeout)
	current.sent = &evidence{}
	ctx = httptrace.WithClientTrace(ctx, current.sent.trace())
	began := g.client.clock.Now()
	response, err := g.next.RoundTrip(request.WithContext(ctx))
	g.client.log(ctx, request, response, err, began)
	if err != nil {
		cancel()
		return nil, err
	}
	g.client.learnTime(response.Header)
	response.Body = &cancellingBody{ReadCloser: response.Body, cancel: cancel}
	return response, nil
}

// cancellingBody ends the attempt's context with the attempt.
type cancellingBody struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (b *cancellingBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

func (c *Client) log(ctx context.Context, request *http.Request, response *http.Response, err error, began time.Time) {
	fields := map[string]any{
		"method":      request.Method,
		"path":        request.URL.Path,
		"duration_ms": c.clock.Now().Sub(began).Milliseconds(),
	}
	if response != nil {
		fields["status"] = response.StatusCode
		fields["fal_request_id"] = response.Header.Get(headerRequestID)
	}
	if err != nil {
		fields["error"] = c.redact(err.Error())
	}
	c.logger.Debug(ctx, "Called fal", fields)
}

// learnTime notes how fal's clock differs from this machine's.
func (c *Client) learnTime(header http.Header) {
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		c.skew.Store(int64(date.Sub(c.clock.Now())))
	}
}

// now is the time by fal's clock, as far as it is known.
func (c *Client) now() time.Time {
	return c.clock.Now().Add(time.Duration(c.skew.Load()))
}

// dateOf is the Date header of an answer, or the present time.
func (c *Client) dateOf(header http.Header) time.Time {
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		return date
	}
	return c.now()
}

// join appends escaped path segments and a query to a base URL.
func join(base *url.URL, path string, query url.Values) string {
	joined := *base
	joined.Path = base.Path + "/" + path
	joined.RawPath = ""
	joined.RawQuery = query.Encode()
	return joined.String()
}
