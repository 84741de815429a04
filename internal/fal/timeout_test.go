// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"context"
	"slices"
	"sync"
	"time"
)

// timeout is a context that ends when a clock has been moved on far enough.
type timeout struct {
	context.Context
	at     time.Time
	done   chan struct{}
	mutex  sync.Mutex
	err    error
	onDone []func()
}

func newTimeout(parent context.Context, at time.Time) (*timeout, context.CancelFunc) {
	made := &timeout{Context: parent, at: at, done: make(chan struct{})}
	stop := context.AfterFunc(parent, func() { made.end(parent.Err()) })
	return made, func() {
		stop()
		made.end(context.Canceled)
	}
}

func (t *timeout) Done() <-chan struct{} { return t.done }

func (t *timeout) Err() error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.err
}

// Value makes the timeout known to those below.
func (t *timeout) Value(key any) any {
	if key == (timeoutKey{}) {
		return t
	}
	return t.Context.Value(key)
}

type timeoutKey struct{}

// AfterFunc is for contexts below this one, which end with it at once.
func (t *timeout) AfterFunc(f func()) func() bool {
	t.mutex.Lock()
	if t.err != nil {
		t.mutex.Unlock()
		go f()
		return func() bool { return false }
	}
	defer t.mutex.Unlock()
	t.onDone = append(t.onDone, f)
	return func() bool { return t.Err() == nil }
}

func (t *timeout) end(err error) {
	t.mutex.Lock()
	if t.err != nil {
		t.mutex.Unlock()
		return
	}
	t.err = err
	close(t.done)
	waiting := t.onDone
	t.mutex.Unlock()
	for _, f := range waiting {
		f()
	}
}

// WithTimeout returns a context that ends when the clock has moved on.
func (f *fakeClock) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	made, end := newTimeout(ctx, f.now.Add(d))
	f.timeouts = append(f.timeouts, made)
	f.expire()
	return made, func() {
		end()
		f.mutex.Lock()
		defer f.mutex.Unlock()
		f.timeouts = slices.DeleteFunc(f.timeouts, func(t *timeout) bool { return t == made })
	}
}

// expire ends the timeouts that are due. The clock is locked.
func (f *fakeClock) expire() {
	var due []*timeout
	f.timeouts = slices.DeleteFunc(f.timeouts, func(t *timeout) bool {
		if t.at.After(f.now) {
			return false
		}
		due = append(due, t)
		return true
	})
	f.mutex.Unlock()
	for _, timeout := range due {
		timeout.end(context.DeadlineExceeded)
	}
	f.mutex.Lock()
}

// firstDue is when the first timeout is due, or the given time if none is before.
func (f *fakeClock) firstDue(until time.Time) time.Time {
	for _, timeout := range f.timeouts {
		if timeout.at.Before(until) {
			until = timeout.at
		}
	}
	return until
}
