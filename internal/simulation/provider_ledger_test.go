// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
	"github.com/flux2-provider/terraform-provider-flux2/internal/store"
)

// ledger knows what a life may cost, and what it has cost.
type ledger struct {
	operator *operator
	// allowed is how many requests may be paid for, by prompt.
	allowed map[string]int
	// released are requests that the user has given up, or whose loss the
	// documentation names.
	released map[string]bool
	// said has all that was said to the user.
	said strings.Builder
	// runs are all so far.
	runs []*engineRun
	// blurred are prompts of which a request went with a disk: who looks for a
	// lost one may find that instead.
	blurred map[string]bool
	// calledOff are requests that were in state when the creation was interrupted
	// that had asked fal to cancel them, with the address there.
	calledOff map[string]string
	// expired says that files of some image are gone.
	expired bool
}

func newLedger(o *operator) ledger {
	return ledger{operator: o, allowed: map[string]int{}, released: map[string]bool{}, blurred: map[string]bool{}, calledOff: map[string]string{}}
}

func (l *ledger) allow(prompt string) { l.allowed[prompt]++ }

// payAgain is the user's word for another request for an image.
func (l *ledger) payAgain(image operatedImage) {
	l.allow(image.prompt())
	l.release(func(s emulator.Submission) bool { return promptOf(s) == image.prompt() })
}

// stateLost is for a state that is gone with all that was in it. What history
// shows has to be found again, where it is looked for.
func (l *ledger) stateLost() {
	clear(l.calledOff)
	l.release(func(emulator.Submission) bool { return true })
	for _, image := range l.operator.images {
		if !image.removed && !l.historyTells() {
			l.allow(image.prompt())
		}
	}
}

// historyTells reports whether whoever looks into the history finds all that
// can be reused.
func (l *ledger) historyTells() bool {
	life := l.operator.life
	about := func(f emulator.Fault) bool { return f.Route == emulator.RouteHistory }
	return life.Engine.Reuse && !l.expired &&
		slices.Contains(life.Conditions.Options, "lists unstarted") && !slices.Contains(life.Conditions.Options, "by end") &&
		!slices.ContainsFunc(life.Conditions.Faults, about) &&
		!slices.ContainsFunc(life.Steps, func(s providerStep) bool { return slices.ContainsFunc(s.Faults, about) })
}

func (l *ledger) release(which func(emulator.Submission) bool) {
	for _, submission := range l.operator.platform.Submissions() {
		if which(submission) {
			l.released[submission.RequestID] = true
		}
	}
}

// releaseEnded notes what a plan has said that it ends.
func (l *ledger) releaseEnded(r *engineRun) {
	planned := r.plannedSoFar()
	for _, object := range objectsOf(r.before) {
		if ends(planned, object.address) {
			l.released[object.requestID] = true
		}
	}
}

// killed notes what the documentation says of a kill that takes the disk along:
// what was accepted and not saved is found in the history only.
func (l *ledger) killed(r *engineRun, step providerStep) {
	l.releaseEnded(r)
	if !step.LoseDisk {
		return
	}
	l.release(func(emulator.Submission) bool { return true })
	for _, image := range l.operator.images {
		l.blurred[image.prompt()] = true
	}
	if step.Deed == deedPlan || step.Deed == deedRefresh || step.Deed == deedDestroy {
		return
	}
	for _, image := range l.operator.images {
		// Entries of earlier runs are lost as well.
		if !image.removed && !l.historyTells() {
			l.allow(image.prompt())
		}
	}
}

// check compares what a run has come to with what was promised.
func (l *ledger) check(r *engineRun, step providerStep, interrupted time.Time) error {
	l.said.WriteString(r.said.String())
	accepted := len(l.acceptedBy(r)) - r.accepted
	if n := creations(r.planned, ""); accepted > n {
		return fmt.Errorf("%d submissions were accepted, and the plan announced %d creations", accepted, n)
	}
	l.releaseEnded(r)
	if !interrupted.IsZero() {
		l.noteCalledOff(r)
	}
	for _, look := range []func() error{
		func() error { return refusedByEngine(r.said) },
		l.paidOnce,
		l.knowsAll,
		l.holdsRightPictures,
		l.blamesNoCancellation,
		func() error { return l.cancelledInTime(r, step) },
		func() error { return l.stoppedSubmitting(r, interrupted) },
	} {
		if err := look(); err != nil {
			return err
		}
	}
	return nil
}

// checkTwice is check for two runs at once, each of which may create what it
// has planned. One of the states that they write is lost.
func (l *ledger) checkTwice(first, second *engineRun) error {
	l.said.WriteString(first.said.String() + second.said.String())
	for _, image := range l.operator.images {
		if creations(first.planned, image.address()) > 0 {
			l.allow(image.prompt())
		}
	}
	for _, r := range []*engineRun{first, second} {
		l.releaseEnded(r)
		if n, accepted := creations(r.planned, ""), len(l.acceptedBy(r)); accepted > n {
			return fmt.Errorf("%d submissions were accepted, and the plan announced %d creations", accepted, n)
		}
		if err := refusedByEngine(r.said); err != nil {
			return err
		}
	}
	if err := l.paidOnce(); err != nil {
		return err
	}
	return l.holdsRightPictures()
}

// acceptedBy are the ids of the requests that the process of a run has brought
// about.
func (l *ledger) acceptedBy(r *engineRun) []string {
	var ids []string
	for _, entry := range l.operator.platform.LogOf(emulator.RouteSubmit) {
		if entry.Accepted && r.sent(entry) {
			ids = append(ids, entry.RequestID)
		}
	}
	return ids
}

// noted reports whether the journal has a request, or a submission that it may
// have come from.
func (l *ledger) noted(request emulator.Request) bool {
	sum := sha256.Sum256(request.Body)
	return slices.ContainsFunc(l.operator.disk.entries(), func(e store.Entry) bool {
		return e.RequestID == request.ID || e.RequestID == "" && e.InputSHA256 == hex.EncodeToString(sum[:])
	})
}

// unknownOf is a request for an image that no state has, as fal's dashboard
// shows it.
func (l *ledger) unknownOf(address string) (emulator.Request, bool) {
	objects := objectsOf(l.operator.state)
	for _, image := range l.operator.images {
		for _, request := range l.operator.platform.Requests() {
			if image.address() == address && request.Input.Prompt == image.prompt() && !request.Seeded && !madeNothing(request) && !l.released[request.ID] &&
				!slices.ContainsFunc(objects, func(o stateObject) bool { return o.requestID == request.ID }) {
				return request, true
			}
		}
	}
	return emulator.Request{}, false
}

// creations counts what a plan announces for an image, or for all.
func creations(planned, address string) int {
	n := 0
	for line := range strings.Lines(planned) {
		at, what, _ := strings.Cut(line, ": ")
		if strings.HasPrefix(at, "flux2_image.") && (address == "" || at == address) && strings.Contains(what, "create") {
			n++
		}
	}
	return n
}

// ends reports whether a plan ends the object of an image.
func ends(planned, address string) bool {
	for line := range strings.Lines(planned) {
		at, what, _ := strings.Cut(line, ": ")
		if at == address && strings.Contains(what, "delete") {
			return true
		}
	}
	return false
}

// refusedByEngine finds what engines refuse, and lay at the provider's door.
func refusedByEngine(said engine.Diagnostics) error {
	for _, d := range said {
		if strings.HasPrefix(d.Summary, "Provider produced") || strings.HasPrefix(d.Summary, "Provider returned") || d.Summary == "Plugin error" {
			return fmt.Errorf("the engine refuses the provider")
		}
	}
	return nil
}

func promptOf(s emulator.Submission) string { return promptIn(s.Body) }

// paidOnce counts the requests that fal has accepted for an input, and from
// which a picture has come or may still come.
func (l *ledger) paidOnce() error {
	paid := map[string][]string{}
	for _, request := range l.operator.platform.Requests() {
		if !request.Seeded && !madeNothing(request) {
			prompt := request.Input.Prompt
			paid[prompt] = append(paid[prompt], request.ID)
		}
	}
	for prompt, ids := range paid {
		if len(ids) > l.allowed[prompt] {
			return fmt.Errorf("%q is paid %d times, and may be %d times: %v", prompt, len(ids), l.allowed[prompt], ids)
		}
	}
	return nil
}

// knowsAll looks for requests that nobody knows any more.
func (l *ledger) knowsAll() error {
	wanted := map[string]bool{}
	for _, image := range l.operator.images {
		if !image.removed {
			wanted[image.prompt()] = true
		}
	}
	objects := objectsOf(l.operator.state)
	for _, request := range l.operator.platform.Requests() {
		if request.Seeded || l.released[request.ID] || madeNothing(request) || !wanted[request.Input.Prompt] || l.blurred[request.Input.Prompt] {
			continue
		}
		if !slices.ContainsFunc(objects, func(o stateObject) bool { return o.requestID == request.ID }) && !l.noted(request) &&
			!strings.Contains(l.said.String(), request.ID) {
			return fmt.Errorf("neither the state nor the journal nor any message has the request %s, which was accepted for %q", request.ID, request.Input.Prompt)
		}
	}
	return nil
}

// holdsRightPictures compares what is in state with what fal has made.
func (l *ledger) holdsRightPictures() error {
	owners := map[string]string{}
	for _, object := range objectsOf(l.operator.state) {
		if object.kind == "flux2_image" && !object.deposed {
			// Where a request to reuse is looked for, an equal sibling's is one.
			if other, taken := owners[object.requestID]; taken && !l.operator.life.Engine.Reuse {
				return fmt.Errorf("%s and %s have the same request %s", other, object.address, object.requestID)
			}
			owners[object.requestID] = object.address
		}
		if object.url == "" {
			continue
		}
		request, known := l.operator.platform.Request(object.requestID)
		if !known || len(request.Media) == 0 || object.url != platformURL+request.Media[0] {
			return fmt.Errorf("%s has %s, which is not of its request %s", object.address, object.url, object.requestID)
		}
		if object.kind == "flux2_image" && (request.Input.Prompt != object.prompt || request.Input.Seed == nil || *request.Input.Seed != pinnedSeed) {
			return fmt.Errorf("%s asks for %q, and has a picture of %q", object.address, object.prompt, request.Input.Prompt)
		}
	}
	return nil
}

// requests are fal's, for whoever wants to know what has happened.
func (l *ledger) requests() string {
	var text strings.Builder
	for _, r := range l.operator.platform.Requests() {
		var looks int
		for _, entry := range l.operator.platform.Log() {
			if entry.RequestID == r.ID {
				looks++
			}
		}
		fmt.Fprintf(&text, "%s %q sent %s, started %s, ended %s: %s %d %s, %d calls\n", r.ID, r.Input.Prompt,
			clockOf(r.SentAt), clockOf(r.StartedAt), clockOf(r.EndedAt), r.Status, r.StatusCode, r.Error, looks)
	}
	return text.String()
}

func clockOf(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return at.Format("15:04:05.000")
}

// complete looks at what is declared, once fal is well and all is applied: the
// picture is there, or it is certain that there is none.
func (l *ledger) complete() error {
	objects := objectsOf(l.operator.state)
	for _, image := range l.operator.images {
		if image.removed {
			continue
		}
		kind := "flux2_image"
		if image.Split {
			kind = "flux2_image_result"
		}
		place := slices.IndexFunc(objects, func(o stateObject) bool { return o.address == kind+"."+image.name && !o.deposed })
		if place < 0 {
			return fmt.Errorf("there is no %s.%s", kind, image.name)
		}
		object := objects[place]
		request, known := l.operator.platform.Request(object.requestID)
		if object.url == "" && (!known || !madeNothing(request) || object.failure == "") {
			return fmt.Errorf("%s has no picture, and its request %s has ended with %d %s", object.address, object.requestID, request.StatusCode, request.Error)
		}
		for _, object := range objects {
			request, known := l.operator.platform.Request(object.requestID)
			if object.failure != "" && known && !madeNothing(request) {
				return fmt.Errorf("%s still has the error %q, and fal has made its picture", object.address, object.failure)
			}
		}
		if known && request.Input.Prompt != image.prompt() {
			return fmt.Errorf("%s has a picture of %q, and %q is declared", object.address, request.Input.Prompt, image.prompt())
		}
	}
	return nil
}
