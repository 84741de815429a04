// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package requests

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
)

func code(status int64) *int64 { return &status }

// Only two signs that agree are a verdict, and one of them is fal's own blame.
func TestSigns_verdict(t *testing.T) {
	t.Parallel()

	fault, refusal, other := fmt.Errorf("503: %w", fal.ErrServerFault), fmt.Errorf("422: %w", fal.ErrRefusedInput), errors.New("402")
	unknown := fmt.Errorf("404: %w", fal.ErrNotFound)
	path := fmt.Errorf("404: %w, %w", fal.ErrNotFound, fal.ErrJobFailed)
	for name, test := range map[string]struct {
		seen signs
		want Outcome
	}{
		"a fault alone":                                    {signs{result: fault, completed: true, failed: true}, Unresolved},
		"a fault twice":                                    {signs{result: fault, completed: true, failed: true, again: true}, Unresolved},
		"a fault, and the history says failed":             {signs{result: fault, history: historyFailure}, MadeNothing},
		"a fault, and the history says success":            {signs{result: fault, failed: true, again: true, history: historySuccess}, Unresolved},
		"a fault, and a closed history":                    {signs{result: fault, completed: true, failed: true, history: historyClosed}, Unresolved},
		"a fault twice, and a closed history":              {signs{result: fault, completed: true, failed: true, again: true, history: historyClosed}, MadeNothing},
		"a fault twice, closed, and a status that is well": {signs{result: fault, completed: true, again: true, history: historyClosed}, Unresolved},
		"a refusal alone":                                  {signs{result: refusal, completed: true}, Unresolved},
		"a refusal, and the history says failed":           {signs{result: refusal, history: historyFailure}, Refused},
		"a refusal twice, and a closed history":            {signs{result: refusal, completed: true, again: true, history: historyClosed}, Refused},
		"a refusal twice, not completed":                   {signs{result: refusal, again: true, history: historyClosed}, Unresolved},
		"a refusal, and the history says success":          {signs{result: refusal, completed: true, again: true, history: historySuccess}, Unresolved},
		"another 4xx, and the history says failed":         {signs{result: other, completed: true, failed: true, again: true, history: historyFailure}, Unresolved},
		"no such path, alone":                              {signs{result: path, completed: true, again: true, history: historyClosed}, Unresolved},
		"no such path, and the history says failed":        {signs{result: path, history: historyFailure}, Refused},
		"no such path, and the history says success":       {signs{result: path, history: historySuccess}, Unresolved},
		"forgotten, and the history says failed":           {signs{result: unknown, history: historyFailure}, Unresolved},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := verdict(test.seen); got != test.want {
				t.Errorf("verdict %d, want %d", got, test.want)
			}
		})
	}
}

func TestForgotten(t *testing.T) {
	t.Parallel()

	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	unknown := fmt.Errorf("404: %w", fal.ErrNotFound)
	for name, test := range map[string]struct {
		err  error
		sent time.Time
		want bool
	}{
		"moments ago":       {unknown, now.Add(-59 * time.Second), false},
		"a minute ago":      {unknown, now.Add(-time.Minute), true},
		"nobody knows when": {unknown, time.Time{}, true},
		"another error":     {fmt.Errorf("401: %w", fal.ErrUnauthorized), now.Add(-time.Hour), false},
	} {
		if got := forgotten(test.err, test.sent, now); got != test.want {
			t.Errorf("%s: %t, want %t", name, got, test.want)
		}
	}
}

func TestStillQueued(t *testing.T) {
	t.Parallel()

	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		last  fal.State
		asked time.Time
		want  bool
	}{
		"asked now":           {fal.InQueue, now, true},
		"asked a second ago":  {fal.InQueue, now.Add(-time.Second), true},
		"asked longer ago":    {fal.InQueue, now.Add(-time.Second - 1), false},
		"never asked":         {fal.InQueue, time.Time{}, false},
		"running":             {fal.InProgress, now, false},
		"a status of its own": {"WARMING_UP", now, false},
	} {
		if got := stillQueued(test.last, test.asked, now); got != test.want {
			t.Errorf("%s: %t, want %t", name, got, test.want)
		}
	}
}

func TestCancellation(t *testing.T) {
	t.Parallel()

	cancelled := fal.Status{State: fal.Completed, ErrorType: fal.TypeClientCancelled}
	done := fal.Status{State: fal.Completed}
	for name, test := range map[string]struct {
		outcome      fal.CancelOutcome
		later        fal.Status
		unpaid, late bool
	}{
		"removed":                     {fal.CancelRemoved, fal.Status{}, true, false},
		"asked to stop":               {fal.CancelRequested, fal.Status{}, false, false},
		"asked to stop, and stopped":  {fal.CancelRequested, cancelled, true, false},
		"asked to stop, and finished": {fal.CancelRequested, done, false, false},
		"too late":                    {fal.CancelTooLate, fal.Status{}, false, true},
		"refused":                     {fal.CancelRefused, fal.Status{State: fal.InProgress}, false, false},
		"refused, and finished":       {fal.CancelRefused, done, false, true},
	} {
		if got := cancelledUnpaid(test.outcome, test.later); got != test.unpaid {
			t.Errorf("%s: unpaid %t, want %t", name, got, test.unpaid)
		}
		if got := tooLateToCancel(test.outcome, test.later); got != test.late {
			t.Errorf("%s: too late %t, want %t", name, got, test.late)
		}
	}
}

// Ours is the closest that was sent when ours was, or later; and for good only
// if there is no other.
func TestLostMatch(t *testing.T) {
	t.Parallel()

	sent := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	entries := func(ago ...time.Duration) []fal.Request {
		var found []fal.Request
		for _, d := range ago {
			found = append(found, fal.Request{RequestID: d.String(), SentAt: sent.Add(-d)})
		}
		return found
	}
	ended := func(entry fal.Request, ago time.Duration, code int64) []fal.Request {
		entry.EndedAt, entry.StatusCode = sent.Add(-ago), &code
		return []fal.Request{entry}
	}
	for name, test := range map[string]struct {
		entries   []fal.Request
		want      string
		sole, any bool
	}{
		"ended before":                 {ended(entries(3 * time.Second)[0], time.Second, 200), "", false, false},
		"ended since":                  {ended(entries(3 * time.Second)[0], -time.Second, 200), "3s", true, true},
		"failed a moment ago":          {ended(entries(3 * time.Second)[0], -time.Second, 499), "", false, false},
		"none":                         {nil, "", false, false},
		"a minute older":               {entries(time.Minute), "", false, false},
		"beyond what clocks differ by": {entries(5*time.Second + 1), "", false, false},
		"as far as clocks differ":      {entries(5 * time.Second), "5s", true, true},
		"ours, and one a minute older": {entries(time.Minute, -time.Second), "-1s", true, true},
		"ours, and a later one":        {entries(-time.Minute, -time.Second), "-1s", false, true},
		"two that are as likely":       {entries(2*time.Second, -time.Second), "-1s", false, true},
	} {
		found, sole, one := lostOne{sentAt: sent, now: sent.Add(10 * time.Second)}.match(test.entries)
		if found.RequestID != test.want || sole != test.sole || one != test.any {
			t.Errorf("%s: found %q, sole %t, any %t", name, found.RequestID, sole, one)
		}
	}
	failed := ended(entries(0)[0], -time.Second, 422)
	if found, sole, one := (lostOne{sentAt: sent, now: sent.Add(10*time.Minute + time.Second)}).match(failed); found.RequestID != "0s" || !sole || !one {
		t.Errorf("a failed one that stays the only one: found %q", found.RequestID)
	}
	// What was cancelled a moment before ours was sent is as close as ours.
	late := lostOne{sentAt: sent, now: sent.Add(time.Hour)}
	if found, sole, one := late.match(append(failed, entries(-3*time.Second)...)); found.RequestID != "-3s" || sole || !one {
		t.Errorf("of a failed one and another, found %q, sole %t", found.RequestID, sole)
	}
	// One of two may belong to a submission that waits for its reply.
	two := lostOne{sentAt: sent, now: sent, underWay: []time.Time{sent}}
	if found, _, one := two.match(entries(0)); one {
		t.Errorf("took %q, which may be that of the other submission", found.RequestID)
	}
	if found, sole, one := two.match(entries(0, -time.Second)); found.RequestID != "0s" || sole || !one {
		t.Errorf("of two, found %q, sole %t", found.RequestID, sole)
	}
	late = lostOne{sentAt: sent, now: sent.Add(time.Hour), underWay: []time.Time{sent.Add(time.Hour)}}
	if found, sole, one := late.match(entries(0)); found.RequestID != "0s" || !sole || !one {
		t.Errorf("beside a submission of an hour later, found %q, sole %t", found.RequestID, sole)
	}
}

func TestAges(t *testing.T) {
	t.Parallel()

	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	recent, older := ages([]fal.Request{
		{SentAt: now.Add(-time.Minute)}, {SentAt: now.Add(-recentFor + 1)}, {SentAt: now.Add(-recentFor)},
	}, now)
	if recent != 2 || older != 1 {
		t.Errorf("%d recent and %d older, want 2 and 1", recent, older)
	}
	// Without the time of the submission, a later one bounds its age.
	long := now.Add(-time.Hour)
	recent, older = ages([]fal.Request{{}, {EndedAt: now}, {StartedAt: long, EndedAt: now}, {EndedAt: long}}, now)
	if recent != 2 || older != 2 {
		t.Errorf("%d recent and %d older of no known time, want 2 and 2", recent, older)
	}
}

func TestSignOf(t *testing.T) {
	t.Parallel()

	ended := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		entry fal.Request
		want  historySign
	}{
		"not ended":                {fal.Request{}, historySilent},
		"no success so far":        {fal.Request{StatusCode: code(503)}, historySilent},
		"success without its time": {fal.Request{StatusCode: code(200)}, historySuccess},
		"success":                  {fal.Request{StatusCode: code(200), EndedAt: ended}, historySuccess},
		"refused":                  {fal.Request{StatusCode: code(422), EndedAt: ended}, historyFailure},
		"fal failed":               {fal.Request{StatusCode: code(503), EndedAt: ended}, historyFailure},
	} {
		if got := signOf(test.entry); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

// What can't have been sent by us is not compared, and not taken for another input.
func TestInputOf(t *testing.T) {
	t.Parallel()

	for body, want := range map[string]bool{
		`{"prompt":"x"}`: true, `{"prompt":"x","seed":null}`: true, `{"prompt":""}`: false, `{}`: false, `[]`: false, `null`: false, ``: false,
		`"{\"prompt\":\"x\"}"`: false, `{"prompt":"x","seed":"many"}`: false,
	} {
		if _, known := inputOf(fal.Request{Input: json.RawMessage(body)}); known != want {
			t.Errorf("%s can be compared: %t, want %t", body, known, want)
		}
	}
}

// The key may not read the history only by fal's own word.
func TestDeniesHistory(t *testing.T) {
	t.Parallel()

	for _, kind := range []error{fal.ErrUnauthorized, fal.ErrForbidden, fal.ErrLocked} {
		if !deniesHistory(fmt.Errorf("no: %w", kind)) {
			t.Errorf("%v closes it", kind)
		}
	}
	for _, kind := range []error{fal.ErrMalformed, fal.ErrServer, fal.ErrConnection, fal.ErrRateLimited, fal.ErrNotFound} {
		if deniesHistory(fmt.Errorf("no: %w", kind)) {
			t.Errorf("%v passes", kind)
		}
	}
}
