// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	maxRedirects  = 5
	lookupTimeout = 5 * time.Second
)

// policy decides which URLs and which addresses images may come from.
type policy struct {
	// origins are the API's own, as scheme://host:port.
	origins map[string]bool
	// kinds are the kinds of address that the API is at, as far as the URLs
	// themselves tell; names are what would have to be looked up.
	kinds map[kind]bool
	names []string
	// plain is whether plain HTTP is spoken at all.
	plain bool

	kindOf   func(netip.AddrPort) kind
	resolver *net.Resolver
}

func newPolicy(trusted []string, h hooks) (*policy, error) {
	p := &policy{origins: map[string]bool{}, kinds: map[kind]bool{}, kindOf: kindOfAddr, resolver: net.DefaultResolver}
	if h.kindOf != nil {
		p.kindOf = h.kindOf
	}
	if h.resolver != nil {
		p.resolver = h.resolver
	}
	for _, raw := range trusted {
		u, err := url.Parse(raw)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
			return nil, fail(ErrInvalidURL, "%q is not an http or https URL of an API", raw)
		}
		p.origins[u.Scheme+"://"+hostPort(u)] = true
		k, known := p.kindOfHost(u)
		switch {
		case known && k != publicKind:
			p.kinds[k] = true
			p.plain = true
		case !known:
			p.names = append(p.names, u.Hostname())
		}
		if u.Scheme == "http" {
			p.plain = true
		}
	}
	return p, nil
}

// hostPort is the authority as the dialler gets it, in lower case.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "443"
		if u.Scheme == "http" {
			port = "80"
		}
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// kindOfHost is the kind of address a URL is at, if the URL itself tells.
func (p *policy) kindOfHost(u *url.URL) (kind, bool) {
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return loopbackKind, true
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return publicKind, false
	}
	// The kind does not depend on the port; only tests tell hosts apart by it.
	port, _ := strconv.ParseUint(u.Port(), 10, 16)
	return p.kindOf(netip.AddrPortFrom(addr, uint16(port))), true
}

// checkURL refuses what can be refused without a look at the network.
func (p *policy) checkURL(ctx context.Context, u *url.URL) error {
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return fail(ErrInvalidURL, "the image's URL has %s; only https URLs and data URIs can be fetched", showScheme(u.Scheme))
	case u.Hostname() == "":
		return fail(ErrInvalidURL, "the image's URL names no host; expected https://host/path or a data URI")
	case u.User != nil:
		return fail(ErrInvalidURL, "the image's URL contains a user name or password for %s; credentials are never sent to a media host, so remove them or use a signed URL", u.Host)
	case p.origins[u.Scheme+"://"+hostPort(u)]:
		return nil
	case u.Scheme == "http" && !p.plain:
		return fail(ErrInsecureURL, "%s is not encrypted; use its https address. Plain http is for an API that is itself configured at a local address, such as an emulator", public(u))
	}
	k, known := p.kindOfHost(u)
	if known {
		return p.checkKind(ctx, u.Scheme, k, u.Host, u.Hostname())
	}
	// Some resolvers and proxies read 0x7f000001 or 127.1 as an address. No
	// top-level domain starts with a digit.
	labels := strings.Split(strings.TrimSuffix(u.Hostname(), "."), ".")
	if last := labels[len(labels)-1]; last == "" || last[0] >= '0' && last[0] <= '9' {
		return fail(ErrInvalidURL, "%q is neither a host name nor an address in its usual form", u.Hostname())
	}
	return nil
}

// showScheme names a scheme for people. An API key in the place of a URL is one
// up to its colon.
func showScheme(scheme string) string {
	if scheme == "" || len(scheme) > 10 {
		return "no scheme that is known"
	}
	return fmt.Sprintf("the scheme %q", scheme)
}

// checkProxied is checkURL's complement where a proxy will resolve the name.
func (p *policy) checkProxied(u *url.URL) error {
	if _, known := p.kindOfHost(u); u.Scheme == "http" && !known && !p.origins["http://"+hostPort(u)] {
		return fail(ErrInsecureURL, "%s is not encrypted and would go through a proxy; use its https address, or exempt the host in NO_PROXY if it is a local one", public(u))
	}
	return nil
}

func (p *policy) checkDialled(ctx context.Context, scheme, host, dialled string) error {
	addr, err := netip.ParseAddrPort(dialled)
	if err != nil {
		return &problem{kind: ErrForbiddenAddress, text: fmt.Sprintf("%s is at an address that can't be judged", host), cause: err}
	}
	return p.checkKind(ctx, scheme, p.kindOf(addr), host, addr.Addr().String())
}

func (p *policy) checkKind(ctx context.Context, scheme string, k kind, host, addr string) error {
	switch {
	case k == publicKind && scheme == "https":
		return nil
	case k == publicKind:
		return fail(ErrInsecureURL, "%s is a public host, where plain http is not used; use its https address", host)
	case p.trusts(ctx, k):
		return nil
	}
	where := host
	if !strings.Contains(host, addr) {
		where += " at " + addr
	}
	return fail(ErrForbiddenAddress, "%s has a %s address: images are fetched from there only if the API itself is configured at an address of that kind (an emulator, a gateway); check where the URL comes from", where, k)
}

// trusts tells whether the API is at an address of this kind. Names are looked
// up each time: only refusals and private gateways ever get here.
func (p *policy) trusts(ctx context.Context, k kind) bool {
	if p.kinds[k] {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	for _, name := range p.names {
		addrs, err := p.resolver.LookupNetIP(ctx, "ip", name)
		if err != nil {
			continue
		}
		for _, addr := range addrs {
			if p.kindOf(netip.AddrPortFrom(addr, 0)) == k {
				return true
			}
		}
	}
	return false
}

// checkRedirect judges the next hop like a URL of its own.
func (p *policy) checkRedirect(req *http.Request, via []*http.Request) error {
	// The address that was left may carry a signature.
	req.Header.Del("Referer")
	from := via[len(via)-1].URL
	switch {
	case len(via) > maxRedirects:
		return fail(ErrInvalidURL, "%s leads to more than %d redirects; use the address of the image itself", public(via[0].URL), maxRedirects)
	case from.Scheme == "https" && req.URL.Scheme == "http":
		return fail(ErrInsecureURL, "%s redirects from https to plain http (%s), which is not followed; use the https address of the image itself", public(from), public(req.URL))
	}
	return p.checkURL(req.Context(), req.URL)
}
