// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Server is one emulated fal. It is an http.Handler: queue.fal.run is at
// /queue, fal.run at /run, api.fal.ai/v1 at /platform/v1 and the media host at
// /media; at / there is a page that shows a person what is going on. URLs in its
// answers point to the host that the request names.
type Server struct {
	config
	gallery *gallery
	store   *store
	done    chan struct{}
	// backend is the id of what answers.
	backend string

	// mu guards what follows and the members of jobs that change.
	mu      sync.Mutex
	closed  bool
	changed chan struct{}
	lock    string

	jobs     map[string]*job
	order    []*job
	active   []*job
	dirty    []*job
	media    map[string]mediaFile
	jobCount int
	running  int
	// freed is when the last runner of a full house became free.
	freed   time.Time
	timer   Timer
	timerAt time.Time
	alarms  int

	faults        []*plannedFault
	log           []*Entry
	requests      int
	cancellations []Cancellation
	deletions     map[string]deletion
}

// New returns an emulator, with the requests that its directory holds if it
// has one. It fails on options that make no sense and on a directory that
// can't be used.
func New(options ...Option) (*Server, error) {
	s := &Server{
		config:    defaults(),
		done:      make(chan struct{}),
		backend:   newID(),
		changed:   make(chan struct{}),
		jobs:      map[string]*job{},
		media:     map[string]mediaFile{},
		deletions: map[string]deletion{},
	}
	for _, option := range options {
		if err := option(&s.config); err != nil {
			return nil, fmt.Errorf("emulator: %w", err)
		}
	}
	for _, fault := range s.config.faults {
		if err := fault.check(); err != nil {
			return nil, fmt.Errorf("emulator: fault %q: %w", fault.Name, err)
		}
		s.faults = append(s.faults, &plannedFault{Fault: fault})
	}
	if s.clockOffset != 0 {
		s.clock = offsetClock{s.clock, s.clockOffset}
	}
	s.lock = s.lockReason
	s.gallery = newGallery(s.painter, s.directory)
	if s.directory != "" {
		if err := s.restore(); err != nil {
			return nil, fmt.Errorf("emulator: %w", err)
		}
	}
	return s, nil
}

// Close ends what is waiting (streams, direct calls, delayed answers) and
// painting. It is safe to call more than once. It reports that something could
// not be written to the directory.
func (s *Server) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
		s.disarm()
	}
	s.unlock()
	s.gallery.close()
	if s.store != nil {
		return s.store.problem()
	}
	return nil
}

// unlock releases the lock and then writes what has changed to the disk.
func (s *Server) unlock() {
	records := s.snapshots()
	s.mu.Unlock()
	for _, record := range records {
		s.store.save(record)
	}
}

// call is one HTTP request on its way through the emulator.
type call struct {
	*http.Request
	target
	w       http.ResponseWriter
	entry   *Entry
	content []byte
	read    bool
	fault   *Fault
}

// base is the emulator's own address as the client knows it.
func (c *call) base() string {
	scheme := "http://"
	if c.TLS != nil {
		scheme = "https://"
	}
	return scheme + c.Host
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{Request: r, target: locate(r.URL.Path), w: w}
	if c.route == routePage {
		s.servePage(c)
		return
	}
	s.record(c)
	fault := s.meet(c)

	if fault != nil && !fault.late() && !s.hold(c, fault) {
		return
	}
	if fault != nil && !fault.carriesOut() {
		if fault.ResetBefore {
			s.reset(c)
			return
		}
		s.readBody(c)
		s.send(c, fault.alter(reply{}, c.target), 0)
		return
	}
	if c.route == RouteStream {
		s.serveStream(c, fault)
		return
	}
	answer, gone := s.handle(c)
	if gone {
		return
	}
	if fault == nil {
		s.send(c, answer, 0)
		return
	}
	if fault.late() && !s.hold(c, fault) {
		return
	}
	if fault.ResetAfter {
		s.reset(c)
		return
	}
	s.send(c, fault.alter(answer, c.target), fault.Truncate)
}

// meet finds the fault that concerns the answer to a request.
func (s *Server) meet(c *call) *Fault {
	s.mu.Lock()
	needsPrompt := s.wantsPrompt() && (c.route == RouteSubmit || c.route == RouteRun)
	s.mu.Unlock()
	if needsPrompt {
		s.readBody(c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	fault := s.takeFault(c, false)
	c.fault = fault
	if fault != nil {
		c.entry.Fault = fault.label()
	}
	return fault
}

func (f *Fault) label() string {
	if f.Name == "" {
		return "fault"
	}
	return f.Name
}

// hold keeps the answer back as long as the fault wants. It returns false if
// the client has left or the emulator is closed; then there is no answer.
func (s *Server) hold(c *call, fault *Fault) bool {
	if !fault.Hang && fault.Delay == 0 {
		return true
	}
	// net/http notices that a client has left only once the body is read.
	s.readBody(c)
	if fault.Hang {
		select {
		case <-c.Context().Done():
		case <-s.done:
			s.reset(c)
		}
		return false
	}
	over := make(chan struct{})
	timer := s.clock.AfterFunc(time.Duration(fault.Delay), func() { close(over) })
	defer timer.Stop()
	select {
	case <-over:
		return true
	case <-c.Context().Done():
		return false
	case <-s.done:
		s.reset(c)
		return false
	}
}

// handle carries a request out. It reports true if the client is gone, or cut
// off, and there is no answer to give.
func (s *Server) handle(c *call) (reply, bool) {
	if refused := s.admit(c); refused != nil {
		return *refused, false
	}
	if allowed := c.route.methods(); allowed != nil && !slices.Contains(allowed, c.Method) {
		return s.wrongMethod(c, allowed), false
	}
	switch c.route {
	case RouteSubmit:
		return s.submit(c), false
	case RouteStatus:
		return s.status(c), false
	case RouteResult:
		return s.result(c), false
	case RouteCancel:
		return s.cancel(c), false
	case RouteRun:
		return s.run(c)
	case RouteModels:
		return s.listModels(c), false
	case RoutePricing:
		return s.listPrices(c), false
	case RouteEstimate:
		return s.estimate(c), false
	case RouteHistory:
		return s.history(c), false
	case RouteBilling:
		return s.listBillingEvents(c), false
	case RouteDeletePayloads:
		return s.deletePayloads(c), false
	case RouteKeys:
		return s.serveKeys(c), false
	case RouteMedia:
		return s.serveMedia(c), false
	default:
		if c.area == areaPlatform {
			return platformError(http.StatusNotFound, "not_found", "There is nothing at "+c.URL.Path), false
		}
		return detail(http.StatusNotFound, "Not Found"), false
	}
}

func (s *Server) wrongMethod(c *call, allowed []string) reply {
	r := detail(http.StatusMethodNotAllowed, "Method Not Allowed")
	if c.area == areaPlatform {
		r = platformError(http.StatusMethodNotAllowed, "validation_error", "Method not allowed")
	}
	return r.with("Allow", strings.Join(allowed, ", "))
}
