// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package requests

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/store"
)

// journal is what a service notes of its submissions in a folder that outlives
// a run. An entry closes when fal refuses the submission, when its request is
// certain to bring nothing, or when a later call shows the request in state: a
// creation can't know that its state was saved.
//
// Whatever goes wrong with the folder is kept for a warning, and stops nothing.
type journal struct {
	entries   *store.Journal
	origin    store.Origin
	workspace string
	run       int

	mutex sync.Mutex
	// held are the entries of this process, by the ids of their requests.
	held map[string]*store.Held
	// open are the requests in entries that nobody held when they were first asked
	// for, by id: none is added by others that could be in a state of ours.
	open map[string]store.Entry
	// unresolved are the entries of runs that ended before they gave a request to
	// their engine, found at the same time.
	unresolved []store.Entry
	// problem is the first that there was. One says enough: the rest follow from it.
	problem error
	told    bool
}

// request says what is asked of whom.
func (j *journal) request(endpointID string, body []byte) store.Request {
	sum := sha256.Sum256(body)
	return store.Request{EndpointID: endpointID, Origin: j.origin, InputSHA256: hex.EncodeToString(sum[:])}
}

// keepProblem keeps the first.
func (j *journal) keepProblem(err error) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if j.problem == nil {
		j.problem = err
	}
}

// begin notes a submission that is about to be sent. It returns nil if that
// can't be noted.
func (j *journal) begin(what store.Request, at time.Time) *store.Held {
	if j.entries == nil {
		return nil
	}
	held, err := j.entries.Begin(store.Submission{Time: at, Request: what, Workspace: j.workspace, Run: j.run})
	j.keepProblem(err)
	return held
}

// take returns the entry of an earlier submission of the same request whose
// outcome no state is known to have; nil if there is none. What belongs to an
// image of this process is not taken, nor what this run has seen in state, or what
// another workspace has begun. What was given up comes last: its own image may
// still be in state.
func (j *journal) take(what store.Request, free func(requestID string) bool) *store.Held {
	if j.entries == nil {
		return nil
	}
	for _, abandoned := range []bool{false, true} {
		held, err := j.entries.Take(what, func(entry store.Entry) bool {
			lost := !entry.InState || entry.InStateOf != j.run
			return entry.Abandoned == abandoned && lost && entry.Workspace == j.workspace &&
				(entry.RequestID == "" || free(entry.RequestID))
		})
		j.keepProblem(err)
		if held != nil {
			j.hold(held, held.Entry().RequestID)
			return held
		}
	}
	return nil
}

// heldByAnotherRun reports whether another run of this workspace works on the same
// request. With the state locked, that is one whose engine has been killed, and
// whose provider is about to end.
func (j *journal) heldByAnotherRun(what store.Request) bool {
	if j.entries == nil {
		return false
	}
	entries, err := j.entries.EntriesOf(what)
	j.keepProblem(err)
	return slices.ContainsFunc(entries, func(entry store.Entry) bool {
		return entry.Holder == store.SomebodyElse && entry.Workspace == j.workspace && entry.Run != j.run && !entry.EngineIsRunning() && !entry.InState
	})
}

// accepted notes the id of the request that a submission has become.
func (j *journal) accepted(held *store.Held, requestID string) {
	j.keepProblem(held.NoteRequestID(requestID))
	j.hold(held, requestID)
}

// acceptedFound notes the id of a request that was found, and reports whether it
// can be had: the process of another alias, or of another run, may have found it at
// the same moment.
func (j *journal) acceptedFound(held *store.Held, requestID string) bool {
	if held == nil {
		return true
	}
	alone, err := j.entries.NoteFound(held, requestID)
	j.keepProblem(err)
	if alone {
		j.hold(held, requestID)
	}
	return alone
}

func (j *journal) hold(held *store.Held, requestID string) {
	if held == nil || requestID == "" {
		return
	}
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.held[requestID] = held
}

// abandoned notes that the wait for a request was given up, and that it may still
// succeed. The entry stays held: what asks for the same in this walk, over another
// alias too, is another image.
func (j *journal) abandoned(requestID string) {
	j.mutex.Lock()
	held := j.held[requestID]
	j.mutex.Unlock()
	j.keepProblem(held.NoteAbandoned())
}

// releaseAbandoned lets whoever asks for the same thing next take a request that was
// given up.
func (j *journal) releaseAbandoned(requestID string) {
	held := j.release(requestID)
	if held == nil {
		return
	}
	j.keepProblem(held.Release())
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.opened()[requestID] = held.Entry()
}

// holdForReplacement holds the entry of a request that is on its way from one image to the
// next, since no state has it meanwhile, and reports whether it can be had: the
// process of another alias may have taken it for an equal image.
func (j *journal) holdForReplacement(handle fal.Handle, body []byte, sentAt time.Time) bool {
	j.mutex.Lock()
	held := j.held[handle.RequestID]
	j.mutex.Unlock()
	if j.entries == nil || handle.RequestID == "" || held != nil {
		return true
	}
	what := j.request(handle.EndpointID, body)
	named := func(entry store.Entry) bool { return entry.RequestID == handle.RequestID }
	held, err := j.entries.Take(what, named)
	j.keepProblem(err)
	if held == nil {
		equal, err := j.entries.EntriesOf(what)
		j.keepProblem(err)
		if slices.ContainsFunc(equal, named) {
			return false
		}
		held = j.begin(what, sentAt)
	}
	j.accepted(held, handle.RequestID)
	j.keepProblem(held.NoteAbandoned())
	return true
}

// others are the ids in the entries of equal submissions, and when those were
// sent, by our clock, that others hold and that have none yet.
func (j *journal) others(what store.Request, own string) (noted map[string]bool, underWay []time.Time) {
	if j.entries == nil {
		return nil, nil
	}
	entries, err := j.entries.EntriesOf(what)
	j.keepProblem(err)
	noted = make(map[string]bool)
	for _, entry := range entries {
		switch {
		case entry.Path == own:
		case entry.RequestID != "":
			noted[entry.RequestID] = true
		case entry.Holder == store.SomebodyElse:
			underWay = append(underWay, entry.Time)
		}
	}
	return noted, underWay
}

// close ends the entries of a request that is certain to bring nothing, or that
// is in state for good.
func (j *journal) close(requestID string) {
	if j.entries == nil {
		return
	}
	held := j.release(requestID)
	j.mutex.Lock()
	_, left := j.opened()[requestID]
	delete(j.open, requestID)
	j.mutex.Unlock()
	switch {
	case left:
		j.keepProblem(j.entries.CloseRequest(requestID))
	case held != nil:
		j.keepProblem(held.Close())
	}
}

// keptInState is how long the entry of a request stays that is in state: an engine
// that is killed while it writes its state loses it, and the history may not have
// the request yet.
const keptInState = 15 * time.Minute

// inState notes that this run has seen a request in its state. Its entry is closed
// once it is old, unless an equal submission is looked for: the apply that does is
// another process, which would take the request for it.
func (j *journal) inState(requestID string, now time.Time) {
	if j.entries == nil {
		return
	}
	j.mutex.Lock()
	open, left := j.opened()[requestID]
	held := j.held[requestID]
	j.mutex.Unlock()
	if held != nil {
		open = held.Entry()
	}
	if !left && held == nil || open.InState && open.InStateOf == j.run {
		return
	}
	if now.Sub(open.Time) > keptInState && !j.isLookedFor(open.Request) {
		j.close(requestID)
		return
	}
	if held == nil {
		var err error
		held, err = j.entries.Take(open.Request, func(entry store.Entry) bool { return entry.RequestID == requestID })
		j.keepProblem(err)
	}
	j.keepProblem(errors.Join(held.NoteInState(j.run), held.Release()))
	j.release(requestID)
	if held != nil {
		j.mutex.Lock()
		defer j.mutex.Unlock()
		j.open[requestID] = held.Entry()
	}
}

// isLookedFor reports whether there is an equal submission whose id is not known.
func (j *journal) isLookedFor(what store.Request) bool {
	equal, err := j.entries.EntriesOf(what)
	j.keepProblem(err)
	return slices.ContainsFunc(equal, func(entry store.Entry) bool { return entry.RequestID == "" })
}

// opened reads what earlier runs have left, once. Entries that can't be read
// are told of when a request may be theirs.
func (j *journal) opened() map[string]store.Entry {
	if j.open == nil {
		j.open = make(map[string]store.Entry)
		entries, _ := j.entries.Entries()
		for _, entry := range entries {
			if entry.Holder != store.Nobody {
				continue
			}
			if entry.RequestID != "" {
				j.open[entry.RequestID] = entry
			}
			if entry.Origin == j.origin && !entry.Returned && !entry.Abandoned && !entry.InState {
				j.unresolved = append(j.unresolved, entry)
			}
		}
	}
	return j.open
}

func (j *journal) release(requestID string) *store.Held {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	held := j.held[requestID]
	delete(j.held, requestID)
	return held
}

// returned notes that the engine is given a request.
func (j *journal) returned(requestID string) {
	j.mutex.Lock()
	held := j.held[requestID]
	j.mutex.Unlock()
	j.keepProblem(held.NoteReturned())
}

// leftBehind lists what runs have noted that ended before their engine knew.
func (j *journal) leftBehind() []store.Entry {
	if j.entries == nil {
		return nil
	}
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.opened()
	return j.unresolved
}

// releaseAll releases all entries of this process.
func (j *journal) releaseAll() error {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	var problems []error
	for _, held := range j.held {
		problems = append(problems, held.Release())
	}
	clear(j.held)
	return errors.Join(problems...)
}

// takeProblem returns what has gone wrong, once.
func (j *journal) takeProblem() error {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if j.told || j.problem == nil {
		return nil
	}
	j.told = true
	return j.problem
}
