// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Every command of an engine starts the provider, most of them several times.
// So nothing is done before it is needed, and what only the emulator needs
// costs nobody else anything. The runtime counts what each package allocates
// before main begins; this test's own program holds the same packages.
func TestStartUp_preparesNothing(t *testing.T) {
	t.Parallel()

	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program, "-test.run=^$") //nolint:gosec // it is this very program
	command.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	trace, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, trace)
	}

	const ours = "github.com/flux2-provider/terraform-provider-flux2"
	limits := map[string]int{
		// Descriptions, which every schema repeats.
		ours + "/internal/provider/images": 4 << 10,
		// Only the emulator needs these.
		"github.com/HugoSmits86/nativewebp": 512,
		"github.com/google/renameio/v2":     512,
	}
	seen := make(map[string]bool)
	for line := range strings.Lines(string(trace)) {
		var name string
		var at, clock float64
		var bytes, allocs int
		if n, _ := fmt.Sscanf(line, "init %s @%f ms, %f ms clock, %d bytes, %d allocs", &name, &at, &clock, &bytes, &allocs); n != 5 {
			continue
		}
		seen[name] = true
		limit, listed := limits[name]
		switch {
		case strings.HasPrefix(name, ours+"/internal/emulator"):
			limit = 0
		case listed:
		case strings.HasPrefix(name, ours):
			limit = 1 << 10
		default:
			continue
		}
		if bytes > limit {
			t.Errorf("%s allocates %d bytes in %d pieces before main begins, want at most %d", name, bytes, allocs, limit)
		}
	}
	if !seen[ours+"/internal/provider"] {
		t.Errorf("the trace says nothing about the provider:\n%s", trace)
	}
}
