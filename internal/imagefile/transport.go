// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	dialTimeout   = 10 * time.Second
	headerTimeout = 30 * time.Second
	// stallTimeout is how long a body may go without a byte.
	stallTimeout = 30 * time.Second
)

// hooks let the package's own tests stand in for the world outside.
type hooks struct {
	roots    *x509.CertPool
	resolver *net.Resolver
	kindOf   func(netip.AddrPort) kind
	proxy    func(*http.Request) (*url.URL, error)
	stall    time.Duration
	writer   func(*os.File) io.Writer
	dial     dialFunc
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// transport sends each request over the connection pool with the right guard:
// the address is judged where it is dialled, and what plain HTTP may reach is
// less than what HTTPS may. Behind a proxy the address dialled is the proxy's,
// so there the URL is judged instead.
type transport struct {
	policy                *policy
	proxy                 func(*http.Request) (*url.URL, error)
	secure, plain, viaPxy *http.Transport
	stall                 time.Duration
	logger                Logger
}

func newTransport(p *policy, logger Logger, h hooks) *transport {
	t := &transport{policy: p, proxy: http.ProxyFromEnvironment, stall: stallTimeout, logger: logger}
	if h.proxy != nil {
		t.proxy = h.proxy
	}
	if h.stall > 0 {
		t.stall = h.stall
	}
	secure, plain, viaPxy := p.dial("https"), p.dial("http"), (&net.Dialer{Timeout: dialTimeout}).DialContext
	if h.dial != nil {
		secure, plain, viaPxy = h.dial, h.dial, h.dial
	}
	t.secure, t.plain, t.viaPxy = newPool(secure, h.roots), newPool(plain, h.roots), newPool(viaPxy, h.roots)
	t.viaPxy.Proxy, t.viaPxy.OnProxyConnectResponse = t.proxy, proxyAnswered
	return t
}

func newPool(dial dialFunc, roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		DialContext:           dial,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:   dialTimeout,
		ResponseHeaderTimeout: headerTimeout,
		MaxIdleConnsPerHost:   256,
		IdleConnTimeout:       90 * time.Second,
		ForceAttemptHTTP2:     true,
		// The default is 10 MB.
		MaxResponseHeaderBytes: 64 << 10,
		// The hash is over what the host sends, and a bomb can't go off.
		DisableCompression: true,
	}
}

// proxyAnswered says who refused a connection: the library gives the words alone.
func proxyAnswered(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &ProxyError{Host: proxy.Host, Code: answer.StatusCode, Status: answer.Status}
}

func (t *transport) closeIdle() {
	for _, pool := range []*http.Transport{t.secure, t.plain, t.viaPxy} {
		pool.CloseIdleConnections()
	}
}

// RoundTrip sends one request; redirects come back here one by one.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	pool := t.secure
	if req.URL.Scheme == "http" {
		pool = t.plain
	}
	proxy, err := t.proxy(req)
	if err != nil {
		return nil, &problem{text: "the proxy settings in the environment can't be used", cause: err}
	}
	if proxy != nil {
		if err := t.policy.checkProxied(req.URL); err != nil {
			return nil, err
		}
		pool = t.viaPxy
	}

	ctx, cancel := context.WithCancel(req.Context())
	start := time.Now()
	resp, err := pool.RoundTrip(req.Clone(ctx))
	fields := map[string]any{"method": req.Method, "url": public(req.URL), "duration_ms": time.Since(start).Milliseconds()}
	if err != nil {
		cancel()
		fields["error"] = err.Error()
		t.logger.Debug(req.Context(), "media call failed", fields)
		return nil, err
	}
	fields["status"] = resp.StatusCode
	t.logger.Debug(req.Context(), "media call", fields)
	resp.Body = newWatchedBody(resp.Body, t.stall, cancel)
	return resp, nil
}

var errStalled = errors.New("the host stopped sending in the middle of the image")

// watchedBody gives up a connection that has gone quiet. Only the time inside
// Read counts: a slow disk is not the host's fault.
type watchedBody struct {
	io.ReadCloser
	idle   time.Duration
	timer  *time.Timer
	cancel context.CancelFunc
	fired  atomic.Bool
}

func newWatchedBody(body io.ReadCloser, idle time.Duration, cancel context.CancelFunc) *watchedBody {
	b := &watchedBody{ReadCloser: body, idle: idle, cancel: cancel}
	b.timer = time.AfterFunc(idle, func() {
		b.fired.Store(true)
		cancel()
	})
	b.timer.Stop()
	return b
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.timer.Reset(b.idle)
	n, err := b.ReadCloser.Read(p)
	b.timer.Stop()
	if err != nil && b.fired.Load() {
		err = errStalled
	}
	return n, err
}

func (b *watchedBody) Close() error {
	b.timer.Stop()
	defer b.cancel()
	return b.ReadCloser.Close()
}

// dial makes the dialling function for URLs of one scheme. The check runs on
// each address when it is about to be connected to, after name resolution, so
// that a name that changes its mind between a check and its use gains nothing.
func (p *policy) dial(scheme string) dialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		d := net.Dialer{Timeout: dialTimeout, Resolver: p.resolver}
		if !p.origins[scheme+"://"+strings.ToLower(addr)] {
			d.ControlContext = func(ctx context.Context, _, dialled string, _ syscall.RawConn) error {
				return p.checkDialled(ctx, scheme, addr, dialled)
			}
		}
		return d.DialContext(ctx, network, addr)
	}
}
