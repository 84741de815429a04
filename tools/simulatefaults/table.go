// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

// The simulations.
const (
	requests = "TestRequests"
)

// The files with most faults.
const (
	evidence = "internal/requests/evidence.go"
	wait     = "internal/requests/wait.go"
	obtain   = "internal/requests/obtain.go"
	lost     = "internal/requests/lost.go"
	collect  = "internal/requests/collect.go"
	withdraw = "internal/requests/withdraw.go"
	journal  = "internal/requests/journal.go"
)

// faults are those that have been seen, or would break the same promises.
var faults = []fault{
	{
		"a 503 signed by fal is taken for the end where the history is closed", requests,
		[]edit{{
			evidence,
			"s.history == historyClosed && s.failed && s.again\n}\n\n// refused holds",
			"s.history == historyClosed\n}\n\n// refused holds",
		}},
	},
	{
		"any 4xx of a result is taken for a refusal", requests,
		[]edit{{
			evidence,
			"	if !errors.Is(s.result, fal.ErrRefusedInput) {\n		return false\n	}\n	return s.history == historyFailure ||",
			"	var said *fal.Error\n	if errors.As(s.result, &said) && said.StatusCode/100 == 4 {\n		return true\n	}\n	return s.history == historyFailure ||",
		}},
	},
	{
		"an old status is enough to cancel", requests,
		[]edit{
			{evidence, "return last == fal.InQueue && !askedAt.IsZero() && now.Sub(askedAt) <= freshFor", "return last == fal.InQueue"},
			{wait, "		w.ask(leaving)\n		if", "		if"},
			{wait, "		w.ask(ctx)\n		switch", "		switch"},
		},
	},
	{
		"a cancellation that was asked for counts as one", requests,
		[]edit{{evidence, "return outcome == fal.CancelRemoved || later", "return outcome != fal.CancelTooLate || later"}},
	},
	{
		"it is not remembered that a cancellation was asked for", requests,
		[]edit{{wait, "	w.cancelAsked = true\n", ""}},
	},
	{
		"the journal of a run that was killed is not read", requests,
		[]edit{{obtain, "	if held == nil {\n		return Request{}, false, nil", "	if true {\n		return Request{}, false, nil"}},
	},
	{
		"submissions are noted after they were sent", requests,
		[]edit{
			{obtain, "options.Sending, options.Refused = out.begin, out.refused", "options.Refused = out.refused"},
			{obtain, "		s.journal.accepted(out.noted, handle.RequestID)", "		out.begin()\n		s.journal.accepted(out.noted, handle.RequestID)"},
		},
	},
	{
		"the note of a submission ends with the reply", requests,
		[]edit{{journal, "	j.keepProblem(held.NoteRequestID(requestID))\n	j.hold(held, requestID)", "	j.keepProblem(held.Close())"}},
	},
	{
		"the note of a request that was given up ends", requests,
		[]edit{{journal, "	j.mutex.Unlock()\n	j.keepProblem(held.NoteAbandoned())", "	j.mutex.Unlock()\n	j.keepProblem(held.Close())"}},
	},
	{
		"submissions that wait for their turn don't hear of the interruption", requests,
		[]edit{{obtain, "options.Patience, options.Interrupt = wanted.Patience, ctx.Done()", "options.Patience = wanted.Patience"}},
	},
	{
		"an equal request of a minute before is taken for ours", requests,
		[]edit{{evidence, "const sentTolerance = 5 * time.Second", "const sentTolerance = 2 * time.Minute"}},
	},
	{
		"a submission is repeated on 5xx", requests,
		[]edit{{
			"internal/fal/retry.go",
			"(made.answer.status == http.StatusTooManyRequests ||", "(made.answer.status >= http.StatusInternalServerError || made.answer.status == http.StatusTooManyRequests ||",
		}},
	},
	{
		"a submission is repeated after a reset", requests,
		[]edit{{"internal/fal/retry.go", "return !made.mayHaveArrived ||", "return made.answer == nil ||"}},
	},
	{
		"a page of something on the way ends the search", requests,
		[]edit{{evidence, "	return errors.Is(err, fal.ErrUnauthorized) ||", "	return errors.Is(err, fal.ErrMalformed) || errors.Is(err, fal.ErrUnauthorized) ||"}},
	},
	{
		"a finished request that can't be cancelled keeps its image from being deleted", requests,
		[]edit{{evidence, "return outcome == fal.CancelTooLate || outcome == fal.CancelRefused && later.State == fal.Completed", "return outcome == fal.CancelTooLate"}},
	},
	{
		"the input is blamed for what fal says is its own fault", requests,
		[]edit{{"internal/fal/blame.go", "blamesFal(infrastructure), slices.ContainsFunc(types, blamesFal):", "blamesFal(infrastructure):"}},
	},
	{
		"a request that was found again is held to be somebody else's", requests,
		[]edit{{lost, "Adopted: !sole}", "Adopted: true}"}},
	},
	{
		"a request that fal does not know is held to have made nothing", requests,
		[]edit{{collect, "		end = End{Outcome: Forgotten, Err: ErrForgotten}", "		end = End{Outcome: MadeNothing, Err: ErrForgotten}"}},
	},
	{
		"a request that was given up is not handed over", requests,
		[]edit{
			{withdraw, "	s.handedOver[key] = append(s.handedOver[key], request)\n", "	_ = key\n"},
			{withdraw, "	if !s.journal.holdForReplacement(request.Handle, body, sentAt) {\n", "	if _ = sentAt; false {\n"},
		},
	},
	{
		"a request that was cancelled before is taken for ours", requests,
		[]edit{{
			evidence,
			"|| !entry.EndedAt.IsZero() && entry.EndedAt.Before(l.sentAt)\n		if !early && (signOf(entry) != historyFailure || l.now.Sub(l.sentAt) > longestSearch)",
			"\n		if !early",
		}},
	},
	{
		"what a refresh drops stays noted", requests,
		[]edit{{"internal/requests/service.go", "	s.journal.close(requestID)\n", "	_ = requestID\n"}},
	},
	{
		"an equal image that waits for its reply is not reckoned with", requests,
		[]edit{{lost, "return mayBeOneOf(ours, match) })", "return false && mayBeOneOf(ours, match) })"}},
	},
	{
		"requests of equal images are not told apart", requests,
		[]edit{
			{lost, "		case !s.claims.free(request.RequestID):\n", ""},
			{lost, "		if !found || s.claims.take(entry.RequestID) {", "		if !found || s.claims.take(entry.RequestID) || true {"},
		},
	},
	{
		"what a state has may become another image's", requests,
		[]edit{{"internal/requests/service.go", "	s.claims.set(requestID, inState)\n", ""}},
	},
	{
		"a search that is resumed looks once, whatever the time at fal", requests,
		[]edit{{lost, "		astray := looks == 1 && l.sent().Sub(asked).Abs() > sentTolerance\n", "		astray := asked.IsZero()\n"}},
	},
	{
		"a process lets go of nothing that it has obtained itself", requests,
		[]edit{{"internal/requests/claims.go", "	if c.of[requestID] == taken ||", "	if c.of[requestID] != unclaimed ||"}},
	},
}
