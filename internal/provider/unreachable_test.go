// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
)

// deadAddresses are addresses that nobody gets through to, what came back from them,
// and what to do about it. Those that may pass are tried more than once.
func deadAddresses(t *testing.T, plain string) map[string][]string {
	t.Helper()

	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	return map[string][]string{
		"http://127.0.0.1:1": {"dial tcp 127.0.0.1:1: connect", "Check the network and the provider's URLs, or start the emulator"},
		// No name server is asked about a label of this length.
		"https://" + strings.Repeat("n", 64) + ".invalid": {"no such host", "No name server knows that host", "HTTPS_PROXY"},
		untrusted.URL: {"failed to verify certificate", "does not trust the certificate", "SSL_CERT_FILE"},
		strings.Replace(plain, "http", "https", 1): {"HTTP response to HTTPS client", "begins with http://, not with https://"},
	}
}

// Where fal can't be reached, the error says what was tried and how often, what came
// back, and what to do. Nothing is left, and nothing was paid for.
func TestUnreachable_fal(t *testing.T) {
	t.Parallel()

	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	for address, want := range deadAddresses(t, plain.URL) {
		t.Run(address, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			onClock(env, acctest.NewClock(untilSilence))
			e := env.Engine(t)
			config := fmt.Sprintf("provider \"flux2\" {\n  api_key = %q\n  queue_url = \"%s/queue\"\n}\n\n%s", acctest.Key, address, image(lighthouse))
			said := e.Run(t.Context(), config, engine.PlanOptions{})
			words := append([]string{"Image Not Submitted", "Submitting the image to fal-ai/flux-2-dev failed: POST " + address + "/queue/fal-ai/flux-2-dev: "}, want[0])
			if !strings.Contains(want[0], "certificate") && !strings.Contains(want[0], "HTTPS") {
				words = append(words, ", after 8 attempts in ")
			}
			words = append(append(words, "Nothing was generated.", "fal could not be reached"), want[1:]...)
			if err := said.Err(); err == nil || !saidInOrder(words...).MatchString(err.Error()) {
				t.Errorf("said %s, want %q", said, words)
			}
			if left := e.State().Addresses(); len(left) > 0 {
				t.Errorf("the state has %v", left)
			}
			env.ExpectSubmissions(t, 0)
		})
	}
}

// So it is with the host of an image. What was on disk stays.
func TestUnreachable_hostOfAnImage(t *testing.T) {
	t.Parallel()

	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	for address, want := range deadAddresses(t, plain.URL) {
		t.Run(address, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			onClock(env, acctest.NewClock(untilSilence))
			folder := t.TempDir()
			path := filepath.Join(folder, "a.png")
			mustWrite(t, path, []byte("as it was"))
			words := []string{"Image Not Fetched", "GET " + address + "/a.png failed"}
			if !strings.Contains(want[0], "certificate") && !strings.Contains(want[0], "HTTPS") {
				words = append(words, " after 5 attempts in ")
			}
			words = append(append(append(words, want[0], "Nothing was written."), want[1:]...), "To fetch the image again costs nothing.")
			env.Test(t, 0, resource.TestCase{Steps: []resource.TestStep{{
				Config:      env.Config(imageFile(path, fmt.Sprintf("url = %q", address+"/a.png"), "overwrite = true")),
				ExpectError: saidInOrder(words...),
			}}})
			onlyFiles(t, folder, "a.png")
			if string(mustRead(t, path)) != "as it was" {
				t.Error("the file was replaced")
			}
		})
	}
}
