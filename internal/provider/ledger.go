// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"sync"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
)

// ledger is what one walk of the engine knows of the requests that it has dealt
// with, across all images.
type ledger struct {
	mutex sync.Mutex
	// spoken names requests that belong to an image of this walk, or that it
	// has deleted. They are never adopted for another.
	spoken map[string]bool
	// abandoned holds requests that a deleted image gave up waiting for, by
	// what they asked for.
	abandoned map[string][]claim
	// handles passes the URLs that fal returned on to flux2_image_result.
	handles   map[string]fal.Handle
	submitted int64
}

// speakFor claims a request and reports whether it was still free.
func (l *ledger) speakFor(requestID string) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.spoken[requestID] {
		return false
	}
	if l.spoken == nil {
		l.spoken = make(map[string]bool)
	}
	l.spoken[requestID] = true
	return true
}

func (l *ledger) isSpokenFor(requestID string) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.spoken[requestID]
}

// abandon leaves a request to the next image that asks for the same thing.
func (l *ledger) abandon(request string, left claim) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.abandoned == nil {
		l.abandoned = make(map[string][]claim)
	}
	l.abandoned[request] = append(l.abandoned[request], left)
}

// takeAbandoned returns a request that was left behind, each only once.
func (l *ledger) takeAbandoned(request string) (claim, bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	left := l.abandoned[request]
	if len(left) == 0 {
		return claim{}, false
	}
	l.abandoned[request] = left[1:]
	return left[0], true
}

// pass leaves the handle of a request to whoever asks for its result.
func (l *ledger) pass(handle fal.Handle) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.handles == nil {
		l.handles = make(map[string]fal.Handle)
	}
	l.handles[handle.RequestID] = handle
}

func (l *ledger) passed(requestID string) (fal.Handle, bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	handle, found := l.handles[requestID]
	return handle, found
}

// maySubmit counts a submission, unless it would exceed the limit.
func (l *ledger) maySubmit(limit *int64) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if limit != nil && l.submitted >= *limit {
		return false
	}
	l.submitted++
	return true
}
