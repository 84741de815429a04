// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// texts joins the diagnostics of one severity.
func texts(diags diag.Diagnostics, severity diag.Severity) string {
	var lines []string
	for _, d := range diags {
		if d.Severity() == severity {
			lines = append(lines, d.Summary()+": "+d.Detail())
		}
	}
	return strings.Join(lines, "\n")
}

func TestResolveSettings(t *testing.T) {
	t.Parallel()

	known, unknown := types.StringValue, types.StringUnknown()

	for name, test := range map[string]struct {
		config      providerModel
		environment map[string]string
		wantKey     string
		wantQueue   string
		wantUnknown bool
		wantError   string
		wantWarning string
	}{
		"nothing is set": {wantQueue: defaultQueueURL},
		"key from the configuration, trimmed": {
			config: providerModel{APIKey: known(" id:secret\n")}, environment: map[string]string{envKey: "other:key"},
			wantKey: "id:secret", wantQueue: defaultQueueURL,
		},
		"an empty key is missing": {
			config: providerModel{APIKey: known("")}, environment: map[string]string{envKey: "id:secret"},
			wantKey: "id:secret", wantQueue: defaultQueueURL,
		},
		"an unknown key never falls back": {
			config: providerModel{APIKey: unknown}, environment: map[string]string{envKey: "id:secret"},
			wantQueue: defaultQueueURL, wantUnknown: true,
		},
		"key from the environment, trimmed": {
			environment: map[string]string{envKey: "id:secret\n"}, wantKey: "id:secret", wantQueue: defaultQueueURL,
		},
		"pair from the environment": {
			environment: map[string]string{envKeyID: "id", envKeySecret: "secret"}, wantKey: "id:secret", wantQueue: defaultQueueURL,
		},
		"FAL_KEY goes before the pair": {
			environment: map[string]string{envKey: "a:b", envKeyID: "id"}, wantKey: "a:b", wantQueue: defaultQueueURL,
		},
		"a blank FAL_KEY does not": {
			environment: map[string]string{envKey: " ", envKeyID: "id", envKeySecret: "secret"}, wantKey: "id:secret", wantQueue: defaultQueueURL,
		},
		"half a pair": {
			environment: map[string]string{envKeyID: "id"}, wantError: "Only one of the environment variables FAL_KEY_ID and FAL_KEY_SECRET is set",
		},
		"key with a line break": {
			environment: map[string]string{envKey: "id:se\ncret"}, wantError: "The key in FAL_KEY contains white space",
		},
		"half a key": {
			environment: map[string]string{envKey: "only-the-id"}, wantKey: "only-the-id", wantQueue: defaultQueueURL,
			wantWarning: "form id:secret",
		},
		"own addresses": {
			config:      providerModel{QueueURL: known("https://queue.example.com")},
			environment: map[string]string{envKey: "id:secret"}, wantKey: "id:secret", wantQueue: "https://queue.example.com",
		},
		"an emulator never sees the key": {
			config:      providerModel{EmulatorURL: known("http://127.0.0.1:8787/")},
			environment: map[string]string{envKey: "id:secret"}, wantKey: emulatorKey, wantQueue: "http://127.0.0.1:8787/queue",
		},
		"nor one with a configured key": {
			config:  providerModel{EmulatorURL: known("http://emulator:8787"), APIKey: known("id:secret")},
			wantKey: emulatorKey, wantQueue: "http://emulator:8787/queue",
		},
		"an emulator from the environment is announced": {
			environment: map[string]string{envEmulatorURL: "http://127.0.0.1:8787"}, wantKey: emulatorKey,
			wantQueue: "http://127.0.0.1:8787/queue", wantWarning: "Images Come From an Emulator",
		},
		"the configured emulator goes before it, silently": {
			config:      providerModel{EmulatorURL: known("http://127.0.0.1:1")},
			environment: map[string]string{envEmulatorURL: "http://127.0.0.1:2"}, wantKey: emulatorKey, wantQueue: "http://127.0.0.1:1/queue",
		},
		"an emulator from the environment beside a real address": {
			config: providerModel{RunURL: known("https://run.example.com")}, environment: map[string]string{envEmulatorURL: "http://127.0.0.1:2"},
			wantError: "the provider block sets run_url",
		},
		"a broken emulator variable": {
			environment: map[string]string{envEmulatorURL: "localhost:8787"}, wantError: "Correct or unset it",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got, diags := resolveSettings(t.Context(), test.config, func(name string) (string, bool) {
				value, found := test.environment[name]
				return value, found
			})
			gotError, gotWarning := texts(diags, diag.SeverityError), texts(diags, diag.SeverityWarning)
			if test.wantError != "" {
				if !strings.Contains(gotError, test.wantError) {
					t.Errorf("error %q, want %q", gotError, test.wantError)
				}
				return
			}
			if gotError != "" {
				t.Fatal(gotError)
			}
			if got.key != test.wantKey || got.queueURL != test.wantQueue || got.unknown != test.wantUnknown {
				t.Errorf("got %+v", got)
			}
			if (gotWarning != "") != (test.wantWarning != "") || !strings.Contains(gotWarning, test.wantWarning) {
				t.Errorf("warning %q, want %q", gotWarning, test.wantWarning)
			}
		})
	}
}

func TestResolveSettings_neverShowsTheKey(t *testing.T) {
	t.Parallel()

	for _, key := range []string{"id:se cret", "id:", "hidden"} {
		_, diags := resolveSettings(t.Context(), providerModel{}, func(name string) (string, bool) {
			if name != envKey {
				return "", false
			}
			return key, true
		})
		for _, d := range diags {
			if strings.Contains(d.Detail(), "se cret") || strings.Contains(d.Detail(), "hidden") {
				t.Errorf("the diagnostic shows the key: %s", d.Detail())
			}
		}
	}
}

func TestBaseURLProblem(t *testing.T) {
	t.Parallel()

	for url, allowed := range map[string]bool{
		"https://queue.fal.run":      true,
		"https://queue.fal.run:8443": true,
		"https://proxy.example/fal/": true,
		"http://127.0.0.1:8787":      true,
		"http://[::1]:8787/queue":    true,
		"http://localhost:8787":      true,
		"http://queue.fal.run":       false,
		"https://user@queue.fal.run": false,
		"https://queue.fal.run?":     false,
		"https://queue.fal.run?a=b":  false,
		"https://queue.fal.run#":     false,
		"https://queue.fal.run/#x":   false,
		"queue.fal.run":              false,
		"//queue.fal.run":            false,
		"https://":                   false,
		"https://:443":               false,
		"ftp://queue.fal.run":        false,
		"https://queue fal.run":      false,
		"":                           false,
	} {
		if problem := baseURLProblem(url, httpsUnlessLoopback); (problem == "") != allowed {
			t.Errorf("%q: %q", url, problem)
		}
	}
	if problem := baseURLProblem("http://emulator:8787", httpOrHTTPS); problem != "" {
		t.Errorf("an emulator on another host: %s", problem)
	}
	if shown := showURL("https://me:pa55@example.com"); strings.Contains(shown, "pa55") {
		t.Errorf("shows a password: %s", shown)
	}
}
