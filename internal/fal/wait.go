// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/tmaxmax/go-sse"
)

const (
	// silence is how long a status stream may say nothing, not even a
	// keep-alive. fal documents one about every 15 seconds.
	silence = 45 * time.Second
	// largestFrame bounds a frame of a status stream, in bytes.
	largestFrame = 1 << 20

	// The pace of polling, where there is no stream.
	firstPoll   = 500 * time.Millisecond
	slowestPoll = 5 * time.Second

	// settling is how long a new request may be unknown to the status URL.
	settling = 10 * time.Second
)

// Wait returns the status of a request once it is completed, and tells observe
// about each status on the way. It listens to fal's status stream, and polls if
// there is none or it breaks. It ends early with the context's error, or with
// an error that says nothing about the request: a lost key, a locked account.
// It never cancels.
func (c *Client) Wait(ctx context.Context, handle Handle, observe func(Status)) (Status, error) {
	if status, err := c.follow(ctx, handle, observe); err == nil {
		return status, nil
	} else if ctx.Err() != nil {
		return Status{}, ctx.Err()
	}
	return c.poll(ctx, handle, observe)
}

func (c *Client) poll(ctx context.Context, handle Handle, observe func(Status)) (Status, error) {
	began := c.clock.Now()
	for pause := firstPoll; ; pause = min(pause*3/2, slowestPoll) {
		status, err := c.Status(ctx, handle, false)
		switch {
		case err == nil:
			observe(status)
			if status.State == Completed {
				return status, nil
			}
		case ctx.Err() != nil:
			return Status{}, ctx.Err()
		case errors.Is(err, ErrNotFound) && c.clock.Now().Sub(began) < settling:
			// fal does not promise that a status is known at once.
		case errors.Is(err, ErrServer), errors.Is(err, ErrConnection), errors.Is(err, ErrMalformed), errors.Is(err, ErrRateLimited):
			// These pass; how long to be patient is the caller's to say.
		default:
			return Status{}, err
		}
		if err := c.clock.Sleep(ctx, pause); err != nil {
			return Status{}, err
		}
	}
}

// errNoStream says that polling has to take over.
var errNoStream = errors.New("there is no status stream")

// follow listens to the status stream until the request is completed.
func (c *Client) follow(ctx context.Context, handle Handle, observe func(Status)) (Status, error) {
	if c.key == "" {
		return Status{}, &Error{Operation: "stream", Message: "there is no API key", kinds: []error{ErrNoKey}}
	}
	if err := c.cooldown.wait(ctx, c.clock); err != nil {
		return Status{}, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var heard atomic.Int64
	hear := func() { heard.Store(c.clock.Now().UnixNano()) }
	hear()
	go c.watch(ctx, &heard, stop)

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, streamURL(handle.StatusURL), nil)
	if err != nil {
		return Status{}, err
	}
	request.Header.Set("Accept", "text/event-stream")
	c.dress(request, false)
	began := c.clock.Now()
	response, err := c.http.Do(request)
	c.log(ctx, request, response, err, began)
	if err != nil {
		return Status{}, err
	}
	defer func() { _ = response.Body.Close() }()
	c.learnTime(response.Header)
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if response.StatusCode < 200 || response.StatusCode > 299 || kind != "text/event-stream" {
		return Status{}, fmt.Errorf("%w: HTTP %d of type %q", errNoStream, response.StatusCode, kind)
	}
	for event, err := range sse.Read(&listener{body: response.Body, hear: hear}, &sse.ReadConfig{MaxEventSize: largestFrame}) {
		if err != nil {
			return Status{}, err
		}
		status, err := decodeStatus([]byte(event.Data))
		if err != nil {
			// An event of another kind; what counts is yet to come.
			continue
		}
		observe(status)
		if status.State == Completed {
			return status, nil
		}
	}
	return Status{}, io.ErrUnexpectedEOF
}

func streamURL(statusURL string) string {
	parsed, err := url.Parse(statusURL)
	if err != nil {
		return statusURL
	}
	return parsed.JoinPath("stream").String()
}

// watch ends a stream that has gone silent.
func (c *Client) watch(ctx context.Context, heard *atomic.Int64, stop context.CancelFunc) {
	for {
		quiet := c.clock.Now().Sub(time.Unix(0, heard.Load()))
		if quiet >= silence {
			stop()
			return
		}
		if c.clock.Sleep(ctx, silence-quiet) != nil {
			return
		}
	}
}

// listener notes each arrival, comments included, and bounds the stream.
type listener struct {
	body io.Reader
	hear func()
	read int64
}

// longestStream bounds all of a status stream, in bytes. A day of keep-alives
// is a hundredth of it.
const longestStream = 64 << 20

func (l *listener) Read(p []byte) (int, error) {
	n, err := l.body.Read(p)
	if n > 0 {
		l.hear()
	}
	if l.read += int64(n); l.read > longestStream {
		return n, errTooLarge
	}
	return n, err
}
