// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // the package reports MD5.
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/HugoSmits86/nativewebp"
)

// picture is a small image with content that depends on the seed.
func picture(tb testing.TB, contentType string, seed uint8) []byte {
	tb.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 40, 30))
	for i := range img.Pix {
		img.Pix[i] = uint8(i*7)*3 + seed //nolint:gosec // wrapping is the pattern.
	}
	img.Set(0, 0, color.White)
	var buf bytes.Buffer
	var err error
	switch contentType {
	case "image/png":
		err = png.Encode(&buf, img)
	case "image/jpeg":
		err = jpeg.Encode(&buf, img, nil)
	case "image/webp":
		err = nativewebp.Encode(&buf, img, nil)
	case "image/avif":
		return avifHeader(40, 30, seed)
	default:
		tb.Fatalf("no encoder for %s", contentType)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}

// infoOf is what the package should say about one of those pictures.
func infoOf(content []byte, contentType string) Info {
	sha := sha256.Sum256(content)
	md := md5.Sum(content) //nolint:gosec // the package reports MD5.
	return Info{
		SHA256:       hex.EncodeToString(sha[:]),
		SHA256Base64: base64.StdEncoding.EncodeToString(sha[:]),
		MD5:          hex.EncodeToString(md[:]),
		SizeBytes:    int64(len(content)),
		ContentType:  contentType,
		Width:        40,
		Height:       30,
	}
}

func dataURI(contentType string, content []byte) string {
	return "data:" + contentType + ";base64," + base64.StdEncoding.EncodeToString(content)
}

// fakeClock never waits, and remembers what it was asked to.
type fakeClock struct {
	mu     sync.Mutex
	now    time.Time
	sleeps []time.Duration
}

func newFakeClock() *fakeClock {
	return &fakeClock{now: time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)}
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.sleeps = append(c.sleeps, d)
	return ctx.Err()
}

func (c *fakeClock) slept() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sleeps)
}

// recordingLog keeps everything that was logged, as text.
type recordingLog struct {
	mu    sync.Mutex
	lines []string
}

func (l *recordingLog) Debug(_ context.Context, msg string, fields map[string]any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	line := msg
	for k, v := range fields {
		line += " " + k + "="
		if s, ok := v.(string); ok {
			line += s
		}
	}
	l.lines = append(l.lines, line)
}

func (l *recordingLog) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// host is a media host over TLS that keeps the requests it got.
type host struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
}

func newHost(t *testing.T, handler http.HandlerFunc) *host {
	t.Helper()
	return startHost(t, handler, (*httptest.Server).StartTLS)
}

func newPlainHost(t *testing.T, handler http.HandlerFunc) *host {
	t.Helper()
	return startHost(t, handler, (*httptest.Server).Start)
}

func startHost(t *testing.T, handler http.HandlerFunc, start func(*httptest.Server)) *host {
	t.Helper()
	h := &host{}
	h.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.requests = append(h.requests, r)
		h.mu.Unlock()
		handler(w, r)
	}))
	h.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	start(h.Server)
	t.Cleanup(h.Close)
	return h
}

func (h *host) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.requests)
}

func (h *host) last(t *testing.T) *http.Request {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.requests) == 0 {
		t.Fatal("the host got no request")
	}
	return h.requests[len(h.requests)-1]
}

func (h *host) addr(t *testing.T) netip.AddrPort {
	t.Helper()
	return netip.MustParseAddrPort(h.Listener.Addr().String())
}

// asPublic makes the tests' hosts, and nothing else, pass for public ones.
func asPublic(t *testing.T, hosts ...*host) hooks {
	t.Helper()
	return hooks{
		roots: roots(t),
		proxy: func(*http.Request) (*url.URL, error) { return nil, nil },
		kindOf: func(ap netip.AddrPort) kind {
			for _, h := range hosts {
				if h.addr(t) == ap {
					return publicKind
				}
			}
			return kindOfAddr(ap)
		},
	}
}

// roots trusts the certificate that every httptest server shares. It is good
// for example.com too.
func roots(t *testing.T) *x509.CertPool {
	t.Helper()
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	defer srv.Close()
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	return pool
}

// client makes a client over hooks, with a clock that never waits.
func client(t *testing.T, opts Options, h hooks) *Client {
	t.Helper()
	if opts.Clock == nil {
		opts.Clock = newFakeClock()
	}
	c, err := newClient(opts, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// serve answers with content of a type; an empty type sends no header.
func serve(contentType string, content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		_, _ = w.Write(content)
	}
}

// answers plays handlers one after the other; the last one stays.
func answers(handlers ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	next := 0
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		handler := handlers[min(next, len(handlers)-1)]
		next++
		mu.Unlock()
		handler(w, r)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// listing is everything below a folder, as slash-separated relative paths.
func listing(t *testing.T, folder string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		if rel, _ := filepath.Rel(folder, path); rel != "." {
			names = append(names, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func wantListing(t *testing.T, folder string, want ...string) {
	t.Helper()
	if got := listing(t, folder); !slices.Equal(got, want) {
		t.Errorf("folder holds %q, want %q", got, want)
	}
}

func wantContent(t *testing.T, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s holds %d bytes that are not the %d expected", path, len(got), len(want))
	}
}

// wantText checks that an error tells a stranger these things.
func wantText(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not mention %q", err, part)
		}
	}
}

// resolver answers every query for an IPv4 address with the same one.
func resolver(addr [4]byte) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			defer func() { _ = far.Close() }()
			var err error
			for err == nil {
				err = answerName(far, addr)
			}
		}()
		return near, nil
	}}
}

// answerName serves one query in the framing of DNS over TCP, which is what
// the resolver speaks over a connection that is no packet connection.
func answerName(conn net.Conn, addr [4]byte) error {
	buf := make([]byte, 512)
	if _, err := conn.Read(buf[:2]); err != nil {
		return err
	}
	n, err := conn.Read(buf[:binary.BigEndian.Uint16(buf)])
	if err != nil {
		return err
	}
	query := buf[:n]
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	question := query[12 : end+5]
	isA := binary.BigEndian.Uint16(question[len(question)-4:]) == 1
	reply := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question...)
	if isA {
		reply[7] = 1
		reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
		reply = append(reply, addr[:]...)
	}
	_, err = conn.Write(append([]byte{0, byte(len(reply))}, reply...))
	return err
}
