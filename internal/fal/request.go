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
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// The sizes that answers are limited to, in bytes. Results can hold pictures:
// four of them, uncompressed and as text, take less than this.
const (
	smallBody = 1 << 20
	// A page of the history has inputs and outputs, but no pictures.
	pageBody  = 32 << 20
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
	// patience bounds the time from the first attempt to the last; 0 for
	// defaultPatience.
	patience time.Duration
	// urgent calls don't wait for a cool-down to end.
	urgent bool
	// final reports that an answer which looks passing is not: the job behind
	// it has failed for good.
	final func(*answer) bool
	// requestID is the request that the call is about, if there is one already.
	requestID string
}

// answer is a complete HTTP answer.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a *answer) ok() bool { return isSuccess(a.status) }

func isSuccess(status int) bool { return status/100 == 2 }

// try is the state of one call over its attempts.
type try struct {
	call  *call
	began time.Time
	// failed and limited count the attempts that failed and those answered 429.
	failed, limited int
	pause           time.Duration
	// answer is that of the last attempt, nil if it had none.
	answer *answer
	// sentAt is when the last attempt began, by this machine's clock.
	sentAt time.Time
	// mayHaveArrived reports whether the last attempt may have reached fal.
	mayHaveArrived bool
}

type tryKey struct{}

// tryOf finds the state again in the hooks of the HTTP client, which are given
// a context and little else.
func tryOf(ctx context.Context) *try {
	current, _ := ctx.Value(tryKey{}).(*try)
	return current
}

// do sends a call until it is answered for good. An error means that there is
// no complete answer; an answer with an error status is not an error here.
func (c *Client) do(ctx context.Context, what call) (*answer, *try, error) {
	current := &try{call: &what, began: c.clock.Now()}
	if c.key == "" {
		return nil, current, c.noKey(what.operation)
	}
	var body any
	if what.body != nil {
		body = what.body
	}
	request, err := retryablehttp.NewRequestWithContext(context.WithValue(ctx, tryKey{}, current), what.method, what.url, body)
	if err != nil {
		return nil, current, fmt.Errorf("prepare the call to fal: %w", err)
	}
	// With it, net/http could rewind the body and send it again by itself.
	request.GetBody = nil
	for name, values := range what.header {
		request.Header[name] = values
	}
	c.dress(request.Request, "application/json")
	if what.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	request.SetResponseHandler(func(response *http.Response) error { return current.read(response, c.inAnswers) })

	response, err := c.repeating.Do(request)
	if response != nil {
		_ = response.Body.Close()
	}
	if err != nil {
		return nil, current, c.connectionError(ctx, what, err)
	}
	return current.answer, current, nil
}

// dress sets the headers that every call has. The key goes to configured
// origins only, whatever brought the request here.
func (c *Client) dress(request *http.Request, accept string) {
	if c.isOwn(request.URL) {
		request.Header.Set("Authorization", "Key "+c.key)
	}
	request.Header.Set("Accept", accept)
	if c.userAgent != "" {
		request.Header.Set("User-Agent", c.userAgent)
	}
}

// errTooLarge and errUnreadable end attempts whose answer is of no use.
var (
	errTooLarge   = errors.New("the answer is larger than any that fal gives")
	errUnreadable = errors.New("the answer is not JSON")
)

// read takes in an answer whole, so that one which is cut off counts as a
// failed attempt, and without the key.
func (t *try) read(response *http.Response, secrets redactor) error {
	if response.ContentLength > t.call.limit {
		return errTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, t.call.limit+1))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if int64(len(body)) > t.call.limit {
		return errTooLarge
	}
	t.answer = &answer{status: response.StatusCode, header: response.Header, body: secrets.answer(bytes.TrimSpace(body))}
	// An effect is confirmed by its status alone; fal may say nothing more.
	confirmed := t.call.policy == repeatEffect && len(t.answer.body) == 0
	if t.answer.ok() && !confirmed && !isContainer(t.answer.body) {
		return errUnreadable
	}
	return nil
}

// isContainer tells fal's answers, objects and at times lists, from cut-off
// ones and from the pages of whatever stands in front of fal.
func isContainer(body []byte) bool {
	return len(body) > 0 && (body[0] == '{' || body[0] == '[') && json.Valid(body)
}
