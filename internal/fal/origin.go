// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
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

// longestURL is in bytes; fal's take a tenth of it. They are kept in state.
const longestURL = 2 << 10

// trusted returns a URL from fal's answer if the key may be sent there, else
// the rebuilt one. The returned one is better: an alias may have moved it. One
// that had the key in it is of no use without.
func (c *Client) trusted(ctx context.Context, returned, rebuilt string) string {
	if returned == "" {
		return rebuilt
	}
	parsed, err := url.Parse(returned)
	if err != nil || !c.isOwn(parsed) || len(returned) > longestURL || c.inTexts.text(returned) != returned || strings.Contains(returned, redacted) {
		c.logger.Debug(ctx, "A URL of another origin, or with the key in it, is not used", map[string]any{"used": rebuilt})
		return rebuilt
	}
	return returned
}

// vet makes a handle safe to use. It may come from a state that was written
// under another configuration, or by another hand.
func (c *Client) vet(ctx context.Context, handle Handle) (Handle, error) {
	rebuilt, err := c.Attach(handle.EndpointID, handle.RequestID)
	if err != nil {
		return Handle{}, err
	}
	handle.StatusURL = c.trusted(ctx, handle.StatusURL, rebuilt.StatusURL)
	handle.ResponseURL = c.trusted(ctx, handle.ResponseURL, rebuilt.ResponseURL)
	handle.CancelURL = c.trusted(ctx, handle.CancelURL, rebuilt.CancelURL)
	return handle, nil
}
