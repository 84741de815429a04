// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"
)

// attempt is one sending of a call, and what came of it.
type attempt struct {
	// answer is nil if there is none that can be used; err says why, and tried
	// what was asked for.
	answer *answer
	err    error
	tried  string
	// sentAt is when it began, by this machine's clock.
	sentAt time.Time
	// timedOut says that it took longer than the call grants to one.
	timedOut bool
	// connected says that the attempt had a connection.
	connected bool
	// mayHaveArrived reports whether fal may have read any of it.
	mayHaveArrived bool
	// effort is what was tried up to this attempt.
	effort effort
}

// effort is how often something was tried, and for how long.
type effort struct {
	attempts int
	elapsed  time.Duration
}

// String continues a text on what came of it. Of a single attempt there is nothing
// to say.
func (e effort) String() string {
	if e.attempts < 2 {
		return ""
	}
	return fmt.Sprintf(", after %d attempts in %s", e.attempts, rounded(e.elapsed))
}

// answer is a complete HTTP answer.
type answer struct {
	status int
	header http.Header
	body   []byte
	// effort is what was tried up to this answer.
	effort effort
}

func (a *answer) ok() bool { return isSuccess(a.status) }

func isSuccess(status int) bool { return status/100 == 2 }

// attempt sends a call once. As long as it has no connection, it ends with the
// second context, too.
func (c *Client) attempt(ctx, waiting context.Context, what call) *attempt {
	made := &attempt{sentAt: c.clock.Now()}
	bounded, stop := c.clock.WithTimeout(ctx, what.timeout)
	defer stop()
	proof := &evidence{}
	request, err := c.newRequest(httptrace.WithClientTrace(bounded, proof.trace()), what, "application/json")
	if err != nil {
		made.err = err
		return made
	}
	if request.Body != nil {
		proof.body = &stoppableBody{ReadCloser: request.Body}
		request.Body = proof.body
	}
	defer context.AfterFunc(waiting, func() { proof.stopUnsent(stop) })()
	response, err := c.http.Do(request)
	if err == nil {
		made.mayHaveArrived = true
		if what.tellsTime {
			c.updateSkew(response.Header)
		}
		made.answer, err = what.read(response, c.inAnswers)
		_ = response.Body.Close()
	} else {
		made.mayHaveArrived = proof.mayHaveArrived(bounded.Err() != nil)
	}
	c.log(ctx, request, response, err, made.sentAt)
	made.err = err
	made.connected = proof.isConnected()
	tried := request.URL.String()
	if outer := (*url.Error)(nil); errors.As(err, &outer) {
		// It repeats the whole URL, and that of a redirect if there was one.
		tried, made.err = outer.URL, outer.Err
	}
	if err != nil && bounded.Err() != nil {
		// What the library says then is that, and not how far it got.
		made.timedOut = ctx.Err() == nil && waiting.Err() == nil
		made.err = errNoAnswer
		if !made.connected {
			made.err = fmt.Errorf("no connection to %s came about", request.URL.Host)
		}
	}
	if made.err != nil {
		made.tried = request.Method + " " + withoutQuery(tried)
		if proxy := c.through(request); proxy != "" && !strings.Contains(made.err.Error(), proxy) {
			made.tried += " through the proxy " + proxy
		}
	}
	return made
}

func withoutQuery(address string) string {
	address, _, _ = strings.Cut(address, "?")
	return address
}

// errNoAnswer says that a request was sent, and that its time was up.
var errNoAnswer = errors.New("the request was sent, and no complete answer came")

// errForeign stops a request that was about to go somewhere else.
var errForeign = errors.New("the request's URL does not lead to fal")

// newRequest prepares a request, which goes to a configured origin or nowhere.
func (c *Client) newRequest(ctx context.Context, what call, accept string) (*http.Request, error) {
	var body io.Reader
	if len(what.body) > 0 {
		body = bytes.NewReader(what.body)
	}
	request, err := http.NewRequestWithContext(ctx, what.method, what.url, body)
	if err != nil || !c.isOwn(request.URL) {
		return nil, errForeign
	}
	// With it, net/http could rewind the body and send it again by itself.
	request.GetBody = nil
	for name, values := range what.header {
		request.Header[name] = values
	}
	request.Header.Set("Authorization", "Key "+c.key)
	request.Header.Set("Accept", accept)
	if c.userAgent != "" {
		request.Header.Set("User-Agent", c.userAgent)
	}
	if what.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

// errTooLarge and errUnreadable end attempts whose answer is of no use.
var (
	errTooLarge   = errors.New("the answer is larger than any that fal gives")
	errUnreadable = errors.New("the answer is not JSON")
)

// read takes in an answer whole, so that one which is cut off counts as a
// failed attempt, and without the key.
func (k *call) read(response *http.Response, secrets redactor) (*answer, error) {
	if response.ContentLength > k.limit {
		return nil, errTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, k.limit+1))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if int64(len(body)) > k.limit {
		return nil, errTooLarge
	}
	read := &answer{status: response.StatusCode, header: response.Header, body: secrets.answer(bytes.TrimSpace(body))}
	// An effect is confirmed by its status alone; fal may say nothing more.
	confirmed := k.policy == repeatEffect && len(read.body) == 0
	if read.ok() && !confirmed && !isContainer(read.body) {
		return nil, errUnreadable
	}
	return read, nil
}

// isContainer tells fal's answers, objects and at times lists, from cut-off
// ones and from the pages of whatever stands in front of fal.
func isContainer(body []byte) bool {
	return len(body) > 0 && (body[0] == '{' || body[0] == '[') && json.Valid(body)
}
