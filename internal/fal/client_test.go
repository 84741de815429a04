// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"testing"
	"time"
)

// Whoever doesn't answer while a connection is made, or goes away without a word
// later, holds a run up for less than a minute.
func TestTransportGivesUp(t *testing.T) {
	t.Parallel()
	transport := newTransport()
	for name, limit := range map[string]time.Duration{
		"to connect":                 dialer.Timeout,
		"to agree on encryption":     transport.TLSHandshakeTimeout,
		"until a silence is noticed": transport.HTTP2.SendPingTimeout + transport.HTTP2.PingTimeout,
		"to answer a ping":           transport.HTTP2.PingTimeout,
		"until a ping":               transport.HTTP2.SendPingTimeout,
		"to keep what is idle":       transport.IdleConnTimeout,
	} {
		if limit < 5*time.Second || limit > 30*time.Second {
			t.Errorf("it may take %s %s", limit, name)
		}
	}
}
