// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"cmp"
	"os"
	"runtime"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

// neverTouched is in bytes. Go's collector works whenever a heap has doubled, so that it
// would go over the few megabytes that a provider keeps for each pair of images. What
// is never touched takes no memory, but counts.
const neverTouched = 16 << 20

// Serve serves a provider to the engine that has started this process, or to
// whoever attaches to it, if it is debugged.
func Serve(constructor func() provider.Provider, debugged bool) error {
	if !debugged {
		logWhatIsRead()
	}
	defer runtime.KeepAlive(make([]byte, neverTouched))
	var options []tf6server.ServeOpt
	if debugged {
		options = append(options, tf6server.WithManagedDebug())
	}
	return tf6server.Serve(Address, func() tfprotov6.ProviderServer { return Server(constructor()) }, options...)
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
