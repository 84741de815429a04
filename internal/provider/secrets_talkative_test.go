// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// talkativeRun has Go's HTTP client tell all that it can: the headers that it
// sends over HTTP/2, if an environment variable asks for that, and what a server
// sends over HTTP/1 without having been asked.
func talkativeRun(t *testing.T) extent {
	t.Helper()

	if runtime.GOOS == "darwin" {
		t.Skip("Go asks the keychain here, so the provider can't be made to trust a test's certificate")
	}
	env := acctest.New(t, emulator.WithKey(recognisableKey), emulator.WithPainting(emulator.PaintOnDemand))
	var overHTTP2 atomic.Int64
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor == 2 {
			overHTTP2.Add(1)
		}
		env.Emulator.ServeHTTP(w, r)
	}))
	secure.EnableHTTP2 = true
	secure.StartTLS()
	t.Cleanup(secure.Close)
	certificate := filepath.Join(t.TempDir(), "certificate.pem")
	if err := os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	var unasked atomic.Int64
	chatty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer func() { _ = conn.Close() }()
		unasked.Add(1)
		body := `{"prices":[{"endpoint_id":"fal-ai/flux-2-dev","unit_price":1,"unit":"images","currency":"USD"}]}`
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%sHTTP/1.1 401 %s\r\n", len(body), body, r.Header.Get("Authorization"))
		// Until the other side has had enough.
		_, _ = conn.Read(make([]byte, 1))
	}))
	t.Cleanup(chatty.Close)

	workspace := watch(t, env.Workspace(t, traced("FAL_KEY="+recognisableKey, "GODEBUG=http2debug=2", "SSL_CERT_FILE="+certificate)...))
	workspace.Write(reaching(secure.URL) + reaching(chatty.URL, `alias = "chatty"`) + strings.Join([]string{
		"resource \"flux2_image\" \"art\" {\n  prompt = \"a lighthouse at dusk\"\n}\n",
		"data \"flux2_pricing\" \"chatty\" {\n  provider = flux2.chatty\n}\n",
	}, "\n"))
	workspace.run(0, "apply", "-auto-approve")
	env.ExpectSubmissions(t, 1)
	if overHTTP2.Load() == 0 || unasked.Load() == 0 {
		t.Errorf("%d requests over HTTP/2, %d unasked answers", overHTTP2.Load(), unasked.Load())
	}
	found := workspace.found()
	found.expect(t, trace, "Called fal")
	return extent{2, found.search(t, recognisableKey)}
}
