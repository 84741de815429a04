// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package requests

import "sync"

// claim says whose a request is, as far as this process knows.
type claim int

const (
	// unclaimed requests may be taken for any image.
	unclaimed claim = iota
	// submitted ones were made here, and no state has shown them yet.
	submitted
	// taken ones existed before, perhaps as those of an image that is replaced.
	taken
	// givenUp ones are in state, and may be taken for what replaces their image.
	givenUp
	// inState ones have an image in state.
	inState
	// released ones belonged to an image that is deleted.
	released
)

// claims keep a request from being given to two images. They last as long as the
// process.
type claims struct {
	mutex sync.Mutex
	of    map[string]claim
}

// take reserves a request, and reports whether it was free.
func (c *claims) take(requestID string) bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.of[requestID] != unclaimed && c.of[requestID] != givenUp {
		return false
	}
	c.of[requestID] = taken
	return true
}

// set says whose a request is now.
func (c *claims) set(requestID string, whose claim) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.of[requestID] = whose
}

// free reports whether a request may be taken.
func (c *claims) free(requestID string) bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.of[requestID] == unclaimed || c.of[requestID] == givenUp
}

// giveUp says that a request is in state that was given up, and reports whether it
// may be taken now. Where another image has it in state, that one keeps it.
func (c *claims) giveUp(requestID string) bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.of[requestID] == inState || c.of[requestID] == released {
		return false
	}
	c.of[requestID] = givenUp
	return true
}

// release takes a request from an image that is deleted, and reports whether it
// had it: its replacement, or another image if it was given up, may have taken it.
func (c *claims) release(requestID string, wasGivenUp bool) bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.of[requestID] == taken || c.of[requestID] == inState && wasGivenUp {
		return false
	}
	c.of[requestID] = released
	return true
}
