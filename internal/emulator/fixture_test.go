// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testKey = "11111111-2222-3333-4444-555555555555:secretsecret"
	dev     = "/queue/fal-ai/flux-2-dev"
)

var epoch = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// fixture is an emulator behind a real port, on a fake clock.
type fixture struct {
	*Server
	t     *testing.T
	clock *FakeClock
	url   string
	http  *http.Client
}

func newFixture(t *testing.T, options ...Option) *fixture {
	t.Helper()
	clock := NewFakeClock(epoch)
	options = append([]Option{WithClock(clock), WithPainting(PaintOnDemand), WithExtraFields(false)}, options...)
	server, err := New(options...)
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server)
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		listener.Close()
	})
	return &fixture{Server: server, t: t, clock: clock, url: listener.URL, http: listener.Client()}
}

// response is an answer that has been read.
type response struct {
	status int
	header http.Header
	text   string
}

func (r response) json(t *testing.T) map[string]any {
	t.Helper()
	var object map[string]any
	decoder := json.NewDecoder(strings.NewReader(r.text))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil {
		t.Fatalf("%d %q: %v", r.status, r.text, err)
	}
	return object
}

// try sends a request with the test key unless the headers say otherwise.
func (f *fixture) try(method, path, body string, headers ...string) (response, error) {
	f.t.Helper()
	request, err := http.NewRequestWithContext(f.t.Context(), method, f.url+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Key "+testKey)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			request.Header.Del(headers[i])
		}
	}
	answer, err := f.http.Do(request)
	if err != nil {
		return response{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	return response{status: answer.StatusCode, header: answer.Header, text: string(text)}, err
}

func (f *fixture) do(method, path, body string, headers ...string) response {
	f.t.Helper()
	r, err := f.try(method, path, body, headers...)
	if err != nil {
		f.t.Fatal(err)
	}
	return r
}

func (f *fixture) get(path string, headers ...string) response {
	f.t.Helper()
	return f.do(http.MethodGet, path, "", headers...)
}

// submit queues a request and returns its id.
func (f *fixture) submit(body string, headers ...string) string {
	f.t.Helper()
	r := f.do(http.MethodPost, dev, body, headers...)
	if r.status != http.StatusOK {
		f.t.Fatalf("submit: %d %s", r.status, r.text)
	}
	id, _ := r.json(f.t)["request_id"].(string)
	return id
}

func request(id string) string { return dev + "/requests/" + id }

// expect compares a response with a status and a JSON body.
func expect(t *testing.T, got response, status int, body string) {
	t.Helper()
	if got.status != status {
		t.Errorf("status %d, want %d: %s", got.status, status, got.text)
	}
	if body == "" {
		return
	}
	var want map[string]any
	if err := json.Unmarshal([]byte(body), &want); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	var have map[string]any
	if err := json.Unmarshal([]byte(got.text), &have); err != nil {
		t.Fatalf("%s: %v", got.text, err)
	}
	if !maps.EqualFunc(want, have, func(a, b any) bool { return string(encode(a)) == string(encode(b)) }) {
		t.Errorf("body %s\nwant %s", got.text, body)
	}
}

// has checks one member of a JSON body.
func has(t *testing.T, r response, name string, want any) {
	t.Helper()
	if got := r.json(t)[name]; string(encode(got)) != string(encode(want)) {
		t.Errorf("%s is %s, want %s, in %s", name, encode(got), encode(want), r.text)
	}
}

func (f *fixture) await(condition func() bool) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), 10*time.Second)
	defer cancel()
	if err := f.WaitFor(ctx, condition); err != nil {
		f.t.Fatal(err)
	}
}

// waitForTimers returns once so many timers are set.
func (c *FakeClock) waitForTimers(n int) {
	for {
		c.mu.Lock()
		set := len(c.timers)
		c.mu.Unlock()
		if set >= n {
			return
		}
		runtime.Gosched()
	}
}
