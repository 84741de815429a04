// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestNewChecksItsOptions(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"fal.run", "/queue", "ftp://fal.run", "https://", "https://:443", "https://user@fal.run", "https://fal.run?x=1", "https://fal.run/#x", "https://fal run", "%"} {
		for _, options := range []Options{{QueueURL: base}, {RunURL: base}, {PlatformURL: base}} {
			if _, err := New(options); err == nil {
				t.Errorf("%q was accepted", base)
			}
		}
	}
	if _, err := New(Options{Key: "id:secret\nX-Evil: 1"}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a key with a line break: %v", err)
	}
	c, err := New(Options{Key: "id:secret"})
	if err != nil {
		t.Fatal(err)
	}
	handle, err := c.Attach("fal-ai/flux-2/edit", testID)
	if err != nil || handle.StatusURL != "https://queue.fal.run/fal-ai/flux-2/requests/"+testID+"/status" {
		t.Errorf("got %+v, %v", handle, err)
	}
}

func TestAttachChecksIDs(t *testing.T) {
	t.Parallel()
	c := client(t, "http://127.0.0.1:1")
	for _, id := range []string{"", "a/b", "..", "a?b", "a b", "-a", strings.Repeat("a", 129), "ä"} {
		if _, err := c.Attach(testEndpoint, id); err == nil {
			t.Errorf("%q was accepted as a request id", id)
		}
	}
	for _, id := range []string{"a", "019abcde-f012-7345-8678-9abcdef01234", strings.Repeat("a", 128)} {
		if handle, err := c.Attach(testEndpoint, id); err != nil || handle.RequestID != id {
			t.Errorf("%q became %+v, %v", id, handle, err)
		}
	}
	if _, err := c.Attach("nothing", testID); err == nil {
		t.Error("an endpoint without an alias was accepted")
	}
}

func TestParseEndpointID(t *testing.T) {
	t.Parallel()
	tests := map[string]EndpointID{
		"fal-ai/flux-2-dev":         {App: "fal-ai/flux-2-dev"},
		"fal-ai/flux-2/klein/4b":    {App: "fal-ai/flux-2", Path: "klein/4b"},
		"workflows/owner/alias":     {App: "workflows/owner/alias"},
		"comfy/owner/alias/x_1.2-b": {App: "comfy/owner/alias", Path: "x_1.2-b"},
		"a/z":                       {App: "a/z"},
		"A/Z":                       {App: "A/Z"},
		"0/9":                       {App: "0/9"},
		"workflows/owner":           {},
		"owner":                     {},
		"owner/":                    {},
		"/owner/alias":              {},
		"owner/alias/":              {},
		"owner/../alias":            {},
		"owner/ali as":              {},
		"owner/alias%2f":            {},
		"https://fal.run/a/b":       {},
		"":                          {},
	}
	for id, want := range tests {
		got, err := ParseEndpointID(id)
		if got != want || (err != nil) != (want == EndpointID{}) {
			t.Errorf("%q became %+v, %v", id, got, err)
		}
		if err == nil && got.String() != id {
			t.Errorf("%q is written %q", id, got)
		}
	}
}

func TestIsOwn(t *testing.T) {
	t.Parallel()
	c, err := New(Options{Key: testKey, QueueURL: "https://queue.fal.run/base", RunURL: "https://FAL.run", PlatformURL: "http://127.0.0.1:8787/platform/v1"})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{
		"https://queue.fal.run/any":      true,
		"https://QUEUE.fal.run:443/any":  true,
		"https://fal.run/any":            true,
		"http://127.0.0.1:8787/any":      true,
		"http://queue.fal.run/any":       false,
		"https://queue.fal.run:8443/any": false,
		"https://queue.fal.run.evil/any": false,
		"https://evil.queue.fal.run/any": false,
		"https://u:p@queue.fal.run/any":  false,
		"http://127.0.0.1:8788/any":      false,
		"https://127.0.0.1:8787/any":     false,
		"http://localhost:8787/any":      false,
		"//queue.fal.run/any":            false,
		"/any":                           false,
	}
	for text, want := range tests {
		parsed, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.isOwn(parsed); got != want {
			t.Errorf("%s: %t, want %t", text, got, want)
		}
	}
}

// TestForeignURLsAreNotUsed has fal name URLs of another host, in answers and in
// handles that were stored.
func TestForeignURLsAreNotUsed(t *testing.T) {
	t.Parallel()
	thief := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 200, `{"status":"COMPLETED"}`) })
	fake := newFakeFal(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if r.Method == http.MethodPost {
			reply(w, 200, ticket(thief.URL))
			return
		}
		reply(w, 200, `{"status":"COMPLETED"}`)
	})
	logs := &logLines{}
	c := client(t, fake.URL, withClock(streamClock()), func(o *Options) { o.Logger = logs })
	handle, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(handle.StatusURL, fake.URL) || !strings.HasPrefix(handle.ResponseURL, fake.URL) || !strings.HasPrefix(handle.CancelURL, fake.URL) {
		t.Errorf("handle %+v", handle)
	}
	if !strings.Contains(strings.Join(logs.all(), "\n"), "another origin") {
		t.Error("nothing was logged about it")
	}

	stored, err := c.Restore(t.Context(), Handle{EndpointID: testEndpoint, RequestID: testID, StatusURL: thief.URL + "/s", ResponseURL: thief.URL + "/r", CancelURL: "::"})
	if err != nil {
		t.Fatal(err)
	}
	for name, use := range map[string]func() error{
		"status": func() error { _, err := c.Status(t.Context(), stored, true); return err },
		"wait":   func() error { _, err := c.Wait(t.Context(), stored, nil); return err },
		"result": func() error { _, err := c.Result(t.Context(), stored); return err },
		"cancel": func() error { _, err := c.Cancel(t.Context(), stored); return err },
	} {
		if err := use(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, empty := range []Handle{{}, {EndpointID: testEndpoint}, {EndpointID: testEndpoint, RequestID: "../x"}} {
		if _, err := c.Result(t.Context(), empty); err == nil {
			t.Errorf("the handle %+v was used", empty)
		}
	}
	if n := len(thief.got()); n != 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
}

// A status that leads elsewhere won't come back by itself, so there is nothing
// to wait for.
func TestWaitEndsWhereTheStatusIsRedirectedAway(t *testing.T) {
	t.Parallel()
	thief := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 200, `{"status":"COMPLETED"}`) })
	fake := newFakeFal(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		http.Redirect(w, r, thief.URL+r.URL.Path, http.StatusFound)
	})
	c := client(t, fake.URL, withClock(streamClock()))
	if _, err := c.Wait(t.Context(), attach(t, c), nil); !errors.Is(err, errRedirect) {
		t.Errorf("waiting ended with %v", err)
	}
	if n := len(fake.got()); n > 3 {
		t.Errorf("it took %d calls", n)
	}
	if n := len(thief.got()); n != 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	thief := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 200, `{}`) })
	fake := newFakeFal(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, thief.URL+"/x", http.StatusFound)
		case "/circle":
			http.Redirect(w, r, "/circle", http.StatusFound)
		case "/near":
			http.Redirect(w, r, "/here", http.StatusTemporaryRedirect)
		default:
			reply(w, 200, `{"ok":true}`)
		}
	})
	c := client(t, fake.URL)
	ask := func(path string) error {
		handle := attach(t, c)
		handle.ResponseURL = fake.URL + path
		_, err := c.Result(t.Context(), handle)
		return err
	}
	if err := ask("/near"); err != nil {
		t.Errorf("near: %v", err)
	}
	before := len(fake.got())
	if err := ask("/away"); !errors.Is(err, ErrMalformed) || !errors.Is(err, errRedirect) {
		t.Errorf("away: %v", err)
	}
	if n := len(fake.got()) - before; n != 1 {
		t.Errorf("away took %d calls, want 1", n)
	}
	if err := ask("/circle"); !errors.Is(err, errRedirect) {
		t.Errorf("circle: %v", err)
	}
	if n := len(fake.got()) - before; n != 1+4 {
		t.Errorf("the circle took %d calls, want 4", n-1)
	}
	if n := len(thief.got()); n != 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
}

func TestRedirectNeverLeavesHTTPS(t *testing.T) {
	t.Parallel()
	c, err := New(Options{Key: testKey, RunURL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	request := func(address string) *http.Request {
		made, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	down := c.checkRedirect(request("http://127.0.0.1:1/x"), []*http.Request{request("https://queue.fal.run/x")})
	up := c.checkRedirect(request("https://queue.fal.run/x"), []*http.Request{request("http://127.0.0.1:1/x")})
	if !errors.Is(down, errRedirect) || up != nil {
		t.Errorf("down %v, up %v", down, up)
	}
}

// TestTheKeyIsKept echoes the key in every place that a server has, and looks
// for it in everything that the client hands out.
func TestTheKeyIsKept(t *testing.T) {
	t.Parallel()
	for _, key := range []string{testKey, `ide"nt<i>&fier:s\ec ret%2F+/=é`, "just-one-part"} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			id, secret, _ := strings.Cut(key, ":")
			quoted, err := json.Marshal("no " + key + " " + secret + " or " + id)
			if err != nil {
				t.Fatal(err)
			}
			bodies := []string{
				`{"detail":` + string(quoted) + `}`,
				`{"detail":[{"loc":["body",` + string(quoted) + `],"msg":` + string(quoted) + `,"type":` + string(quoted) + `}]}`,
				`{"detail":{"message":` + string(quoted) + `,"type":` + string(quoted) + `}}`,
				`{"error":{"message":` + string(quoted) + `,"type":` + string(quoted) + `}}`,
				`{"error":"Error","message":` + string(quoted) + `}`,
				`{"detail":"` + url.QueryEscape(key) + ` ` + url.PathEscape(secret) + ` ` + base64.StdEncoding.EncodeToString([]byte(key)) + `"}`,
				"plain " + key,
			}
			for _, status := range []int{400, 401, 403, 404, 422, 500} {
				for _, body := range bodies {
					fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
						w.Header().Set(headerErrorType, secret)
						w.Header().Set(headerTimeoutType, secret)
						w.Header().Set(headerRequestID, secret)
						reply(w, status, body)
					})
					logs := &logLines{}
					c := client(t, fake.URL, func(o *Options) { o.Key, o.Logger = key, logs })
					if fake.got(); c.key != key {
						t.Fatal("the key was changed")
					}
					_, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
					var failure *Error
					if !errors.As(err, &failure) {
						t.Fatalf("got %v", err)
					}
					said := fmt.Sprintf("%v %+v %s", err, *failure, strings.Join(logs.all(), "\n"))
					for _, word := range []string{key, secret, id, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(key))} {
						if word != "" && strings.Contains(said, word) {
							t.Errorf("HTTP %d with %s: %q shows in %s", status, body, word, said)
						}
					}
					if got := fake.got(); got[0].header.Get("Authorization") != "Key "+key {
						t.Errorf("fal was sent %q", got[0].header.Get("Authorization"))
					}
				}
			}
		})
	}
}

func TestLogLines(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, number int) {
		w.Header().Set(headerRequestID, testID)
		if number == 1 {
			panic(http.ErrAbortHandler)
		}
		reply(w, 200, `{"private":"output"}`)
	})
	logs := &logLines{}
	c := client(t, fake.URL, func(o *Options) { o.Logger = logs })
	if _, err := c.Result(t.Context(), attach(t, c)); err != nil {
		t.Fatal(err)
	}
	lines := logs.all()
	if len(lines) != 2 || !strings.Contains(lines[0], "error:") || !strings.Contains(lines[1], "status:200") ||
		!strings.Contains(lines[1], "fal_request_id:"+testID) || !strings.Contains(lines[1], "method:GET") || !strings.Contains(lines[1], "path:/queue/"+testEndpoint) {
		t.Errorf("logged %q", lines)
	}
	if strings.Contains(strings.Join(lines, ""), "private") {
		t.Error("a body was logged")
	}
}
