// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"fmt"
	"net/http"
	"strings"
)

// serveIndex says where one is, in plain text.
func (s *Server) serveIndex(c *call) reply {
	var text strings.Builder
	fmt.Fprintf(&text, "An emulator of fal. Set FLUX2_EMULATOR_URL=%s\n\n", c.base())
	fmt.Fprintf(&text, "queue     %[1]s/queue\ndirect    %[1]s/run\nplatform  %[1]s/platform/v1\nmedia     %[1]s/media\n", c.base())
	requests := s.Requests()
	fmt.Fprintf(&text, "\n%d requests\n", len(requests))
	for i := range requests {
		r := requests[len(requests)-1-i]
		fmt.Fprintf(&text, "\n%s  %s  %s  seed %d  %q\n", r.ID, r.Status, r.EndpointID, r.Seed, r.Input.Prompt)
		for _, path := range r.Media {
			fmt.Fprintf(&text, "  %s%s\n", c.base(), path)
		}
	}
	return reply{
		status: http.StatusOK,
		header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
		body:   []byte(text.String()),
	}
}
