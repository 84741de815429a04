// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"time"
)

// Handle is what finds a request again. It can be kept as JSON, and goes through
// Restore when it comes back.
type Handle struct {
	EndpointID string `json:"endpoint_id"`
	RequestID  string `json:"request_id"`
	// The URLs may be empty: the ids are enough to rebuild them.
	StatusURL   string `json:"status_url"`
	ResponseURL string `json:"response_url"`
	CancelURL   string `json:"cancel_url"`
	// QueuePosition is how many requests were ahead at first; nil if fal did
	// not say.
	QueuePosition *int64 `json:"queue_position,omitempty"`
	// SubmittedAt is when fal accepted the request by its own clock, in seconds:
	// the Date of its answer. It is zero if that is not known.
	SubmittedAt time.Time `json:"submitted_at,omitzero"`
}

// Attach rebuilds the handle of a request from its ids, as fal's own clients
// do: the URLs drop the endpoint's sub-path. It calls nobody.
func (c *Client) Attach(endpointID, id string) (Handle, error) {
	handle, err := c.rebuild(endpointID, id)
	if err != nil {
		return Handle{}, err
	}
	return c.withoutKey(handle), nil
}

// Restore makes a handle safe to use that comes from elsewhere: from a state that
// was written under another configuration, or by another hand. It takes the place
// of URLs that don't lead to fal. It calls nobody.
func (c *Client) Restore(ctx context.Context, handle Handle) (Handle, error) {
	rebuilt, err := c.rebuild(handle.EndpointID, handle.RequestID)
	if err != nil {
		return Handle{}, err
	}
	handle.StatusURL = c.trusted(ctx, handle.StatusURL, rebuilt.StatusURL)
	handle.ResponseURL = c.trusted(ctx, handle.ResponseURL, rebuilt.ResponseURL)
	handle.CancelURL = c.trusted(ctx, handle.CancelURL, rebuilt.CancelURL)
	return c.withoutKey(handle), nil
}

// longestURL is in bytes; fal's take a tenth of it. They are kept in state.
const longestURL = 2 << 10

// trusted returns a URL from elsewhere if the key may be sent there, else the
// rebuilt one. The other one is better: an alias may have moved it.
func (c *Client) trusted(ctx context.Context, given, rebuilt string) string {
	if given == "" {
		return rebuilt
	}
	parsed, err := url.Parse(given)
	if err != nil || !c.isOwn(parsed) || len(given) > longestURL || c.hasKey(given) {
		c.logger.Debug(ctx, "A URL of another origin, or with the key in it, is not used", nil)
		return rebuilt
	}
	return given
}

// withoutKey leaves out URLs with the key in them, which a configured URL may
// have in its path: handles are kept in state.
func (c *Client) withoutKey(handle Handle) Handle {
	for _, address := range []*string{&handle.StatusURL, &handle.ResponseURL, &handle.CancelURL} {
		if c.hasKey(*address) {
			*address = ""
		}
	}
	return handle
}

// complete returns a handle with the URLs that it lacks.
func (c *Client) complete(handle Handle) (Handle, error) {
	if handle.StatusURL != "" && handle.ResponseURL != "" && handle.CancelURL != "" {
		return handle, nil
	}
	rebuilt, err := c.rebuild(handle.EndpointID, handle.RequestID)
	handle.StatusURL = cmp.Or(handle.StatusURL, rebuilt.StatusURL)
	handle.ResponseURL = cmp.Or(handle.ResponseURL, rebuilt.ResponseURL)
	handle.CancelURL = cmp.Or(handle.CancelURL, rebuilt.CancelURL)
	return handle, err
}

func (c *Client) rebuild(endpointID, id string) (Handle, error) {
	endpoint, err := ParseEndpointID(endpointID)
	if err != nil {
		return Handle{}, err
	}
	if !IsRequestID(id) {
		return Handle{}, fmt.Errorf("%q is not a request id", id)
	}
	base := join(c.queue, endpoint.App+"/requests/"+id, nil)
	return Handle{
		EndpointID:  endpoint.String(),
		RequestID:   id,
		StatusURL:   base + "/status",
		ResponseURL: base,
		CancelURL:   base + "/cancel",
	}, nil
}
