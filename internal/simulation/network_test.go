// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"context"
	"net"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// network leads from processes to one server, in memory.
type network struct {
	accepted chan net.Conn
	done     chan struct{}
	// latency is how long what is sent over the nth connection takes, each way.
	latency func(nth int) time.Duration

	mutex   sync.Mutex
	closed  bool
	dialled int
	open    map[*connection]bool
}

func newNetwork(latency func(nth int) time.Duration) *network {
	return &network{accepted: make(chan net.Conn), done: make(chan struct{}), latency: latency, open: map[*connection]bool{}}
}

// address names an end of a connection.
type address string

// Network is a made-up one.
func (address) Network() string { return "memory" }

// String is what it was named.
func (a address) String() string { return string(a) }

// Accept is the server's.
func (n *network) Accept() (net.Conn, error) {
	select {
	case accepted := <-n.accepted:
		return accepted, nil
	case <-n.done:
		return nil, net.ErrClosed
	}
}

// Close ends all connections.
func (n *network) Close() error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if n.closed {
		return nil
	}
	n.closed = true
	close(n.done)
	for end := range n.open {
		end.reset()
	}
	return nil
}

// Addr is where the server is.
func (n *network) Addr() net.Addr { return address("server") }

// process is one process's part of the network.
type process struct {
	network *network
	// wrote is told of what the process sends; nil for nobody.
	wrote func(content []byte)

	mutex sync.Mutex
	dead  bool
	open  map[*connection]bool
}

func (n *network) newProcess() *process {
	return &process{network: n, open: map[*connection]bool{}}
}

// dial connects to the server, whatever the address.
func (p *process) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	n := p.network
	n.mutex.Lock()
	n.dialled++
	nth := n.dialled
	n.mutex.Unlock()

	latency := n.latency(nth)
	there, back := newPipe(latency), newPipe(latency)
	at := address("process:" + strconv.Itoa(nth))
	near := &connection{incoming: back, outgoing: there, local: at, remote: n.Addr(), wrote: p.wrote, closed: func() {}}
	far := &connection{incoming: there, outgoing: back, local: n.Addr(), remote: at}
	far.closed = func() { n.forget(far) }
	near.closed = func() { p.forget(near) }
	if !p.remember(near) {
		return nil, syscall.ECONNREFUSED
	}
	n.remember(far)
	select {
	case n.accepted <- far:
		return near, nil
	case <-n.done:
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (n *network) remember(end *connection) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.open[end] = true
}

func (n *network) forget(end *connection) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	delete(n.open, end)
}

func (p *process) remember(end *connection) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if !p.dead {
		p.open[end] = true
	}
	return !p.dead
}

func (p *process) forget(end *connection) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	delete(p.open, end)
}

// kill ends all connections and lets none be made: what the process has written
// still arrives, and it hears nothing any more.
func (p *process) kill() {
	for _, end := range p.cut() {
		end.outgoing.end()
		end.incoming.reset()
	}
}

func (p *process) cut() []*connection {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.dead = true
	var ends []*connection
	for end := range p.open {
		ends = append(ends, end)
	}
	return ends
}
