// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"errors"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

// longestRun is how long fal lets a request run once it has started, unless
// the app sets another limit: request_timeout in fal's documentation.
const longestRun = 3600 * time.Second

// farewell is how long an interrupted run may take to cancel what is still
// queued. Together with a submission's grace it keeps the end of a run within
// three seconds of Ctrl-C.
const farewell = 2 * time.Second

// ending says how the wait for a request came to its end.
type ending int

const (
	// delivered: the images are here.
	delivered ending = iota
	// cancelled: fal confirmed that the request will never run.
	cancelled
	// failed: fal finished the request without an image.
	failed
	// interrupted: the engine is stopping; the request goes on at fal.
	interrupted
	// givenUp: it could not be found out; the request may go on at fal.
	givenUp
	// forgotten: fal no longer knows the request, nor what came of it.
	forgotten
)

// waited is what a wait brought.
type waited struct {
	ending ending
	// status is the last one that fal reported.
	status fal.State
	// result and output are set if the images were delivered.
	result fal.Result
	output flux2.Output
	// err says why nothing was delivered.
	err error
}

// broke reports whether fal's infrastructure failed rather than the model
// refused. fal does not bill that, and another attempt may succeed.
func (w waited) broke() bool {
	return w.ending == failed && errors.Is(w.err, fal.ErrServer)
}

// errStillQueued says that patience ran out before fal started a request.
var errStillQueued = errors.New("fal had not started the request by the end of the timeout")

// errOutOfTime says that fal kept a request running for longer than it lets
// requests run.
var errOutOfTime = errors.New("fal neither finished nor failed the request within the time that it lets requests run")

// await waits until fal has finished a request and fetches the result. Patience
// limits the time in fal's queue only: to give up on a running request saves
// nothing, so that one is waited for as long as fal lets it run. A request that
// is still queued when patience or the run ends is cancelled if mayCancel says
// so, which only a caller may that submitted it itself.
func (s *session) await(ctx context.Context, handle fal.Handle, patience time.Duration, mayCancel bool) waited {
	wait := &wait{session: s, handle: handle, status: fal.InQueue}

	err := wait.atMost(ctx, patience)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		switch {
		case wait.status == fal.InQueue && !mayCancel:
			return waited{ending: givenUp, status: wait.status, err: errStillQueued}
		case wait.status == fal.InQueue && wait.cancel(ctx):
			return waited{ending: cancelled, status: wait.status, err: errStillQueued}
		}
		if err = wait.atMost(ctx, longestRun); errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			err = errOutOfTime
		}
	}
	switch {
	case ctx.Err() != nil && wait.status == fal.InQueue && mayCancel && wait.cancel(ctx):
		return waited{ending: cancelled, status: wait.status, err: ctx.Err()}
	case ctx.Err() != nil:
		return waited{ending: interrupted, status: wait.status, err: ctx.Err()}
	case errors.Is(err, fal.ErrNotFound):
		return s.recollect(ctx, handle)
	case err != nil:
		return waited{ending: givenUp, status: wait.status, err: err}
	}
	return s.collect(ctx, handle)
}

// settle waits for a claimed request, unless its result is there already. Images
// that can't be taken in are there and paid for, so that their request is kept;
// and so is one that fal accepted moments ago and now knows nothing of, or has
// no images for: something between here and fal may answer so for a while. The
// next run asks again, and believes it.
func (s *session) settle(ctx context.Context, claim claim, patience time.Duration) waited {
	if claim.result != nil {
		return decoded(*claim.result)
	}
	end := s.await(ctx, claim.handle, patience, !claim.adopted)
	switch {
	case errors.Is(end.err, flux2.ErrTooManyImages),
		claim.fresh && end.ending == forgotten,
		claim.fresh && errors.Is(end.err, flux2.ErrNoImages):
		end.ending = givenUp
	}
	return end
}

// decoded is the end of a request whose result has arrived.
func decoded(result fal.Result) waited {
	end := waited{status: fal.Completed, result: result}
	if end.output, end.err = flux2.DecodeOutput(result.Body); end.err != nil {
		end.ending = failed
	}
	return end
}

// collect fetches the result of a request that fal has finished, from the
// history if need be.
func (s *session) collect(ctx context.Context, handle fal.Handle) waited {
	result, err := s.client.Result(ctx, handle)
	if err == nil {
		return decoded(result)
	}
	collected := waited{status: fal.Completed, err: err}
	switch {
	case ctx.Err() != nil:
		collected.ending = interrupted
	case errors.Is(collected.err, fal.ErrCancelled):
		collected.ending = cancelled
	case errors.Is(collected.err, fal.ErrJobFailed) && !s.contradicted(ctx, handle, collected.err):
		collected.ending = failed
	case errors.Is(collected.err, fal.ErrNotFound):
		return s.recollect(ctx, handle)
	default:
		collected.ending = givenUp
	}
	return collected
}

// wait is one request being waited for.
type wait struct {
	session *session
	handle  fal.Handle
	// status is the last one that fal reported, once heard is true; before that
	// it is what every request begins with.
	status fal.State
	heard  bool
}

func (w *wait) atMost(ctx context.Context, limit time.Duration) error {
	ctx, stop := context.WithTimeout(ctx, limit)
	defer stop()
	_, err := w.session.client.Wait(ctx, w.handle, w.observe)
	return err
}

func (w *wait) observe(status fal.Status) {
	w.status, w.heard = status.State, true
}

// cancel takes the request out of fal's queue and reports whether fal confirms
// that it will never run: by removing it at once, or by showing it as cancelled
// shortly after. Anything else may still be generated and billed.
func (w *wait) cancel(ctx context.Context) bool {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer stop()
	if !w.heard && w.hasLeftQueue(ctx) {
		return false
	}
	outcome, err := w.session.client.Cancel(ctx, w.handle)
	switch {
	case err != nil:
		return false
	case outcome == fal.CancelRemoved:
		return true
	case outcome != fal.CancelRequested:
		return false
	}
	status, err := w.session.client.Wait(ctx, w.handle, w.observe)
	return err == nil && status.ErrorType == fal.TypeClientCancelled
}

// hasLeftQueue asks where fal has said nothing yet, since a request that is
// running must not be cancelled. Without an answer it is taken to be queued.
func (w *wait) hasLeftQueue(ctx context.Context) bool {
	ctx, stop := context.WithTimeout(ctx, farewell/3)
	defer stop()
	status, err := w.session.client.Status(ctx, w.handle, false)
	if err == nil {
		w.observe(status)
	}
	return w.status != fal.InQueue
}
