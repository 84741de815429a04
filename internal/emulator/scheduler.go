// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"slices"
	"time"
)

// settle brings all jobs up to the present, step by step in the order in which
// the steps were due, and sets the timer for the next one. Requests call it
// too, so that an answer never lags behind the clock. The lock must be held.
func (s *Server) settle() {
	now := s.clock.Now()
	for {
		job, at, step := s.upcoming()
		if job == nil {
			s.disarm()
			return
		}
		if at.After(now) {
			s.arm(at, now)
			return
		}
		step(job, at)
		s.changedJob(job)
	}
}

// step moves a job on.
type step func(*job, time.Time)

// upcoming is the next step of all. Of several at one time it is that of the
// job which is first in the queue.
func (s *Server) upcoming() (*job, time.Time, step) {
	var (
		first *job
		when  time.Time
		what  step
	)
	for _, job := range s.active {
		at, next := s.nextStep(job)
		if next != nil && (first == nil || at.Before(when)) {
			first, when, what = job, at, next
		}
	}
	return first, when, what
}

func (s *Server) nextStep(j *job) (time.Time, step) {
	at, next := s.nextStepUncancelled(j)
	if !j.CancelAt.IsZero() && (next == nil || j.CancelAt.Before(at)) {
		return j.CancelAt, func(j *job, at time.Time) { s.finish(j, at, cancelled()) }
	}
	return at, next
}

// nextStepUncancelled is the next step of a job that nobody cancels.
func (s *Server) nextStepUncancelled(j *job) (time.Time, step) {
	stuck := phase(j.Fault.Stuck) == j.Phase
	if j.Phase == inProgress {
		switch {
		case stuck:
			return time.Time{}, nil
		case j.Reverts < j.Fault.Reverts:
			return j.StartedAt.Add(j.RunTime / 2), s.revert
		default:
			return j.StartedAt.Add(j.RunTime), func(j *job, at time.Time) { s.finish(j, at, j.verdict) }
		}
	}
	at, next := time.Time{}, step(nil)
	if !stuck && s.hasRunner(j) {
		at, next = j.ReadyAt, s.start
		if !j.Seeded && at.Before(s.freed) {
			at = s.freed
		}
	}
	if !j.deadline.IsZero() && (next == nil || j.deadline.Before(at)) {
		return j.deadline, s.giveUp
	}
	return at, next
}

// hasRunner lets seeded jobs pass, which ran before there was a limit.
func (s *Server) hasRunner(j *job) bool {
	return j.Seeded || s.runners == 0 || s.running < s.runners
}

func (s *Server) start(j *job, at time.Time) {
	j.Phase, j.StartedAt = inProgress, at
	if !j.Seeded {
		s.running++
	}
	s.leftQueue()
	if s.painting == PaintAhead {
		s.gallery.paintInBackground(j.pictures)
	}
}

// revert is what happens when fal retries by itself: back into the queue, with
// a new attempt but the same request id.
func (s *Server) revert(j *job, at time.Time) {
	s.release(j, at)
	j.Reverts++
	j.Attempt = newID()
	j.Phase, j.ReadyAt, j.StartedAt = inQueue, at.Add(j.QueueTime), time.Time{}
	j.deadline = time.Time{}
}

func (s *Server) giveUp(j *job, at time.Time) {
	timeout := broken("request_timeout", "Request timed out before processing started")
	timeout.Deadline = true
	s.finish(j, at, timeout)
}

// finish ends a job, whatever state it is in.
func (s *Server) finish(j *job, at time.Time, how *failure) {
	switch j.Phase {
	case inProgress:
		s.release(j, at)
	case inQueue:
		s.leftQueue()
	}
	j.Phase, j.EndedAt, j.Failure = completed, at, how
	s.active = slices.DeleteFunc(s.active, func(other *job) bool { return other == j })
}

// release gives a job's runner to others. They can't have it any earlier.
func (s *Server) release(j *job, at time.Time) {
	if j.Seeded {
		return
	}
	if s.runners > 0 && s.running >= s.runners {
		s.freed = at
	}
	s.running--
}

// leftQueue tells the jobs in the queue that they have moved up.
func (s *Server) leftQueue() {
	for _, job := range s.active {
		if job.Phase == inQueue {
			job.touch()
		}
	}
}

// position counts the queued jobs ahead of one.
func (s *Server) position(j *job) int {
	ahead := 0
	for _, other := range s.active {
		if other == j {
			break
		}
		if other.Phase == inQueue {
			ahead++
		}
	}
	return ahead
}

func (s *Server) queueLength() int {
	length := 0
	for _, job := range s.active {
		if job.Phase == inQueue {
			length++
		}
	}
	return length
}

func (s *Server) arm(at, now time.Time) {
	if s.timer != nil && s.timerAt.Equal(at) {
		return
	}
	s.disarm()
	if s.closed {
		return
	}
	s.alarms++
	alarm := s.alarms
	s.timerAt = at
	s.timer = s.clock.AfterFunc(at.Sub(now), func() {
		s.mu.Lock()
		defer s.unlock()
		// A timer that could not be stopped any more must not pass for the
		// one that took its place.
		if alarm == s.alarms {
			s.timer = nil
		}
		s.settle()
	})
}

func (s *Server) disarm() {
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
}
