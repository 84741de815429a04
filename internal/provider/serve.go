// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"cmp"
	"context"
	"os"
	"runtime/debug"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
)

// Serve serves a provider to the engine that has started this process, or to
// whoever attaches to it, if it is debugged.
func Serve(ctx context.Context, constructor func() provider.Provider, debugged bool) error {
	if !debugged {
		logWhatIsRead()
		collectGarbageLater()
	}
	return providerserver.Serve(ctx, constructor, providerserver.ServeOpts{Address: Address, Debug: debugged})
}

// logWhatIsRead keeps the provider from logging what the engine throws away. The
// libraries log half a megabyte at the level TRACE for each image that is made,
// unless a variable tells them a level, and engines read all of it first. The
// engine's own variables say what it keeps. A level that somebody has set stays.
func logWhatIsRead() {
	kept := cmp.Or(os.Getenv("TF_LOG_PROVIDER"), os.Getenv("TF_LOG"), "WARN")
	ofLibraries := cmp.Or(os.Getenv("TF_LOG_SDK"), kept)
	for _, variable := range []struct{ name, level string }{
		{"TF_LOG_PROVIDER_FLUX2", kept},
		{"TF_LOG_SDK", kept},
		{"TF_LOG_SDK_FRAMEWORK", ofLibraries},
		{"TF_LOG_SDK_PROTO", ofLibraries},
	} {
		if os.Getenv(variable.name) == "" {
			// At worst, it is logged and thrown away.
			_ = os.Setenv(variable.name, variable.level)
		}
	}
}

// collectGarbageLater trades memory for processor time: a run is short, and most of
// its heap is soon garbage. With much more than this, the heap of a run with thousands
// of images grows faster than the time shrinks. GOGC, if it is set, decides.
func collectGarbageLater() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(150)
	}
}
