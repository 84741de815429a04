// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Running is an emulator that serves on a port.
type Running struct {
	server   *Server
	http     *http.Server
	listener net.Listener
	ended    chan error
}

// Listen serves the emulator at an address such as 127.0.0.1:0. Close ends it.
func (s *Server) Listen(ctx context.Context, address string) (*Running, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return s.Serve(listener), nil
}

// Serve serves the emulator on a listener. Close ends it and closes that too.
func (s *Server) Serve(listener net.Listener) *Running {
	r := &Running{
		server:   s,
		http:     &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second},
		listener: listener,
		ended:    make(chan error, 1),
	}
	go func() { r.ended <- r.http.Serve(listener) }()
	return r
}

// URL is the base of the emulator: what FLUX2_EMULATOR_URL is set to. One that
// listens on all addresses is told by the one that this machine has for itself.
func (r *Running) URL() string {
	if at, ok := r.listener.Addr().(*net.TCPAddr); ok && at.IP.IsUnspecified() {
		return "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(at.Port))
	}
	return "http://" + r.listener.Addr().String()
}

// Server is the emulator that is served.
func (r *Running) Server() *Server { return r.server }

// grace is how long answers under way may take when the emulator closes.
const grace = 2 * time.Second

// Close stops serving: answers under way are finished, streams and waiting
// calls are cut. The emulator is closed too.
func (r *Running) Close() error {
	problem := r.server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := r.http.Shutdown(ctx); err != nil {
		problem = errors.Join(problem, r.http.Close())
	}
	if err := <-r.ended; !errors.Is(err, http.ErrServerClosed) {
		problem = errors.Join(problem, err)
	}
	// A second Close finds the same.
	r.ended <- http.ErrServerClosed
	return problem
}
