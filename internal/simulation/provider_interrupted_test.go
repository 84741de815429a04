// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"fmt"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
)

// noteCalledOff notes what the creations of an interrupted run have asked fal to
// cancel, and have left in state: fal had not confirmed it.
func (l *ledger) noteCalledOff(r *engineRun) {
	before := map[string]bool{}
	for _, object := range objectsOf(r.before) {
		before[object.requestID] = true
	}
	for _, entry := range l.operator.platform.LogOf(emulator.RouteCancel) {
		if !r.sent(entry) || entry.Seq <= r.calls || before[entry.RequestID] {
			continue
		}
		for _, object := range objectsOf(l.operator.state) {
			if object.kind == "flux2_image" && object.requestID == entry.RequestID && !object.tainted && !object.deposed {
				l.calledOff[object.requestID] = object.address
			}
		}
	}
}

// blamesNoCancellation looks for images that are held to have failed since an
// interruption had them cancelled: they are to be created again.
func (l *ledger) blamesNoCancellation() error {
	for _, object := range objectsOf(l.operator.state) {
		request, _ := l.operator.platform.Request(object.requestID)
		if object.failure != "" && !object.adopted && l.calledOff[object.requestID] == object.address && request.ErrorType == fal.TypeClientCancelled {
			return fmt.Errorf("%s has the error %q, and its request %s was cancelled by an interrupted run", object.address, object.failure, object.requestID)
		}
	}
	return nil
}

// cancelledInTime looks at the cancellations of a run that nobody has asked for:
// fal has said that the request is queued, within the second before.
func (l *ledger) cancelledInTime(r *engineRun, step providerStep) error {
	if step.Deed == deedDestroy {
		return nil
	}
	ended := map[string]bool{}
	for _, object := range objectsOf(r.before) {
		if object.deposed || ends(r.planned, object.address) {
			ended[object.requestID] = true
		}
	}
	slowest := l.operator.life.Conditions.slowest()
	looked := map[string]bool{}
	for _, entry := range l.operator.platform.LogOf(emulator.RouteCancel) {
		if !r.sent(entry) || entry.Seq <= r.calls || ended[entry.RequestID] || looked[entry.RequestID] {
			continue
		}
		looked[entry.RequestID] = true
		at := entry.Time.Add(-l.operator.life.Conditions.offset())
		if !l.operator.platform.toldWithin(entry.RequestID, "IN_QUEUE", at.Add(-time.Second-2*slowest-time.Millisecond), at) {
			return fmt.Errorf("%s was cancelled, and fal had not said within the second before that it is queued", entry.RequestID)
		}
	}
	return nil
}

// stoppedSubmitting looks for submissions that began after Ctrl-C.
func (l *ledger) stoppedSubmitting(r *engineRun, interrupted time.Time) error {
	if interrupted.IsZero() {
		return nil
	}
	latest := interrupted.Add(l.operator.life.Conditions.offset() + l.operator.life.Conditions.slowest() + time.Millisecond)
	for _, entry := range l.operator.platform.LogOf(emulator.RouteSubmit) {
		if r.sent(entry) && entry.Time.After(latest) {
			return fmt.Errorf("a submission was sent %s after Ctrl-C", entry.Time.Sub(interrupted)-l.operator.life.Conditions.offset())
		}
	}
	return nil
}
