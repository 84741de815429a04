// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"testing"
)

// The parts of HTTP/2 that the server below speaks.
const (
	frameData     = 0x0
	frameHeaders  = 0x1
	frameReset    = 0x3
	frameSettings = 0x4
	frameGoAway   = 0x7

	flagEndStream = 0x1
	refusedStream = 0x7
	prefaceLength = 24
	frameHeadSize = 9
)

// frame writes an HTTP/2 frame of up to 255 bytes.
func frame(kind byte, stream uint32, payload []byte) []byte {
	head := []byte{0, 0, byte(len(payload)), kind, 0}
	return append(binary.BigEndian.AppendUint32(head, stream), payload...)
}

// serveHTTP2 accepts streams and, once one has been sent whole, ends it in the
// given way.
func serveHTTP2(conn *rawConn, end func(stream uint32) []byte) {
	if _, err := io.CopyN(io.Discard, conn.reader, prefaceLength); err != nil {
		return
	}
	_, _ = conn.Write(frame(frameSettings, 0, nil))
	for {
		head := make([]byte, frameHeadSize)
		if _, err := io.ReadFull(conn.reader, head); err != nil {
			return
		}
		length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err := io.CopyN(io.Discard, conn.reader, length); err != nil {
			return
		}
		kind, flags, stream := head[3], head[4], binary.BigEndian.Uint32(head[5:])
		if kind == frameHeaders {
			conn.server.heads.Add(1)
		}
		if kind == frameData && flags&flagEndStream != 0 {
			conn.server.bodies.Add(1)
			_, _ = conn.Write(end(stream))
		}
	}
}

// TestSubmitOverHTTP2IsNeverSentTwice has the server end streams in the two ways
// after which net/http likes to send a request again by itself.
func TestSubmitOverHTTP2IsNeverSentTwice(t *testing.T) {
	t.Parallel()
	tests := map[string]func(stream uint32) []byte{
		"refused stream": func(stream uint32) []byte {
			return frame(frameReset, stream, binary.BigEndian.AppendUint32(nil, refusedStream))
		},
		"going away before it": func(uint32) []byte { return frame(frameGoAway, 0, make([]byte, 8)) },
	}
	for name, end := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			certified := httptest.NewTLSServer(http.NotFoundHandler())
			t.Cleanup(certified.Close)
			server := newRawServer(t, func(c *rawConn, _ int) {
				secure := tls.Server(c.Conn, &tls.Config{Certificates: certified.TLS.Certificates, NextProtos: []string{"h2"}})
				c.Conn = secure
				c.reader.Reset(secure)
				serveHTTP2(c, end)
			})
			roots := x509.NewCertPool()
			roots.AddCert(certified.Certificate())
			transport := newTransport()
			transport.TLSClientConfig.RootCAs = roots
			t.Cleanup(transport.CloseIdleConnections)
			c := client(t, "https"+server.url[len("http"):], func(o *Options) { o.Transport = transport })

			_, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})

			if !errors.Is(err, ErrOutcomeUnknown) {
				t.Errorf("got %v, want ErrOutcomeUnknown", err)
			}
			if heads, bodies := server.heads.Load(), server.bodies.Load(); heads != 1 || bodies != 1 {
				t.Errorf("%d submissions with %d bodies, want 1", heads, bodies)
			}
		})
	}
}

// TestHTTP2IsSpoken also sees to it that what others write to a shared
// connection is not counted as a submission's own.
func TestHTTP2IsSpoken(t *testing.T) {
	t.Parallel()
	var spoken string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		spoken = r.Proto
		reply(w, 200, ticket("https://example.com"))
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	transport := newTransport()
	t.Cleanup(transport.CloseIdleConnections)
	transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	transport.TLSClientConfig.RootCAs.AddCert(server.Certificate())
	c := client(t, server.URL, func(o *Options) { o.Transport = transport })
	var shared bool
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { shared = ownConn(info.Conn) == nil }})
	if _, err := c.Submit(ctx, testEndpoint, json.RawMessage(testInput), SubmitOptions{}); err != nil {
		t.Fatal(err)
	}
	if !shared {
		t.Error("an HTTP/2 connection is taken for the submission's own")
	}
	if spoken != "HTTP/2.0" {
		t.Errorf("the submission went over %s", spoken)
	}
}

func TestUntrustedServerIsNotAskedTwice(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	t.Cleanup(server.Close)
	clock := newFakeClock()
	c := client(t, server.URL, withClock(clock))
	_, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
	var untrusted *tls.CertificateVerificationError
	if !errors.As(err, &untrusted) || !errors.Is(err, ErrConnection) || errors.Is(err, ErrOutcomeUnknown) {
		t.Errorf("got %v", err)
	}
	if n := len(clock.sleeps()); n != 0 {
		t.Errorf("repeated %d times", n)
	}
}
