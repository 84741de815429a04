// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"encoding/json"
	"net/http"
)

// Page is an answer of what stands in front of fal, in place of fal's own.
type Page string

// The pages that have been recorded. Both pass by themselves.
const (
	// PageChallenge is a bot challenge: 403, and HTML for a browser.
	PageChallenge Page = "challenge"
	// PageForbidden is 403 and that one word, as after quick calls.
	PageForbidden Page = "forbidden"
)

func (p Page) reply() reply {
	if p == PageForbidden {
		return plain(http.StatusForbidden)
	}
	return reply{
		status: http.StatusForbidden,
		header: http.Header{"Content-Type": {"text/html; charset=UTF-8"}, "Cf-Mitigated": {"challenge"}, "Server": {"cloudflare"}},
		body: []byte(`<!DOCTYPE html><html lang="en"><head><title>Just a moment...</title></head>` +
			`<body><noscript>JavaScript and cookies are needed to go on.</noscript></body></html>`),
	}
}

// alter is the answer as the fault has it.
func (f Fault) alter(in reply, at target) reply {
	out := in
	switch {
	case f.Page != "":
		out = f.Page.reply()
	case f.ErrorType != "":
		out = broken(f.ErrorType, "").reply()
		if at.area == areaQueue && at.id != "" {
			out = out.with("X-Fal-Request-Id", at.id)
		}
		if f.Status != 0 {
			out.status = f.Status
		}
	case f.Status != 0:
		out = refusal(f.Status, at)
	}
	if f.Body != nil {
		if out.status == 0 {
			out.status = http.StatusOK
		}
		out.body = []byte(*f.Body)
		if out.header == nil {
			out.header = http.Header{"Content-Type": {"application/json"}}
		}
		if json.Valid(out.body) {
			out.header.Set("Content-Type", "application/json")
		}
		out.header.Del("Content-Length")
	}
	for name, value := range f.Headers {
		if value == "" {
			out.header.Del(name)
		} else {
			out.header.Set(name, value)
		}
	}
	return out
}

// refusal is what fal answers with a status.
func refusal(status int, at target) reply {
	switch {
	case at.area == areaPlatform:
		return platformRefusal(status)
	case at.area == areaMedia:
		return plain(status)
	case status >= 502 && status <= 504:
		return gateway(status)
	case status == 429:
		return detail(status, "Too many requests")
	case status == 403:
		return detail(status, "User is locked. Reason: "+LockExhausted)
	case status == 401:
		return detail(status, keyUnknown)
	case status == 404 && at.route == RouteResult:
		return detail(status, requestNotFound)
	case status == 404:
		return outcome(status, "NOT_FOUND")
	case status == 405:
		return detail(status, "Method Not Allowed")
	case status == 500:
		return detail(status, "Internal Server Error")
	default:
		return answer(status, map[string]any{})
	}
}

// plain is an answer in words, as of the media host.
func plain(status int) reply {
	return reply{
		status: status,
		header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
		body:   []byte(http.StatusText(status)),
	}
}

func platformRefusal(status int) reply {
	text := "The request failed."
	switch status {
	case http.StatusUnauthorized:
		text = keyRequired
	case http.StatusForbidden:
		text = keyNotPermitted
	}
	return platformError(status, platformType(status), text)
}
