// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A fault that can't be put back any more is found by nobody: whoever changes the
// code changes the table.
func TestFaults_fit(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	seen := map[string]bool{}
	for _, fault := range slices.Concat(faults, providerFaults, fileFaults) {
		if seen[fault.name] || len(fault.edits) == 0 {
			t.Errorf("%q is there twice, or changes nothing", fault.name)
		}
		seen[fault.name] = true
		folder := t.TempDir()
		if err := fault.write(folder, filepath.Join(folder, "overlay.json")); err != nil {
			t.Errorf("%s: %v", fault.name, err)
		}
		if entries, err := os.ReadDir(folder); err != nil || len(entries) < 2 {
			t.Errorf("%s: nothing was written: %v", fault.name, err)
		}
	}
}
