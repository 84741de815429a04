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
	"sync"
	"sync/atomic"
	"time"

	"github.com/tmaxmax/go-sse"
)

// The bounds of a status stream.
const (
	// longestSilence is how long it may say nothing, not even a keep-alive. fal
	// documents one about every 15 seconds.
	longestSilence = 45 * time.Second
	// longestUnchanged is how long it may say nothing but keep-alives. Then the
	// frame that matters may have been lost, and polling finds out.
	longestUnchanged = 10 * time.Minute
	// largestFrame is in bytes.
	largestFrame = 1 << 20
	// longestStream is in bytes. A day of keep-alives is a fiftieth of it, and
	// whoever sends more without an end is not worth listening to.
	longestStream = 4 << 20
	// endOfStream is how long fal may take to end a stream that has said all.
	endOfStream = 5 * time.Millisecond
	// firstAnswer is how long the other waits leave the question to the first one,
	// whether fal has streams at all.
	firstAnswer = time.Second
)

// errNoStream says that there is no stream of the request, or of any.
var errNoStream = errors.New("there is no status stream")

// What is known of fal's streams.
const (
	streamsUnknown = iota
	streamsExist
	// streamsMissing: fal knew a request, and yet had no stream of it, nor of another.
	streamsMissing
)

// streamSupport is what this process knows of fal's status streams. It finds out once:
// until then, one wait asks at a time.
type streamSupport struct {
	have   atomic.Int32
	asking chan struct{}
}

func newStreamSupport() streamSupport { return streamSupport{asking: make(chan struct{}, 1)} }

// ask returns when it is known whether there are streams, or when it is this wait's
// turn to find out. The function that it returns ends the turn; to call it again
// does nothing. A first question that gets no answer holds nobody up for long.
func (s *streamSupport) ask(ctx context.Context, clock Clock) (known func()) {
	if s.have.Load() != streamsUnknown {
		return func() {}
	}
	ctx, stop := clock.WithTimeout(ctx, firstAnswer)
	defer stop()
	select {
	case s.asking <- struct{}{}:
		return sync.OnceFunc(func() { <-s.asking })
	case <-ctx.Done():
		return func() {}
	}
}

// follow listens to the status stream until the request is completed, and calls
// known once there is one. Any error means that polling has to take over.
func (c *Client) follow(ctx context.Context, handle Handle, observe func(Status), known func()) (Status, error) {
	if c.streams.have.Load() == streamsMissing {
		return Status{}, errNoStream
	}
	if err := c.cooldown.wait(ctx, c.clock); err != nil {
		return Status{}, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	heard := newLastHeard(c.clock)
	go heard.stopWhenSilent(ctx, stop)

	body, err := c.openStream(ctx, handle)
	if err != nil {
		return Status{}, err
	}
	defer func() { _ = body.Close() }()
	c.streams.have.Store(streamsExist)
	known()
	frames := sse.Read(&streamReader{body: body, heard: heard}, &sse.ReadConfig{MaxEventSize: largestFrame})
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
		heard.noteStatus()
		observe(status)
		if status.State == Completed {
			c.readToEnd(ctx, body, stop)
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
	what := call{operation: "wait", method: http.MethodGet, url: address.JoinPath("stream").String(), limit: smallBody, requestID: handle.RequestID}
	request, err := c.newRequest(ctx, what, "text/event-stream")
	if err != nil {
		return nil, err
	}
	began := c.clock.Now()
	response, err := c.http.Do(request)
	c.log(ctx, request, response, err, began)
	if outer := (*url.Error)(nil); errors.As(err, &outer) {
		return nil, c.connectionError(what, &attempt{tried: request.Method + " " + withoutQuery(outer.URL), err: outer.Err})
	}
	if err != nil {
		return nil, err
	}
	if response.StatusCode == http.StatusTooManyRequests {
		c.slowDown(response.Header, 0)
	}
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if isSuccess(response.StatusCode) && kind == "text/event-stream" {
		return response.Body, nil
	}
	defer func() { _ = response.Body.Close() }()
	switch response.StatusCode {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return nil, fmt.Errorf("%w: HTTP %d", errNoStream, response.StatusCode)
	}
	if isSuccess(response.StatusCode) {
		return nil, fmt.Errorf("%w: HTTP %d of type %q", errNoStream, response.StatusCode, kind)
	}
	said, err := what.read(response, c.inAnswers)
	if err != nil {
		return nil, err
	}
	return nil, c.errorOf(what, said)
}

// readToEnd waits a moment for the end of a stream that has said all: that gives
// the connection back to those who come next.
func (c *Client) readToEnd(ctx context.Context, body io.Reader, stop context.CancelFunc) {
	go func() {
		_ = c.clock.Sleep(ctx, endOfStream)
		stop()
	}()
	_, _ = io.Copy(io.Discard, io.LimitReader(body, smallBody))
}

// lastHeard holds the times of a stream's last byte and of its last status.
type lastHeard struct {
	clock                Clock
	lastByte, lastStatus atomic.Int64
}

func newLastHeard(clock Clock) *lastHeard {
	heard := &lastHeard{clock: clock}
	heard.noteByte()
	heard.noteStatus()
	return heard
}

func (l *lastHeard) noteByte()   { l.lastByte.Store(l.clock.Now().UnixNano()) }
func (l *lastHeard) noteStatus() { l.lastStatus.Store(l.clock.Now().UnixNano()) }

// stopWhenSilent ends a stream that has gone silent.
func (l *lastHeard) stopWhenSilent(ctx context.Context, stop context.CancelFunc) {
	for {
		now := l.clock.Now()
		left := min(longestSilence-now.Sub(time.Unix(0, l.lastByte.Load())), longestUnchanged-now.Sub(time.Unix(0, l.lastStatus.Load())))
		if left <= 0 {
			stop()
			return
		}
		if l.clock.Sleep(ctx, left) != nil {
			return
		}
	}
}

// streamReader notes each arrival, comments included, and bounds the stream.
type streamReader struct {
	body  io.Reader
	heard *lastHeard
	read  int64
}

// Read takes what has come.
func (r *streamReader) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	r.heard.noteByte()
	if r.read += int64(n); r.read > longestStream {
		return n, errTooLarge
	}
	return n, err
}
