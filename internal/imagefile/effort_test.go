// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A proxy is named, and one that asks who this is gets no better answer the next time.
func TestSave_proxyThatRefuses(t *testing.T) {
	t.Parallel()
	for code, times := range map[int]int{http.StatusForbidden: 5, http.StatusProxyAuthRequired: 1} {
		proxy := newPlainHost(t, status(code))
		proxyURL, err := url.Parse(proxy.URL)
		if err != nil {
			t.Fatal(err)
		}
		proxyURL.User = url.UserPassword("someone", "password")
		h := asPublic(t)
		h.proxy = http.ProxyURL(proxyURL)
		path := filepath.Join(t.TempDir(), "a.png")
		_, err = client(t, Options{Clock: newFakeClock()}, h).Save(t.Context(), SaveRequest{URL: "https://media.example.com/a.png", Path: path})
		wantText(t, err, "GET https://media.example.com/a.png failed", fmt.Sprintf("the proxy %s answered HTTP %d %s", proxyURL.Host, code, http.StatusText(code)))
		var refused *ProxyError
		if !errors.As(err, &refused) || refused.ProxyStatus() != code || strings.Contains(err.Error(), "password") {
			t.Errorf("got %v", err)
		}
		if asked := proxy.count(); asked != times {
			t.Errorf("the proxy that answers %d was asked %d times, want %d", code, asked, times)
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("there is a file")
		}
	}
}

// What the host answers to the last of several attempts is told with their number.
func TestSave_saysHowOften(t *testing.T) {
	t.Parallel()
	srv := newHost(t, status(http.StatusServiceUnavailable))
	_, err := client(t, Options{Clock: newFakeClock()}, asPublic(t, srv)).Save(t.Context(), SaveRequest{URL: srv.URL + "/a.png", Path: filepath.Join(t.TempDir(), "a.png")})
	wantText(t, err, srv.URL+"/a.png answered 503 Service Unavailable after 5 attempts in ", "try again later")
}
