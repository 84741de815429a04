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

// The bounds of a status stream.
const (
	// silence is how long it may say nothing, not even a keep-alive. fal
	// documents one about every 15 seconds.
	silence = 45 * time.Second
	// quiet is how long it may say nothing but keep-alives. Then the frame that
	// matters may have been lost, and polling finds out.
	quiet = 10 * time.Minute
	// largestFrame is in bytes.
	largestFrame = 1 << 20
	// longestStream is in bytes. A day of keep-alives is a fiftieth of it, and
	// whoever sends more without an end is not worth listening to.
	longestStream = 4 << 20
	// farewell is how long fal may take to end a stream that has said all.
	farewell = 5 * time.Millisecond
)

// errNoStream says that there is nothing to listen to.
var errNoStream = errors.New("there is no status stream")

// follow listens to the status stream until the request is completed. Any error
// means that polling has to take over.
func (c *Client) follow(ctx context.Context, handle Handle, observe func(Status)) (Status, error) {
	if err := c.cooldown.wait(ctx, c.clock); err != nil {
		return Status{}, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	heard := newPulse(c.clock)
	go heard.watch(ctx, stop)

	body, err := c.openStream(ctx, handle)
	if err != nil {
		return Status{}, err
	}
	defer hangUp(body, stop)
	frames := sse.Read(&listener{body: body, heard: heard}, &sse.ReadConfig{MaxEventSize: largestFrame})
	for event, err := range frames {
		if err != nil {
			return Status{}, err
		}
		status, err := c.decodeStatus([]byte(event.Data))
		if errors.Is(err, errNoStatus) {
			// An event of another kind.
			continue
		}
		if err != nil {
			return Status{}, err
		}
		heard.frame()
		observe(status)
		if status.State == Completed {
			return status, nil
		}
	}
	return Status{}, io.ErrUnexpectedEOF
}

func (c *Client) openStream(ctx context.Context, handle Handle) (io.ReadCloser, error) {
	address, err := url.Parse(handle.StatusURL)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.JoinPath("stream").String(), nil)
	if err != nil {
		return nil, err
	}
	c.dress(request, "text/event-stream")
	began := c.clock.Now()
	response, err := c.http.Do(request)
	c.log(ctx, request, response, err, began)
	if err != nil {
		return nil, err
	}
	c.learnTime(response.Header)
	if response.StatusCode == http.StatusTooManyRequests {
		c.slowDown(response.Header, 0)
	}
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if !isSuccess(response.StatusCode) || kind != "text/event-stream" {
		_ = response.Body.Close()
		return nil, fmt.Errorf("%w: HTTP %d of type %q", errNoStream, response.StatusCode, kind)
	}
	return response.Body, nil
}

// hangUp closes a stream. fal ends it after the last frame; waiting a moment for
// that gives the connection back to those who come next.
func hangUp(body io.ReadCloser, stop context.CancelFunc) {
	timer := time.AfterFunc(farewell, stop)
	defer timer.Stop()
	_, _ = io.Copy(io.Discard, io.LimitReader(body, smallBody))
	_ = body.Close()
}

// pulse holds the times of the last sign of life and of the last status.
type pulse struct {
	clock      Clock
	sign, said atomic.Int64
}

func newPulse(clock Clock) *pulse {
	p := &pulse{clock: clock}
	p.beat()
	p.frame()
	return p
}

func (p *pulse) beat()  { p.sign.Store(p.clock.Now().UnixNano()) }
func (p *pulse) frame() { p.said.Store(p.clock.Now().UnixNano()) }

// watch ends a stream that has gone silent.
func (p *pulse) watch(ctx context.Context, stop context.CancelFunc) {
	for {
		now := p.clock.Now()
		left := min(silence-now.Sub(time.Unix(0, p.sign.Load())), quiet-now.Sub(time.Unix(0, p.said.Load())))
		if left <= 0 {
			stop()
			return
		}
		if p.clock.Sleep(ctx, left) != nil {
			return
		}
	}
}

// listener notes each arrival, comments included, and bounds the stream.
type listener struct {
	body  io.Reader
	heard *pulse
	read  int64
}

// Read takes what has come.
func (l *listener) Read(p []byte) (int, error) {
	n, err := l.body.Read(p)
	l.heard.beat()
	if l.read += int64(n); l.read > longestStream {
		return n, errTooLarge
	}
	return n, err
}
