// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// requestsLife is a life of requests alone: nobody but internal/requests stands
// between the operator and fal.
type requestsLife struct {
	conditions
	settings settings
	// workspaces have a state each, and the images that are declared there.
	workspaces [][]declared
	steps      []step
}

// settings are those of every provider of a life.
type settings struct {
	// reuse has fal's history searched before anything is paid for.
	reuse bool
	// unrecorded has fal keep no payloads.
	unrecorded bool
	// direct has requests made by blocking calls.
	direct bool
	// journal has submissions noted on disk, shared in one folder for all workspaces.
	journal, shared bool
	// oneProcess has a process live on from run to run.
	oneProcess bool
	patience   time.Duration
}

// noted reports whether the journal has what it takes to find a submission again.
func (s settings) noted() bool { return s.journal && !s.unrecorded && !s.direct }

// declared is an image in a configuration. Those of the same subject ask for the
// same thing.
type declared struct {
	subject string
	// waits says that the apply waits for the image.
	waits bool
	// createFirst has the replacement made before the object goes.
	createFirst bool
	erases      bool
}

// action is what an operator does.
type action string

const (
	apply     action = "apply"
	refresh   action = "refresh"
	change    action = "change"
	replace   action = "replace"
	remove    action = "remove"
	loseState action = "lose the state of"
	wait      action = "wait"
	// other has somebody else send the same request.
	other action = "somebody else asks for"
)

// ending is how a run is cut off.
type ending string

const (
	interrupted ending = "interrupted"
	killed      ending = "killed"
	// killedUnsaved also loses what the run had not yet sent to a remote state.
	killedUnsaved ending = "killed unsaved"
	// diskLost also loses all that was kept on the machine.
	diskLost ending = "killed with the disk lost"
)

// step is one thing that the operator does.
type step struct {
	action action
	// workspaces run at once.
	workspaces []int
	// image is the one that is meant, of the first workspace.
	image int
	// after is when the run is cut off, or how long to wait, or when somebody
	// else asks, counted from now.
	after  time.Duration
	ending ending
	// key is another than the account's.
	key string
	// blind has the run apply without a refresh.
	blind bool
}

// String says it in a line.
func (s step) String() string {
	switch s.action {
	case wait:
		return fmt.Sprintf("wait %s", s.after)
	case apply, refresh:
		text := fmt.Sprintf("%s %v", s.action, s.workspaces)
		if s.ending != "" {
			text += fmt.Sprintf(", %s after %s", s.ending, s.after)
		}
		if s.blind {
			text += ", without a refresh"
		}
		if s.key != "" {
			text += ", with the key of " + s.key
		}
		return text
	case other:
		return fmt.Sprintf("%s the image %d of %d, after %s", s.action, s.image, s.workspaces[0], s.after)
	}
	return fmt.Sprintf("%s the image %d of %d", s.action, s.image, s.workspaces[0])
}

// String has a line for each part of the life.
func (l requestsLife) String() string {
	var text strings.Builder
	text.WriteString(l.conditions.String())
	fmt.Fprintf(&text, "%+v\n", l.settings)
	for i, images := range l.workspaces {
		fmt.Fprintf(&text, "workspace %d: %+v\n", i, images)
	}
	for _, step := range l.steps {
		text.WriteString(step.String() + "\n")
	}
	return text.String()
}

// shorter are the lives with one thing less.
func (l requestsLife) shorter() iter.Seq[requestsLife] {
	return func(yield func(requestsLife) bool) {
		for i := range l.steps {
			copied := l
			copied.steps = without(l.steps, i)
			if !yield(copied) {
				return
			}
		}
		for c := range l.conditions.shorter() {
			copied := l
			copied.conditions = c
			if !yield(copied) {
				return
			}
		}
		for w, images := range l.workspaces {
			for i := range images {
				if copied := l.withoutImage(w, i); !yield(copied) {
					return
				}
			}
		}
		for _, simpler := range l.settings.simpler() {
			copied := l
			copied.settings = simpler
			if !yield(copied) {
				return
			}
		}
	}
}

// hidesInputs reports whether the history may have requests without inputs: any
// of them may be the one that is looked for.
func (l requestsLife) hidesInputs() bool {
	return slices.ContainsFunc(l.workspaces, func(images []declared) bool {
		return slices.ContainsFunc(images, func(d declared) bool { return d.erases })
	}) || slices.ContainsFunc(l.Faults, func(f emulator.Fault) bool { return f.History != nil && f.History.WithoutPayloads })
}

// withoutImage leaves out an image, and what is done to it.
func (l requestsLife) withoutImage(workspace, image int) requestsLife {
	l.workspaces = slices.Clone(l.workspaces)
	l.workspaces[workspace] = without(l.workspaces[workspace], image)
	var steps []step
	for _, s := range l.steps {
		of := s.action != apply && s.action != refresh && s.action != wait && s.workspaces[0] == workspace
		switch {
		case of && s.image == image:
			continue
		case of && s.image > image:
			s.image--
		}
		steps = append(steps, s)
	}
	l.steps = steps
	return l
}

func (s settings) simpler() []settings {
	var list []settings
	for _, change := range []func(*settings){
		func(s *settings) { s.reuse = false },
		func(s *settings) { s.unrecorded = false },
		func(s *settings) { s.direct = false },
		func(s *settings) { s.oneProcess = false },
		func(s *settings) { s.shared = false },
		func(s *settings) { s.patience = 30 * time.Minute },
	} {
		copied := s
		if change(&copied); copied != s {
			list = append(list, copied)
		}
	}
	return list
}

// drawRequestsLife draws a life.
func drawRequestsLife(r *rand.Rand) requestsLife {
	l := requestsLife{conditions: drawConditions(r), settings: settings{
		reuse:      chance(r, 30),
		journal:    chance(r, 80),
		shared:     chance(r, 30),
		oneProcess: chance(r, oneProcessPercent),
		patience:   oneOf(r, 30*time.Minute, 30*time.Minute, 2*time.Minute, 20*time.Second),
	}}
	// A folder that is left as a process had it can't be one that others still use.
	l.settings.shared = l.settings.shared && !l.settings.oneProcess
	switch {
	case chance(r, 5):
		l.settings.direct, l.settings.reuse = true, false
	case !l.settings.reuse && chance(r, 8):
		l.settings.unrecorded = true
	}
	for range oneOf(r, 1, 1, 1, 2) {
		var images []declared
		for range oneOf(r, 1, 1, 2, 3) {
			images = append(images, declared{
				subject:     oneOf(r, "a hill", "a lake", "a lake"),
				waits:       l.settings.direct || chance(r, 75),
				createFirst: chance(r, 15),
				erases:      chance(r, 10),
			})
		}
		l.workspaces = append(l.workspaces, images)
	}
	if siblingTakesGivenUp {
		l.tellApart()
	}
	for range 1 + r.IntN(6) {
		l.steps = append(l.steps, l.drawStep(r))
	}
	return l
}

// tellApart has no image ask for what another of its workspace asks for, in one
// process or where a replacement is made first.
func (l requestsLife) tellApart() {
	for _, images := range l.workspaces {
		for i := range images {
			if l.settings.oneProcess || slices.ContainsFunc(images, func(d declared) bool { return d.createFirst }) {
				images[i].subject = fmt.Sprintf("%s %d", images[i].subject, i)
			}
		}
	}
}

// moment is when something happens during a run, from at once to when all has
// been waited for.
func moment(r *rand.Rand) time.Duration {
	longest := oneOf(r, 10*time.Millisecond, time.Second, 5*time.Second, 30*time.Second, 3*time.Minute, 30*time.Minute)
	return time.Duration(r.Int64N(int64(longest)))
}

func (l requestsLife) drawStep(r *rand.Rand) step {
	s := step{workspaces: []int{r.IntN(len(l.workspaces))}}
	s.image = r.IntN(len(l.workspaces[s.workspaces[0]]))
	switch n := r.IntN(100); {
	case n < 62:
		s.action, s.blind = apply, chance(r, 12) && (!blindRepeatsGivenUp || !l.settings.oneProcess)
		if len(l.workspaces) > 1 && chance(r, 50) {
			s.workspaces = []int{0, 1}
		}
		if chance(r, 65) {
			s.after, s.ending = moment(r), oneOf(r, interrupted, interrupted, interrupted, killed, killed, killedUnsaved, diskLost)
		}
	case n < 70:
		s.action = refresh
		s.key = oneOf(r, "", "", "a stranger", "nobody")
	case n < 76:
		s.action = change
	case n < 79:
		s.action = replace
	case n < 82:
		s.action = remove
	case n < 84:
		s.action = loseState
	case n < 92:
		s.action, s.after = wait, oneOf(r, time.Second, 20*time.Second, 2*time.Minute, 40*time.Minute)
	default:
		s.action, s.after = other, oneOf(r, -10*time.Minute, -time.Minute, -4*time.Second, 0, time.Second, moment(r))
	}
	return s
}
