// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
)

// evidence tells whether a request may have reached the other side.
type evidence struct {
	body    *stoppableBody
	headers atomic.Bool
	mutex   sync.Mutex
	// connected says that the request has a connection, conn that it has it for
	// itself.
	connected bool
	conn      *countedConn
	before    int64
}

func (e *evidence) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			e.mutex.Lock()
			defer e.mutex.Unlock()
			e.connected = true
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

// isConnected reports whether the request has got a connection.
func (e *evidence) isConnected() bool {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.connected
}

// stopUnsent ends an attempt that has neither a connection nor been read from.
// Nobody can send it any more then.
func (e *evidence) stopUnsent(stop context.CancelFunc) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if !e.connected && (e.body == nil || e.body.stopIfUnread()) {
		stop()
	}
}

// mayHaveArrived reports whether any byte of a failed request may have been
// written. The first proof of the contrary is that nobody asked for its headers
// or its body, and that nobody can any more. The second is the connection's own
// count; it holds only if the transport ended the attempt by itself, for it
// then waits for its writer, while after an interruption a write may still be
// on its way.
func (e *evidence) mayHaveArrived(interrupted bool) bool {
	wasRead := e.body != nil && e.body.stop()
	if !wasRead && !e.headers.Load() {
		return false
	}
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return interrupted || e.conn == nil || e.conn.written.Load() != e.before
}

// stoppableBody is a request body that knows whether it was read, and that can
// be made unreadable, so that a writer left behind can't send it later.
type stoppableBody struct {
	io.ReadCloser
	mutex   sync.Mutex
	read    bool
	stopped bool
}

var errSealed = errors.New("the attempt is over")

// Read reads unless the attempt is over.
func (b *stoppableBody) Read(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.stopped {
		return 0, errSealed
	}
	b.read = true
	return b.ReadCloser.Read(p)
}

// stop ends all reading and reports whether there was any.
func (b *stoppableBody) stop() bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.stopped = true
	return b.read
}

// stopIfUnread ends all reading if there was none, and reports that.
func (b *stoppableBody) stopIfUnread() bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.stopped = b.stopped || !b.read
	return !b.read
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
