// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider"
)

// Whoever waits can follow a request in the log: its id, its place in the queue, each
// status, and how it ended. The prompt is nobody's business.
func TestProgress_isLogged(t *testing.T) {
	t.Parallel()

	env, clock := onSteppedClock(t, emulator.WithQueueTime(time.Second), emulator.WithRunTime(time.Second),
		emulator.WithFaults(emulator.Fault{Route: emulator.RouteStream, Status: http.StatusNotFound}))
	clock.flow()
	c := converseConfigured(t, env, provider.WithClock(clock))
	log := &sharedBuffer{}
	c.server = loggedServer{serverFor[completeServer](t, c), log}
	set := arguments{"prompt": word("a lighthouse at dusk")}
	planned := c.plan(t, nil, nil, set)
	made := c.apply(t, nil, planned, set)
	if said := spoken(made.Diagnostics); said != "" {
		t.Fatalf("creating said %s", said)
	}
	id := as[string](t, attributesOf(t, unpacked(t, made.NewState, c.image.ValueType()))["request_id"])

	entries, err := tflogtest.MultilineJSONDecode(bytes.NewReader(log.said()))
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, entry := range entries {
		message, _ := entry["@message"].(string)
		if entry["@level"] != "info" || entry["request_id"] != id || entry["endpoint_id"] != "fal-ai/flux-2-dev" {
			continue
		}
		if _, said := entry["queue_position"]; said != (entry["status"] == "IN_QUEUE") {
			t.Errorf("the place in the queue is missing, or is none: %v", entry)
		}
		told = append(told, message)
		for name, value := range entry {
			if text, ok := value.(string); ok && strings.Contains(text, "lighthouse") {
				t.Errorf("%s of %q has the prompt", name, message)
			}
		}
	}
	want := []string{
		"Request " + id + " is for this image", "Request " + id + " is IN_QUEUE, with 0 ahead of it", "Request " + id + " is IN_PROGRESS",
		"Request " + id + " is COMPLETED", "Request " + id + " is no longer waited for: delivered after ",
	}
	if len(told) != len(want) || !strings.HasPrefix(told[len(told)-1], want[len(want)-1]) || !slices.Equal(told[:len(told)-1], want[:len(want)-1]) {
		t.Errorf("the log tells %q, want %q", told, want)
	}
	env.ExpectSubmissions(t, 1)
}
