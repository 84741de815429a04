// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"net/http"
	"time"
)

// Logger receives one line for each attempt of a call: method, path, status,
// duration and request id, never a body or a key.
type Logger interface {
	Debug(ctx context.Context, message string, fields map[string]any)
}

type silent struct{}

func (silent) Debug(context.Context, string, map[string]any) {}

// log notes an attempt. The key is taken out of whatever could hold it.
func (c *Client) log(ctx context.Context, request *http.Request, response *http.Response, err error, began time.Time) {
	fields := map[string]any{
		"method":      request.Method,
		"path":        c.inTexts.text(request.URL.Path),
		"duration_ms": c.clock.Now().Sub(began).Milliseconds(),
	}
	if response != nil {
		fields["status"] = response.StatusCode
		fields["fal_request_id"] = c.presentable(response.Header.Get(headerRequestID))
	}
	if err != nil {
		fields["error"] = c.presentable(err.Error())
	}
	c.logger.Debug(ctx, "Called fal", fields)
}
