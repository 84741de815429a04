// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package requests

import (
	"errors"
	"slices"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

// historySign is what fal's request history says of how a request has ended.
type historySign int

const (
	// historySilent: it was not read, lacks the request, or lists it as not ended.
	historySilent historySign = iota
	// historySuccess and historyFailure: it lists the request as ended.
	historySuccess
	historyFailure
	// historyClosed: the key may not read it, in fal's own words, or fal keeps
	// nothing of the request in it.
	historyClosed
)

// signs are what is known of how a request has ended.
type signs struct {
	// result is what fal answered in place of the result.
	result error
	// completed says that a status said so, failed that it named an error.
	completed, failed bool
	// again says that the result answered the same at least secondLook later, or in
	// another run.
	again   bool
	history historySign
}

// secondLook is how much later the same answer counts as a second sign.
const secondLook = 10 * time.Second

// madeNothing holds if fal made no image and bills nothing, so that the request
// can be dropped and paid for anew: an error of fal's own in place of the
// result, and the history's word that the request failed. Where the history is
// closed, a status that names an error takes its place, and the same answer once
// more. One 4xx or 5xx never suffices, nor an entry that is missing or has not
// ended, nor a timeout of ours.
func (s signs) madeNothing() bool {
	if !errors.Is(s.result, fal.ErrServerFault) {
		return false
	}
	return s.history == historyFailure || s.history == historyClosed && s.failed && s.again
}

// refused holds if the model refused the input: fal's detail, of a type that
// blames the input, and a second sign. Statuses name no error for what a model
// has refused, so that without a history the same answer once more has to do.
func (s signs) refused() bool {
	if !errors.Is(s.result, fal.ErrRefusedInput) {
		return false
	}
	return s.history == historyFailure || s.history == historyClosed && s.completed && s.again
}

// unknownPath holds if fal's application has no endpoint of that name: its own 404,
// which tells the units that it bills, and the history's word that the request failed.
// The queue's 404, for a request that it has forgotten, tells none.
func (s signs) unknownPath() bool {
	return errors.Is(s.result, fal.ErrNotFound) && errors.Is(s.result, fal.ErrJobFailed) && s.history == historyFailure
}

// unknownFor is how old a request has to be before fal's not knowing it says
// anything.
const unknownFor = time.Minute

// forgotten holds if fal no longer knows a request: a 404 where it was sent,
// once it is older than a minute. It is asked again each time, since a wrong key,
// a forgotten emulator and an outage look the same.
func forgotten(err error, submittedAt, now time.Time) bool {
	return errors.Is(err, fal.ErrNotFound) && (submittedAt.IsZero() || now.Sub(submittedAt) >= unknownFor)
}

// freshFor is how long a status says that a request is queued.
const freshFor = time.Second

// stillQueued holds if a request has not started: by a status that was asked
// for within the last second. It may start all the same before it is cancelled;
// then fal's answer counts.
func stillQueued(last fal.State, askedAt, now time.Time) bool {
	return last == fal.InQueue && !askedAt.IsZero() && now.Sub(askedAt) <= freshFor
}

// cancelledUnpaid holds if a request never runs: fal removed it from the queue,
// or shows it as cancelled. That fal will try is not enough.
func cancelledUnpaid(outcome fal.CancelOutcome, later fal.Status) bool {
	return outcome == fal.CancelRemoved || later.State == fal.Completed && later.ErrorType == fal.TypeClientCancelled
}

// tooLateToCancel holds if a request has finished: fal says so, or refuses to
// cancel it while its status says that it is completed.
func tooLateToCancel(outcome fal.CancelOutcome, later fal.Status) bool {
	return outcome == fal.CancelTooLate || outcome == fal.CancelRefused && later.State == fal.Completed
}

// sentTolerance is how much earlier than we sent it an entry of the history may
// be dated: clocks are known to the second, and answers take their time.
const sentTolerance = 5 * time.Second

// lostOne is a submission of ours whose reply was lost.
type lostOne struct {
	// sentAt is when it was sent, and now what time it is, both by fal's clock.
	sentAt, now time.Time
	// underWay is when equal submissions were sent that wait for their reply: as
	// many of the entries since will turn out to be theirs.
	underWay []time.Time
}

// candidates are the entries that can be it, among those with its input that
// nobody has: sent when it was or later, and not ended before. A failed one can be
// of the run before, and counts only once ours should have shown.
func (l lostOne) candidates(entries []fal.Request) []fal.Request {
	var candidates []fal.Request
	for _, entry := range entries {
		early := entry.SentAt.Before(l.sentAt.Add(-sentTolerance)) || !entry.EndedAt.IsZero() && entry.EndedAt.Before(l.sentAt)
		if !early && (signOf(entry) != historyFailure || l.now.Sub(l.sentAt) > longestSearch) {
			candidates = append(candidates, entry)
		}
	}
	return candidates
}

// match finds it among the entries: the closest in time. It is ours for good only
// if it is the only one. What may be that of a submission under way is not taken.
func (l lostOne) match(entries []fal.Request) (found fal.Request, sole, one bool) {
	candidates := l.candidates(entries)
	free := candidates
	if len(candidates) <= len(l.underWay) {
		free = slices.DeleteFunc(slices.Clone(candidates), func(entry fal.Request) bool { return mayBeOneOf(l.underWay, entry) })
	}
	if len(free) == 0 {
		return fal.Request{}, false, false
	}
	if alive := slices.DeleteFunc(slices.Clone(free), hasFailed); len(alive) > 0 {
		// What has failed brings nothing: it is ours only if no other can be.
		free = alive
	}
	closest := slices.MinFunc(free, func(a, b fal.Request) int {
		return int(a.SentAt.Sub(l.sentAt).Abs() - b.SentAt.Sub(l.sentAt).Abs())
	})
	return closest, len(candidates) == 1, true
}

// mayBeOneOf reports whether an entry may be that of a submission which was sent
// at one of these times, by fal's clock.
func mayBeOneOf(sent []time.Time, entry fal.Request) bool {
	return slices.ContainsFunc(sent, func(at time.Time) bool { return !entry.SentAt.Before(at.Add(-sentTolerance)) })
}

// recentFor is how long after its submission an entry without an input keeps a
// payment back: it could be the very request that is looked for.
const recentFor = 15 * time.Minute

// ages counts entries that can't be compared, since fal has not stored their inputs
// or has erased them: those of the last minutes, and the older ones. One of which no
// time is known may be of this minute.
func ages(entries []fal.Request, now time.Time) (recent, older int) {
	for _, entry := range entries {
		at := entry.SentAt
		for _, later := range []time.Time{entry.StartedAt, entry.EndedAt, now} {
			if at.IsZero() {
				at = later
			}
		}
		if now.Sub(at) < recentFor {
			recent++
		} else {
			older++
		}
	}
	return recent, older
}

// inputOf is what an entry of the history asks for, if it tells: every input has a
// prompt.
func inputOf(entry fal.Request) (input flux2.Input, known bool) {
	input, err := flux2.DecodeInput(entry.Input)
	return input, err == nil && input.Prompt != ""
}

func hasFailed(entry fal.Request) bool { return signOf(entry) == historyFailure }

// signOf is what an entry of the history says. A failure that has not ended is
// none: fal may be trying again.
func signOf(entry fal.Request) historySign {
	switch {
	case entry.StatusCode == nil:
		return historySilent
	case *entry.StatusCode >= 200 && *entry.StatusCode < 300:
		return historySuccess
	case entry.EndedAt.IsZero():
		return historySilent
	default:
		return historyFailure
	}
}

// deniesHistory reports whether an error is fal's own word that the key may not read
// the history. A page, or a bare word, is not.
func deniesHistory(err error) bool {
	return errors.Is(err, fal.ErrUnauthorized) || errors.Is(err, fal.ErrForbidden) || errors.Is(err, fal.ErrLocked)
}
