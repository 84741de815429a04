// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// checkURLsForKey refuses addresses with the key in them. Engines keep addresses
// in saved plans, and write them into logs of their own.
func checkURLsForKey(config providerModel, key string, lookup func(string) (string, bool)) diag.Diagnostics {
	var diags diag.Diagnostics
	const summary = "API Key in a URL"
	said := func(name string) string {
		return fmt.Sprintf("%s contains the API key, or a half of it. A URL is shown in logs and kept in saved plans. "+
			"Remove it from there: the key goes to that address in a header of each request.", name)
	}
	for _, argument := range []struct {
		name  string
		value types.String
	}{
		{"queue_url", config.QueueURL}, {"run_url", config.RunURL}, {"platform_url", config.PlatformURL}, {"emulator_url", config.EmulatorURL},
	} {
		if hasKey(argument.value.ValueString(), key) {
			diags.AddAttributeError(path.Root(argument.name), summary, said(argument.name))
		}
	}
	if variable, _ := lookup(envEmulatorURL); config.EmulatorURL.IsNull() && hasKey(variable, key) {
		diags.AddError(summary, said("The environment variable "+envEmulatorURL))
	}
	return diags
}

// shortestInURL is how long a key, or a half of it, has to be to be looked for:
// a short one may well be a word of an address.
const shortestInURL = 12

// hasKey reports whether a URL has a key in it. What is no URL is refused for that.
func hasKey(address, key string) bool {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" {
		return false
	}
	id, secret, _ := strings.Cut(key, ":")
	for _, word := range []string{key, id, secret} {
		if len(word) >= shortestInURL && (strings.Contains(address, word) || strings.Contains(parsed.Path, word)) {
			return true
		}
	}
	return false
}
