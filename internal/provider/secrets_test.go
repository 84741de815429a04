// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"sync"
	"testing"
)

// Keys whose halves can be recognised wherever they turn up: one like fal's, and
// one of characters that everything writes differently.
const (
	recognisableID     = "c0ffee11-5ec7-4e7a-9a1f-keyhalfone01"
	recognisableSecret = "5ec4e7ba5eba11c0ffee5ec4e7ba5eba"
	recognisableKey    = recognisableID + ":" + recognisableSecret
	oddID              = `o"dd\<id>&%41'$1/;=?~#`
	oddSecret          = `s"ec:re\t<&>%3A'${x}:+/=,@{[`
	oddKey             = oddID + ":" + oddSecret
)

// extent is how much has been looked at.
type extent struct{ paths, bytes int }

// The key goes to fal and nowhere else, whatever goes wrong: not into what the
// engine prints, its log at the most talkative level and what is left of a
// crash, nor into state, private state, backups and saved plans; not even if fal
// itself repeats it. What needs an engine is skipped where acceptance tests are.
func TestAccSecrets(t *testing.T) {
	t.Parallel()

	var mutex sync.Mutex
	var total extent
	t.Cleanup(func() {
		verdict := "0 hits"
		if t.Failed() {
			verdict = "and the test failed"
		}
		t.Logf("secrets: %d failing paths, %d bytes searched, %s", total.paths, total.bytes, verdict)
	})
	for name, part := range map[string]func(*testing.T) extent{
		"provider alone":               func(t *testing.T) extent { t.Helper(); return everyFailure(t, recognisableKey) },
		"provider alone, odd key":      func(t *testing.T) extent { t.Helper(); return everyFailure(t, oddKey) },
		"failing runs, odd key":        failingRuns,
		"mistakes":                     mistakenRuns,
		"crash":                        crashedRun,
		"interruption":                 interruptedRun,
		"talkative HTTP":               talkativeRun,
		"plan, key of the environment": func(t *testing.T) extent { t.Helper(); return savedPlan(t, fromEnvironmentOnly) },
		"plan, ephemeral variable":     func(t *testing.T) extent { t.Helper(); return savedPlan(t, fromEphemeral) },
		"plan, sensitive variable":     func(t *testing.T) extent { t.Helper(); return savedPlan(t, fromSensitive) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			found := part(t)
			mutex.Lock()
			defer mutex.Unlock()
			total.paths += found.paths
			total.bytes += found.bytes
		})
	}
}
