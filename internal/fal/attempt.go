// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
)

// gate is the transport of repeated calls: it holds them back while fal wants
// the account to slow down, bounds each attempt and finds out how far it got.
type gate struct {
	client *Client
	next   http.RoundTripper
}

// RoundTrip makes one attempt.
func (g *gate) RoundTrip(request *http.Request) (*http.Response, error) {
	current := tryOf(request.Context())
	current.mayHaveArrived = false
	if !current.call.urgent {
		if err := g.client.cooldown.wait(request.Context(), g.client.clock); err != nil {
			if request.Body != nil {
				_ = request.Body.Close()
			}
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(request.Context(), current.call.timeout)
	proof := &evidence{}
	attempt := request.WithContext(httptrace.WithClientTrace(ctx, proof.trace()))
	if request.Body != nil {
		proof.body = &sealableBody{ReadCloser: request.Body}
		attempt.Body = proof.body
	}
	current.sentAt = g.client.clock.Now()
	response, err := g.next.RoundTrip(attempt)
	g.client.log(ctx, request, response, err, current.sentAt)
	if err != nil {
		current.mayHaveArrived = proof.mayHaveArrived(ctx.Err() != nil)
		cancel()
		return nil, err
	}
	current.mayHaveArrived = true
	g.client.learnTime(response.Header)
	response.Body = &cancellingBody{ReadCloser: response.Body, cancel: cancel}
	return response, nil
}

// cancellingBody ends the attempt's context with the attempt.
type cancellingBody struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close closes the answer and releases the context.
func (b *cancellingBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

// evidence tells whether a request may have reached the other side.
type evidence struct {
	body    *sealableBody
	headers atomic.Bool
	mutex   sync.Mutex
	conn    *countedConn
	before  int64
}

func (e *evidence) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			e.mutex.Lock()
			defer e.mutex.Unlock()
			if e.conn = ownConn(info.Conn); e.conn != nil {
				e.before = e.conn.written.Load()
			}
		},
		WroteHeaderField: func(string, []string) { e.headers.Store(true) },
		WroteHeaders:     func() { e.headers.Store(true) },
	}
}

// ownConn is the counted connection below, if the request had it for itself.
func ownConn(conn net.Conn) *countedConn {
	if secure, ok := conn.(*tls.Conn); ok {
		if secure.ConnectionState().NegotiatedProtocol == "h2" {
			return nil
		}
		conn = secure.NetConn()
	}
	counted, _ := conn.(*countedConn)
	return counted
}

// mayHaveArrived reports whether any byte of a failed request may have been
// written. The first proof of the contrary is that nobody asked for its headers
// or its body, and that nobody can any more. The second is the connection's own
// count; it holds only if the transport ended the attempt by itself, for it
// then waits for its writer, while after an interruption a write may still be
// on its way.
func (e *evidence) mayHaveArrived(interrupted bool) bool {
	wasRead := e.body != nil && e.body.seal()
	if !wasRead && !e.headers.Load() {
		return false
	}
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return interrupted || e.conn == nil || e.conn.written.Load() != e.before
}

// sealableBody is a request body that knows whether it was read, and that can
// be made unreadable, so that a writer left behind can't send it later.
type sealableBody struct {
	io.ReadCloser
	mutex  sync.Mutex
	read   bool
	sealed bool
}

var errSealed = errors.New("the attempt is over")

// Read reads unless the attempt is over.
func (b *sealableBody) Read(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.sealed {
		return 0, errSealed
	}
	b.read = true
	return b.ReadCloser.Read(p)
}

// seal ends all reading and reports whether there was any.
func (b *sealableBody) seal() bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.sealed = true
	return b.read
}

// countedConn counts what is written to a connection.
type countedConn struct {
	net.Conn
	written atomic.Int64
}

// Write passes on and counts.
func (c *countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.written.Add(int64(n))
	return n, err
}

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

func countWrites(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &countedConn{Conn: conn}, nil
	}
}
