// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
	"github.com/hashicorp/terraform-plugin-log/tfsdklog"
)

// Engines show no line of a provider unless TF_LOG or TF_LOG_PROVIDER asks for it,
// but read all that it writes.
func TestServe_logsWhatEnginesShow(t *testing.T) { //nolint:paralleltest // it sets variables of the environment
	for name, row := range map[string]struct {
		variables map[string]string
		// traces are the loggers that say something at the level TRACE.
		traces []string
	}{
		"nobody asks":              {nil, nil},
		"all logs":                 {map[string]string{"TF_LOG": "TRACE"}, []string{"sdk.framework", "sdk.proto"}},
		"all logs, as JSON":        {map[string]string{"TF_LOG": "JSON"}, []string{"sdk.framework", "sdk.proto"}},
		"logs of providers":        {map[string]string{"TF_LOG_PROVIDER": "TRACE"}, []string{"sdk.framework", "sdk.proto"}},
		"progress of providers":    {map[string]string{"TF_LOG_PROVIDER": "INFO", "TF_LOG": "TRACE"}, nil},
		"logs of the engine alone": {map[string]string{"TF_LOG_CORE": "TRACE"}, nil},
		"logs of the libraries":    {map[string]string{"TF_LOG_SDK": "TRACE"}, []string{"sdk.framework", "sdk.proto"}},
		"logs of one library":      {map[string]string{"TF_LOG_SDK_PROTO": "TRACE"}, []string{"sdk.proto"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, variable := range []string{
				"TF_LOG", "TF_LOG_CORE", "TF_LOG_PROVIDER", "TF_LOG_PROVIDER_FLUX2", "TF_LOG_SDK", "TF_LOG_SDK_FRAMEWORK", "TF_LOG_SDK_PROTO",
			} {
				t.Setenv(variable, row.variables[variable])
			}
			logWhatIsRead()

			// This sink keeps all.
			file := filepath.Join(t.TempDir(), "log")
			t.Setenv("TF_ACC_LOG_PATH", file)
			ctx := tfsdklog.ContextWithTestLogging(t.Context(), t.Name())
			server := tf6server.New(Address, Server(New("test")()))
			if _, err := server.GetProviderSchema(ctx, nil); err != nil {
				t.Fatal(err)
			}
			said, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, logger := range []string{"sdk.framework", "sdk.proto"} {
				wanted := slices.Contains(row.traces, logger)
				if got := strings.Contains(string(said), "[TRACE] "+logger); got != wanted {
					t.Errorf("%s says something at the level TRACE: %t, want %t", logger, got, wanted)
				}
			}
		})
	}
}
