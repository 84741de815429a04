// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"net/http"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
)

// tolerance is how much earlier than ours a request may have been sent that is
// taken for ours: five seconds, and one since times are rounded.
const tolerance = 6 * time.Second

// checkOwn looks whether a request that was found is the workspace's own. Nothing
// tells two equal requests apart that were sent at about the same time; ours may
// then be the one that nobody has. One that is older is another's. It reports
// whether it is certain.
func (w *workspace) checkOwn(r *run, prompt string, obtained requests.Request, began time.Time) bool {
	p, id := w.world.platform, obtained.Handle.RequestID
	request, found := p.Request(id)
	if !found || r.wasHandedOver(id) {
		return true
	}
	own := p.senders()[id] == sender(w.number)
	for _, entry := range w.noted() {
		if entry.RequestID == id {
			// An earlier run sent ours.
			began = entry.Time
		}
	}
	w.mutex.Lock()
	had, dropped := w.had[id], w.dropped[id]
	// The journal does not tell whose a request is that was in state.
	leftByState := obtained.Noted && w.shown[id]
	w.mutex.Unlock()
	if own && obtained.Adopted && !leftByState && !w.world.life.settings.reuse && len(p.alike(prompt)) == 1 && !w.world.life.hidesInputs() {
		w.world.billing.breaks("the request %s is held to be somebody else's, and there is no other", id)
	}
	if obtained.Noted && dropped {
		w.world.billing.breaks("the request %s had been dropped, and an image has it again", id)
	}
	age := began.Sub(request.SentAt.Add(-w.world.life.offset()))
	// An answer that was on its way tells the time that it was sent.
	latest := tolerance + 2*w.world.life.slowest()
	switch {
	case age > latest && (w.world.life.settings.reuse || own && had):
		// It was there before anything was paid for, or is noted.
	case age > latest:
		w.world.billing.breaks("the request %s was taken over, which is %s older than ours", id, age)
	case !obtained.Noted && w.shownFailed(request) && time.Since(began) < longestSearch-tolerance:
		// It is told apart, and may bring nothing: ours can still show.
	case age > 0, !own, had && madeNothing(request), obtained.Adopted && !w.world.life.settings.reuse:
		w.world.billing.excuse(prompt, "an equal one was taken for it")
		return false
	}
	return true
}

// longestSearch is how long after it was sent a lost request can still show.
const longestSearch = 10 * time.Minute

// shownFailed reports whether any answer of the history by now has said of a request
// that it has failed.
func (w *workspace) shownFailed(request emulator.Request) bool {
	life := w.world.life
	shown := request.EndedAt.Add(life.behind() + life.slowest() - life.offset())
	return madeNothing(request) && request.StatusCode >= http.StatusBadRequest && shown.Before(time.Now())
}
