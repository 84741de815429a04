// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/store"
)

// world is a life that is being lived.
type world struct {
	life       requestsLife
	platform   *platform
	billing    *billing
	workspaces []*workspace
	// prompts are those of inputs, by their hash.
	prompts map[string]string
	// judged is how many entries of the emulator's log have been looked at.
	judged int
	// lastCancel is when each request was last asked to be cancelled.
	lastCancel map[string]time.Time
	others     sync.WaitGroup
	// runs is how many processes there have been.
	runs atomic.Int64
	// well says that there are no faults any more.
	well bool
}

// The keys of the account, and of those who don't belong to it.
const (
	accountKey = "account:secret"
	endpointID = flux2.DefaultEndpointID
)

// liveRequests lives a life, and says which promise was broken.
func liveRequests(t *testing.T, l requestsLife) error {
	t.Helper()
	w := &world{life: l, platform: newPlatform(t, l.conditions), billing: newBilling(), prompts: map[string]string{}, lastCancel: map[string]time.Time{}}
	defer w.platform.close()
	w.platform.accepted = func(s emulator.Submission) {
		if request, found := w.platform.Request(s.RequestID); found {
			w.billing.checkPaid(w.platform, request.Input.Prompt)
		}
	}
	root := t.TempDir()
	kept := &folder{root: filepath.Join(root, "all")}
	for number, images := range l.workspaces {
		if !l.settings.shared {
			kept = &folder{root: filepath.Join(root, strconv.Itoa(number))}
		}
		w.workspaces = append(w.workspaces, newWorkspace(w, number, kept, images))
	}
	defer w.end()
	return w.billing.explained(w.live(t.Context()))
}

func (w *world) live(ctx context.Context) error {
	for _, s := range w.life.steps {
		w.do(ctx, s)
		if err := w.check(); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return w.recover(ctx)
}

func (w *world) end() {
	w.others.Wait()
	for _, space := range w.workspaces {
		if space.requester != nil {
			space.requester.close()
		}
	}
	synctest.Wait()
}

// do does what the operator does.
func (w *world) do(ctx context.Context, s step) {
	if s.action == wait {
		w.pass(ctx, s.after)
		return
	}
	w.billing.note("%s", s)
	space := w.workspaces[s.workspaces[0]]
	switch s.action {
	case apply, refresh:
		var runs sync.WaitGroup
		for _, number := range s.workspaces {
			runs.Go(func() { w.workspaces[number].run(ctx, s) })
		}
		runs.Wait()
		for _, number := range s.workspaces {
			w.workspaces[number].leave()
		}
	case change:
		space.change(s.image)
	case replace:
		space.images[s.image].replaced = true
	case remove:
		space.images[s.image].removed = !space.images[s.image].removed
	case loseState:
		space.lose(s.image)
	case other:
		prompt := space.images[s.image].prompt()
		w.others.Go(func() { w.ask(ctx, prompt, s.after) })
	}
}

// pass lets time pass.
func (w *world) pass(ctx context.Context, d time.Duration) {
	timer, stop := context.WithTimeout(ctx, d)
	defer stop()
	<-timer.Done()
}

// ask has somebody else make a request.
func (w *world) ask(ctx context.Context, prompt string, after time.Duration) {
	if after > 0 {
		w.pass(ctx, after)
	}
	body, err := input(prompt).Encode()
	if err != nil {
		panic(err)
	}
	_, err = w.platform.SeedRequest(emulator.SeededRequest{
		EndpointID: endpointID, Input: body, Header: http.Header{}, SentAt: time.Now().Add(w.life.offset() + min(after, 0)),
		QueueTime: w.life.Queue, RunTime: w.life.Run,
	})
	if err != nil {
		panic(err)
	}
}

func input(prompt string) flux2.Input {
	seed := int64(7)
	in := flux2.NewInput(prompt)
	in.Seed = &seed
	return in
}

// check looks at what has to hold after each step.
func (w *world) check() error {
	w.checkCancels()
	inStates := map[string][]int{}
	for _, space := range w.workspaces {
		for _, id := range space.requests() {
			if slices.Contains(inStates[id], space.number) && !w.life.settings.reuse && id != "" {
				w.billing.breaks("two images share the request %s", id)
			}
			inStates[id] = append(inStates[id], space.number)
		}
	}
	w.billing.checkKnown(w.platform, inStates, w.noted())
	return w.billing.err()
}

// owe notes that an image is wanted.
func (w *world) owe(prompt string) {
	w.billing.owe(prompt)
	body, err := input(prompt).Encode()
	if err != nil {
		panic(err)
	}
	w.billing.locked(func() { w.prompts[fmt.Sprintf("%x", sha256.Sum256(body))] = prompt })
}

// noted are the entries of all journals.
func (w *world) noted() []store.Entry {
	var noted []store.Entry
	var seen []*folder
	for _, space := range w.workspaces {
		if !slices.Contains(seen, space.folder) {
			seen = append(seen, space.folder)
			noted = append(noted, space.noted()...)
		}
	}
	return noted
}

// checkCancels looks whether each request that was cancelled, but for those of
// images that were deleted, had just been told to be queued. That a cancel is
// sent again at once, since its answer was of no use, is fine.
func (w *world) checkCancels() {
	log := w.platform.LogOf(emulator.RouteCancel)
	for _, entry := range log[w.judged:] {
		at := entry.Time.Add(-w.life.offset())
		last := w.lastCancel[entry.RequestID]
		w.lastCancel[entry.RequestID] = at
		if w.billing.withdrawn[entry.RequestID] || !last.IsZero() && at.Sub(last) < 3*time.Second {
			continue
		}
		if slack := time.Second + 4*w.life.slowest(); !w.platform.toldWithin(entry.RequestID, "IN_QUEUE", at.Add(-slack), at) {
			w.billing.breaks("the request %s was cancelled, and nothing had said within the last %s that it was queued", entry.RequestID, slack)
		}
	}
	w.judged = len(log)
}

// recover has fal be well, and expects of a few more runs that they bring all to
// its end, and of the last that it finds nothing to do.
func (w *world) recover(ctx context.Context) error {
	w.others.Wait()
	w.platform.ClearFaults()
	w.life.settings.patience = time.Hour
	w.well = true
	for range 6 {
		// Whatever is queued or running has ended by then, and no history lags.
		w.pass(ctx, 45*time.Minute)
		for number := range w.workspaces {
			w.do(ctx, step{action: apply, workspaces: []int{number}})
		}
		if err := w.check(); err != nil {
			return fmt.Errorf("once fal is well: %w", err)
		}
		if w.settled() {
			break
		}
	}
	for _, space := range w.workspaces {
		if err := space.checkSettled(); err != nil {
			return fmt.Errorf("once fal is well: %w", err)
		}
	}
	return nil
}

func (w *world) settled() bool {
	for _, space := range w.workspaces {
		if !space.quiet {
			return false
		}
	}
	return true
}
