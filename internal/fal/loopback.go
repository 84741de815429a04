// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
)

// IsLoopback reports whether a host is this machine, however the network
// answers: an address, or the one name that is reserved. Any other name could
// resolve to anything.
func IsLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	// Not with folding, which takes other letters of Unicode for these.
	return strings.ToLower(host) == "localhost" || err == nil && address.IsLoopback() //nolint:staticcheck // see above
}

// errNotLoopback stops a connection that leaves this machine though its host is
// called localhost: resolvers are free to ignore that the name is reserved, and
// the key would be readable on its way.
var errNotLoopback = errors.New("localhost does not lead to this machine: check the hosts file and the name servers, or use 127.0.0.1")

// stayLoopback judges the address that a name has led to, before it is dialled.
func stayLoopback(_, address string, _ syscall.RawConn) error {
	dialled, err := netip.ParseAddrPort(address)
	if err != nil || !dialled.Addr().IsLoopback() {
		return errNotLoopback
	}
	return nil
}

// keepLoopback dials, and a loopback host on this machine only.
func keepLoopback(dialer net.Dialer) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		dialer := dialer
		dialer.Control = controlOf(address)
		return dialer.DialContext(ctx, network, address)
	}
}

// controlOf judges where the connections to a host and port may lead.
func controlOf(address string) func(network, address string, _ syscall.RawConn) error {
	if host, _, _ := net.SplitHostPort(address); IsLoopback(host) {
		return stayLoopback
	}
	return nil
}

// proxyOf is the environment's proxy, but for loopback hosts: plain HTTP may be
// spoken there, and a proxy could read the key. net/http makes that exception
// too, but not for every spelling.
func proxyOf(request *http.Request) (*url.URL, error) {
	if IsLoopback(request.URL.Hostname()) {
		return nil, nil //nolint:nilnil // what net/http wants for no proxy
	}
	return http.ProxyFromEnvironment(request)
}

// proxyAnswered says who refused a connection: the library gives the words alone.
func proxyAnswered(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &ProxyError{Host: proxy.Host, Code: answer.StatusCode, Status: answer.Status}
}

// ProxyError is a proxy that refuses to connect. Nothing was sent to fal.
type ProxyError struct {
	// Host is the proxy's, with its port.
	Host string
	// Code is the HTTP status, and Status the same with words.
	Code   int
	Status string
}

// Error says who refused, and how.
func (e *ProxyError) Error() string {
	return fmt.Sprintf("the proxy %s answered HTTP %s", e.Host, e.Status)
}

// ProxyStatus is the HTTP status that the proxy answered.
func (e *ProxyError) ProxyStatus() int { return e.Code }

// through is the proxy that a request goes through, if there is one.
func (c *Client) through(request *http.Request) string {
	pool, ok := c.http.Transport.(*http.Transport)
	if !ok || pool.Proxy == nil {
		return ""
	}
	proxy, err := pool.Proxy(request)
	if err != nil || proxy == nil {
		return ""
	}
	return proxy.Host
}
