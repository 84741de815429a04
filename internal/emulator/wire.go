// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"io"
	"net/http"
	"strconv"
)

// readBody reads the request's body, up to the limit, for the handlers and
// for the log. It returns false if there is more.
func (s *Server) readBody(c *call) bool {
	if c.read {
		return int64(len(c.content)) <= s.bodyLimit
	}
	c.read = true
	content, err := io.ReadAll(io.LimitReader(c.Body, s.bodyLimit+1))
	if err != nil {
		// The client has left in the middle of it. No gateway passes on half a request.
		panic(http.ErrAbortHandler)
	}
	c.content = content
	if len(content) > 0 {
		s.note(c, func(e *Entry) { e.Body = content })
	}
	return int64(len(content)) <= s.bodyLimit
}

func tooLarge() reply {
	return detail(http.StatusRequestEntityTooLarge, "Request body is too large")
}

// send writes an answer, or the first bytes of one before it cuts the
// connection.
func (s *Server) send(c *call, r reply, truncate int) {
	s.note(c, func(e *Entry) { e.Status = r.status })
	header := c.w.Header()
	for name, values := range r.header {
		header[name] = values
	}
	if header.Get("Date") == "" {
		header.Set("Date", s.clock.Now().UTC().Format(http.TimeFormat))
	}
	if r.body != nil && header.Get("Content-Length") == "" {
		header.Set("Content-Length", strconv.Itoa(len(r.body)))
	}
	c.w.WriteHeader(r.status)
	if c.Method == http.MethodHead {
		return
	}
	if truncate > 0 && truncate < len(r.body) {
		_, _ = c.w.Write(r.body[:truncate])
		s.flush(c)
		panic(http.ErrAbortHandler)
	}
	// A client that has left misses the answer; there is no one to tell.
	_, _ = c.w.Write(r.body)
}

func (s *Server) flush(c *call) {
	// Not every writer can flush; the bytes then leave when the handler ends.
	_ = http.NewResponseController(c.w).Flush()
}

// reset closes the connection without an answer, with a TCP reset where there
// is a TCP connection.
func (s *Server) reset(c *call) {
	connection, _, err := http.NewResponseController(c.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := connection.(interface{ SetLinger(seconds int) error }); ok {
		_ = tcp.SetLinger(0)
	}
	_ = connection.Close()
}
