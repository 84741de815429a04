// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// parseBase reads a base URL. It has an origin and perhaps a path, and nothing
// that could carry a secret or change what is asked.
func parseBase(text string) (*url.URL, error) {
	parsed, err := url.Parse(strings.TrimRight(text, "/"))
	switch {
	case err != nil || parsed.Hostname() == "" || (parsed.Scheme != "http" && parsed.Scheme != "https"):
		return nil, errors.New("is not an absolute HTTP URL")
	case parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "":
		return nil, errors.New("has a user, a query or a fragment, which a base URL can't have")
	}
	return parsed, nil
}

// join appends a path, whose parts are clean already, and a query to a base.
func join(base *url.URL, path string, query url.Values) string {
	joined := *base
	joined.Path = base.Path + "/" + path
	joined.RawPath = ""
	joined.RawQuery = query.Encode()
	return joined.String()
}

// errRedirect stops a redirect that would take the key elsewhere, or that never
// ends. Repeating the call changes nothing about it.
var errRedirect = errors.New("the redirect is not followed, since it leads away from fal or in circles")

// checkRedirect follows a redirect only to the origin of a configured URL, and
// never from HTTPS to HTTP. A request that is not a GET is never redirected: a
// 307 would repeat it.
func (c *Client) checkRedirect(req *http.Request, via []*http.Request) error {
	previous := via[len(via)-1]
	switch {
	case previous.Method != http.MethodGet:
		return http.ErrUseLastResponse
	case len(via) >= 4, !c.isOwn(req.URL), previous.URL.Scheme == "https" && req.URL.Scheme != "https":
		return errRedirect
	}
	return nil
}

// isOwn reports whether a URL has the origin of a configured one, so that the
// key may be sent there.
func (c *Client) isOwn(target *url.URL) bool {
	for _, base := range []*url.URL{c.queue, c.run, c.platform} {
		if target.Scheme == base.Scheme && target.User == nil && hostPort(target) == hostPort(base) {
			return true
		}
	}
	return false
}

func hostPort(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
