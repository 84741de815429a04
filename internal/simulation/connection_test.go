// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// pipe is one direction of a connection. It holds what is written until it has
// arrived, and whatever its size: nobody waits for a reader.
type pipe struct {
	latency time.Duration

	mutex  sync.Mutex
	change sync.Cond
	// chunks have been written and not been read, each with when it arrives.
	chunks []chunk
	// ended is when the end arrives, once the writer has closed.
	ended time.Time
	// failure is what the writer, and the reader at once, get after a reset.
	failure error
	// deaf says that the reader has closed.
	deaf     bool
	deadline time.Time
}

type chunk struct {
	arrives time.Time
	content []byte
}

func newPipe(latency time.Duration) *pipe {
	p := &pipe{latency: latency}
	p.change.L = &p.mutex
	return p
}

func (p *pipe) write(content []byte) (int, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	switch {
	case p.failure != nil:
		return 0, p.failure
	case !p.ended.IsZero():
		return 0, net.ErrClosed
	case p.deaf:
		return 0, syscall.EPIPE
	}
	p.chunks = append(p.chunks, chunk{time.Now().Add(p.latency), append([]byte(nil), content...)})
	p.change.Broadcast()
	return len(content), nil
}

func (p *pipe) read(content []byte) (int, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for {
		now := time.Now()
		var next time.Time
		switch {
		case p.failure != nil:
			return 0, p.failure
		case p.deaf:
			return 0, net.ErrClosed
		case !p.deadline.IsZero() && !now.Before(p.deadline):
			return 0, os.ErrDeadlineExceeded
		case len(p.chunks) > 0 && !p.chunks[0].arrives.After(now):
			n := copy(content, p.chunks[0].content)
			if p.chunks[0].content = p.chunks[0].content[n:]; len(p.chunks[0].content) == 0 {
				p.chunks = p.chunks[1:]
			}
			return n, nil
		case len(p.chunks) > 0:
			next = p.chunks[0].arrives
		case !p.ended.IsZero() && !p.ended.After(now):
			return 0, io.EOF
		default:
			next = p.ended
		}
		if !p.deadline.IsZero() && (next.IsZero() || p.deadline.Before(next)) {
			next = p.deadline
		}
		p.await(next, now)
	}
}

// await returns when something has changed, or at a time if there is one.
func (p *pipe) await(at, now time.Time) {
	if !at.IsZero() {
		defer time.AfterFunc(at.Sub(now), p.change.Broadcast).Stop()
	}
	p.change.Wait()
}

func (p *pipe) alter(change func()) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	change()
	p.change.Broadcast()
}

// end is what the writer does when it closes: what it has written arrives.
func (p *pipe) end() {
	p.alter(func() {
		if p.ended.IsZero() {
			p.ended = time.Now().Add(p.latency)
		}
	})
}

func (p *pipe) stopReading() { p.alter(func() { p.deaf = true }) }

// reset loses what has not arrived.
func (p *pipe) reset() { p.alter(func() { p.failure = syscall.ECONNRESET }) }

func (p *pipe) setDeadline(at time.Time) { p.alter(func() { p.deadline = at }) }

// connection is one end of a connection.
type connection struct {
	incoming, outgoing *pipe
	local, remote      net.Addr
	// wrote is told of what is written; nil for nobody.
	wrote  func(content []byte)
	closed func()

	mutex sync.Mutex
	// abrupt says that closing resets.
	abrupt bool
}

// Read reads what has arrived.
func (c *connection) Read(content []byte) (int, error) { return c.incoming.read(content) }

// Write never waits.
func (c *connection) Write(content []byte) (int, error) {
	if c.wrote != nil {
		c.wrote(content)
	}
	return c.outgoing.write(content)
}

// Close ends both directions. What has been written still arrives, unless the
// connection is to be reset.
func (c *connection) Close() error {
	c.mutex.Lock()
	abrupt := c.abrupt
	c.mutex.Unlock()
	if abrupt {
		c.reset()
	}
	c.outgoing.end()
	c.incoming.stopReading()
	c.closed()
	return nil
}

func (c *connection) reset() {
	c.outgoing.reset()
	c.incoming.reset()
}

// SetLinger with 0 seconds has Close reset the connection, as TCP does.
func (c *connection) SetLinger(seconds int) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.abrupt = seconds == 0
	return nil
}

// LocalAddr is unlike that of all other connections.
func (c *connection) LocalAddr() net.Addr { return c.local }

// RemoteAddr is the other end's.
func (c *connection) RemoteAddr() net.Addr { return c.remote }

// SetDeadline is the reader's: writing takes no time.
func (c *connection) SetDeadline(at time.Time) error { return c.SetReadDeadline(at) }

// SetReadDeadline wakes a reader that waits beyond it.
func (c *connection) SetReadDeadline(at time.Time) error {
	c.incoming.setDeadline(at)
	return nil
}

// SetWriteDeadline changes nothing.
func (c *connection) SetWriteDeadline(time.Time) error { return nil }
