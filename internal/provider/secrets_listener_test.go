// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// eavesdropper records every byte that somebody sends it, and answers that all
// is well.
type eavesdropper struct {
	address string

	mutex sync.Mutex
	heard bytes.Buffer
}

func newEavesdropper(t *testing.T) *eavesdropper {
	t.Helper()

	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a listener in a test
	if err != nil {
		t.Fatal(err)
	}
	e := &eavesdropper{address: listener.Addr().String()}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { //nolint:gosec // on loopback, for a test
		_, _ = io.WriteString(w, `{"status":"COMPLETED"}`)
	})}
	go func() { _ = server.Serve(tappedListener{listener, e}) }()
	t.Cleanup(func() { _ = server.Close() })
	return e
}

// said is what has been heard so far.
func (e *eavesdropper) said() []byte {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return bytes.Clone(e.heard.Bytes())
}

type tappedListener struct {
	net.Listener
	by *eavesdropper
}

func (l tappedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return tappedConn{conn, l.by}, nil
}

type tappedConn struct {
	net.Conn
	by *eavesdropper
}

func (c tappedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.by.mutex.Lock()
	defer c.by.mutex.Unlock()
	c.by.heard.Write(p[:n])
	return n, err
}

// Whatever stands at the address of an emulator never gets the key, wherever the
// key and the address come from.
func TestSecrets_emulatorNeverGetsTheKey(t *testing.T) {
	t.Parallel()

	id, secret, _ := strings.Cut(recognisableKey, ":")
	for name, test := range map[string]struct {
		variables map[string]string
		set       func(address string) arguments
	}{
		"key of the environment": {
			variables: map[string]string{"FAL_KEY": recognisableKey},
			set:       func(address string) arguments { return arguments{"emulator_url": word(address)} },
		},
		"key of two variables": {
			variables: map[string]string{"FAL_KEY_ID": id, "FAL_KEY_SECRET": secret},
			set:       func(address string) arguments { return arguments{"emulator_url": word(address)} },
		},
		"key in the configuration": {
			set: func(address string) arguments {
				return arguments{"emulator_url": word(address), "api_key": word(recognisableKey)}
			},
		},
		"address of the environment": {
			variables: map[string]string{"FAL_KEY": recognisableKey},
			set:       func(string) arguments { return arguments{"api_key": word(recognisableKey)} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			listener := newEavesdropper(t)
			address := "http://" + listener.address
			variables := maps.Clone(test.variables)
			set := test.set(address)
			if set["emulator_url"].IsNull() {
				variables["FLUX2_EMULATOR_URL"] = address
			}
			env := acctest.New(t)
			c := converse(t, env, variables)
			for _, d := range c.configure(t, set) {
				if d.Severity == tfprotov6.DiagnosticSeverityError {
					t.Fatal(d.Detail)
				}
			}
			// The answer names no request: the listener is no emulator.
			planned := c.plan(t, nil, nil, arguments{"prompt": word("a lighthouse at dusk"), "sync_mode": tftypes.NewValue(tftypes.Bool, true)})
			c.apply(t, nil, planned, arguments{"prompt": word("a lighthouse at dusk"), "sync_mode": tftypes.NewValue(tftypes.Bool, true)})
			c.readData(t, "flux2_pricing", arguments{})

			heard := haystack{"listener": listener.said()}
			heard.expect(t, "listener", "POST /queue/", "GET /platform/v1/", "Authorization: Key ")
			heard.search(t, recognisableKey)
			// The same, but to what is taken for fal: the search would have found it.
			trusted := newEavesdropper(t)
			fal := converse(t, env, map[string]string{"FAL_KEY": recognisableKey})
			fal.configure(t, arguments{"platform_url": word("http://" + trusted.address + "/v1")})
			fal.readData(t, "flux2_pricing", arguments{})
			haystack{"trusted": trusted.said()}.expect(t, "trusted", "Authorization: Key "+recognisableKey)
			env.ExpectSubmissions(t, 0)
		})
	}
}

// A proxy of the environment carries what is encrypted, and nothing else that
// has the key in it: not even if a loopback address is written in a way that
// net/http doesn't know for one.
func TestAccSecrets_proxyNeverGetsTheKey(t *testing.T) {
	t.Parallel()

	proxy := newEavesdropper(t)
	env := acctest.New(t, emulator.WithKey(recognisableKey, emulator.ScopeAdmin), emulator.WithPainting(emulator.PaintOnDemand))
	_, port, err := net.SplitHostPort(strings.TrimPrefix(env.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	through := "http://" + proxy.address
	workspace := watch(t, env.HastyWorkspace(t, traced("FAL_KEY="+recognisableKey,
		"HTTP_PROXY="+through, "http_proxy="+through, "HTTPS_PROXY="+through, "https_proxy="+through, "NO_PROXY=", "no_proxy=")...))
	config := reaching("https://fal.invalid", `alias = "remote"`) + "data \"flux2_pricing\" \"remote\" {\n  provider = flux2.remote\n}\n\n"
	for i, host := range []string{"LOCALHOST", "LocalHost", "localhost", "127.0.0.1", "[::ffff:127.0.0.1]"} {
		config += fmt.Sprintf("%sdata \"flux2_pricing\" \"a%[2]d\" {\n  provider = flux2.a%[2]d\n}\n\n", reaching("http://"+host+":"+port, fmt.Sprintf("alias = \"a%d\"", i)), i)
	}
	workspace.Write(config)
	said := workspace.run(1, "plan")
	if got := strings.Count(said, "Error: "); got != 1 {
		t.Errorf("%d errors, want the one of the host that isn't there:\n%s", got, said)
	}
	if got := len(env.Emulator.LogOf(emulator.RoutePricing)); got != 5 {
		t.Errorf("the emulator was asked %d times, want 5", got)
	}
	heard := haystack{"proxy": proxy.said()}
	heard.expect(t, "proxy", "CONNECT fal.invalid:443")
	heard.search(t, recognisableKey)
	if bytes.Contains(heard["proxy"], []byte("Authorization")) {
		t.Errorf("the proxy got %s", heard["proxy"])
	}
	workspace.found().search(t, recognisableKey)
	env.ExpectSubmissions(t, 0)
}
