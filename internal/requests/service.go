// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package requests

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/store"
)

// Media answers whether the files of an image are there.
type Media interface {
	// Gone reports whether the file behind a URL is known to be gone.
	Gone(ctx context.Context, url string) bool
}

// Options configure a Service.
type Options struct {
	Client *fal.Client
	Media  Media
	// Logger is told how requests are getting on; nil for nobody.
	Logger Logger
	// Clock is where time and pauses come from, the client's; nil for the machine's.
	Clock fal.Clock
	// Direct has requests made by one blocking call instead of the queue.
	Direct bool
	// ReuseWithin is how far back a request with the same input is looked for
	// before one is paid for; 0 for not at all.
	ReuseWithin time.Duration
	// Limit is how many requests may be submitted; nil for any number.
	Limit *int64
	// Journal is where submissions are noted before they are sent; nil for
	// nowhere. Origin and Workspace tell those apart that share it.
	Journal   *store.Journal
	Origin    store.Origin
	Workspace string
	// Run is the id of the engine's process.
	Run int
}

// Service makes and looks after requests. It belongs to a configured provider,
// which may outlive one walk of an engine, and is safe for concurrent use.
type Service struct {
	options Options
	client  *fal.Client
	clock   fal.Clock

	mutex sync.Mutex
	// underWay has when the submissions were sent that wait for their answer, by
	// what they ask for.
	underWay map[string][]time.Time
	// handedOver holds requests that a deleted image gave up waiting for, by what
	// they asked for.
	handedOver map[string][]Request
	// handles are those of requests that this process has made.
	handles   map[string]fal.Handle
	submitted int64

	claims  claims
	past    pastReader
	journal journal
}

// New returns a service. It calls nobody.
func New(options Options) *Service {
	if options.Clock == nil {
		options.Clock = fal.SystemClock()
	}
	if options.Logger == nil {
		options.Logger = silent{}
	}
	return &Service{
		options: options, client: options.Client, clock: options.Clock,
		underWay: map[string][]time.Time{}, handedOver: map[string][]Request{}, handles: map[string]fal.Handle{},
		claims: claims{of: map[string]claim{}},
		past:   pastReader{readings: map[string]*reading{}},
		journal: journal{
			entries: options.Journal, origin: options.Origin, workspace: options.Workspace, run: options.Run, held: map[string]*store.Held{},
		},
	}
}

// Close lets go of the notes that it holds: others may take what is open.
func (s *Service) Close() error {
	return s.journal.releaseAll()
}

// InState says that a request is in state, for good: nobody needs the journal for
// it any more, and no other image is to have it.
func (s *Service) InState(requestID string) {
	if requestID == "" {
		return
	}
	s.claims.set(requestID, inState)
	s.journal.inState(requestID, s.clock.Now())
}

// Forget says that a request is in state no longer, and that nobody is to have it.
func (s *Service) Forget(requestID string) {
	s.journal.close(requestID)
}

// GivenUpInState says that a request is in state that was given up. The
// replacement of its image may take it, from the journal or from the history.
func (s *Service) GivenUpInState(requestID string) {
	if requestID == "" || !s.claims.giveUp(requestID) {
		return
	}
	s.journal.releaseAbandoned(requestID)
}

// Returned says that the engine is given a request, to keep in state.
func (s *Service) Returned(requestID string) {
	s.journal.returned(requestID)
}

// Unresolved lists the submissions of runs that ended before their engine was
// given the request, or before its outcome was known.
func (s *Service) Unresolved() []store.Entry {
	return s.journal.leftBehind()
}

// JournalProblem returns what kept a submission from being noted, or the notes
// from being read, once. It stops nothing.
func (s *Service) JournalProblem() error {
	return s.journal.takeProblem()
}

// Request is a request that an image has.
type Request struct {
	Handle fal.Handle
	// Adopted says that somebody else may have made it.
	Adopted bool
	// Result is there already for a direct request.
	Result *fal.Result
	// Unrecorded says that fal's history has nothing of it.
	Unrecorded bool
	// Noted says that it was made earlier, and found in the journal.
	Noted bool
	// GivenUp says that an earlier run has given up waiting for it, and that its
	// image may still be in state.
	GivenUp bool
	// Answered is the Answer of an end that an earlier run came to, at AnsweredAt by our
	// clock; empty for none.
	Answered   string
	AnsweredAt time.Time
}

// Wanted is the request that an image asks for.
type Wanted struct {
	EndpointID string
	Input      flux2.Input
	Options    fal.SubmitOptions
	// Patience is how long to try, from the first attempt on.
	Patience time.Duration
}

// unrecorded reports whether fal's history will have nothing of it.
func (w Wanted) unrecorded() bool {
	return w.Input.SyncMode || w.Options.StorePayloads != nil && !*w.Options.StorePayloads
}

// Key is equal for images that ask fal for the same thing.
func Key(endpointID string, input flux2.Input) (string, error) {
	body, err := input.Encode()
	return key(endpointID, body), err
}

func key(endpointID string, body []byte) string { return endpointID + "\n" + string(body) }

// addUnderWay notes that a submission is on its way, and removeUnderWay that it is
// no longer.
func (s *Service) addUnderWay(key string, at time.Time) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.underWay[key] = append(s.underWay[key], at)
}

func (s *Service) removeUnderWay(key string, at time.Time) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if i := slices.Index(s.underWay[key], at); i >= 0 {
		s.underWay[key] = slices.Delete(s.underWay[key], i, i+1)
	}
}

// sentAndUnanswered is when the submissions were sent that wait for their reply, by
// fal's clock.
func (s *Service) sentAndUnanswered(key string) []time.Time {
	ahead := s.ahead()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	sent := slices.Clone(s.underWay[key])
	for i, at := range sent {
		sent[i] = at.Add(ahead)
	}
	return sent
}

// count notes a submission, unless it would exceed the limit.
func (s *Service) count() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.options.Limit != nil && s.submitted >= *s.options.Limit {
		return false
	}
	s.submitted++
	return true
}

// Submitted is how many requests were submitted, those under way included.
func (s *Service) Submitted() int64 {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.submitted
}

// HandleOf finds a request by its ids: with the URLs that fal returned, if this
// process has made it.
func (s *Service) HandleOf(endpointID, requestID string) (fal.Handle, error) {
	s.mutex.Lock()
	handle, made := s.handles[requestID]
	s.mutex.Unlock()
	if made && handle.EndpointID == endpointID {
		return handle, nil
	}
	return s.client.Attach(endpointID, requestID)
}

func (s *Service) remember(handle fal.Handle) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.handles[handle.RequestID] = handle
}

// gracePeriod is how long an interrupted run may take for what is under way: a
// submission's answer, a status and a cancellation, or a look into the history.
const gracePeriod = 3 * time.Second

// extended returns a context that ends some time after its parent is
// interrupted.
func (s *Service) extended(ctx context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	longer, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if s.clock.Sleep(longer, by) == nil {
			end()
		}
	})
	return longer, func() {
		stop()
		end()
	}
}
