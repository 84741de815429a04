// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"errors"
	"io"
	"net"
	"net/http/httptrace"
	"strings"
	"testing"
)

// TestEvidence decides about attempts that failed at every stage.
func TestEvidence(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		connected, headers, body, written, interrupted bool
		want                                           bool
	}{
		"nothing happened":                 {},
		"interrupted before it began":      {interrupted: true},
		"connected":                        {connected: true},
		"interrupted while connected":      {connected: true, interrupted: true},
		"connection busy with another":     {connected: true, written: true},
		"prepared but not written":         {connected: true, headers: true, body: true},
		"prepared and interrupted":         {connected: true, headers: true, body: true, interrupted: true, want: true},
		"headers written":                  {connected: true, headers: true, written: true, want: true},
		"body written":                     {connected: true, body: true, written: true, want: true},
		"headers on a connection unseen":   {headers: true, want: true},
		"body on a connection unseen":      {body: true, want: true},
		"all written":                      {connected: true, headers: true, body: true, written: true, want: true},
		"all written, and then cut short":  {connected: true, headers: true, body: true, written: true, interrupted: true, want: true},
		"headers prepared and interrupted": {connected: true, headers: true, interrupted: true, want: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := &stoppableBody{ReadCloser: io.NopCloser(strings.NewReader("paid"))}
			proof := &evidence{body: body}
			trace := proof.trace()
			near, far := net.Pipe()
			defer func() { _, _ = near.Close(), far.Close() }()
			conn := &countedConn{Conn: near}
			conn.written.Store(7)
			if test.connected {
				trace.GotConn(httptrace.GotConnInfo{Conn: conn})
			}
			if test.headers {
				trace.WroteHeaderField("Host", nil)
			}
			if test.body {
				if _, err := body.Read(make([]byte, 2)); err != nil {
					t.Fatal(err)
				}
			}
			if test.written {
				conn.written.Add(1)
			}
			if got := proof.mayHaveArrived(test.interrupted); got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
			// Nobody can send the rest behind the verdict's back.
			if n, err := body.Read(make([]byte, 2)); n != 0 || !errors.Is(err, errSealed) {
				t.Errorf("read %d bytes more, %v", n, err)
			}
		})
	}
}
