// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestNewRefusesNonsense(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, option := range map[string]Option{
		"queue time":     WithQueueTime(-1),
		"run time":       WithRunTime(-1),
		"runners":        WithRunners(-1),
		"key":            WithKey("nocolon"),
		"endpoint":       WithEndpoints("fal-ai"),
		"retention":      WithResultRetention(Retention{Result: -1}),
		"size multiple":  WithSizeMultiple(-1),
		"body limit":     WithBodyLimit(0),
		"history delay":  WithHistory(History{Lag: -1}),
		"media lifetime": WithMediaLifetime(-1),
		"faults":         WithFaults(Fault{}),
		"every job":      WithEveryJob(JobFault{Reverts: -1}),
		"directory":      WithDirectory(file),
	} {
		if _, err := New(option); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestLogHidesTheKey(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.submit(cat, "X-Fal-Tags", "a=b")
	f.get("/nonsense?x=1", "Authorization", "")
	log := f.Log()
	first := log[0]
	if first.Seq != 1 || first.Route != RouteSubmit || first.Method != http.MethodPost || first.Path != dev || string(first.Body) != cat ||
		first.Status != 200 || !first.Accepted || first.RequestID != f.Submissions()[0].RequestID || first.Header.Get("X-Fal-Tags") != "a=b" {
		t.Errorf("entry %+v", first)
	}
	mark := first.Header.Get("Authorization")
	if !strings.HasPrefix(mark, "Key sha256:") || strings.Contains(mark, "secretsecret") || strings.Contains(mark, "1111") {
		t.Errorf("the mark is %q", mark)
	}
	if f.Submissions()[0].Header.Get("Authorization") != mark {
		t.Error("the submission has another mark")
	}
	if second := log[1]; second.Route != RouteUnknown || second.Status != http.StatusNotFound || second.Path != "/nonsense?x=1" {
		t.Errorf("entry %+v", second)
	}
	if log[0].RemoteAddr != log[1].RemoteAddr {
		t.Error("two connections where one was kept alive")
	}
	if len(f.LogOf(RouteSubmit)) != 1 || len(f.LogOf(RouteResult)) != 0 {
		t.Error("the log of a route is wrong")
	}
}

func TestRestart(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	first := newFixture(t, WithDirectory(directory), WithQueueTime(10*time.Second), WithRunTime(10*time.Second), WithPainting(PaintAhead))
	const body = `{"prompt":"cat","image_size":"square"}`
	done := first.submit(body)
	first.clock.Advance(10 * time.Second)
	running := first.submit(body, "X-Fal-Store-IO", "0")
	first.clock.Advance(10 * time.Second)
	queued := first.submit(`{"num_images":7}`)
	r, _ := first.Request(done)
	picture := first.get(r.Media[0]).text
	abandoned := make(chan error)
	go func() {
		_, err := first.try(http.MethodPost, direct, body)
		abandoned <- err
	}()
	first.await(func() bool { return len(first.Submissions()) == 4 })
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-abandoned; err == nil {
		t.Error("the direct call was answered")
	}
	if files, _ := filepath.Glob(filepath.Join(directory, "media", "files", "b", "*", "*.png")); len(files) == 0 {
		t.Error("no picture is on disk")
	}

	second := newFixture(t, WithDirectory(directory))
	second.clock.Advance(20 * time.Second)
	for id, want := range map[string]string{done: "COMPLETED", running: "IN_PROGRESS", queued: "IN_QUEUE"} {
		if r, _ := second.Request(id); r.Status != want {
			t.Errorf("after the restart %s is %s, want %s", id, r.Status, want)
		}
	}
	second.clock.Advance(time.Minute)
	expect(t, second.get(request(done)), http.StatusOK, "")
	expect(t, second.get(request(running)), http.StatusOK, "")
	expect(t, second.get(request(queued)), http.StatusUnprocessableEntity, "")
	if second.get(r.Media[0]).text != picture {
		t.Error("the picture has changed")
	}
	submissions := second.Submissions()
	if len(submissions) != 4 || string(submissions[0].Body) != body || submissions[1].Header.Get("X-Fal-Store-IO") != "0" {
		t.Errorf("submissions %+v", submissions)
	}
	for _, r := range second.Requests() {
		if r.Direct && r.ErrorType != "client_disconnected" {
			t.Errorf("direct call %+v", r)
		}
	}
	second.submit(cat)
	if n := len(second.Submissions()); n != 5 {
		t.Errorf("%d submissions", n)
	}
}

func TestRestartWithADamagedRecord(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	if err := os.Mkdir(filepath.Join(directory, "requests"), 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(directory, "requests", "x.json")
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(WithDirectory(directory)); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("the error is %v", err)
	}
}

func TestWaitForEndsWithItsContext(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.WaitFor(ctx, func() bool { return false }); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

// listening is a listener as far as its address goes.
type listening struct {
	net.Listener
	address net.TCPAddr
}

func (l *listening) Addr() net.Addr { return &l.address }

func TestURLOfAllAddressesCanBeUsed(t *testing.T) {
	t.Parallel()
	for _, all := range []net.IP{net.IPv4zero, net.IPv6unspecified} {
		running := &Running{listener: &listening{address: net.TCPAddr{IP: all, Port: 8787}}}
		if got := running.URL(); got != "http://127.0.0.1:8787" {
			t.Errorf("%s has the URL %s", all, got)
		}
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	server, err := New(WithQueueTime(time.Millisecond), WithRunTime(time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	running, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if running.Server() != server {
		t.Error("another server is running")
	}
	if _, err := server.Listen(t.Context(), strings.TrimPrefix(running.URL(), "http://")); err == nil {
		t.Error("two emulators share a port")
	}
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	f := &fixture{Server: server, t: t, url: running.URL(), http: client}
	id := f.submit(`{"prompt":"cat","image_size":"square"}`)
	lines, _ := f.listen(request(id) + "/status/stream")
	for line := range lines {
		if strings.Contains(line, "COMPLETED") {
			break
		}
	}
	expect(t, f.get(request(id)), http.StatusOK, "")
	for range 2 {
		if err := running.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := f.try(http.MethodGet, "/", ""); err == nil {
		t.Error("it still answers")
	}
}

func TestFakeClock(t *testing.T) {
	t.Parallel()
	clock := NewFakeClock(epoch)
	var calls []string
	note := func(name string) func() {
		return func() { calls = append(calls, name+clock.Now().Sub(epoch).String()) }
	}
	clock.AfterFunc(2*time.Second, note("b"))
	clock.AfterFunc(time.Second, func() {
		note("a")()
		clock.AfterFunc(500*time.Millisecond, note("c"))
	})
	stopped := clock.AfterFunc(time.Second, note("never"))
	if !stopped.Stop() || stopped.Stop() {
		t.Error("a timer stops once")
	}
	clock.AfterFunc(time.Hour, note("later"))
	clock.Advance(3 * time.Second)
	if got := strings.Join(calls, " "); got != "a1s c1.5s b2s" {
		t.Errorf("calls %s", got)
	}
	now := make(chan struct{})
	clock.AfterFunc(0, func() { close(now) })
	<-now
	if !clock.Now().Equal(epoch.Add(3 * time.Second)) {
		t.Errorf("the time is %s", clock.Now())
	}
}
