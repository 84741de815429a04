// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package imagefile

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestAvailable(t *testing.T) {
	t.Parallel()
	html := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
	}
	cut := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	// Some hosts know a file, but don't answer HEAD as they answer GET.
	onlyGet := func(of int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == http.MethodHead:
				w.WriteHeader(404)
			case r.Header.Get("Range") != "bytes=0-0":
				t.Errorf("asked for %q", r.Header.Get("Range"))
			default:
				w.WriteHeader(of)
			}
		}
	}
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   Availability
		calls  int
	}{
		{"200", status(200), Present, 1},
		{"204", status(204), Present, 1},
		{"404", status(404), Gone, 2},
		{"410", status(410), Gone, 2},
		{"404 to HEAD, 200 to GET", onlyGet(200), Present, 2},
		{"404 to HEAD, 206 to GET", onlyGet(206), Present, 2},
		{"404 to HEAD, 410 to GET", onlyGet(410), Gone, 2},
		{"404 to HEAD, 403 to GET", onlyGet(403), Unknown, 2},
		{"404 to HEAD, 302 to GET", onlyGet(302), Unknown, 2},
		{"moved to nowhere", answers(http.RedirectHandler("/b.png", http.StatusFound).ServeHTTP, status(404)), Unknown, 2},
		{"404 to HEAD, 503 to GET", onlyGet(503), Unknown, 4},
		{"401", status(401), Unknown, 1},
		{"403", status(403), Unknown, 1},
		{"405", status(405), Unknown, 1},
		{"501", status(501), Unknown, 1},
		{"500", status(500), Unknown, 3},
		{"503", status(503), Unknown, 3},
		{"429", status(429), Unknown, 3},
		{"a page", html, Unknown, 3},
		{"no answer", cut, Unknown, 3},
		{"503, then 200", answers(status(503), status(200)), Present, 2},
		{"a page, then 200", answers(html, status(200)), Present, 2},
		{"no answer, then 404", answers(cut, status(404)), Gone, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := newHost(t, tt.answer)
			c := client(t, Options{UserAgent: "test/1"}, asPublic(t, srv))
			got, err := c.Available(t.Context(), srv.URL+"/a.png")
			if got != tt.want || (err != nil) != (tt.want == Unknown) {
				t.Fatalf("%v, %v; want %v", got, err, tt.want)
			}
			if srv.count() != tt.calls {
				t.Errorf("%d calls, want %d", srv.count(), tt.calls)
			}
			r := srv.last(t)
			asked := http.MethodHead
			if strings.HasPrefix(tt.name, "404") || tt.want == Gone {
				asked = http.MethodGet
			}
			if r.Method != asked || r.UserAgent() != "test/1" {
				t.Errorf("%s by %q", r.Method, r.UserAgent())
			}
		})
	}
}

func TestAvailable_withoutACall(t *testing.T) {
	t.Parallel()
	srv := newHost(t, status(200))
	c := client(t, Options{}, asPublic(t))
	if got, err := c.Available(t.Context(), "data:image/png;base64,AAAA"); got != Present || err != nil {
		t.Errorf("data URI: %v, %v", got, err)
	}
	if got, err := c.Available(t.Context(), srv.URL); got != Unknown || !errors.Is(err, ErrForbiddenAddress) {
		t.Errorf("loopback: %v, %v", got, err)
	}
	if got, err := c.Available(t.Context(), "http://8.8.8.8/"); got != Unknown || !errors.Is(err, ErrInsecureURL) {
		t.Errorf("plain http: %v, %v", got, err)
	}
	if srv.count() != 0 {
		t.Errorf("%d calls", srv.count())
	}
}

func TestAvailable_leavesASilentHostAlone(t *testing.T) {
	t.Parallel()
	clock := newFakeClock()
	srv := newHost(t, answers(
		func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		status(200)))
	c := client(t, Options{Clock: clock}, asPublic(t, srv))
	for range 5 {
		if got, err := c.Available(t.Context(), srv.URL); got != Unknown || err == nil {
			t.Fatalf("%v, %v", got, err)
		}
	}
	if srv.count() != 3 {
		t.Fatalf("%d calls for five checks, want 3", srv.count())
	}
	clock.now = clock.now.Add(silencePeriod)
	if got, err := c.Available(t.Context(), srv.URL); got != Present || err != nil {
		t.Fatalf("later: %v, %v", got, err)
	}
}

func TestAvailable_anAnswerIsNotSilence(t *testing.T) {
	t.Parallel()
	srv := newHost(t, answers(status(503), status(503), status(503), status(200)))
	c := client(t, Options{}, asPublic(t, srv))
	if got, _ := c.Available(t.Context(), srv.URL); got != Unknown {
		t.Fatalf("%v, want unknown", got)
	}
	if got, err := c.Available(t.Context(), srv.URL); got != Present {
		t.Fatalf("%v, %v; want present", got, err)
	}
}

func TestAvailable_endsWithItsContext(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{}, 1)
	srv := newHost(t, func(_ http.ResponseWriter, r *http.Request) {
		entered <- struct{}{}
		<-r.Context().Done()
	})
	c := client(t, Options{}, asPublic(t, srv))
	ctx, cancel := withCancel(t)
	go func() {
		<-entered
		cancel()
	}()
	if got, err := c.Available(ctx, srv.URL); got != Unknown || err == nil {
		t.Fatalf("%v, %v", got, err)
	}
	if c.isSilent(strings.TrimPrefix(srv.URL, "https://")) {
		t.Error("the host is blamed for the user's Ctrl-C")
	}
}

func TestAvailability_String(t *testing.T) {
	t.Parallel()
	if got := fmt.Sprint(Unknown, Present, Gone); got != "unknown present gone" {
		t.Error(got)
	}
}

func TestNoCredentials(t *testing.T) {
	t.Parallel()
	srv := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "x", Secure: true, HttpOnly: true})
		serve("image/png", nil)(w, r)
	})
	log := &recordingLog{}
	c := client(t, Options{Logger: log}, asPublic(t, srv))
	for range 2 {
		if _, err := c.Available(t.Context(), srv.URL+"/a.png?identity=signature"); err != nil {
			t.Fatal(err)
		}
	}
	r := srv.last(t)
	for _, name := range []string{"Authorization", "Cookie", "Proxy-Authorization", "Referer"} {
		if r.Header.Get(name) != "" {
			t.Errorf("%s: %s", name, r.Header.Get(name))
		}
	}
	if got := r.Header.Get("Accept-Encoding"); got != "identity" {
		t.Errorf("Accept-Encoding: %s", got)
	}
	if r.URL.Query().Get("identity") != "signature" {
		t.Error("the query was lost")
	}
	if text := log.text(); strings.Contains(text, "signature") || !strings.Contains(text, srv.URL+"/a.png") {
		t.Errorf("log: %s", text)
	}
}

func TestConnectionsAreShared(t *testing.T) {
	t.Parallel()
	srv := newHost(t, status(200))
	c := client(t, Options{}, asPublic(t, srv))
	seen := map[string]bool{}
	for range 10 {
		if _, err := c.Available(t.Context(), srv.URL); err != nil {
			t.Fatal(err)
		}
		seen[srv.last(t).RemoteAddr] = true
	}
	if len(seen) != 1 {
		t.Errorf("%d connections for ten calls, want 1", len(seen))
	}
}

func TestHTTP2(t *testing.T) {
	t.Parallel()
	srv := startHost(t, status(200), func(s *httptest.Server) {
		s.EnableHTTP2 = true
		s.StartTLS()
	})
	c := client(t, Options{}, asPublic(t, srv))
	if _, err := c.Available(t.Context(), srv.URL); err != nil {
		t.Fatal(err)
	}
	if r := srv.last(t); r.ProtoMajor != 2 {
		t.Errorf("spoke %s, want HTTP/2", r.Proto)
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	k := call{firstWait: 500 * time.Millisecond, longestWait: 8 * time.Second, longestRetryAfter: 30 * time.Second}
	now := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	for attempt, bound := range []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 8 * time.Second} {
		for range 50 {
			if got := k.backoff(attempt, nil, now); got <= 0 || got > bound {
				t.Fatalf("attempt %d waits %v, bound %v", attempt, got, bound)
			}
		}
	}
	if got := k.backoff(1000, nil, now); got <= 0 || got > k.longestWait {
		t.Errorf("attempt 1000 waits %v", got)
	}
	for header, want := range map[string]time.Duration{
		"0":                             0,
		"3":                             3 * time.Second,
		"4000000000":                    30 * time.Second,
		"Tue, 01 Sep 2026 12:00:05 GMT": 5 * time.Second,
		"Tue, 01 Sep 2026 11:00:00 GMT": 0,
		"Wed, 02 Sep 2026 12:00:00 GMT": 30 * time.Second,
	} {
		resp := &http.Response{Header: http.Header{"Retry-After": {header}}}
		if got := k.backoff(0, resp, now); got != want {
			t.Errorf("Retry-After %q waits %v, want %v", header, got, want)
		}
	}
	for _, header := range []string{"", "-1", "soon", "1.5"} {
		resp := &http.Response{Header: http.Header{"Retry-After": {header}}}
		if got := k.backoff(0, resp, now); got <= 0 || got > k.firstWait {
			t.Errorf("Retry-After %q waits %v, want at most %v", header, got, k.firstWait)
		}
	}
}
