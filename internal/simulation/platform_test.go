// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// platformURL is where processes reach the platform. A loopback address goes
// past every proxy.
const platformURL = "http://127.0.0.1:8080"

// platform is the emulator behind a network, as a life has it.
type platform struct {
	*emulator.Server
	network *network
	http    *http.Server
	served  chan struct{}

	// accepted is told of each submission that has just been accepted, before
	// anybody else can know of it; nil for nobody.
	accepted func(emulator.Submission)
	// asked is told of each request before it is answered; nil for nobody.
	asked func(*http.Request)

	mutex sync.Mutex
	told  []toldStatus
	count int
}

// toldStatus is a status that was sent to somebody.
type toldStatus struct {
	requestID, status string
	at                time.Time
}

// newPlatform serves until close. It has to be called inside a bubble.
func newPlatform(t *testing.T, conditions conditions) *platform {
	t.Helper()
	server, err := emulator.New(conditions.options()...)
	if err != nil {
		t.Fatalf("emulator: %v", err)
	}
	p := &platform{Server: server, network: newNetwork(conditions.latency), served: make(chan struct{})}
	p.http = &http.Server{Handler: p, ReadHeaderTimeout: time.Minute}
	go func() {
		defer close(p.served)
		_ = p.http.Serve(p.network)
	}()
	return p
}

// close ends what is served. Processes have to have ended.
func (p *platform) close() {
	_ = p.Close()
	_ = p.network.Close()
	_ = p.http.Close()
	<-p.served
}

// ServeHTTP has the emulator answer, and notes what it says.
func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.asked != nil {
		p.asked(r)
	}
	path := strings.TrimSuffix(r.URL.Path, "/stream")
	if id, isStatus := strings.CutSuffix(path, "/status"); isStatus && r.Method == http.MethodGet {
		w = &statusWriter{ResponseWriter: w, platform: p, requestID: id[strings.LastIndexByte(id, '/')+1:]}
	}
	if r.Method == http.MethodPost {
		// Also where the answer is cut off.
		defer p.noteSubmissions()
	}
	p.Server.ServeHTTP(w, r)
}

func (p *platform) noteSubmissions() {
	if p.accepted == nil {
		return
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	all := p.Submissions()
	for _, submission := range all[p.count:] {
		p.accepted(submission)
	}
	p.count = len(all)
}

// statusWriter notes the statuses that pass.
type statusWriter struct {
	http.ResponseWriter
	platform  *platform
	requestID string
}

// Unwrap lets the emulator flush and reset.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Write passes on and notes.
func (w *statusWriter) Write(content []byte) (int, error) {
	for _, status := range []string{"IN_QUEUE", "IN_PROGRESS", "COMPLETED"} {
		if bytes.Contains(content, []byte(`"status":"`+status+`"`)) {
			w.platform.mutex.Lock()
			w.platform.told = append(w.platform.told, toldStatus{w.requestID, status, time.Now()})
			w.platform.mutex.Unlock()
		}
	}
	return w.ResponseWriter.Write(content)
}

// alike are all requests with a prompt.
func (p *platform) alike(prompt string) []emulator.Request {
	return slices.DeleteFunc(p.Requests(), func(r emulator.Request) bool { return r.Input.Prompt != prompt })
}

// senders are the user agents of accepted submissions.
func (p *platform) senders() map[string]string {
	senders := map[string]string{}
	for _, submission := range p.Submissions() {
		senders[submission.RequestID] = submission.Header.Get("User-Agent")
	}
	return senders
}

// toldWithin reports whether a status of a request was sent to anybody between
// then and now.
func (p *platform) toldWithin(requestID, status string, from, to time.Time) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return slices.ContainsFunc(p.told, func(t toldStatus) bool {
		return t.requestID == requestID && t.status == status && !t.at.Before(from) && !t.at.After(to)
	})
}

// madeNothing reports whether a request has truly ended without an image, and is
// not billed.
func madeNothing(request emulator.Request) bool {
	return request.Status == "COMPLETED" && (request.StatusCode >= 300 || request.Error != "" || len(request.Media) == 0)
}
