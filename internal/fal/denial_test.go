// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

const challengePage = `<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Enable JavaScript and cookies to continue</body></html>`

// passingDenials are denials that are in none of fal's shapes.
var passingDenials = map[string]func(http.ResponseWriter){
	"a bot challenge": func(w http.ResponseWriter) {
		w.Header().Set("Cf-Mitigated", "challenge")
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		w.WriteHeader(403)
		_, _ = w.Write([]byte(challengePage))
	},
	"a page":            func(w http.ResponseWriter) { reply(w, 403, "<html>Blocked by policy</html>") },
	"a page with a 401": func(w http.ResponseWriter) { reply(w, 401, "<html>Sign in</html>") },
	"a bare word":       func(w http.ResponseWriter) { reply(w, 403, "Forbidden") },
	"nothing":           func(w http.ResponseWriter) { reply(w, 401, "") },
	"other JSON":        func(w http.ResponseWriter) { reply(w, 403, `{"message":"Forbidden"}`) },
	"an error's name":   func(w http.ResponseWriter) { reply(w, 403, `{"error":"Error","message":"no"}`) },
}

// aboutTheKey reports whether an error says something about the key.
func aboutTheKey(err error) bool {
	return errors.Is(err, ErrUnauthorized) || errors.Is(err, ErrForbidden) || errors.Is(err, ErrLocked)
}

// What denies in words that aren't fal's says nothing about the key. It passes,
// so that whatever may be repeated outlasts it.
func TestDenialsThatPass(t *testing.T) {
	t.Parallel()
	for name, deny := range passingDenials {
		for operation, operate := range operations {
			if slices.Contains(paid, operation) {
				continue
			}
			for _, passes := range []bool{true, false} {
				fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, number int) {
					if passes && number == 4 {
						reply(w, 200, `{"status":"OK","items":[],"billing_events":[],"prices":[],"images":[]}`)
						return
					}
					deny(w)
				})
				c := client(t, fake.URL)
				err := operate(t.Context(), c, attach(t, c))
				calls := 4
				if !passes {
					calls = attempts
				}
				if (err == nil) != passes || aboutTheKey(err) || !passes && !errors.Is(err, ErrMalformed) || len(fake.got()) != calls {
					t.Errorf("%s at %s: %v after %d calls, want %d", name, operation, err, len(fake.got()), calls)
				}
			}
		}
	}
}

// fal's own denials are believed at once.
func TestDenialsOfFals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status int
		body   string
		want   error
	}{
		{401, `{"detail":"Cannot access application \"fal-ai/flux-2-dev\". Authentication is required to access this application."}`, ErrUnauthorized},
		{401, `{"error":{"type":"authorization_error","message":"API key authentication required"}}`, ErrUnauthorized},
		{403, `{"error":{"type":"authorization_error","message":"This API key is not permitted to perform this action."}}`, ErrForbidden},
		{403, `{"error":{"message":"no"}}`, ErrForbidden},
		{403, `{"detail":"Forbidden"}`, ErrForbidden},
		{403, `{"detail":["Forbidden"]}`, ErrForbidden},
		{403, `{"detail":"User is locked. Reason: Exhausted balance. Add funds to continue."}`, ErrLocked},
		{403, `{"detail":"Your balance is exhausted. Add funds to continue."}`, ErrLocked},
	} {
		for operation, operate := range operations {
			fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, test.status, test.body) })
			c := client(t, fake.URL)
			err := operate(t.Context(), c, attach(t, c))
			if !errors.Is(err, test.want) || errors.Is(err, ErrMalformed) || errors.Is(err, ErrOutcomeUnknown) || len(fake.got()) != 1 {
				t.Errorf("%s with %s: %v after %d calls", operation, test.body, err, len(fake.got()))
			}
		}
	}
}

// A submission that is denied has not been accepted, whoever denies it. It is
// sent again only where the answer is marked as one that fal has not seen.
func TestDeniedSubmissions(t *testing.T) {
	t.Parallel()
	for name, deny := range passingDenials {
		for _, operation := range paid {
			fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { deny(w) })
			c := client(t, fake.URL)
			err := operations[operation](t.Context(), c, Handle{})
			want := 1
			if name == "a bot challenge" {
				want = attempts
			}
			if !errors.Is(err, ErrMalformed) || errors.Is(err, ErrOutcomeUnknown) || aboutTheKey(err) || submissions(fake) != want {
				t.Errorf("%s: %s with %v after %d submissions, want %d, none accepted", name, operation, err, submissions(fake), want)
			}
		}
	}
	var fake *fakeFal
	fake = newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, number int) {
		if number < 3 {
			passingDenials["a bot challenge"](w)
			return
		}
		reply(w, 200, ticket(fake.URL))
	})
	_, err := client(t, fake.URL).Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
	if err != nil || submissions(fake) != 3 {
		t.Errorf("got %v after %d submissions, want 3 of which one is accepted", err, submissions(fake))
	}
}

// Only a bot protection's own word is proof that fal has not seen a submission.
func TestMarksOfNoChallenge(t *testing.T) {
	t.Parallel()
	for name, mark := range map[string]func(http.Header){
		"another mark": func(h http.Header) { h.Set("Cf-Mitigated", "log") },
		"a ray":        func(h http.Header) { h.Set("Cf-Ray", "9c0ffee-AMS") },
		"a page":       func(h http.Header) { h.Set("Content-Type", "text/html") },
	} {
		fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
			mark(w.Header())
			w.WriteHeader(503)
			_, _ = w.Write([]byte(challengePage))
		})
		_, err := client(t, fake.URL).Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
		if !errors.Is(err, ErrOutcomeUnknown) || submissions(fake) != 1 {
			t.Errorf("%s: %v after %d submissions", name, err, submissions(fake))
		}
	}
}

// Waiting goes on until it ends by itself, and so does the search for a lost
// submission.
func TestWaitingOutlastsDenialsThatPass(t *testing.T) {
	t.Parallel()
	for _, name := range slices.Sorted(maps.Keys(passingDenials)) {
		fake := newFakeFal(t, func(w http.ResponseWriter, r *http.Request, number int) {
			switch {
			case number < 12:
				passingDenials[name](w)
			case isStatus(r):
				reply(w, 200, `{"status":"COMPLETED"}`)
			default:
				reply(w, 200, page(entry(testID, noon, testInput)))
			}
		})
		c := client(t, fake.URL, withClock(streamClock()))
		if status, err := c.Wait(t.Context(), attach(t, c), nil); err != nil || status.State != Completed {
			t.Errorf("%s: waiting ended with %v, %v", name, status, err)
		}
	}
}

func TestDenialsAreNamed(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"a bot challenge": "a bot challenge stands in front of fal (HTTP 403)",
		"a page":          "Forbidden (HTTP 403)",
		"a bare word":     "Forbidden (HTTP 403)",
	} {
		fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { passingDenials[name](w) })
		ctx, cancel := context.WithCancel(t.Context())
		_, err := client(t, fake.URL).Pricing(ctx, testEndpoint)
		cancel()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A page that comes in place of fal tells nothing of what was asked for, whatever its
// status: what only reads is asked again. A submission that met one is not.
func TestPagesThatPass(t *testing.T) {
	t.Parallel()
	for _, status := range []int{402, 406, 418, 421, 451, 499, 501, 520, 522} {
		for operation, operate := range operations {
			fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, number int) {
				if number == 1 {
					w.Header().Set("Content-Type", "text/html")
					w.WriteHeader(status)
					_, _ = io.WriteString(w, "<html>no</html>")
					return
				}
				reply(w, 200, `{"status":"OK","items":[],"billing_events":[],"prices":[],"images":[]}`)
			})
			c := client(t, fake.URL)
			err := operate(t.Context(), c, attach(t, c))
			calls := 2
			if slices.Contains([]string{"submit", "run"}, operation) || status < 500 && slices.Contains([]string{"cancel", "delete"}, operation) {
				calls = 1
			}
			if len(fake.got()) != calls || calls == 2 && err != nil {
				t.Errorf("a page with %d at %s: %v after %d calls, want %d", status, operation, err, len(fake.got()), calls)
			}
		}
	}
	// What fal answers by itself stays what it is.
	for _, status := range []int{400, 404, 410, 413, 422} {
		fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<html>no</html>")
		})
		c := client(t, fake.URL)
		if _, err := c.Status(t.Context(), attach(t, c), false); err == nil || errors.Is(err, ErrMalformed) || len(fake.got()) != 1 {
			t.Errorf("a page with %d: %v after %d calls", status, err, len(fake.got()))
		}
	}
}
