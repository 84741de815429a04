// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestSubmitSendsTheInputOnceAsItIs(t *testing.T) {
	t.Parallel()
	var fake *fakeFal
	fake = newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 200, ticket(fake.URL)) })
	c := client(t, fake.URL)

	handle, err := c.Submit(t.Context(), "fal-ai/flux-2/edit", json.RawMessage(testInput), SubmitOptions{})
	if err != nil {
		t.Fatal(err)
	}

	got := fake.got()
	if len(got) != 1 {
		t.Fatalf("%d requests, want 1 submission", len(got))
	}
	if got[0].method != "POST" || got[0].path != "/queue/fal-ai/flux-2/edit" || got[0].body != testInput {
		t.Errorf("sent %s %s %s", got[0].method, got[0].path, got[0].body)
	}
	for name, want := range map[string]string{
		"Authorization":        "Key " + testKey,
		"Content-Type":         "application/json",
		"Accept":               "application/json",
		"User-Agent":           "tests",
		"X-Fal-Queue-Priority": "",
		"Idempotency-Key":      "",
	} {
		if value := got[0].header.Get(name); value != want {
			t.Errorf("header %s is %q, want %q", name, value, want)
		}
	}
	if handle.RequestID != testID || handle.EndpointID != "fal-ai/flux-2/edit" || !handle.SubmittedAt.Equal(noon) {
		t.Errorf("handle %+v", handle)
	}
	if handle.QueuePosition == nil || *handle.QueuePosition != 3 {
		t.Errorf("queue position %v, want 3", handle.QueuePosition)
	}
	// What the answer said, not what would be rebuilt.
	if !strings.HasSuffix(handle.StatusURL, "/queue/fal-ai/flux-2-dev/requests/"+testID+"/status") {
		t.Errorf("status URL %s", handle.StatusURL)
	}

	encoded, err := json.Marshal(handle)
	if err != nil {
		t.Fatal(err)
	}
	var decoded Handle
	if err := json.Unmarshal(encoded, &decoded); err != nil || decoded.RequestID != handle.RequestID || !decoded.SubmittedAt.Equal(handle.SubmittedAt) {
		t.Errorf("a handle does not survive JSON: %s, %v", encoded, err)
	}
}

func TestSubmitOptionsBecomeHeaders(t *testing.T) {
	t.Parallel()
	yes, no, day, forever := true, false, 24*time.Hour, time.Duration(0)
	tests := map[string]struct {
		options SubmitOptions
		want    map[string]string
	}{
		"none":          {SubmitOptions{}, map[string]string{}},
		"priority":      {SubmitOptions{Priority: "low"}, map[string]string{"X-Fal-Queue-Priority": "low"}},
		"start timeout": {SubmitOptions{StartTimeout: 90500 * time.Millisecond}, map[string]string{"X-Fal-Request-Timeout": "90.5", "X-Fal-Request-Start-Timeout": "90.5"}},
		"a second":      {SubmitOptions{StartTimeout: time.Second}, map[string]string{"X-Fal-Request-Start-Timeout": "1"}},
		"over a second": {SubmitOptions{StartTimeout: 1001 * time.Millisecond}, map[string]string{"X-Fal-Request-Timeout": "1.001", "X-Fal-Request-Start-Timeout": "1.001"}},
		"short timeout": {SubmitOptions{StartTimeout: 500 * time.Millisecond}, map[string]string{"X-Fal-Request-Start-Timeout": "0.5"}},
		"kept a day":    {SubmitOptions{MediaExpiration: &day}, map[string]string{"X-Fal-Object-Lifecycle-Preference": `{"expiration_duration_seconds":86400}`}},
		"kept for ever": {SubmitOptions{MediaExpiration: &forever}, map[string]string{"X-Fal-Object-Lifecycle-Preference": `{"expiration_duration_seconds":null}`}},
		"stored":        {SubmitOptions{StorePayloads: &yes}, map[string]string{"X-Fal-Store-Io": "1"}},
		"not stored":    {SubmitOptions{StorePayloads: &no}, map[string]string{"X-Fal-Store-Io": "0"}},
		"tags":          {SubmitOptions{Tags: map[string]string{"b": "two words", "a-b": "1", "a": "="}}, map[string]string{"X-Fal-Tags": "a==,a-b=1,b=two words"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header, err := test.options.headers()
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for name := range header {
				got[name] = header.Get(name)
			}
			if !maps.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestSubmitRefusesTagsBeforeSending(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 200, "{}") })
	c := client(t, fake.URL)
	_, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{Tags: map[string]string{"a": "b\r\nX-Evil: 1"}})
	if err == nil || len(fake.got()) != 0 {
		t.Errorf("error %v after %d submissions, want one after none", err, len(fake.got()))
	}
}

// TestSubmitIsNeverSentTwice is the promise of the package: whatever happens
// once the request is on its way, there is one submission, and the caller learns
// that it may have been accepted.
func TestSubmitIsNeverSentTwice(t *testing.T) {
	t.Parallel()
	wire := func(answer string) func(*rawConn) {
		return func(c *rawConn) {
			if err := c.request(); err == nil {
				_, _ = io.WriteString(c, answer)
			}
		}
	}
	full := func(status, body string, header ...string) func(*rawConn) {
		head := strings.Join(append([]string{"HTTP/1.1 " + status, "Content-Length: " + itoa(len(body))}, header...), "\r\n")
		return wire(head + "\r\n\r\n" + body)
	}
	html := "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
	tests := map[string]func(*rawConn){
		"reset after the headers": func(c *rawConn) {
			if _, err := c.head(); err == nil {
				c.reset()
			}
		},
		"reset after the body": func(c *rawConn) {
			if err := c.request(); err == nil {
				c.reset()
			}
		},
		"closed after the body": func(c *rawConn) { _ = c.request() },
		"500":                   full("500 x", `{"detail":"Internal Server Error"}`),
		"502 page":              full("502 x", html),
		"503":                   full("503 x", `{"detail":"no runner"}`, "Retry-After: 1"),
		"504":                   full("504 x", `{"detail":"late","error_type":"request_timeout"}`),
		"520":                   full("520 x", ``),
		"301":                   full("301 x", ``, "Location: /queue/elsewhere"),
		"302":                   full("302 x", ``, "Location: /queue/elsewhere"),
		"303":                   full("303 x", ``, "Location: /queue/elsewhere"),
		"307":                   full("307 x", ``, "Location: /queue/elsewhere"),
		"308":                   full("308 x", ``, "Location: /queue/elsewhere"),
		"408":                   full("408 x", `{"detail":"late"}`),
		"425":                   full("425 x", `{"detail":"early"}`),
		"499":                   full("499 x", `{"detail":"closed"}`),
		"page with 200":         full("200 x", html),
		"empty 200":             full("200 x", ``),
		"204":                   wire("HTTP/1.1 204 x\r\n\r\n"),
		"no request id":         full("200 x", `{"status":"IN_QUEUE"}`),
		"number as request id":  full("200 x", `{"request_id":7}`),
		"evil request id":       full("200 x", `{"request_id":"../../other"}`),
		"list":                  full("200 x", `[]`),
		"not a number":          full("200 x", `{"request_id":NaN}`),
		"cut JSON":              full("200 x", `{"request_id":"764cab`),
		"cut off 200":           wire("HTTP/1.1 200 x\r\nContent-Length: 500\r\n\r\n" + `{"request_id":"` + testID + `"}`),
		"cut off 400":           wire("HTTP/1.1 400 x\r\nContent-Length: 500\r\n\r\n" + `{"detail":`),
		"cut off chunk":         wire("HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{\"request"),
		"no HTTP":               wire("SSH-2.0-OpenSSH\r\n"),
		"cut off header":        wire("HTTP/1.1 200 x\r\nContent-Le"),
		"huge header":           wire("HTTP/1.1 200 x\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n"),
		"endless body": func(c *rawConn) {
			if err := c.request(); err != nil {
				return
			}
			_, _ = io.WriteString(c, "HTTP/1.1 200 x\r\n\r\n")
			for err := error(nil); err == nil; {
				_, err = io.WriteString(c, strings.Repeat(" ", 1<<16))
			}
		},
		"timeout": func(c *rawConn) { _ = c.request() },
		"slow body": func(c *rawConn) {
			_ = c.request()
			_, _ = io.WriteString(c, "HTTP/1.1 200 x\r\nContent-Length: 500\r\n\r\n{")
		},
	}
	for name, serve := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := newFakeClock()
			server := newRawServer(t, func(c *rawConn, _ int) {
				serve(c)
				if name == "timeout" || name == "slow body" {
					clock.advance(time.Minute)
					_, _ = c.reader.ReadByte()
				}
			})
			c := client(t, server.url, withClock(clock))
			c.submitTimeout = time.Minute

			_, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})

			if !errors.Is(err, ErrOutcomeUnknown) {
				t.Errorf("the error is not ErrOutcomeUnknown: %v", err)
			}
			if errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("an attempt's own timeout looks like the caller's: %v", err)
			}
			var failure *Error
			if !errors.As(err, &failure) || failure.Operation != "submit" || failure.SentAt.IsZero() {
				t.Errorf("the error does not say when the submission was sent: %#v", failure)
			}
			// On a busy machine the server may lag behind the client's timeout.
			select {
			case <-server.reached:
			case <-time.After(10 * time.Second):
			}
			if heads := server.heads.Load(); heads != 1 {
				t.Errorf("%d submissions, want 1", heads)
			}
		})
	}
}

func itoa(n int) string {
	encoded, _ := json.Marshal(n)
	return string(encoded)
}

func TestSubmitRefused(t *testing.T) {
	t.Parallel()
	page := "<html><body>no</body></html>"
	tests := map[string]struct {
		status int
		body   string
		want   error
	}{
		"bad request":  {400, `{"detail":"invalid JSON"}`, ErrInvalid},
		"key":          {401, `{"detail":"invalid key credentials"}`, ErrUnauthorized},
		"locked":       {403, `{"detail":"User is locked. Reason: Exhausted balance."}`, ErrLocked},
		"forbidden":    {403, `{"detail":"Forbidden"}`, ErrForbidden},
		"page":         {403, page, ErrMalformed},
		"unknown app":  {404, `{"detail":"Application \"x\" not found"}`, ErrNotFound},
		"gone":         {410, `{"detail":"retired"}`, ErrNotFound},
		"too large":    {413, page, ErrInvalid},
		"unacceptable": {422, `{"detail":[{"loc":["body","prompt"],"msg":"bad","type":"value_error"}]}`, ErrInvalid},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, test.status, test.body) })
			c := client(t, fake.URL)
			_, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
			if !errors.Is(err, test.want) || errors.Is(err, ErrOutcomeUnknown) {
				t.Errorf("got %v, want %v and a known outcome", err, test.want)
			}
			if n := len(fake.got()); n != 1 {
				t.Errorf("%d submissions, want 1", n)
			}
		})
	}
}

func TestSubmitComesBackAfter429(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		retryAfter string
		least      time.Duration
		most       time.Duration
	}{
		"seconds": {"7", 7 * time.Second, 7 * time.Second},
		"date":    {noon.Add(20 * time.Second).Format(http.TimeFormat), 20 * time.Second, 20 * time.Second},
		"capped":  {"86400", 2 * time.Minute, 2 * time.Minute},
		"none":    {"", 1, 500 * time.Millisecond},
		"rubbish": {"soon", 1, 500 * time.Millisecond},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var fake *fakeFal
			fake = newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, number int) {
				if number == 1 {
					w.Header().Set("Retry-After", test.retryAfter)
					reply(w, 429, `{"detail":"slow down"}`)
					return
				}
				reply(w, 200, ticket(fake.URL))
			})
			clock := newFakeClock()
			c := client(t, fake.URL, withClock(clock))
			handle, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
			if err != nil || handle.RequestID != testID {
				t.Fatalf("handle %+v, error %v", handle, err)
			}
			got := fake.got()
			if len(got) != 2 || got[1].body != testInput {
				t.Errorf("%d submissions, want 2 of which one is accepted", len(got))
			}
			if waited := clock.Now().Sub(noon); waited < test.least || waited > test.most {
				t.Errorf("waited %s, want %s to %s", waited, test.least, test.most)
			}
		})
	}
}

func TestSubmitGivesUpOn429InTheEnd(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 429, `{"detail":"slow down"}`) })
	for _, test := range []struct{ patience, want time.Duration }{{0, 10 * time.Minute}, {time.Minute, time.Minute}, {time.Hour, time.Hour}} {
		clock := newFakeClock()
		c := client(t, fake.URL, withClock(clock))
		_, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{Patience: test.patience})
		if !errors.Is(err, ErrRateLimited) || errors.Is(err, ErrOutcomeUnknown) {
			t.Errorf("got %v, want ErrRateLimited and a known outcome", err)
		}
		if waited := clock.Now().Sub(noon); waited < test.want/2 || waited > test.want {
			t.Errorf("gave up after %s, want up to %s", waited, test.want)
		}
	}
}

// Patience that is just enough for what fal asks for is enough.
func TestSubmitIsPatientToTheEnd(t *testing.T) {
	t.Parallel()
	for patience, submissions := range map[time.Duration]int{time.Minute - 1: 1, time.Minute: 2, 2*time.Minute - 1: 2, 2 * time.Minute: 3} {
		fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.Header().Set("Retry-After", "60")
			reply(w, 429, `{"detail":"slow down"}`)
		})
		c := client(t, fake.URL)
		_, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{Patience: patience})
		if n := len(fake.got()); n != submissions || !errors.Is(err, ErrRateLimited) {
			t.Errorf("%s: %d submissions, want %d, all refused; %v", patience, n, submissions, err)
		}
	}
}

// failingDials fails the first connections in the given way.
func failingDials(t *testing.T, failures int, fail func(dialFunc, context.Context, string, string) (net.Conn, error)) (*http.Transport, *atomic.Int64) {
	t.Helper()
	transport := newTransport()
	t.Cleanup(transport.CloseIdleConnections)
	dials := &atomic.Int64{}
	dial := (&net.Dialer{}).DialContext
	transport.DialContext = countWrites(func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1) <= int64(failures) {
			return fail(dial, ctx, network, address)
		}
		return dial(ctx, network, address)
	})
	return transport, dials
}

// deaf is a connection that can't be written to.
type deaf struct{ net.Conn }

func (deaf) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestSubmitIsRepeatedIfNothingWasWritten(t *testing.T) {
	t.Parallel()
	tests := map[string]func(dialFunc, context.Context, string, string) (net.Conn, error){
		"no connection": func(dialFunc, context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("connection refused")
		},
		"first write fails": func(dial dialFunc, ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			return deaf{conn}, err
		},
	}
	for name, fail := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var fake *fakeFal
			fake = newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 200, ticket(fake.URL)) })
			transport, dials := failingDials(t, 3, fail)
			clock := newFakeClock()
			c := client(t, fake.URL, withClock(clock), func(o *Options) { o.Transport = transport })
			if _, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{}); err != nil {
				t.Fatal(err)
			}
			if dials.Load() != 4 || len(fake.got()) != 1 {
				t.Errorf("%d connections and %d submissions, want 4 and 1", dials.Load(), len(fake.got()))
			}
			for i, pause := range clock.sleeps() {
				if ceiling := firstPause << i; pause <= 0 || pause > ceiling+1 {
					t.Errorf("pause %d is %s, want at most %s", i, pause, ceiling)
				}
			}
		})
	}
}

func TestSubmitGivesUpOnConnectingInTheEnd(t *testing.T) {
	t.Parallel()
	transport, dials := failingDials(t, 1000, func(dialFunc, context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("connection refused")
	})
	c := client(t, "http://127.0.0.1:1", func(o *Options) { o.Transport = transport })
	_, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
	if !errors.Is(err, ErrConnection) || errors.Is(err, ErrOutcomeUnknown) {
		t.Errorf("got %v, want ErrConnection and a known outcome", err)
	}
	if dials.Load() != attempts {
		t.Errorf("%d attempts, want %d", dials.Load(), attempts)
	}
}

// TestSubmitOnDeadConnection has the server drop a kept connection on its second
// request, which is where net/http replays requests that it thinks are safe.
func TestSubmitOnDeadConnection(t *testing.T) {
	t.Parallel()
	for name, kill := range map[string]func(*rawConn){
		"reset after the headers": func(c *rawConn) {
			if _, err := c.head(); err == nil {
				c.reset()
			}
		},
		"closed after the headers": func(c *rawConn) { _, _ = c.head() },
		"closed after the body":    func(c *rawConn) { _ = c.request() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var server *rawServer
			server = newRawServer(t, func(c *rawConn, _ int) {
				if err := c.request(); err == nil {
					c.answer(200, ticket(server.url))
					kill(c)
				}
			})
			c := client(t, server.url)
			if _, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{}); err != nil {
				t.Fatal(err)
			}
			_, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
			if !errors.Is(err, ErrOutcomeUnknown) {
				t.Errorf("got %v, want ErrOutcomeUnknown", err)
			}
			if heads, conns := server.heads.Load(), server.conns.Load(); heads != 2 || conns != 1 {
				t.Errorf("%d submissions on %d connections, want 2 on 1", heads, conns)
			}
		})
	}
}

func TestSubmitAfterTheServerHungUp(t *testing.T) {
	t.Parallel()
	var server *rawServer
	server = newRawServer(t, func(c *rawConn, _ int) {
		if err := c.request(); err == nil {
			c.answer(200, ticket(server.url))
		}
	})
	c := client(t, server.url)
	for range 20 {
		// Whether net/http notices in time is its own race. Either way a
		// submission that failed was sent at most once.
		before := server.heads.Load()
		_, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
		if err != nil && !errors.Is(err, ErrOutcomeUnknown) {
			t.Fatal(err)
		}
		if sent := server.heads.Load() - before; sent > 1 || (err == nil && sent != 1) {
			t.Fatalf("%d submissions, error %v", sent, err)
		}
	}
}

// mute is a transport that reports to no httptrace.
type mute struct {
	reads bool
	calls atomic.Int64
}

func (m *mute) RoundTrip(request *http.Request) (*http.Response, error) {
	m.calls.Add(1)
	if m.reads {
		_, _ = io.ReadAll(request.Body)
	}
	_ = request.Body.Close()
	return nil, errors.New("it broke")
}

func TestSubmitThroughATransportThatTellsNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		reads   bool
		calls   int64
		unknown bool
	}{
		"that read the body": {true, 1, true},
		"that read no body":  {false, attempts, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transport := &mute{reads: test.reads}
			c := client(t, "http://127.0.0.1:1", func(o *Options) { o.Transport = transport })
			_, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
			if errors.Is(err, ErrOutcomeUnknown) != test.unknown || transport.calls.Load() != test.calls {
				t.Errorf("%d calls and %v, want %d", transport.calls.Load(), err, test.calls)
			}
		})
	}
}

func TestSubmitInterrupted(t *testing.T) {
	t.Parallel()

	t.Run("before it began", func(t *testing.T) {
		t.Parallel()
		fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 200, "{}") })
		c := client(t, fake.URL)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := c.Submit(ctx, testEndpoint, json.RawMessage(testInput), SubmitOptions{})
		if !errors.Is(err, context.Canceled) || errors.Is(err, ErrOutcomeUnknown) || len(fake.got()) != 0 {
			t.Errorf("got %v after %d submissions", err, len(fake.got()))
		}
	})

	t.Run("while connecting", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		transport, _ := failingDials(t, 1, func(_ dialFunc, dialing context.Context, _, _ string) (net.Conn, error) {
			cancel()
			<-dialing.Done()
			return nil, dialing.Err()
		})
		c := client(t, "http://127.0.0.1:1", func(o *Options) { o.Transport = transport })
		_, err := c.Submit(ctx, testEndpoint, json.RawMessage(testInput), SubmitOptions{})
		if !errors.Is(err, context.Canceled) || errors.Is(err, ErrOutcomeUnknown) {
			t.Errorf("got %v, want a known outcome", err)
		}
	})

	t.Run("after it was sent", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		server := newRawServer(t, func(c *rawConn, _ int) {
			_ = c.request()
			cancel()
			_, _ = c.reader.ReadByte()
		})
		c := client(t, server.url)
		began := time.Now()
		_, err := c.Submit(ctx, testEndpoint, json.RawMessage(testInput), SubmitOptions{})
		if !errors.Is(err, context.Canceled) || !errors.Is(err, ErrOutcomeUnknown) || server.heads.Load() != 1 {
			t.Errorf("got %v after %d submissions, want an unknown outcome after 1", err, server.heads.Load())
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("it took %s to return", took)
		}
	})

	t.Run("in a cool-down", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.Header().Set("Retry-After", "60")
			reply(w, 429, "{}")
		})
		clock := streamClock()
		go func() {
			clock.awaitHeld(1)
			cancel()
		}()
		c := client(t, fake.URL, withClock(clock))
		_, err := c.Submit(ctx, testEndpoint, json.RawMessage(testInput), SubmitOptions{})
		if !errors.Is(err, context.Canceled) || errors.Is(err, ErrOutcomeUnknown) || len(fake.got()) != 1 {
			t.Errorf("got %v after %d submissions", err, len(fake.got()))
		}
	})
}

func TestSubmitWithoutKey(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 200, "{}") })
	c := client(t, fake.URL, func(o *Options) { o.Key = "" })
	handle := attach(t, c)
	calls := map[string]func() error{
		"submit": func() error {
			_, err := c.Submit(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
			return err
		},
		"run": func() error {
			_, err := c.Run(t.Context(), testEndpoint, json.RawMessage(testInput), SubmitOptions{})
			return err
		},
		"status":  func() error { _, err := c.Status(t.Context(), handle, false); return err },
		"wait":    func() error { _, err := c.Wait(t.Context(), handle, nil); return err },
		"result":  func() error { _, err := c.Result(t.Context(), handle); return err },
		"cancel":  func() error { _, err := c.Cancel(t.Context(), handle); return err },
		"pricing": func() error { _, err := c.Pricing(t.Context(), testEndpoint); return err },
		"delete":  func() error { _, err := c.DeletePayloads(t.Context(), testID); return err },
		"history": func() error {
			for _, err := range c.Requests(t.Context(), RequestsQuery{EndpointID: testEndpoint}) {
				return err
			}
			return nil
		},
	}
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		if err := calls[name](); !errors.Is(err, ErrNoKey) || errors.Is(err, ErrOutcomeUnknown) {
			t.Errorf("%s: got %v, want ErrNoKey", name, err)
		}
	}
	if n := len(fake.got()); n != 0 {
		t.Errorf("%d requests, want none", n)
	}
}

func TestSubmitToAnImpossibleEndpoint(t *testing.T) {
	t.Parallel()
	fake := newFakeFal(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 200, "{}") })
	c := client(t, fake.URL)
	for _, id := range []string{"", "fal-ai", "fal-ai/", "../x", "fal-ai/x?y", "fal-ai/x#y", "fal-ai//x"} {
		if _, err := c.Submit(t.Context(), id, json.RawMessage(testInput), SubmitOptions{}); err == nil {
			t.Errorf("%q was accepted", id)
		}
	}
	if n := len(fake.got()); n != 0 {
		t.Errorf("%d submissions, want none", n)
	}
}
