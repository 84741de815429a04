// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"mime"
	"net"
	"net/http"
	"path"
	"sync"
	"time"
)

// server hands out a folder as a web server would, and counts what a page takes
// from it. Nothing is compressed on the way, and headers don't count.
type server struct {
	url  string
	stop func()

	mu   sync.Mutex
	sent map[string]int64 // by path
}

// serve starts a server for a folder on a port of its own.
func serve(ctx context.Context, folder string) (*server, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{url: "http://" + listener.Addr().String(), sent: make(map[string]int64)}
	files := http.FileServer(http.Dir(folder))
	served := &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			// The lists of types of some machines are older than AVIF.
			if path.Ext(r.URL.Path) == ".avif" && mime.TypeByExtension(".avif") == "" {
				w.Header().Set("Content-Type", "image/avif")
			}
			files.ServeHTTP(&counter{ResponseWriter: w, count: func(n int) { s.count(r.URL.Path, n) }}, r)
		}),
	}
	go func() { _ = served.Serve(listener) }()
	s.stop = func() { _ = served.Close() }
	return s, nil
}

func (s *server) count(address string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent[address] += int64(n)
}

// total is what has been sent so far.
func (s *server) total() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var sum int64
	for _, n := range s.sent {
		sum += n
	}
	return sum
}

// counter counts the bytes of a body.
type counter struct {
	http.ResponseWriter
	count func(int)
}

func (c *counter) Write(content []byte) (int, error) {
	n, err := c.ResponseWriter.Write(content)
	c.count(n)
	return n, err
}
