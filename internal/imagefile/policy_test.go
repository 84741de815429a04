// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

func TestKindOfAddr(t *testing.T) {
	t.Parallel()
	tests := map[kind][]string{
		publicKind: {"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "223.255.255.255",
			"2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808"},
		loopbackKind: {"127.0.0.1", "127.255.255.255", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1", "::ffff:0.0.0.0", "64:ff9b::7f00:1"},
		privateKind: {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255", "fc00::1",
			"fd12:3456::1", "fec0::1", "::ffff:10.1.2.3", "64:ff9b::a00:1"},
		linkLocalKind: {"169.254.169.254", "fe80::1", "fe80::1%eth0", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"},
		reservedKind: {"0.1.2.3", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1",
			"255.255.255.255", "ff02::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "::127.0.0.1", "64:ff9b:1::7f00:1"},
	}
	for want, addrs := range tests {
		for _, addr := range addrs {
			if got := kindOfAddr(netip.AddrPortFrom(netip.MustParseAddr(addr), 443)); got != want {
				t.Errorf("%s is %s, want %s", addr, got, want)
			}
		}
	}
}

func TestNew_refusesOriginsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"", "fal.run", "ftp://fal.run", "https://", "://"} {
		if _, err := New(Options{TrustedOrigins: []string{origin}}); !errors.Is(err, ErrInvalidURL) {
			t.Errorf("origin %q: %v, want ErrInvalidURL", origin, err)
		}
	}
}

// The exported way in, without any stand-in.
func TestNew_withAnEmulator(t *testing.T) {
	t.Parallel()
	content := picture(t, "image/png", 1)
	emulator := newPlainHost(t, serve("image/png", content))
	for origin, want := range map[string]error{emulator.URL + "/queue": nil, "https://fal.run": ErrInsecureURL} {
		c, err := New(Options{TrustedOrigins: []string{origin}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.CloseIdleConnections)
		path := filepath.Join(t.TempDir(), "a.png")
		if _, err := c.Save(t.Context(), SaveRequest{URL: emulator.URL + "/media/a.png", Path: path}); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", origin, err, want)
		}
		if want == nil {
			wantContent(t, path, content)
		}
	}
}

func TestCheckURL(t *testing.T) {
	t.Parallel()
	none := []string{"https://queue.example.com", "https://run.example.com"}
	emulator := []string{"http://127.0.0.1:8787/queue", "http://127.0.0.1:8787/run"}
	tests := []struct {
		name    string
		trusted []string
		url     string
		want    error
	}{
		{"https", none, "https://media.example.com/a.png", nil},
		{"https with port and query", none, "https://media.example.com:8443/a.png?identity=x", nil},
		{"public address", none, "https://8.8.8.8/a.png", nil},
		{"data", none, dataURI("image/png", picture(t, "image/png", 1)), nil},
		{"data in capitals", none, "DATA:" + strings.TrimPrefix(dataURI("image/png", picture(t, "image/png", 1)), "data:"), nil},
		{"data without a comma", none, "data:", ErrInvalidURL},
		{"data cut off", none, "data:image/png;base64,AAA%", ErrInvalidURL},
		{"data without an image", none, "data:image/png;base64,AAAA", ErrNotAnImage},
		{"data of another type", none, dataURI("image/webp", picture(t, "image/png", 1)), ErrContentTypeMismatch},
		{"nothing", none, "", ErrInvalidURL},
		{"no scheme", none, "media.example.com/a.png", ErrInvalidURL},
		{"file", none, "file:///etc/passwd", ErrInvalidURL},
		{"ftp", none, "ftp://media.example.com/a.png", ErrInvalidURL},
		{"no host", none, "https:///a.png", ErrInvalidURL},
		{"malformed", none, "https://media.example.com:port/a.png", ErrInvalidURL},
		{"control character", none, "https://media.example.com/\x7f", ErrInvalidURL},
		{"credentials", none, "https://user:secret@media.example.com/a.png", ErrInvalidURL},
		{"http", none, "http://media.example.com/a.png", ErrInsecureURL},
		{"http to loopback", none, "http://127.0.0.1/a.png", ErrInsecureURL},
		{"loopback", none, "https://127.0.0.1/a.png", ErrForbiddenAddress},
		{"localhost", none, "https://localhost/a.png", ErrForbiddenAddress},
		{"localhost with a dot", none, "https://LOCALHOST./a.png", ErrForbiddenAddress},
		{"below localhost", none, "https://a.localhost/a.png", ErrForbiddenAddress},
		{"IPv6 loopback", none, "https://[::1]/a.png", ErrForbiddenAddress},
		{"mapped loopback", none, "https://[::ffff:127.0.0.1]/a.png", ErrForbiddenAddress},
		{"metadata service", none, "https://169.254.169.254/latest", ErrForbiddenAddress},
		{"private", none, "https://10.0.0.1/a.png", ErrForbiddenAddress},
		{"one number", none, "https://2130706433/a.png", ErrInvalidURL},
		{"hexadecimal", none, "https://0x7f000001/a.png", ErrInvalidURL},
		{"short form", none, "https://127.1/a.png", ErrInvalidURL},
		{"emulator itself", emulator, "http://127.0.0.1:8787/media/a.png", nil},
		{"beside the emulator", emulator, "http://127.0.0.1:9000/a.png", nil},
		{"beside the emulator by name", emulator, "http://localhost:9000/a.png", nil},
		{"public with an emulator", emulator, "https://media.example.com/a.png", nil},
		{"another kind than the emulator's", emulator, "http://10.0.0.1/a.png", ErrForbiddenAddress},
		{"metadata service with an emulator", emulator, "http://169.254.169.254/latest", ErrForbiddenAddress},
		{"public http with an emulator", emulator, "http://8.8.8.8/a.png", ErrInsecureURL},
		{"emulator by its name", []string{"http://emulator.example.com:8787"}, "http://emulator.example.com:8787/media/a.png", nil},
		{"emulator in other capitals", []string{"http://Emulator:80"}, "http://EMULATOR/media/a.png", nil},
		{"unspecified counts as loopback", []string{"http://0.0.0.0:8787"}, "http://127.0.0.1:8787/media/a.png", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := asPublic(t)
			h.resolver = resolver([4]byte{8, 8, 8, 8})
			c := client(t, Options{TrustedOrigins: tt.trusted}, h)
			err := c.CheckURL(t.Context(), tt.url)
			if !errors.Is(err, tt.want) {
				t.Fatalf("%v, want %v", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error repeats a password: %v", err)
			}
		})
	}
}

// A name that leads inside is found out where it is dialled.
func TestSave_nameOfLoopback(t *testing.T) {
	t.Parallel()
	content := picture(t, "image/png", 1)
	tests := []struct {
		name    string
		trusted []string
		want    error
	}{
		{"no origin", nil, ErrForbiddenAddress},
		{"origins elsewhere", []string{"https://8.8.8.8"}, ErrForbiddenAddress},
		{"origin at the same kind of address", []string{"https://127.0.0.1:1"}, nil},
		{"origin whose name leads there", []string{"https://gateway.example.com"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inside := newHost(t, serve("image/png", content))
			h := asPublic(t)
			h.resolver = resolver([4]byte{127, 0, 0, 1})
			c := client(t, Options{TrustedOrigins: tt.trusted}, h)
			link := fmt.Sprintf("https://example.com:%d/a.png", inside.addr(t).Port())
			folder := t.TempDir()
			_, err := c.Save(t.Context(), SaveRequest{URL: link, Path: filepath.Join(folder, "a.png")})
			if !errors.Is(err, tt.want) {
				t.Fatalf("%v, want %v", err, tt.want)
			}
			if tt.want == nil {
				wantListing(t, folder, "a.png")
				return
			}
			wantText(t, err, "example.com", "127.0.0.1", "loopback")
			wantListing(t, folder)
			if n := inside.count(); n != 0 {
				t.Errorf("the host inside got %d requests", n)
			}
		})
	}
}

func TestSave_redirects(t *testing.T) {
	t.Parallel()
	content := picture(t, "image/png", 1)
	tests := []struct {
		path  string
		calls int
		want  error
		text  string
	}{
		{"/0", 1, nil, ""},
		{"/other", 1, nil, ""},
		{"/5", 6, nil, ""},
		{"/6", 6, ErrInvalidURL, "more than 5 redirects"},
		{"/loop", 6, ErrInvalidURL, "more than 5 redirects"},
		{"/inside", 1, ErrForbiddenAddress, "loopback"},
		{"/name", 1, ErrForbiddenAddress, "loopback"},
		{"/twice", 2, ErrForbiddenAddress, "loopback"},
		{"/metadata", 1, ErrForbiddenAddress, "link-local"},
		{"/plain", 1, ErrInsecureURL, "redirects from https to plain http"},
		{"/file", 1, ErrInvalidURL, "scheme"},
		{"/user", 1, ErrInvalidURL, "user name"},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			inside := newHost(t, serve("image/png", content))
			insidePlain := newPlainHost(t, serve("image/png", content))
			other := newHost(t, serve("image/png", content))
			outside := newHost(t, func(w http.ResponseWriter, r *http.Request) {
				to := map[string]string{
					"/inside":   inside.URL + "/a.png",
					"/name":     fmt.Sprintf("https://example.com:%d/a.png", inside.addr(t).Port()),
					"/plain":    insidePlain.URL + "/a.png",
					"/metadata": "https://169.254.169.254/latest/meta-data",
					"/file":     "file:///etc/passwd",
					"/user":     "https://user:secret@" + other.Listener.Addr().String() + "/a.png",
					"/other":    other.URL + "/a.png",
					"/twice":    "/inside",
					"/loop":     "/loop",
					"/6":        "/5", "/5": "/4", "/4": "/3", "/3": "/2", "/2": "/1", "/1": "/0",
				}[r.URL.Path]
				if to == "" {
					serve("image/png", content)(w, r)
					return
				}
				http.Redirect(w, r, to, http.StatusFound)
			})
			h := asPublic(t, outside, other)
			h.resolver = resolver([4]byte{127, 0, 0, 1})
			c := client(t, Options{}, h)
			folder := t.TempDir()
			_, err := c.Save(t.Context(), SaveRequest{URL: outside.URL + tt.path + "?identity=signature", Path: filepath.Join(folder, "a.png")})
			if !errors.Is(err, tt.want) {
				t.Fatalf("%v, want %v", err, tt.want)
			}
			if outside.count() != tt.calls {
				t.Errorf("%d calls, want %d: refusals are not tried again", outside.count(), tt.calls)
			}
			if inside.count()+insidePlain.count() != 0 {
				t.Error("a host inside was reached")
			}
			if tt.path == "/other" && other.last(t).Referer() != "" {
				t.Errorf("the next host learns where the request came from: %q", other.last(t).Referer())
			}
			if tt.want == nil {
				wantListing(t, folder, "a.png")
				return
			}
			wantText(t, err, tt.text)
			wantListing(t, folder)
			for _, word := range []string{"signature", "secret"} {
				if strings.Contains(err.Error(), word) {
					t.Errorf("the error repeats %q: %v", word, err)
				}
			}
		})
	}
}

func TestSave_plainHTTP(t *testing.T) {
	t.Parallel()
	content := picture(t, "image/png", 1)
	emulator := newPlainHost(t, serve("image/png", content))
	beside := newPlainHost(t, serve("image/png", content))
	tests := []struct {
		name    string
		trusted []string
		public  []*host
		url     string
		want    error
	}{
		{"from the API itself", []string{emulator.URL + "/queue"}, nil, emulator.URL, nil},
		{"from beside the API", []string{emulator.URL + "/queue"}, nil, beside.URL, nil},
		{"from the API at a public address", []string{emulator.URL + "/queue"}, []*host{emulator}, emulator.URL, nil},
		{"from a public host", []string{emulator.URL + "/queue"}, []*host{beside}, beside.URL, ErrInsecureURL},
		{"without a local API", nil, nil, emulator.URL, ErrInsecureURL},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := client(t, Options{TrustedOrigins: tt.trusted}, asPublic(t, tt.public...))
			_, err := c.Save(t.Context(), SaveRequest{URL: tt.url + "/a.png", Path: filepath.Join(t.TempDir(), "a.png")})
			if !errors.Is(err, tt.want) {
				t.Fatalf("%v, want %v", err, tt.want)
			}
		})
	}
}

// The names of plain HTTP hosts are judged by what they lead to as well.
func TestDial_plainHTTPToPublicName(t *testing.T) {
	t.Parallel()
	srv := newPlainHost(t, serve("image/png", nil))
	h := asPublic(t, srv)
	h.resolver = resolver([4]byte{127, 0, 0, 1})
	c := client(t, Options{TrustedOrigins: []string{"http://127.0.0.1:1"}}, h)
	link := fmt.Sprintf("http://example.com:%d/a.png", srv.addr(t).Port())
	_, err := c.Save(t.Context(), SaveRequest{URL: link, Path: filepath.Join(t.TempDir(), "a.png")})
	if !errors.Is(err, ErrInsecureURL) || srv.count() != 0 {
		t.Fatalf("%v after %d requests, want ErrInsecureURL after none", err, srv.count())
	}
}

func TestSave_proxy(t *testing.T) {
	t.Parallel()
	content := picture(t, "image/png", 1)
	tests := []struct {
		name, url string
		trusted   []string
		want      error
	}{
		{"address inside", "https://10.0.0.1/a.png", nil, ErrForbiddenAddress},
		{"localhost", "https://localhost/a.png", nil, ErrForbiddenAddress},
		{"plain http", "http://media.example.com/a.png", nil, ErrInsecureURL},
		{"plain http with an emulator", "http://media.example.com/a.png", []string{"http://127.0.0.1:1"}, ErrInsecureURL},
		{"the API itself", "http://emulator.example.com/a.png", []string{"http://emulator.example.com"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			// A proxy is allowed to be at a private address: it is the user's own.
			proxy := newPlainHost(t, serve("image/png", content))
			proxyURL, err := url.Parse(proxy.URL)
			if err != nil {
				t.Fatal(err)
			}
			h := asPublic(t)
			h.resolver = resolver([4]byte{8, 8, 8, 8})
			h.proxy = http.ProxyURL(proxyURL)
			c := client(t, Options{TrustedOrigins: tt.trusted}, h)
			_, err = c.Save(t.Context(), SaveRequest{URL: tt.url, Path: filepath.Join(t.TempDir(), "a.png")})
			if !errors.Is(err, tt.want) {
				t.Fatalf("%v, want %v", err, tt.want)
			}
			if asked := proxy.count() > 0; asked != (tt.want == nil) {
				t.Errorf("proxy asked: %v", asked)
			}
		})
	}
}

func TestSave_proxyTunnelsHTTPS(t *testing.T) {
	t.Parallel()
	proxy := newPlainHost(t, status(http.StatusTeapot))
	proxyURL, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	h := asPublic(t)
	h.proxy = http.ProxyURL(proxyURL)
	c := client(t, Options{}, h)
	_, err = c.Save(t.Context(), SaveRequest{URL: "https://media.example.com/a.png", Path: filepath.Join(t.TempDir(), "a.png")})
	wantText(t, err, "GET https://media.example.com/a.png failed after 5 attempts")
	if r := proxy.last(t); r.Method != http.MethodConnect || r.Host != "media.example.com:443" {
		t.Errorf("the proxy got %s %s", r.Method, r.Host)
	}
}

func TestSave_brokenProxySettings(t *testing.T) {
	t.Parallel()
	h := asPublic(t)
	h.proxy = func(*http.Request) (*url.URL, error) { return nil, errors.New("invalid proxy address") }
	_, err := client(t, Options{}, h).Available(t.Context(), "https://media.example.com/a.png")
	wantText(t, err, "proxy settings", "invalid proxy address")
}

func TestSave_untrustedCertificateIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	clock := newFakeClock()
	srv := newHost(t, serve("image/png", nil))
	h := asPublic(t, srv)
	h.roots = nil
	_, err := client(t, Options{Clock: clock}, h).Save(t.Context(), SaveRequest{URL: srv.URL, Path: filepath.Join(t.TempDir(), "a.png")})
	wantText(t, err, "certificate")
	if len(clock.slept()) != 0 {
		t.Errorf("waited %v", clock.slept())
	}
}

// The refusal must come before the connection.
func TestDial_refusesBeforeConnecting(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(srv.Close)
	p, err := newPolicy(nil, hooks{})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := p.dial("https")(context.Background(), "tcp", srv.Listener.Addr().String())
	if !errors.Is(err, ErrForbiddenAddress) || conn != nil {
		t.Fatalf("%v, %v", conn, err)
	}
}
