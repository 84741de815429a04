// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
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
	return attributes.StringOr(configured, filepath.Join(dataFolder(lookup), "flux2"))
}

// dataFolder is where the engine keeps its data, by default beside the
// configuration, which is the folder that providers run in.
func dataFolder(lookup func(string) (string, bool)) string {
	if folder, _ := lookup(envDataFolder); folder != "" {
		return folder
	}
	return ".terraform"
}

// workspaceOf tells the state of this run from others that may share the store:
// by the engine's workspace, the folder of the configuration, and where the
// engine keeps states, as it notes that in its data folder.
func workspaceOf(lookup func(string) (string, bool)) string {
	folder, _ := os.Getwd()
	return workspaceName(lookup) + " of " + folder + backendOf(dataFolder(lookup))
}

// workspaceName is the chosen workspace, as engines find it.
func workspaceName(lookup func(string) (string, bool)) string {
	if name, _ := lookup(envWorkspace); name != "" {
		return name
	}
	chosen, err := os.ReadFile(filepath.Join(dataFolder(lookup), "environment"))
	if name := strings.TrimSpace(string(chosen)); err == nil && name != "" {
		return name
	}
	return "default"
}

// backendOf tells one configured backend from another, by a hash of what says where
// it is. Who asks is of no account: a pipeline has other credentials each time.
func backendOf(data string) string {
	var initialized struct {
		Backend struct {
			Type   string                     `json:"type"`
			Config map[string]json.RawMessage `json:"config"`
		} `json:"backend"`
	}
	content, err := os.ReadFile(filepath.Join(data, "terraform.tfstate")) //nolint:gosec // the engine's own
	if err != nil || json.Unmarshal(content, &initialized) != nil || initialized.Backend.Type == "" {
		return ""
	}
	maps.DeleteFunc(initialized.Backend.Config, func(name string, value json.RawMessage) bool {
		return credential().MatchString(name) || string(value) == "null"
	})
	where, err := json.Marshal(initialized.Backend)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(where)
	return ", backend " + hex.EncodeToString(sum[:4])
}

// credential matches the arguments of backends that say who asks.
var credential = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`password|token|secret|credential|username|access_key|private_key|certificate|profile|assume_role`)
})
