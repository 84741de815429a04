// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// operations are all that the client does, but for the status stream.
var operations = map[string]func(ctx context.Context, c *Client, handle Handle) error{
	"submit": func(ctx context.Context, c *Client, _ Handle) error {
		_, err := c.Submit(ctx, testEndpoint, json.RawMessage(testInput), SubmitOptions{})
		return err
	},
	"run": func(ctx context.Context, c *Client, _ Handle) error {
		_, err := c.Run(ctx, testEndpoint, json.RawMessage(testInput), SubmitOptions{})
		return err
	},
	"status": func(ctx context.Context, c *Client, handle Handle) error {
		_, err := c.Status(ctx, handle, true)
		return err
	},
	"result": func(ctx context.Context, c *Client, handle Handle) error {
		_, err := c.Result(ctx, handle)
		return err
	},
	"cancel": func(ctx context.Context, c *Client, handle Handle) error {
		_, err := c.Cancel(ctx, handle)
		return err
	},
	"history": func(ctx context.Context, c *Client, _ Handle) error {
		for _, err := range c.Requests(ctx, RequestsQuery{EndpointID: testEndpoint, Payloads: true}) {
			if err != nil {
				return err
			}
		}
		return nil
	},
	"billing": func(ctx context.Context, c *Client, _ Handle) error {
		for _, err := range c.BillingEvents(ctx, BillingQuery{Start: noon}) {
			if err != nil {
				return err
			}
		}
		return nil
	},
	"pricing": func(ctx context.Context, c *Client, _ Handle) error {
		_, err := c.Pricing(ctx, testEndpoint)
		return err
	},
	"estimate": func(ctx context.Context, c *Client, _ Handle) error {
		_, err := c.EstimateCalls(ctx, testEndpoint, 1)
		return err
	},
	"delete": func(ctx context.Context, c *Client, _ Handle) error {
		_, err := c.DeletePayloads(ctx, testID)
		return err
	},
}

// paid are the operations that must never be sent twice.
var paid = []string{"submit", "run"}

// behaviour is what a hostile server does once it has read a request.
type behaviour struct {
	answer func(c *rawConn)
	// tolerated names the operations that make the best of it.
	tolerated []string
	// memory is how much an operation may allocate, in MB; 16 by default.
	memory int
}

func hostileBody(body string) func(*rawConn) {
	return func(c *rawConn) { c.answer(http.StatusOK, body) }
}

// endlessly writes the same again and again until the client has had enough.
func endlessly(c *rawConn, head, chunk string) {
	_, err := io.WriteString(c, head)
	for err == nil {
		_, err = io.WriteString(c, chunk)
	}
}

// bomb is 18 MB of JSON in next to nothing.
var bomb = sync.OnceValue(func() string {
	var packed bytes.Buffer
	writer, _ := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	_, _ = io.WriteString(writer, `{"status":"`)
	filler := bytes.Repeat([]byte("x"), 1<<20)
	for range 18 {
		_, _ = writer.Write(filler)
	}
	_ = writer.Close()
	return packed.String()
})

// wide is a JSON list of 50 kB with as many elements as it can have.
func wide(element string) string {
	return "[" + strings.Repeat(element+",", 50_000/(len(element)+1)) + element + "]"
}

const everywhere = `{"request_id":%[1]s,"status":%[1]s,"queue_position":%[1]s,"status_url":%[1]s,"logs":%[1]s,"images":%[1]s,` +
	`"items":[{"request_id":"` + testID + `","sent_at":%[1]s,"duration":%[1]s,"status_code":%[1]s,"json_input":%[1]s},%[1]s],` +
	`"billing_events":[{"request_id":%[1]s,"timestamp":%[1]s,"unit_price":%[1]s,"cost_total":%[1]s,"cost_estimate_nano_usd":%[1]s},%[1]s],` +
	`"prices":[{"unit_price":%[1]s}],"total_cost":%[1]s,"cdn_delete_results":%[1]s}`

var hostile = map[string]behaviour{
	"says nothing":  {answer: func(*rawConn) {}},
	"speaks of war": {answer: func(c *rawConn) { _, _ = io.WriteString(c, "220 smtp.example ESMTP\r\n") }},
	"a page":        {answer: func(c *rawConn) { c.answer(http.StatusOK, "<html><body>hello</body></html>") }},
	"header of 1 MB": {answer: func(c *rawConn) {
		_, _ = io.WriteString(c, "HTTP/1.1 200 x\r\nX-Long: "+strings.Repeat("x", 1<<20)+"\r\nContent-Length: 2\r\n\r\n{}")
	}},
	"headers without end":       {answer: func(c *rawConn) { endlessly(c, "HTTP/1.1 200 x\r\n", strings.Repeat("X-More: and more\r\n", 1000)) }},
	"early answers without end": {answer: func(c *rawConn) { endlessly(c, "", strings.Repeat("HTTP/1.1 103 x\r\nLink: </a>\r\n\r\n", 1000)) }},
	"trailers without end": {answer: func(c *rawConn) {
		endlessly(c, "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", strings.Repeat("X-More: and more\r\n", 1000))
	}},
	"chunks of a negative length": {answer: func(c *rawConn) {
		_, _ = io.WriteString(c, "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n")
	}},
	"less than it promised": {answer: func(c *rawConn) { _, _ = io.WriteString(c, "HTTP/1.1 200 x\r\nContent-Length: 9000\r\n\r\n{}") }},
	"more than anybody asked for": {answer: func(c *rawConn) {
		endlessly(c, "HTTP/1.1 200 x\r\nContent-Length: 9223372036854775807\r\n\r\n{\"status\":\"", strings.Repeat("x", 1<<16))
	}},
	"packed without being asked": {answer: func(c *rawConn) {
		_, _ = fmt.Fprintf(c, "HTTP/1.1 200 x\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(bomb()), bomb())
	}},
	"100,000 brackets":      {answer: hostileBody(`{"detail":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`)},
	"100,000 open brackets": {answer: hostileBody(strings.Repeat(`{"a":[`, 50_000))},
	"9,000 brackets": {
		answer:    hostileBody(`{"status":"OK","items":[],"billing_events":[],"detail":` + strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000) + `}`),
		tolerated: []string{"run", "status", "result", "cancel", "history", "billing", "pricing", "estimate", "delete"},
	},
	"not a number":     {answer: hostileBody(fmt.Sprintf(everywhere, "NaN"))},
	"beyond a float64": {answer: hostileBody(fmt.Sprintf(everywhere, "1e400")), tolerated: []string{"run", "result", "cancel", "history", "billing"}},
	"numbers of 5,000 digits": {
		answer: hostileBody(fmt.Sprintf(everywhere, strings.Repeat("9", 5_000))), tolerated: []string{"run", "result", "cancel", "history", "billing"},
	},
	// A NUL has to be escaped in JSON.
	"bytes that are no text": {answer: hostileBody(fmt.Sprintf(everywhere, "\"\xff\xfe\x00\""))},
	"half a character": {
		answer: hostileBody(fmt.Sprintf(everywhere, "\"\xff\xc3\"")), tolerated: []string{"run", "status", "result", "cancel", "history", "billing"},
	},
	"escaped control characters": {
		answer: hostileBody(fmt.Sprintf(everywhere, `"\u0000\ud800\u001b[2J"`)), tolerated: []string{"run", "status", "result", "cancel", "history", "billing"},
	},
	"two of everything": {
		answer: hostileBody(`{"request_id":"a/../b","request_id":"","status":null,"status":[],"items":[1],"items":[],"billing_events":[1],"billing_events":[],"prices":[],"prices":{},` +
			`"total_cost":1,"total_cost":"x","cdn_delete_results":[],"cdn_delete_results":0}`),
		tolerated: []string{"run", "result", "cancel", "history", "billing"},
	},
	"an error of many complaints": {
		answer: func(c *rawConn) { c.answer(http.StatusInternalServerError, `{"detail":`+wide(`{}`)+`}`) },
		memory: 3,
	},
	"complaints of many places": {
		answer:    hostileBody(`{"detail":[{"msg":"x","loc":` + wide(`0`) + `}]}`),
		tolerated: []string{"run", "result", "cancel", "pricing", "estimate", "delete"},
		memory:    3,
	},
	"a list of everything there is": {answer: hostileBody(wide(`{}`)), tolerated: []string{"cancel"}, memory: 3},
	"lists of everything there is": {
		answer:    hostileBody(`{"status":"IN_QUEUE","items":[],"billing_events":[],"logs":` + wide(`{}`) + `}`),
		tolerated: []string{"run", "status", "result", "cancel", "history", "billing", "pricing", "estimate", "delete"},
		memory:    3,
	},
	"more requests than were asked for": {
		answer:    hostileBody(`{"status":"IN_QUEUE","billing_events":[],"items":` + wide(`{}`) + `}`),
		tolerated: []string{"run", "status", "result", "cancel", "billing", "pricing", "estimate", "delete"},
		memory:    3,
	},
	"more events than were asked for": {
		answer:    hostileBody(`{"status":"IN_QUEUE","items":[],"billing_events":` + wide(`{}`) + `}`),
		tolerated: []string{"run", "status", "result", "cancel", "history", "pricing", "estimate", "delete"},
		memory:    3,
	},
	"an endless choice of redirects": {answer: func(c *rawConn) {
		_, _ = io.WriteString(c, "HTTP/1.1 302 x\r\nLocation: /queue/again\r\nContent-Length: 0\r\n\r\n")
	}},
}

// TestHostileServers sets every operation against every kind of hostility. An
// operation ends with an error that says what happened, or makes the best of the
// answer; it allocates no more than it may; and what is paid for is sent once.
// It is not parallel to other tests, or it would count what they allocate.
func TestHostileServers(t *testing.T) { //nolint:paralleltest // see above
	bomb()
	for kind, behave := range hostile { //nolint:paralleltest // see above
		t.Run(kind, func(t *testing.T) {
			for name, operate := range operations {
				server := newRawServer(t, func(c *rawConn, _ int) {
					if c.request() == nil {
						behave.answer(c)
					}
				})
				c := client(t, server.url)
				handle := attach(t, c)

				var err error
				allocated := allocation(func() { err = operate(t.Context(), c, handle) })

				calls := server.heads.Load()
				switch {
				case slices.Contains(behave.tolerated, name):
					if err != nil && !errors.Is(err, ErrJobFailed) {
						t.Errorf("%s: %v, which could be tolerated", name, err)
					}
				case !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrConnection) && !errors.Is(err, ErrServer):
					t.Errorf("%s: %v, which is none of the kinds that fit", name, err)
				default:
					wantClear(t, name, err)
				}
				if slices.Contains(paid, name) {
					if calls != 1 {
						t.Errorf("%s was sent %d times", name, calls)
					}
					if err != nil && !errors.Is(err, ErrOutcomeUnknown) && !errors.Is(err, ErrJobFailed) {
						t.Errorf("%s: %v, though it may have been accepted", name, err)
					}
				}
				if calls < 1 || calls > attempts {
					t.Errorf("%s was tried %d times", name, calls)
				}
				if most := cmp.Or(behave.memory, 16); allocated > most*int(calls) {
					t.Errorf("%s allocated %d MB in %d attempts", name, allocated, calls)
				}
			}
		})
	}
}

// wantClear checks that an error can be shown to a person.
func wantClear(t *testing.T, name string, err error) {
	t.Helper()
	var failure *Error
	if !errors.As(err, &failure) || failure.Operation == "" || failure.Message == "" {
		t.Errorf("%s: %#v says too little", name, err)
		return
	}
	text := err.Error()
	if len(text) > 3*longestMessage || !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Errorf("%s: %q can't be shown", name, text)
	}
}

// allocation is what a function allocates in all, in MB: no less than it ever
// holds at once.
func allocation(do func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return int((after.TotalAlloc - before.TotalAlloc) >> 20) //nolint:gosec // far below 2^63
}

// hurried is a transport under which each exchange has a moment, its body
// included, in place of the minutes that the client grants.
type hurried struct {
	next http.RoundTripper
	t    *testing.T
}

func (h hurried) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Context().Value(timeoutKey{}) == nil {
		h.t.Errorf("%s %s may take for ever", request.Method, request.URL.Path)
	}
	ctx, cancel := context.WithTimeout(request.Context(), 5*time.Millisecond)
	response, err := h.next.RoundTrip(request.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	response.Body = &cancellingBody{ReadCloser: response.Body, cancel: cancel}
	return response, nil
}

// cancellingBody ends an exchange's context with its body.
type cancellingBody struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close closes the answer and releases the context.
func (b *cancellingBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

// A server that sends a byte now and then is given up like one that is silent.
func TestDrippingServers(t *testing.T) {
	t.Parallel()
	for name, operate := range operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newRawServer(t, func(c *rawConn, _ int) {
				if c.request() != nil {
					return
				}
				_, err := io.WriteString(c, "HTTP/1.1 200 x\r\nContent-Length: 1000000\r\n\r\n{")
				for drop := time.NewTicker(time.Millisecond); err == nil; <-drop.C {
					_, err = io.WriteString(c, " ")
				}
			})
			c := client(t, server.url, func(o *Options) { o.Transport = hurried{o.Transport, t} })
			err := operate(t.Context(), c, attach(t, c))
			if !errors.Is(err, ErrConnection) || errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want ErrConnection and no sign of the caller's deadline", err)
			}
			wantClear(t, name, err)
			want := int64(attempts)
			if slices.Contains(paid, name) {
				want = 1
			}
			if got := server.heads.Load(); got > want {
				t.Errorf("%d attempts, want no more than %d", got, want)
			}
			if slices.Contains(paid, name) != errors.Is(err, ErrOutcomeUnknown) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// The largest answer that is read at all is the result's.
func TestEndlessResult(t *testing.T) { //nolint:paralleltest // it counts what is allocated
	server := newRawServer(t, func(c *rawConn, _ int) {
		if c.request() == nil {
			endlessly(c, "HTTP/1.1 200 x\r\n\r\n{\"prompt\":\"", strings.Repeat("x", 1<<16))
		}
	})
	c := client(t, server.url)
	handle := attach(t, c)
	var err error
	allocated := allocation(func() { _, err = c.Result(t.Context(), handle) })
	if !errors.Is(err, ErrMalformed) || server.heads.Load() != 1 {
		t.Errorf("got %v after %d calls", err, server.heads.Load())
	}
	wantClear(t, "result", err)
	if allocated > 6*largeBody>>20 {
		t.Errorf("it took %d MB", allocated)
	}
}
