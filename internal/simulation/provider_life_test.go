// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// providerLife is a life of the whole provider: what is declared, how fal and
// the engine are, and what an operator does one after the other. In the end fal
// is well, and what is declared has to be there.
type providerLife struct {
	Conditions conditions
	Images     []declaredImage
	Engine     engineSettings
	Steps      []providerStep
}

// declaredImage is an image of the configuration, named by its place.
type declaredImage struct {
	// Split has another resource collect the result.
	Split bool
	// CreateFirst is create_before_destroy.
	CreateFirst bool
	// Regenerate is on_media_expired = "regenerate".
	Regenerate bool
	// Timeout is for creating and updating; 0 for the default.
	Timeout time.Duration
	// Alike images ask for the same picture.
	Alike bool
	// Alias has another provider block make it, which is another process.
	Alias bool
}

// engineSettings are what an engine and a provider block are told.
type engineSettings struct {
	Parallelism int
	// OneConfigure keeps the provider from one run to the next.
	OneConfigure bool
	// Reuse is reuse_requests_within.
	Reuse bool
	// SavesLate has the state written at the end of a run, as to a backend that
	// is far away, rather than after each object.
	SavesLate bool
}

// deed is what an operator does.
type deed string

const (
	deedApply   deed = "apply"
	deedPlan    deed = "plan"
	deedRefresh deed = "refresh"
	deedDestroy deed = "destroy"
	// deedTwice applies twice at the same time, from the same state.
	deedTwice deed = "apply twice at once"
	// deedReplace applies with -replace.
	deedReplace deed = "replace"

	deedChange  deed = "change the input"
	deedRemove  deed = "remove or declare again"
	deedTaint   deed = "taint"
	deedCollect deed = "collect in place, or not"
	deedLose    deed = "lose the state"
	deedExpire  deed = "have the files expire"
	deedWait    deed = "wait"
)

// runs reports whether it starts an engine.
func (d deed) runs() bool {
	return slices.Contains([]deed{deedApply, deedPlan, deedRefresh, deedDestroy, deedTwice, deedReplace}, d)
}

// end is how a run ends before its time.
type end string

const (
	endInterrupt end = "Ctrl-C"
	endKill      end = "kill"
)

// providerStep is one thing that an operator does.
type providerStep struct {
	Deed deed
	// Image is the place of the one that it is done to.
	Image int
	// End ends the run At so long after it has begun: the apply if there is one,
	// or with Early the plan before it.
	End   end
	At    time.Duration
	Early bool
	// LoseDisk has a kill take the disk along.
	LoseDisk bool
	// Account has the run use the key of another account, which knows nothing.
	Account bool
	// Faults are fal's as long as the step takes.
	Faults []emulator.Fault
	// Strangers are equal requests of somebody else, made so long before.
	Strangers []time.Duration
	// Pause is how long to wait, for deedWait.
	Pause time.Duration
}

// String is what the operator does, and fal.
func (s providerStep) String() string {
	text := string(s.Deed)
	switch {
	case s.Deed == deedWait:
		text += " " + s.Pause.String()
	case s.Deed == deedReplace || !s.Deed.runs() && s.Deed != deedLose:
		text += " " + imageName(s.Image)
	}
	if s.End != "" {
		text += ", " + string(s.End) + " at " + s.At.String()
		if s.Early {
			text += " of the plan"
		}
		if s.LoseDisk {
			text += ", the disk is lost"
		}
	}
	if s.Account {
		text += ", with the key of another account"
	}
	for _, before := range s.Strangers {
		text += fmt.Sprintf("\n    an equal request to %s of somebody else, %s before", imageName(s.Image), before)
	}
	for _, fault := range s.Faults {
		content, err := json.Marshal(fault)
		if err != nil {
			panic(err)
		}
		text += "\n    fault " + string(content)
	}
	return text
}

func imageName(place int) string { return string(rune('a' + place)) }

// String has a line for each thing.
func (l providerLife) String() string {
	var text strings.Builder
	text.WriteString(l.Conditions.String())
	fmt.Fprintf(&text, "engine %+v\n", l.Engine)
	for i, image := range l.Images {
		fmt.Fprintf(&text, "image %s %+v\n", imageName(i), image)
	}
	for i, step := range l.Steps {
		fmt.Fprintf(&text, "%2d. %s\n", i+1, step)
	}
	return text.String()
}

// shorter leaves out one thing: what an operator does before what fal does.
func (l providerLife) shorter() iter.Seq[providerLife] {
	return func(yield func(providerLife) bool) {
		less := func(change func(*providerLife)) bool {
			copied := l
			copied.Steps, copied.Images = slices.Clone(l.Steps), slices.Clone(l.Images)
			change(&copied)
			return yield(copied)
		}
		for i := range l.Steps {
			if !less(func(l *providerLife) { l.Steps = without(l.Steps, i) }) {
				return
			}
		}
		if last := len(l.Images) - 1; last > 0 {
			if !less(func(l *providerLife) { l.dropLastImage() }) {
				return
			}
		}
		for i := range l.Steps {
			for _, shorter := range shorterSteps(l.Steps[i]) {
				if !less(func(l *providerLife) { l.Steps[i] = shorter }) {
					return
				}
			}
		}
		for conditions := range l.Conditions.shorter() {
			if !less(func(l *providerLife) { l.Conditions = conditions }) {
				return
			}
		}
		for _, plain := range plainer(l) {
			if !less(plain) {
				return
			}
		}
	}
}

func (l *providerLife) dropLastImage() {
	last := len(l.Images) - 1
	l.Images = l.Images[:last]
	l.Steps = slices.DeleteFunc(l.Steps, func(s providerStep) bool { return s.Image == last && !s.Deed.runs() })
	for i := range l.Steps {
		l.Steps[i].Image %= last
	}
}

func shorterSteps(step providerStep) []providerStep {
	var shorter []providerStep
	for i := range step.Faults {
		copied := step
		copied.Faults = without(step.Faults, i)
		shorter = append(shorter, copied)
	}
	for i := range step.Strangers {
		copied := step
		copied.Strangers = without(step.Strangers, i)
		shorter = append(shorter, copied)
	}
	if step.Account {
		copied := step
		copied.Account = false
		shorter = append(shorter, copied)
	}
	if step.End != "" {
		copied := step
		copied.End, copied.At, copied.Early, copied.LoseDisk = "", 0, false, false
		shorter = append(shorter, copied)
	}
	return shorter
}

// plainer are ways to have one thing out of the ordinary less.
func plainer(l providerLife) []func(*providerLife) {
	var ways []func(*providerLife)
	plain := func(special bool, way func(*providerLife)) {
		if special {
			ways = append(ways, way)
		}
	}
	plain(l.Engine.OneConfigure, func(l *providerLife) { l.Engine.OneConfigure = false })
	plain(l.Engine.Reuse, func(l *providerLife) { l.Engine.Reuse = false })
	plain(l.Engine.SavesLate, func(l *providerLife) { l.Engine.SavesLate = false })
	plain(slices.ContainsFunc(l.Images, func(i declaredImage) bool { return i.Alias }), func(l *providerLife) {
		for i := range l.Images {
			l.Images[i].Alias = false
		}
	})
	plain(l.Engine.Parallelism != 1, func(l *providerLife) { l.Engine.Parallelism = 1 })
	for i, image := range l.Images {
		plain(image.Split, func(l *providerLife) { l.Images[i].Split = false })
		plain(image.CreateFirst, func(l *providerLife) { l.Images[i].CreateFirst = false })
		plain(image.Regenerate, func(l *providerLife) { l.Images[i].Regenerate = false })
		plain(image.Alike, func(l *providerLife) { l.Images[i].Alike = false })
		plain(image.Timeout > 0, func(l *providerLife) { l.Images[i].Timeout = 0 })
	}
	return ways
}

// drawProviderLife draws a life that begins with an apply.
func drawProviderLife(r *rand.Rand) providerLife {
	l := providerLife{
		Conditions: drawConditions(r),
		Engine: engineSettings{
			Parallelism: oneOf(r, 1, 10), OneConfigure: chance(r, oneProcessPercent), Reuse: chance(r, 35), SavesLate: chance(r, 30),
		},
	}
	alike := chance(r, 20)
	for range oneOf(r, 1, 1, 2, 3) {
		l.Images = append(l.Images, declaredImage{
			Split: chance(r, 25), CreateFirst: chance(r, 25), Regenerate: chance(r, 20), Alike: alike, Alias: chance(r, 15),
			Timeout: oneOf(r, 0, 0, 0, time.Minute, 5*time.Second),
		})
	}
	l.Steps = append(l.Steps, drawRun(r, l, deedApply))
	if chance(r, 15) {
		// Of what is unfinished, another account knows nothing.
		l.Steps = append(l.Steps, providerStep{Deed: deedWait, Pause: 2 * time.Minute}, providerStep{Deed: oneOf(r, deedRefresh, deedPlan), Account: true})
	}
	for range oneOf(r, 0, 1, 2, 3, 4) {
		l.Steps = append(l.Steps, drawStep(r, l))
	}
	return l
}

func drawStep(r *rand.Rand, l providerLife) providerStep {
	drawn := oneOf(r,
		deedApply, deedApply, deedApply, deedApply, deedApply, deedPlan, deedRefresh, deedRefresh, deedDestroy, deedTwice, deedReplace, deedReplace,
		deedChange, deedChange, deedRemove, deedTaint, deedCollect, deedLose, deedExpire, deedWait)
	if drawn.runs() {
		return drawRun(r, l, drawn)
	}
	return providerStep{
		Deed: drawn, Image: r.IntN(len(l.Images)),
		Pause: oneOf(r, time.Second, 10*time.Second, 2*time.Minute, time.Hour),
	}
}

func drawRun(r *rand.Rand, l providerLife, what deed) providerStep {
	step := providerStep{Deed: what, Image: r.IntN(len(l.Images))}
	for range oneOf(r, 0, 0, 1, 1, 2) {
		step.Faults = append(step.Faults, drawFault(r))
	}
	if chance(r, 15) {
		step.Faults = append(step.Faults, drawMedia(r))
	}
	step.Account = (what == deedRefresh || what == deedPlan) && chance(r, 20)
	if chance(r, 10) {
		step.Strangers = append(step.Strangers, oneOf(r, time.Minute, 10*time.Minute, time.Hour))
	}
	if chance(r, 45) && what != deedTwice {
		step.End, step.LoseDisk = oneOf(r, endInterrupt, endInterrupt, endKill), chance(r, 20)
		step.At, step.Early = drawMoment(r, l.Conditions), chance(r, 10)
	}
	if step.End == endInterrupt && chance(r, 20) {
		// Whether fal carries a cancellation out may show in the next run only.
		fault := oneOf(r, lost...)
		fault.Route, fault.Times = emulator.RouteCancel, 1
		step.Faults = append(step.Faults, fault)
	}
	return step
}

// drawMedia draws how the media host fails. It is asked only whether files are there.
func drawMedia(r *rand.Rand) emulator.Fault {
	fault := oneOf(r,
		emulator.Fault{Method: http.MethodHead, Status: http.StatusNotFound}, emulator.Fault{Method: http.MethodHead, Status: http.StatusGone},
		emulator.Fault{Status: http.StatusForbidden}, emulator.Fault{Status: http.StatusServiceUnavailable}, emulator.Fault{ResetBefore: true},
		emulator.Fault{Page: emulator.PageChallenge}, emulator.Fault{Hang: true})
	fault.Route, fault.Times = emulator.RouteMedia, oneOf(r, 1, 3, 12)
	return fault
}

// drawMoment draws when something interesting goes on.
func drawMoment(r *rand.Rand, c conditions) time.Duration {
	around := oneOf(r, 0, c.slowest(), 2*c.slowest(), 3*c.slowest(), c.Queue, c.Queue+c.Run, c.Queue+c.Run/2, 10*time.Second, time.Minute)
	return around + time.Duration(r.Int64N(int64(oneOf(r, 10*time.Millisecond, time.Second, 5*time.Second))))
}
