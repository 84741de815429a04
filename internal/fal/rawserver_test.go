// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
)

// rawServer speaks HTTP/1 by hand, so that it can fail at any point of it.
type rawServer struct {
	url string
	// heads and bodies count the requests that arrived so far.
	heads, bodies atomic.Int64
	conns         atomic.Int64
	// reached is closed when the first request arrives.
	reached chan struct{}
}

// rawConn is one connection to a rawServer.
type rawConn struct {
	net.Conn
	reader *bufio.Reader
	server *rawServer
}

// head reads a request line and the headers.
func (c *rawConn) head() (*http.Request, error) {
	request, err := http.ReadRequest(c.reader)
	if err == nil && c.server.heads.Add(1) == 1 {
		close(c.server.reached)
	}
	return request, err
}

// request reads a whole request.
func (c *rawConn) request() error {
	request, err := c.head()
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, request.Body); err != nil {
		return err
	}
	c.server.bodies.Add(1)
	return nil
}

func (c *rawConn) answer(status int, body string) {
	_, _ = fmt.Fprintf(c, "HTTP/1.1 %d x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
}

// reset closes the connection so that the other side sees a reset.
func (c *rawConn) reset() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

// newRawServer serves each connection with the function, which is told how many
// came before it, and closes it afterwards.
func newRawServer(t *testing.T, serve func(conn *rawConn, before int)) *rawServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a listener in a test
	if err != nil {
		t.Fatal(err)
	}
	server := &rawServer{url: "http://" + listener.Addr().String(), reached: make(chan struct{})}
	var running sync.WaitGroup
	var mutex sync.Mutex
	var open []net.Conn
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				continue
			}
			mutex.Lock()
			open = append(open, conn)
			mutex.Unlock()
			before := int(server.conns.Add(1)) - 1
			running.Go(func() {
				defer func() { _ = conn.Close() }()
				serve(&rawConn{Conn: conn, reader: bufio.NewReader(conn), server: server}, before)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		mutex.Lock()
		for _, conn := range open {
			_ = conn.Close()
		}
		mutex.Unlock()
		running.Wait()
	})
	return server
}
