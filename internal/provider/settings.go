// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/images"
)

// What the provider talks to when nothing else is said.
const (
	defaultEndpointID  = flux2.DefaultEndpointID
	defaultQueueURL    = "https://queue.fal.run"
	defaultRunURL      = "https://fal.run"
	defaultPlatformURL = "https://api.fal.ai/v1"
)

// The environment variables that the provider reads. The key's names are those
// of fal's own clients.
const (
	envKey         = "FAL_KEY"
	envKeyID       = "FAL_KEY_ID"
	envKeySecret   = "FAL_KEY_SECRET" //nolint:gosec // the name of a variable, not a secret
	envEmulatorURL = "FLUX2_EMULATOR_URL"
)

// emulatorKey is what an emulator gets to see instead of the real key.
// It is none of the words that answers have: the key is taken out of those.
const emulatorKey = "no-real-key-id:no-real-key-secret"

// settings are a provider block after defaults and environment.
type settings struct {
	// unknown says that a value needed to reach fal is only known after apply.
	unknown bool
	// key is empty if there is none.
	key                           string
	queueURL, runURL, platformURL string
	// origin is who answers there.
	origin images.Origin
	// endpointID may be unknown.
	endpointID types.String
	requests   requestSettings
	// store is the folder of what outlives a run, empty while it is unknown, and
	// workspace the engine's.
	store, workspace string
}

// requestSettings are what every new request is made with.
type requestSettings struct {
	// direct says that requests go round the queue.
	direct bool
	// options may be overridden by an image.
	options fal.SubmitOptions
	// reuseWithin is how far to look back for a request to adopt; 0 for not at
	// all.
	reuseWithin time.Duration
	// limit is how many requests one run may make; nil for any number.
	limit *int64
}

// resolveRequests reads what new requests are made with. Unknown values are
// left out; they are known once a request is made.
func (m providerModel) resolveRequests(ctx context.Context) (requestSettings, diag.Diagnostics) {
	var diags diag.Diagnostics
	resolved := requestSettings{
		direct: m.RequestMode.ValueString() == "direct",
		options: fal.SubmitOptions{
			Priority:      attributes.StringOr(m.QueuePriority, attributes.QueuePriorities.Default),
			StorePayloads: m.StorePayloads.ValueBoolPointer(),
		},
		limit: m.MaxRequestsPerRun.ValueInt64Pointer(),
	}
	if m.StorePayloads.IsUnknown() {
		resolved.options.StorePayloads = nil
	}
	if m.MaxRequestsPerRun.IsUnknown() {
		resolved.limit = nil
	}
	resolved.options.StartTimeout = durationOf(m.StartTimeout)
	resolved.reuseWithin = durationOf(m.ReuseRequestsWithin)
	if text := attributes.StringOr(m.MediaExpiration, ""); text != "" {
		lifetime := time.Duration(0)
		if text != never {
			lifetime = durationOf(m.MediaExpiration)
		}
		resolved.options.MediaExpiration = &lifetime
	}
	tags, tagDiags := attributes.KnownTags(ctx, m.Tags)
	diags.Append(tagDiags...)
	resolved.options.Tags = tags
	return resolved, diags
}

// durationOf is 0 for a value that is null or unknown. Others have been
// validated.
func durationOf(value types.String) time.Duration {
	duration, err := attributes.ParseDuration(value.ValueString())
	if err != nil {
		return 0
	}
	return duration
}

// resolveSettings fills in what the provider block leaves out. An unknown
// value never falls back to the environment: another key than the configured
// one would pay.
func resolveSettings(ctx context.Context, config providerModel, lookup func(string) (string, bool)) (settings, diag.Diagnostics) {
	var diags diag.Diagnostics

	resolved := settings{
		unknown: config.APIKey.IsUnknown() || config.QueueURL.IsUnknown() || config.RunURL.IsUnknown() ||
			config.PlatformURL.IsUnknown() || config.EmulatorURL.IsUnknown(),
		queueURL:    attributes.StringOr(config.QueueURL, defaultQueueURL),
		runURL:      attributes.StringOr(config.RunURL, defaultRunURL),
		platformURL: attributes.StringOr(config.PlatformURL, defaultPlatformURL),
		origin:      images.OriginFal,
		endpointID:  config.EndpointID,
	}
	if config.EndpointID.IsNull() {
		resolved.endpointID = types.StringValue(defaultEndpointID)
	}
	requests, requestDiags := config.resolveRequests(ctx)
	diags.Append(requestDiags...)
	resolved.requests = requests
	resolved.store, resolved.workspace = resolveStore(config.ImageStore, lookup), workspaceOf(lookup)

	key, keyDiags := resolveKey(config.APIKey, lookup)
	if diags.Append(checkURLsForKey(config, key, lookup)...); diags.HasError() {
		return resolved, diags
	}
	emulator := attributes.StringOr(config.EmulatorURL, "")
	if fromEnvironment, _ := lookup(envEmulatorURL); config.EmulatorURL.IsNull() && strings.TrimSpace(fromEnvironment) != "" {
		emulator = strings.TrimSpace(fromEnvironment)
		diags.Append(checkEmulatorVariable(config, emulator)...)
	}
	if emulator != "" {
		emulator = strings.TrimRight(emulator, "/")
		resolved.key, resolved.origin = emulatorKey, images.OriginEmulator
		resolved.queueURL = emulator + "/queue"
		resolved.runURL = emulator + "/run"
		resolved.platformURL = emulator + "/platform/v1"
		return resolved, diags
	}

	diags.Append(keyDiags...)
	resolved.key = key
	return resolved, diags
}

// checkHistory refuses to look in a history that is not kept.
func checkHistory(config providerModel) diag.Diagnostics {
	var diags diag.Diagnostics
	if !config.ReuseRequestsWithin.IsNull() && !config.StorePayloads.IsNull() && !config.StorePayloads.IsUnknown() && !config.StorePayloads.ValueBool() {
		diags.AddAttributeError(path.Root("reuse_requests_within"), "Conflicting Provider Arguments",
			"reuse_requests_within looks for requests by their input, but store_payloads = false keeps inputs out of fal's history. Remove one of the two.")
	}
	return diags
}

// checkOneDestination refuses an emulator beside the address of a real API,
// since half a run would then be real.
func checkOneDestination(config providerModel) diag.Diagnostics {
	var diags diag.Diagnostics
	if config.EmulatorURL.IsNull() || config.EmulatorURL.IsUnknown() {
		return diags
	}
	for _, name := range config.configuredURLs() {
		diags.AddAttributeError(path.Root("emulator_url"), "Conflicting Provider Arguments", fmt.Sprintf(
			"emulator_url sends everything to an emulator, but %s is set as well. Remove one of the two.", name))
	}
	return diags
}

// checkEmulatorVariable looks at an emulator that comes from the environment.
// It warns every time: a variable that was forgotten in a shell must not pass
// off emulated pictures as real ones.
func checkEmulatorVariable(config providerModel, emulator string) diag.Diagnostics {
	var diags diag.Diagnostics
	if problem := baseURLProblem(emulator, httpOrHTTPS); problem != "" {
		diags.AddError("Invalid Emulator URL", fmt.Sprintf(
			"The environment variable %s is %s, but %s. Correct or unset it.", envEmulatorURL, showURL(emulator), problem))
		return diags
	}
	if names := config.configuredURLs(); len(names) > 0 {
		diags.AddError("Conflicting Provider Arguments", fmt.Sprintf(
			"The environment variable %s sends everything to an emulator, but the provider block sets %s. "+
				"Unset the variable or remove the argument.", envEmulatorURL, strings.Join(names, " and ")))
		return diags
	}
	diags.AddWarning("Images Come From an Emulator", fmt.Sprintf(
		"The environment variable %s is set, so this run talks to the emulator at %s. "+
			"Its pictures are painted locally, not generated by FLUX.2, and cost nothing. Unset the variable to use fal.",
		envEmulatorURL, emulator))
	return diags
}

// configuredURLs names the arguments that point at a real API.
func (m providerModel) configuredURLs() []string {
	var names []string
	for _, argument := range []struct {
		name  string
		value types.String
	}{{"queue_url", m.QueueURL}, {"run_url", m.RunURL}, {"platform_url", m.PlatformURL}} {
		if !argument.value.IsNull() {
			names = append(names, argument.name)
		}
	}
	return names
}

// resolveKey returns the key, or an empty string if there is none. Blank
// values count as missing. A key in the configuration has been validated.
func resolveKey(configured types.String, lookup func(string) (string, bool)) (string, diag.Diagnostics) {
	var diags diag.Diagnostics
	if configured.IsUnknown() {
		return "", diags
	}
	if key := strings.TrimSpace(configured.ValueString()); key != "" {
		diags.Append(checkWholeKey(key)...)
		return key, diags
	}

	trimmed := func(name string) string {
		value, _ := lookup(name)
		return strings.TrimSpace(value)
	}
	key, source := trimmed(envKey), envKey
	if id, secret := trimmed(envKeyID), trimmed(envKeySecret); key == "" && (id != "" || secret != "") {
		source = envKeyID + " and " + envKeySecret
		if id == "" || secret == "" {
			diags.AddAttributeError(path.Root("api_key"), "Incomplete fal API Key", fmt.Sprintf(
				"Only one of the environment variables %s and %s is set. Set both of them, or %s alone, or api_key in the provider block.",
				envKeyID, envKeySecret, envKey))
			return "", diags
		}
		key = id + ":" + secret
	}
	if problem := keyProblem(key); problem != "" {
		diags.AddAttributeError(path.Root("api_key"), "Invalid fal API Key", fmt.Sprintf("The key in %s %s.", source, problem))
		return "", diags
	}
	diags.Append(checkWholeKey(key)...)
	return key, diags
}

// checkWholeKey warns about a key that looks like one half of a pair. fal
// refuses such keys today, but it is fal's to say.
func checkWholeKey(key string) diag.Diagnostics {
	var diags diag.Diagnostics
	if id, secret, _ := strings.Cut(key, ":"); key != "" && (id == "" || secret == "") {
		diags.AddAttributeWarning(path.Root("api_key"), "Incomplete fal API Key",
			"fal's keys have the form id:secret, and the configured one lacks a part. "+
				"fal will probably refuse it. Copy the whole key from fal's dashboard.")
	}
	return diags
}
