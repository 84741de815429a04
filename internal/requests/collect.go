// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package requests

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

// Decode is the end of a request whose result has arrived. One that can't be
// taken in may have been changed on its way: by itself, it resolves nothing.
func Decode(result fal.Result) End {
	end := End{Status: fal.Completed, Result: result}
	if end.Output, end.Err = flux2.DecodeOutput(result.Body); end.Err != nil {
		end.Outcome = Unresolved
	}
	return end
}

// arrived takes in a result. One that can't be is compared with what the history
// has: the same there is a second sign, and the images there are a result.
func (s *Service) arrived(ctx context.Context, request Request, result fal.Result) End {
	end := Decode(result)
	if end.Outcome == Delivered || errors.Is(end.Err, flux2.ErrTooManyImages) || request.Unrecorded {
		return end
	}
	entry, err := s.historyEntry(ctx, request.Handle)
	if err != nil || entry == nil || signOf(*entry) != historySuccess {
		end.Missing = err
		return end
	}
	stored := Decode(fal.Result{Body: entry.Output, RequestID: entry.RequestID, Date: entry.EndedAt})
	if stored.Outcome == Delivered {
		return stored
	}
	if entry.Output != nil {
		end.Outcome = Unusable
	}
	return end
}

// collect fetches the result of a request that fal has finished. What fal says
// in place of a result counts only together with a second sign, which is waited
// for if the caller waits at all.
func (s *Service) collect(ctx context.Context, request Request, status fal.Status, waits bool) End {
	result, err := s.result(ctx, request.Handle, waits)
	switch {
	case err == nil:
		return s.arrived(ctx, request, result)
	case ctx.Err() != nil:
		return End{Outcome: Unfinished, Interrupted: true, Status: fal.Completed, Err: err}
	case !waits && errors.Is(err, fal.ErrInProgress):
		return End{Outcome: Unfinished, Status: fal.InProgress, Err: err}
	case errors.Is(err, fal.ErrNotFound):
		return s.collectFromHistory(ctx, request, err)
	case errors.Is(err, fal.ErrCancelled):
		return s.confirmCancelled(ctx, request, status, err)
	}
	return s.confirm(ctx, request, status, err, waits)
}

// result asks for the result of a request that fal has finished. The status can be
// ahead of it: one that is still in progress, or not known yet, is asked for again for
// a while, if the caller waits at all.
func (s *Service) result(ctx context.Context, handle fal.Handle, waits bool) (fal.Result, error) {
	began := s.clock.Now()
	for pause := time.Second; ; pause = min(pause*2, secondLook) {
		result, err := s.client.Result(ctx, handle)
		if !waits || !isBehind(err, s.clock.Now().Sub(began)) || s.clock.Sleep(ctx, pause) != nil {
			return result, err
		}
	}
}

// isBehind reports whether an answer in place of a result may be older than the status
// that has announced it. The 404 of the model itself, which tells what it bills, is not.
func isBehind(err error, waited time.Duration) bool {
	if errors.Is(err, fal.ErrInProgress) {
		return waited < longestConfirmation
	}
	return errors.Is(err, fal.ErrNotFound) && !errors.Is(err, fal.ErrJobFailed) && waited < secondLook
}

// confirmCancelled asks the status whether a request was cancelled, as its
// result says.
func (s *Service) confirmCancelled(ctx context.Context, request Request, status fal.Status, err error) End {
	if !cancelledUnpaid(fal.CancelRequested, status) {
		if asked, statusErr := s.client.Status(ctx, request.Handle, false); statusErr == nil {
			status = asked
		}
	}
	end := End{Outcome: Unresolved, Status: fal.Completed, Err: err}
	if cancelledUnpaid(fal.CancelRequested, status) {
		end.Outcome = Cancelled
	}
	return end
}

// longestConfirmation bounds how long a second sign is waited for: the history
// lags behind.
const longestConfirmation = 2 * time.Minute

// confirm looks for a second sign of what the result says. Without one, the
// request stays unresolved. If the history has the result after all, that is it.
func (s *Service) confirm(ctx context.Context, request Request, status fal.Status, err error, waits bool) End {
	began := s.clock.Now()
	seen := signs{
		result: err, completed: status.State == fal.Completed, failed: status.Error != "" || status.ErrorType != "",
		again: request.Answered != "" && request.Answered == answered(err) && began.Sub(request.AnsweredAt) >= secondLook,
	}
	end := End{Outcome: Unresolved, Status: fal.Completed, Err: err}
	for pause := time.Second; ; pause = min(pause*2, secondLook) {
		if delivered, found := s.askHistory(ctx, request, &seen, &end); found {
			return delivered
		}
		end.HistoryClosed = seen.history == historyClosed && (errors.Is(err, fal.ErrServerFault) || errors.Is(err, fal.ErrRefusedInput))
		if end.Outcome = verdict(seen); end.Outcome != Unresolved {
			return end
		}
		if !waits || !errors.Is(err, fal.ErrServerFault) && !errors.Is(err, fal.ErrRefusedInput) || s.clock.Now().Sub(began) > longestConfirmation {
			return end
		}
		if seen.history == historyClosed {
			pause = secondLook
		}
		if s.clock.Sleep(ctx, pause) != nil {
			end.Interrupted = true
			return end
		}
		result, again := s.client.Result(ctx, request.Handle)
		switch {
		case again == nil:
			return s.arrived(ctx, request, result)
		case answered(err) != "" && answered(err) == answered(again) && s.clock.Now().Sub(began) >= secondLook:
			seen.again = true
		}
		if seen.again && seen.history == historyClosed {
			if asked, statusErr := s.client.Status(ctx, request.Handle, false); statusErr == nil {
				seen.completed, seen.failed = asked.State == fal.Completed, asked.Error != "" || asked.ErrorType != ""
			}
			if end.Outcome = verdict(seen); end.Outcome != Unresolved {
				return end
			}
			// No third look brings more.
			return end
		}
	}
}

func verdict(seen signs) Outcome {
	switch {
	case seen.refused(), seen.unknownPath():
		return Refused
	case seen.madeNothing():
		return MadeNothing
	default:
		return Unresolved
	}
}

// answered is what fal said in place of a result, to be compared with what it says
// another time; empty if it said nothing.
func answered(err error) string {
	var failure *fal.Error
	if !errors.As(err, &failure) {
		return ""
	}
	return fmt.Sprintf("%d %s: %s", failure.StatusCode, failure.Type, failure.Message)
}

// askHistory reads what the history says of a request. It returns the images if it
// has them.
func (s *Service) askHistory(ctx context.Context, request Request, seen *signs, end *End) (End, bool) {
	if request.Unrecorded {
		seen.history = historyClosed
		return End{}, false
	}
	entry, err := s.historyEntry(ctx, request.Handle)
	switch {
	case err != nil && deniesHistory(err):
		seen.history = historyClosed
		end.Missing = err
	case err != nil:
		end.Missing = err
	case entry != nil:
		seen.history = signOf(*entry)
		if seen.history != historySuccess || entry.Output == nil {
			break
		}
		stored := Decode(fal.Result{Body: entry.Output, RequestID: entry.RequestID, Date: entry.EndedAt})
		if stored.Outcome == Delivered {
			return stored, true
		}
		if errors.Is(stored.Err, flux2.ErrNoImages) && errors.Is(seen.result, fal.ErrRefusedInput) {
			// It lists a success, and has no image either. A fault of fal's would not
			// be one: what fal lists as a success it bills.
			seen.history = historyFailure
		}
	}
	return End{}, false
}

// historyEntry looks one request up in the history. It returns nil if the history
// doesn't list it.
func (s *Service) historyEntry(ctx context.Context, handle fal.Handle) (*fal.Request, error) {
	query := fal.RequestsQuery{EndpointID: handle.EndpointID, RequestID: handle.RequestID, Payloads: true, PageSize: 1}
	for entry, err := range s.client.Requests(ctx, query) {
		if err != nil {
			return nil, err
		}
		if entry.RequestID == handle.RequestID {
			return &entry, nil
		}
	}
	return nil, nil
}

// collectFromHistory fetches the result of a request that the queue does not know from
// the history.
func (s *Service) collectFromHistory(ctx context.Context, request Request, unknown error) End {
	end := End{Outcome: Unresolved, Err: unknown}
	if forgotten(unknown, request.Handle.SubmittedAt, s.client.Now()) {
		end = End{Outcome: Forgotten, Err: ErrForgotten}
	}
	entry, err := s.historyEntry(ctx, request.Handle)
	switch {
	case err != nil:
		end.Missing = err
		if end.Outcome == Forgotten {
			end.Err = ErrUnknown
		}
	case entry == nil:
	case signOf(*entry) == historySuccess && entry.Output != nil:
		return Decode(fal.Result{Body: entry.Output, RequestID: entry.RequestID, Date: entry.EndedAt})
	case verdict(signs{result: unknown, history: signOf(*entry)}) == Refused:
		return End{Outcome: Refused, Status: fal.Completed, Err: unknown}
	case signOf(*entry) == historyFailure:
		// One sign alone: why it failed, only the queue could say.
		end.Err = entry.Failure()
	}
	return end
}
