// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package requests

import (
	"context"
	"errors"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

// longestRun is how long fal lets a request run once it has started, unless the
// app sets another limit: request_timeout in fal's documentation.
const longestRun = 3600 * time.Second

// Outcome says how the wait for a request, or a look at it, has ended.
type Outcome int

const (
	// Delivered says that the images are here.
	Delivered Outcome = iota
	// Refused says that the model refused the input. That is certain.
	Refused
	// MadeNothing says that fal made no image, and bills nothing. That is certain.
	MadeNothing
	// Cancelled says that the request never runs. That is certain.
	Cancelled
	// Unusable says that fal finished the request, and neither its result nor its history
	// has an image. It may be billed.
	Unusable
	// Unfinished says that fal has not finished it, and nobody waits any longer.
	Unfinished
	// Unresolved says that it can't be found out yet what has become of it.
	Unresolved
	// Forgotten says that fal no longer knows the request, nor what came of it. That may
	// be different the next time that it is asked.
	Forgotten
)

// String is the outcome in a word or two, for logs.
func (o Outcome) String() string {
	words := [...]string{"delivered", "refused", "made nothing", "cancelled", "unusable", "unfinished", "unresolved", "forgotten"}
	if o < 0 || int(o) >= len(words) {
		return "unknown"
	}
	return words[o]
}

// End is the end of a wait or a look.
type End struct {
	Outcome Outcome
	// Status is the last one that fal reported.
	Status fal.State
	// Result and Output are set if the images were delivered.
	Result fal.Result
	Output flux2.Output
	// Err says why nothing was delivered.
	Err error
	// Said is the last status in full.
	Said fal.Status
	// CancelAsked says that fal was asked to cancel the request and has not
	// confirmed it.
	CancelAsked bool
	// Interrupted says that the run was.
	Interrupted bool
	// HistoryClosed says that the history can't confirm what fal said in place of the
	// result. The same Answer in another run does.
	HistoryClosed bool
	// Missing is what kept a second sign from being had; nil for nothing.
	Missing error
}

// Answer is what fal said in place of the result; empty if it said nothing.
func (e End) Answer() string { return answered(e.Err) }

// HasNoImage reports whether it is certain that the request brings no image, now
// or later.
func (e End) HasNoImage() bool {
	switch e.Outcome {
	case Refused, MadeNothing, Cancelled, Unusable:
		return true
	default:
		return false
	}
}

var (
	// ErrStillQueued says that patience ran out before fal started a request.
	ErrStillQueued = errors.New("fal had not started the request by the end of the timeout")
	// ErrOutOfTime says that fal kept a request running for longer than it lets
	// requests run.
	ErrOutOfTime = errors.New("fal neither finished nor failed the request within the time that it lets requests run")
	// ErrForgotten says that neither the queue nor the history knows a request.
	ErrForgotten = errors.New("fal does not know the request, and its history has no result of it")
	// ErrUnknown says that the queue does not know a request, and that the history
	// can't be asked.
	ErrUnknown = errors.New("fal does not know the request, and its history can't be read")
)

// Settle waits until fal has finished a request that was obtained for an image,
// and fetches the result. Patience limits the time in fal's queue only: to give
// up on a running request saves nothing, so that one is waited for as long as fal
// lets it run. A request of our own that is still queued when patience or the
// run ends is cancelled.
func (s *Service) Settle(ctx context.Context, request Request, patience time.Duration) End {
	if request.Result == nil {
		end := s.await(ctx, request, patience, !request.Adopted)
		switch id := request.Handle.RequestID; end.Outcome {
		case Refused, MadeNothing, Cancelled, Unusable:
			s.journal.close(id)
		case Unresolved, Forgotten:
			s.journal.abandoned(id)
			if request.GivenUp {
				// No object is saved with it: that which it was to replace stays.
				s.GivenUpInState(id)
			}
		}
		return end
	}
	// Of a direct request there is nothing else to be had.
	end := Decode(*request.Result)
	if end.Outcome == Unresolved {
		end.Outcome = Unusable
	}
	return end
}

// Finish waits for a request that an earlier run left unfinished, and cancels
// nothing.
func (s *Service) Finish(ctx context.Context, request Request, patience time.Duration) End {
	return s.await(ctx, request, patience, false)
}

func (s *Service) await(ctx context.Context, request Request, patience time.Duration, mayCancel bool) End {
	began := s.clock.Now()
	end := s.awaited(ctx, request, patience, mayCancel)
	s.tellEnd(ctx, request, end, began)
	return end
}

func (s *Service) awaited(ctx context.Context, request Request, patience time.Duration, mayCancel bool) End {
	w := &waiting{service: s, request: request, last: fal.InQueue}
	err := w.atMost(ctx, patience)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		// The last status may be old, and a request that has started must not be
		// cancelled.
		w.ask(ctx)
		switch {
		case w.queued() && !mayCancel:
			return End{Outcome: Unresolved, Status: w.last, Err: ErrStillQueued}
		case w.queued() && w.cancel(ctx):
			return End{Outcome: Cancelled, Status: w.last, Err: ErrStillQueued}
		}
		err = w.atMost(ctx, longestRun)
		// An error of fal's says what kept it from being asked.
		if unreached := (*fal.Error)(nil); errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil && !errors.As(err, &unreached) {
			err = ErrOutOfTime
		}
	}
	switch {
	case ctx.Err() != nil:
		return w.interrupted(ctx, mayCancel)
	case errors.Is(err, fal.ErrNotFound):
		return s.collectFromHistory(ctx, request, err)
	case err != nil:
		return End{Outcome: Unresolved, Status: w.last, Err: err, CancelAsked: w.cancelAsked}
	}
	return s.collect(ctx, request, w.lastStatus, true)
}

// waiting is one request being waited for.
type waiting struct {
	service *Service
	request Request
	// last is the last state that fal reported, at askedAt by our clock; before
	// the first report it is what every request begins with, and askedAt is zero.
	last       fal.State
	lastStatus fal.Status
	askedAt    time.Time
	// cancelAsked says that fal has not confirmed a cancellation that we asked for.
	cancelAsked bool
}

func (w *waiting) atMost(ctx context.Context, limit time.Duration) error {
	ctx, stop := w.service.clock.WithTimeout(ctx, limit)
	defer stop()
	_, err := w.service.client.Wait(ctx, w.request.Handle, w.observer(ctx))
	return err
}

func (w *waiting) observer(ctx context.Context) func(fal.Status) {
	return func(status fal.Status) { w.observe(ctx, status) }
}

func (w *waiting) observe(ctx context.Context, status fal.Status) {
	w.tellStatus(ctx, status)
	w.last, w.lastStatus, w.askedAt = status.State, status, w.service.clock.Now()
}

// ask asks for the status now. Without an answer the last one grows old.
func (w *waiting) ask(ctx context.Context) {
	ctx, stop := w.service.clock.WithTimeout(ctx, gracePeriod/3)
	defer stop()
	if status, err := w.service.client.Status(ctx, w.request.Handle, false); err == nil {
		w.observe(ctx, status)
	}
}

func (w *waiting) queued() bool {
	return stillQueued(w.last, w.askedAt, w.service.clock.Now())
}

// interrupted is the end of a wait whose run ends. Within a few seconds, a
// request of ours that is still queued is cancelled; any other goes on.
func (w *waiting) interrupted(ctx context.Context, mayCancel bool) End {
	end := End{Outcome: Unfinished, Interrupted: true, Err: ctx.Err()}
	if mayCancel {
		leaving, left := w.service.clock.WithTimeout(context.WithoutCancel(ctx), gracePeriod)
		defer left()
		w.ask(leaving)
		if w.queued() && w.cancel(leaving) {
			end.Outcome = Cancelled
		}
	}
	end.Status, end.CancelAsked = w.last, w.cancelAsked
	return end
}

// cancel takes the request out of fal's queue, and reports whether it is certain
// that it never runs. Anything else may still be generated and billed.
func (w *waiting) cancel(ctx context.Context) bool {
	ctx, stop := w.service.clock.WithTimeout(context.WithoutCancel(ctx), gracePeriod*2/3)
	defer stop()
	// Whatever comes back: the question may have been carried out and repeated.
	w.cancelAsked = true
	outcome, err := w.service.client.Cancel(ctx, w.request.Handle)
	if err != nil {
		return false
	}
	if cancelledUnpaid(outcome, fal.Status{}) {
		return true
	}
	if outcome != fal.CancelRequested {
		return false
	}
	later, err := w.service.client.Wait(ctx, w.request.Handle, w.observer(ctx))
	return err == nil && cancelledUnpaid(outcome, later)
}
