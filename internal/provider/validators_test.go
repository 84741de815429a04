// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"strings"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

// The key travels in plain text to this machine only, and not to a host that
// merely looks like it.
func TestBaseURL_plainHTTPIsForLoopback(t *testing.T) {
	t.Parallel()

	for address, want := range map[string]string{
		"http://localhost:8787":                "",
		"http://LOCALHOST/base":                "",
		"http://127.0.0.1:8787":                "",
		"http://[::1]:8787":                    "",
		"http://[::ffff:127.0.0.1]":            "",
		"https://localhost.evil.example":       "",
		"http://localhost.evil.example":        "must use https",
		"http://localhost.":                    "must use https",
		"http://localho\u017ft":                "must use https",
		"http://127.0.0.1.nip.io":              "must use https",
		"http://127.0.0.1.":                    "must use https",
		"http://127.1":                         "must use https",
		"http://2130706433":                    "must use https",
		"http://0x7f000001":                    "must use https",
		"http://0177.0.0.1":                    "must use https",
		"http://0.0.0.0":                       "must use https",
		"http://[::]":                          "must use https",
		"http://[::ffff:10.0.0.1]":             "must use https",
		"http://10.0.0.1":                      "must use https",
		"http://127.0.0.1@evil.example":        "must not contain a user name",
		"http://127.0.0.1:80@evil.example":     "must not contain a user name",
		`http://evil.example\@127.0.0.1`:       "must be an absolute URL",
		"http://127.0.0.1#@evil.example":       "must not contain a fragment",
		"http://evil.example#127.0.0.1":        "must not contain a fragment",
		"http://127.0.0.1?x":                   "must not contain a query",
		"http://[::1]evil.example":             "must be an absolute URL",
		"http://localhost%2eevil.example":      "must be an absolute URL",
		"http://evil.example%00.localhost":     "must be an absolute URL",
		"ftp://127.0.0.1":                      "must be an absolute URL",
		"//127.0.0.1":                          "must be an absolute URL",
		"HTTP://evil.example":                  "must use https",
		"http:127.0.0.1":                       "must be an absolute URL",
		"http://\u2460\u2461\u2466.0.0.1":      "must use https",
		"http://127\u30020\u30020\u30021:8787": "must use https",
	} {
		got := baseURLProblem(address, httpsUnlessLoopback)
		if (got == "") != (want == "") || !strings.HasPrefix(got, want) {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

// A key may be put anywhere by mistake, and what is refused is shown.
func TestMistakesDontShowKeys(t *testing.T) {
	t.Parallel()

	const id, secret = "0b2c7a5e-acc7-4e57-b3a1-0123456789ab", "5ec7e75ec7e75ec7e75ec7e75ec7e700"
	for _, key := range []string{id + ":" + secret, secret, id, "some:password"} {
		for _, show := range []string{
			showURL(key), showURL("https://" + key + "@queue.fal.run"), showURL("https://queue.fal.run/" + key), showURL("https://queue.fal.run?key=" + key),
			attributes.Quote(key), attributes.Quote("Key " + key),
		} {
			if strings.Contains(show, key) || strings.Contains(show, secret) {
				t.Errorf("%s is shown: %s", key, show)
			}
		}
	}
	for value, want := range map[string]string{
		"normla": `"normla"`, flux2.DefaultEndpointID: `"` + flux2.DefaultEndpointID + `"`, "": `""`, "1h:30m": `"1h:30m"`,
		"https://fal.run/fal-ai/flux-2-dev": `"https://fal.run/fal-ai/flux-2-dev"`,
	} {
		if got := attributes.Quote(value); got != want {
			t.Errorf("%s is shown as %s", want, got)
		}
	}
	if got := showURL("http://queue.example.com:80/base"); got != `"http://queue.example.com:80"` {
		t.Errorf("the URL is shown as %s", got)
	}
}
