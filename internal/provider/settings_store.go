// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

// The environment variables of engines that say where they keep what belongs to
// a working folder, and which workspace is chosen in it.
const (
	envDataFolder = "TF_DATA_DIR"
	envWorkspace  = "TF_WORKSPACE"
)

// resolveStore is the folder for what outlives a run. It is empty while it is
// unknown, which is in a plan only: nothing is submitted then.
func resolveStore(configured types.String, lookup func(string) (string, bool)) string {
	if configured.IsUnknown() {
		return ""
	}
	return either(configured, filepath.Join(dataFolder(lookup), "flux2"))
}

// dataFolder is where the engine keeps its data, by default beside the
// configuration, which is the folder that providers run in.
func dataFolder(lookup func(string) (string, bool)) string {
	if folder, _ := lookup(envDataFolder); folder != "" {
		return folder
	}
	return ".terraform"
}

// workspaceOf names the engine's workspace as the engine does: several share a
// folder, and each has a state of its own.
func workspaceOf(lookup func(string) (string, bool)) string {
	if name, _ := lookup(envWorkspace); name != "" {
		return name
	}
	chosen, err := os.ReadFile(filepath.Join(dataFolder(lookup), "environment"))
	if name := strings.TrimSpace(string(chosen)); err == nil && name != "" {
		return name
	}
	return "default"
}
