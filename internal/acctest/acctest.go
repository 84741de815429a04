// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Package acctest runs acceptance tests: a provider bound to an emulator of
// its own, driven by a real engine. Every test makes an Environment, states its
// steps, and ends with how many submissions the emulator accepted, because a
// submission is what users pay for.
package acctest

import (
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"go.uber.org/goleak"

	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider"
)

// Key is an API key that the emulator accepts.
const Key = "0b2c7a5e-acc7-4e57-b3a1-keyidkeyid00:5ecre75ecre75ecre75ecre75ecre700"

// RequiredProviders names the provider as the registry does. A configuration
// begins with it where the engine wants it, for provider functions for instance.
const RequiredProviders = "terraform {\n  required_providers {\n    flux2 = {\n      source = \"flux2-provider/flux2\"\n    }\n  }\n}\n\n"

// Main runs a package's tests with the provider under the namespace that it has
// in the registry, looks for goroutines that they have left behind, and removes
// what workspaces have built. It does not return.
func Main(m *testing.M) {
	if os.Getenv(resource.EnvTfAccProviderNamespace) == "" {
		if err := os.Setenv(resource.EnvTfAccProviderNamespace, "flux2-provider"); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	if code == 0 {
		// Each provider that an engine was given leaves two readers of its own
		// output behind.
		if err := goleak.Find(goleak.IgnoreAnyFunction("github.com/hashicorp/go-plugin.copyChan")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if workshop.folder != "" {
		_ = os.RemoveAll(workshop.folder)
	}
	os.Exit(code)
}

// Environment is a provider bound to an emulator.
type Environment struct {
	// Emulator is fal, as far as the provider knows.
	Emulator *emulator.Server
	// URL is where the emulator listens, on loopback.
	URL string
	// Providers is what a test case takes as ProtoV6ProviderFactories.
	Providers map[string]func() (tfprotov6.ProviderServer, error)
	// DataFolder is the engine's, as far as the provider knows.
	DataFolder string
}

// New starts an emulator, which ends with the test, and binds a provider to it.
// The provider sees no environment variable of the process.
func New(tb testing.TB, options ...emulator.Option) *Environment {
	tb.Helper()

	server, err := emulator.New(options...)
	if err != nil {
		tb.Fatalf("start the emulator: %v", err)
	}
	listener := httptest.NewServer(server)
	tb.Cleanup(func() {
		if err := server.Close(); err != nil {
			tb.Errorf("close the emulator: %v", err)
		}
		listener.Close()
	})
	environment := &Environment{Emulator: server, URL: listener.URL, DataFolder: tb.TempDir()}
	environment.Providers = environment.ProvidersWith(nil)
	return environment
}

// ProvidersWith binds a provider that sees the given environment variables, and
// that of the engine's data folder.
func (e *Environment) ProvidersWith(variables map[string]string, options ...provider.Option) map[string]func() (tfprotov6.ProviderServer, error) {
	options = append([]provider.Option{provider.WithEnvironment(func(name string) (string, bool) {
		if value, found := variables[name]; found || name != "TF_DATA_DIR" {
			return value, found
		}
		return e.DataFolder, true
	})}, options...)
	return map[string]func() (tfprotov6.ProviderServer, error){
		"flux2": func() (tfprotov6.ProviderServer, error) {
			made := provider.New("test", options...)()
			server := provider.Server(made)
			if closer, ok := made.(io.Closer); ok {
				closers.Store(server, closer)
			}
			return server, nil
		},
	}
}

// closers close the providers that run, by their servers.
var closers sync.Map

// ended lets go of what a provider holds, as the end of its process does.
func ended(server tfprotov6.ProviderServer) {
	running, _ := closers.LoadAndDelete(server)
	if closer, ok := running.(io.Closer); ok {
		_ = closer.Close()
	}
}

// oneByOne ends each provider that a factory has made when the next is asked for:
// the plugin testing library runs one command after the other.
func oneByOne(factories map[string]func() (tfprotov6.ProviderServer, error)) map[string]func() (tfprotov6.ProviderServer, error) {
	wrapped := make(map[string]func() (tfprotov6.ProviderServer, error))
	for name, factory := range factories {
		var last tfprotov6.ProviderServer
		wrapped[name] = func() (tfprotov6.ProviderServer, error) {
			ended(last)
			server, err := factory()
			last = server
			return server, err
		}
	}
	return wrapped
}

// Config puts a provider block that points at the emulator before a
// configuration.
func (e *Environment) Config(configuration string) string {
	return fmt.Sprintf("provider \"flux2\" {\n  emulator_url = %q\n}\n\n%s", e.URL, configuration)
}

// ConfigWithKey does the same through the addresses of the real APIs, so that
// the provider sends the key.
func (e *Environment) ConfigWithKey(key, configuration string) string {
	return fmt.Sprintf(`provider "flux2" {
  api_key      = %q
  queue_url    = "%[2]s/queue"
  run_url      = "%[2]s/run"
  platform_url = "%[2]s/platform/v1"
}

%[3]s`, key, e.URL, configuration)
}

// TestAcc runs a test case on a real engine, and then checks that fal accepted
// exactly so many submissions. It takes the environment's provider unless the
// case brings its own.
func (e *Environment) TestAcc(t *testing.T, submissions int, testCase resource.TestCase) {
	t.Helper()

	if testCase.ProtoV6ProviderFactories == nil {
		testCase.ProtoV6ProviderFactories = oneByOne(e.Providers)
	}
	resource.Test(t, testCase)
	e.ExpectSubmissions(t, submissions)
}

// ExpectSubmissions checks how many paid submissions the emulator accepted.
func (e *Environment) ExpectSubmissions(tb testing.TB, want int) {
	tb.Helper()

	if got := len(e.Emulator.Submissions()); got != want {
		tb.Errorf("fal accepted %d submissions, want %d", got, want)
	}
}
