// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

const (
	testKey      = "key-identifier:key-secret-part"
	testEndpoint = "fal-ai/flux-2-dev"
	testID       = "764cabcf-b745-4b3e-ae38-1200304cf45b"
	testInput    = `{"prompt":"a lighthouse","seed":9007199254740993}`
)

// noon is when the tests' clocks begin.
var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// fakeClock jumps over each wait at once, except over those of at least hold,
// which last until the clock is moved on.
type fakeClock struct {
	mutex   sync.Mutex
	now     time.Time
	hold    time.Duration
	slept   []time.Duration
	changed chan struct{}
	// timeouts end as the clock moves on.
	timeouts []*timeout
	// onSleep is called before each pause.
	onSleep func()
	// held counts those who wait for the clock to be moved on.
	held    int
	joining *sync.Cond
}

// Whoever waits so often waits for ever: a test shall fail, not hang.
const mostSleeps = 1000

var errEndless = errors.New("this never ends")

func newFakeClock() *fakeClock {
	clock := &fakeClock{now: noon, changed: make(chan struct{})}
	clock.joining = sync.NewCond(&clock.mutex)
	return clock
}

// awaitHeld returns once so many wait for the clock to be moved on.
func (f *fakeClock) awaitHeld(waiting int) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for f.held < waiting {
		f.joining.Wait()
	}
}

func (f *fakeClock) Now() time.Time {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.now
}

func (f *fakeClock) Sleep(ctx context.Context, d time.Duration) error {
	if f.onSleep != nil {
		f.onSleep()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if len(f.slept) == mostSleeps {
		return errEndless
	}
	if f.hold == 0 || d < f.hold {
		f.slept = append(f.slept, d)
		for until := f.now.Add(max(d, 0)); f.now.Before(until) && ctx.Err() == nil; {
			f.now = f.firstDue(until)
			f.expire()
		}
		return ctx.Err()
	}
	f.held++
	f.joining.Broadcast()
	defer func() { f.held-- }()
	for until := f.now.Add(d); f.now.Before(until); {
		changed := f.changed
		f.mutex.Unlock()
		select {
		case <-ctx.Done():
		case <-changed:
		}
		f.mutex.Lock()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// advance moves the clock on for those who are held.
func (f *fakeClock) advance(d time.Duration) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.now = f.now.Add(d)
	f.expire()
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *fakeClock) sleeps() []time.Duration {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return append([]time.Duration(nil), f.slept...)
}

// forgetSleeps is for those who wait again and again.
func (f *fakeClock) forgetSleeps() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.slept = nil
}

// logLines collects what is logged.
type logLines struct {
	mutex sync.Mutex
	lines []string
}

func (l *logLines) Debug(_ context.Context, message string, fields map[string]any) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.lines = append(l.lines, fmt.Sprint(message, " ", fields))
}

func (l *logLines) all() []string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return append([]string(nil), l.lines...)
}

// received is a request that a test's server got.
type received struct {
	method, path, query, body string
	header                    http.Header
}

// fakeFal is an HTTP server that notes each request and answers it as told.
type fakeFal struct {
	*httptest.Server
	mutex    sync.Mutex
	requests []received
}

func newFakeFal(tb testing.TB, handler func(w http.ResponseWriter, r *http.Request, number int)) *fakeFal {
	tb.Helper()
	fake := &fakeFal{}
	fake.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fake.mutex.Lock()
		fake.requests = append(fake.requests, received{r.Method, r.URL.Path, r.URL.RawQuery, string(body), r.Header.Clone()})
		number := len(fake.requests)
		fake.mutex.Unlock()
		w.Header().Set("Date", noon.Format(http.TimeFormat))
		handler(w, r, number)
	}))
	tb.Cleanup(fake.Close)
	return fake
}

func (f *fakeFal) got() []received {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return append([]received(nil), f.requests...)
}

// client makes a client whose three bases are one server's.
func client(tb testing.TB, base string, change ...func(*Options)) *Client {
	tb.Helper()
	transport := newTransport()
	tb.Cleanup(transport.CloseIdleConnections)
	options := Options{
		Key:         testKey,
		QueueURL:    base + "/queue",
		RunURL:      base + "/run",
		PlatformURL: base + "/platform/v1",
		UserAgent:   "tests",
		Transport:   transport,
		Clock:       newFakeClock(),
	}
	for _, change := range change {
		change(&options)
	}
	made, err := New(options)
	if err != nil {
		tb.Fatalf("New: %v", err)
	}
	return made
}

func withClock(clock Clock) func(*Options) {
	return func(o *Options) { o.Clock = clock }
}

// answering is a transport that answers without a network.
type answering func() (status int, body string)

func (a answering) RoundTrip(request *http.Request) (*http.Response, error) {
	status, body := a()
	return &http.Response{
		StatusCode: status, Header: http.Header{}, ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body)), Request: request,
	}, nil
}

func withTransport(transport http.RoundTripper) func(*Options) {
	return func(o *Options) { o.Transport = transport }
}

// reply writes a JSON answer.
func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// ticket is fal's answer to a submission, with URLs on the given base.
func ticket(base string) string {
	request := base + "/queue/" + testEndpoint + "/requests/" + testID
	return fmt.Sprintf(`{"status":"IN_QUEUE","request_id":%q,"response_url":%q,"status_url":%q,"cancel_url":%q,"queue_position":3}`,
		testID, request, request+"/status", request+"/cancel")
}

func attach(tb testing.TB, c *Client) Handle {
	tb.Helper()
	handle, err := c.Attach(testEndpoint, testID)
	if err != nil {
		tb.Fatalf("Attach: %v", err)
	}
	return handle
}
