// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
	"github.com/flux2-provider/terraform-provider-flux2/internal/store"
)

// workspace is a configuration and its state. What it does with outcomes is what
// the provider's resource of images does.
type workspace struct {
	world  *world
	number int
	folder *folder
	images []*image

	mutex sync.Mutex
	// objects is the state, by image; saved is what a killed run leaves of it.
	objects, saved map[*image]object
	// deposed are objects whose replacement has been made before them.
	deposed, savedDeposed map[*image][]object
	// cut says that a process was killed beside another, which still has the folder.
	cut bool
	// had are requests that images of this workspace had.
	had map[string]bool
	// shown are requests that a run has seen in state: the journal has them as some
	// image's.
	shown map[string]bool
	// dropped are requests that a refresh has found to bring nothing.
	dropped map[string]bool
	// lost are the files of entries that a message has named.
	lost []string
	// quiet says that the last run had nothing to do.
	quiet bool
	// provider lives on where processes do.
	requester *requester
}

// image is one that is declared.
type image struct {
	declared
	// version tells the inputs before and after a change apart.
	version int
	// replaced says that the user wants another one; removed, that it isn't
	// declared any more.
	replaced, removed bool
}

func (i *image) prompt() string { return fmt.Sprintf("%s, version %d", i.subject, i.version) }

// object is what a state has of an image.
type object struct {
	prompt  string
	request requests.Request
	status  fal.State
	// delivered and failed say that it is known how the request has ended.
	delivered, failed bool
	tainted           bool
	cancelAsked       bool
	// interrupted says that its creation was, and that the request is its own.
	interrupted bool
}

func (o object) collected() bool { return o.delivered || o.failed }

func newWorkspace(w *world, number int, kept *folder, images []declared) *workspace {
	space := &workspace{world: w, number: number, folder: kept, objects: map[*image]object{}, deposed: map[*image][]object{}, had: map[string]bool{}, shown: map[string]bool{}, dropped: map[string]bool{}}
	for _, declared := range images {
		space.images = append(space.images, &image{declared: declared})
		w.owe(space.images[len(space.images)-1].prompt())
	}
	return space
}

func (w *workspace) change(number int) {
	w.images[number].version++
	w.world.owe(w.images[number].prompt())
}

// lose has the state forget an image.
func (w *workspace) lose(number int) {
	if lost, found := w.objects[w.images[number]]; found {
		w.drop(lost)
		delete(w.objects, w.images[number])
		w.world.owe(lost.prompt)
	}
}

// drop notes that it is the user's word to know of a request no more.
func (w *workspace) drop(of object) { w.world.billing.mention(of.request.Handle.RequestID) }

// requests are the ids in state.
func (w *workspace) requests() []string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	var ids []string
	for _, o := range w.objects {
		ids = append(ids, o.request.Handle.RequestID)
	}
	for i, all := range w.deposed {
		for _, o := range all {
			if o.request.Handle.RequestID == w.objects[i].request.Handle.RequestID {
				// What was given up is the replacement's, too, until it is deleted.
				continue
			}
			ids = append(ids, o.request.Handle.RequestID)
		}
	}
	return ids
}

// longestRun is more than any run can take: it waits in a queue for as long as
// its patience allows, then for a job as long as fal lets one run.
const longestRun = 4 * time.Hour

// run is one run of an engine: refresh, and then apply, each of all images at
// once.
func (w *workspace) run(ctx context.Context, s step) {
	key := accountKey
	if s.key != "" {
		// Another key is another process, and that of before has ended.
		key = strings.ReplaceAll(s.key, " ", "-") + ":secret"
		w.endProcess()
	}
	if w.requester == nil {
		w.requester = w.world.newRequester(w.number, key)
	}
	r := &run{world: w.world, workspace: w, alone: len(s.workspaces) == 1, pending: map[string]int{}, requester: w.requester}
	ctx, r.stop = context.WithTimeout(ctx, longestRun)
	defer r.stop()
	w.saved, w.savedDeposed = maps.Clone(w.objects), maps.Clone(w.deposed)
	switch s.ending {
	case "":
	case interrupted:
		defer time.AfterFunc(s.after, r.interrupt).Stop()
	default:
		defer time.AfterFunc(s.after, func() { r.kill(s.ending) }).Stop()
	}

	before := len(w.world.platform.Submissions())
	w.quiet = true
	if s.blind {
		w.each(func(i *image) { w.plan(r, i) })
	} else {
		w.each(func(i *image) { w.read(ctx, r, i) })
	}
	if s.action == apply && ctx.Err() == nil {
		w.each(func(i *image) { w.apply(ctx, r, i) })
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		w.world.billing.breaks("the run had not ended after %s", longestRun)
	}
	if len(w.world.platform.Submissions()) > before {
		w.quiet = false
	}
	if !w.world.life.settings.oneProcess || s.ending != "" || s.key != "" {
		w.endProcess()
	}
}

// endProcess ends the process that served the last run, if it goes on.
func (w *workspace) endProcess() {
	if w.requester == nil {
		return
	}
	if err := w.requester.service.Close(); err != nil {
		w.world.billing.breaks("a process ends with an error: %v", err)
	}
	w.requester.close()
	w.requester = nil
}

// leave is the end of a run's process: its locks end, and the user deletes the
// notes of what is not to be found.
func (w *workspace) leave() {
	for _, entry := range w.lost {
		if err := os.Remove(filepath.Join(w.folder.path(), "journal", filepath.Base(entry))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			panic(err)
		}
	}
	w.lost = nil
	if w.cut {
		w.folder.release()
		w.cut = false
	}
}

// each does something with all images at once.
func (w *workspace) each(do func(*image)) {
	var all sync.WaitGroup
	for _, i := range w.images {
		all.Go(func() { do(i) })
	}
	all.Wait()
}

func (w *workspace) object(i *image) (object, bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	o, found := w.objects[i]
	return o, found
}

func (w *workspace) save(r *run, i *image, o object) {
	r.settle(func() {
		w.mutex.Lock()
		defer w.mutex.Unlock()
		if before, found := w.objects[i]; !found || before.collected() != o.collected() || before.tainted != o.tainted {
			w.quiet = false
		}
		w.objects[i] = o
	})
}

func (w *workspace) forget(r *run, i *image) {
	r.settle(func() {
		w.mutex.Lock()
		defer w.mutex.Unlock()
		w.quiet = false
		delete(w.objects, i)
	})
}

// cutOff is what a killed run leaves: with a state on disk, what had been saved
// by then.
func (w *workspace) cutOff(r *run, how ending) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	noted := w.world.life.settings.noted() && how != diskLost
	if how != killed {
		for i, o := range w.objects {
			if before, found := w.saved[i]; !noted && (!found || before.request.Handle.RequestID != o.request.Handle.RequestID) {
				w.world.billing.excuse(o.prompt, "its creation was not saved")
			}
		}
		w.objects, w.deposed = w.saved, w.savedDeposed
	}
	switch {
	case how == diskLost:
		for _, entry := range w.noted() {
			w.world.billing.excuse(w.world.prompts[entry.InputSHA256], "its note was lost with the disk")
		}
		w.folder.wipe()
	case r.alone:
		w.folder.release()
	default:
		w.cut = true
	}
	if noted {
		return
	}
	for prompt, n := range r.pending {
		for range n {
			w.world.billing.excuse(prompt, "its creation was killed")
		}
	}
}

// plan tells what the state has where no refresh does. Engines show plans no
// tainted object.
func (w *workspace) plan(r *run, i *image) {
	if o, found := w.object(i); found && !o.tainted {
		w.inState(r, o)
	}
}

// read is a refresh of one image.
func (w *workspace) read(ctx context.Context, r *run, i *image) {
	o, found := w.object(i)
	if found {
		w.inState(r, o)
	}
	if !found || o.tainted && !o.collected() || (o.collected() || !i.waits) && o.status == fal.Completed {
		return
	}
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	defer stop()
	end := r.requester.service.Look(ctx, o.request)
	w.judge(r, "look at", o, end)
	switch end.Outcome {
	case requests.Delivered:
		o.status = fal.Completed
		o.delivered = i.waits
		w.checkDelivered(o, end)
	case requests.Unfinished:
		o.status = end.Status
	case requests.MadeNothing:
		w.forgetEnded(r, i, o)
		return
	case requests.Cancelled:
		if o.cancelAsked {
			w.forgetEnded(r, i, o)
			return
		}
		o.status, o.failed = fal.Completed, true
	case requests.Refused, requests.Unusable:
		o.status, o.failed = fal.Completed, true
	}
	w.save(r, i, o)
}

// forgetEnded drops an object whose request is certain to bring nothing.
func (w *workspace) forgetEnded(r *run, i *image, o object) {
	id := o.request.Handle.RequestID
	r.requester.service.Forget(id)
	w.forget(r, i)
	r.settle(func() {
		w.mutex.Lock()
		defer w.mutex.Unlock()
		w.dropped[id] = true
	})
}

// inState tells a service what the state has.
func (w *workspace) inState(r *run, o object) {
	w.mutex.Lock()
	w.shown[o.request.Handle.RequestID] = true
	w.mutex.Unlock()
	if o.tainted && !o.collected() {
		r.requester.service.GivenUpInState(o.request.Handle.RequestID)
	} else {
		r.requester.service.InState(o.request.Handle.RequestID)
	}
}

// apply brings one image to what is declared.
func (w *workspace) apply(ctx context.Context, r *run, i *image) {
	w.deleteDeposed(ctx, r, i, true)
	o, found := w.object(i)
	switch {
	case i.removed && found:
		w.delete(ctx, r, o, func() { w.forget(r, i) }, i.erases, true)
	case i.removed:
	case !found:
		w.create(ctx, r, i)
	case o.tainted, i.replaced, o.prompt != i.prompt():
		if !o.tainted && i.replaced && o.prompt == i.prompt() {
			w.world.owe(o.prompt)
		}
		// If it is not deleted, the user says so once more.
		again := i.replaced
		i.replaced = false
		if i.createFirst {
			if o.tainted && !w.world.life.settings.noted() {
				// The message says so, and to untaint the object first.
				w.world.billing.excuse(o.prompt, "create_before_destroy of an object that was given up")
			}
			made, healthy := w.create(ctx, r, i)
			if made {
				r.settle(func() { w.depose(i, o) })
			}
			if healthy && ctx.Err() == nil {
				w.deleteDeposed(ctx, r, i, false)
			}
			return
		}
		if !w.delete(ctx, r, o, func() { w.forget(r, i) }, i.erases, false) {
			i.replaced = again
		} else if ctx.Err() == nil {
			w.create(ctx, r, i)
		}
	case i.waits && !o.collected():
		w.update(ctx, r, i, o)
	}
}

// deleteDeposed deletes what was replaced.
func (w *workspace) deleteDeposed(ctx context.Context, r *run, i *image, destroyed bool) {
	w.mutex.Lock()
	all := w.deposed[i]
	w.mutex.Unlock()
	for _, o := range all {
		w.delete(ctx, r, o, func() {
			r.settle(func() {
				w.mutex.Lock()
				defer w.mutex.Unlock()
				w.quiet = false
				id := o.request.Handle.RequestID
				w.deposed[i] = slices.DeleteFunc(slices.Clone(w.deposed[i]), func(o object) bool { return o.request.Handle.RequestID == id })
			})
		}, i.erases, destroyed)
	}
}

// noteWork notes that there was something to do.
func (w *workspace) noteWork() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.quiet = false
}

func (w *workspace) depose(i *image, o object) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.deposed[i] = append(slices.Clone(w.deposed[i]), o)
}

// create is a creation of one image. It reports whether there is an object, and
// whether it is one without an error.
func (w *workspace) create(ctx context.Context, r *run, i *image) (made, healthy bool) {
	prompt := i.prompt()
	w.noteWork()
	r.begin(prompt)
	wanted := requests.Wanted{EndpointID: endpointID, Input: input(prompt), Patience: w.world.life.settings.patience}
	if w.world.life.settings.unrecorded {
		wanted.Options.StorePayloads = new(bool)
	}
	began := time.Now()
	obtained, err := r.requester.service.Obtain(ctx, wanted)
	w.world.billing.note("obtain %q: %s %v", prompt, obtained.Handle.RequestID, err)
	if err != nil {
		w.said(r, prompt, err)
		return false, false
	}
	sure := w.checkOwn(r, prompt, obtained, began)
	w.note(obtained.Handle.RequestID)
	o := object{prompt: prompt, request: obtained, status: fal.InQueue}
	o.request.Result, o.request.GivenUp = nil, false
	if !i.waits {
		w.created(r, i, o)
		return true, true
	}
	end := r.requester.service.Settle(ctx, obtained, w.world.life.settings.patience)
	w.judge(r, "settle", o, end)
	switch end.Outcome {
	case requests.Delivered:
		o.status, o.delivered = fal.Completed, true
		w.checkDelivered(o, end)
	case requests.Unfinished:
		o.status, o.cancelAsked, o.interrupted = end.Status, end.CancelAsked, sure && !obtained.GivenUp && !obtained.Adopted && !r.wasHandedOver(o.request.Handle.RequestID)
	case requests.Unresolved, requests.Forgotten:
		if obtained.GivenUp {
			// The object that it replaces stays.
			r.settle(func() { r.pending[prompt]-- })
			return false, false
		}
		o.status, o.tainted = end.Status, true
	default:
		r.settle(func() { r.pending[prompt]-- })
		return false, false
	}
	w.created(r, i, o)
	return true, !o.tainted
}

func (w *workspace) note(id string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.had[id] = true
}

func (w *workspace) noted() []store.Entry {
	if !w.world.life.settings.journal {
		return nil
	}
	return w.folder.entries()
}

// created saves what was created. From then on its id is in the state.
func (w *workspace) created(r *run, i *image, o object) {
	w.save(r, i, o)
	r.settle(func() { r.pending[o.prompt]-- })
}

// said takes note of an error of a creation.
func (w *workspace) said(r *run, prompt string, err error) {
	r.settle(func() {
		r.pending[prompt]--
		var lost *requests.LostError
		if errors.As(err, &lost) && lost.Search == requests.SearchFailed && !w.world.life.closesHistory() {
			w.world.billing.breaks("the search for a lost submission was given up, and nothing keeps the history from being read: %v", lost.SearchError)
		}
		switch {
		case !errors.As(err, &lost):
		case lost.Entry == "":
			// It tells the user to look for the request before he applies again.
			w.world.billing.excuse(prompt, "its reply was lost")
		case w.world.well:
			// The history tells all, and doesn't have it: the user is told that
			// he may delete the note.
			w.lost = append(w.lost, lost.Entry)
			if w.world.life.settings.unrecorded {
				w.world.billing.excuse(prompt, "its reply was lost, and there is no record")
			}
		}
	})
}

// update finishes a wait that an earlier run began.
func (w *workspace) update(ctx context.Context, r *run, i *image, o object) {
	w.inState(r, o)
	end := r.requester.service.Finish(ctx, o.request, w.world.life.settings.patience)
	w.judge(r, "finish", o, end)
	switch end.Outcome {
	case requests.Delivered:
		o.status, o.delivered = fal.Completed, true
		w.checkDelivered(o, end)
	case requests.Unfinished, requests.Unresolved, requests.Forgotten:
		o.status = end.Status
	case requests.MadeNothing:
	case requests.Cancelled:
		if o.cancelAsked {
			break
		}
		o.status, o.failed = fal.Completed, true
	default:
		o.status, o.failed = fal.Completed, true
	}
	w.save(r, i, o)
}

// delete removes an object, and reports whether it is gone. A destroyed object
// has no replacement.
func (w *workspace) delete(ctx context.Context, r *run, o object, forget func(), erases, destroyed bool) bool {
	service := r.requester.service
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	defer stop()
	id := o.request.Handle.RequestID
	gone := func() bool {
		r.settle(func() {
			w.drop(o)
			if destroyed {
				// In case that it is declared again.
				w.world.owe(o.prompt)
			}
		})
		forget()
		return true
	}
	if !service.Release(id, o.tainted && !o.collected()) {
		return gone()
	}
	switch {
	case o.tainted && !o.collected() && !destroyed:
		r.handOver(id)
		if _, err := service.HandOver(input(o.prompt), o.request); err != nil {
			panic(err)
		}
		// From here to its replacement, only a message has it.
		r.begin(o.prompt)
		defer r.settle(func() {
			if ctx.Err() != nil && !w.world.life.settings.noted() {
				w.world.billing.excuse(o.prompt, "it was handed over, and the run ended")
			}
			r.pending[o.prompt]--
		})
		return gone()
	}
	service.Forget(id)
	switch {
	case o.request.Adopted:
		return gone()
	case o.status != fal.Completed:
		w.world.billing.noteWithdrawn(id)
		if err := service.Withdraw(ctx, o.request.Handle); err != nil {
			w.checkNotWithdrawn(id, err)
			w.noteWork()
			return false
		}
	}
	if erases && id != "" {
		if _, err := service.Erase(ctx, id); err != nil {
			w.noteWork()
			return false
		}
	}
	return gone()
}

// outcomes are in words; those that are certain come first.
var outcomes = map[requests.Outcome]string{
	requests.Refused: "refused", requests.MadeNothing: "one that made nothing",
	requests.Cancelled: "cancelled", requests.Unusable: "of no use",
	requests.Delivered: "delivered", requests.Unfinished: "unfinished", requests.Unresolved: "unresolved", requests.Forgotten: "forgotten",
}

// checkNotWithdrawn looks at why an image can't be deleted: that its request has
// finished is no reason.
func (w *workspace) checkNotWithdrawn(id string, err error) {
	var failure *fal.Error
	request, _ := w.world.platform.Request(id)
	if !errors.As(err, &failure) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) && request.Status == string(fal.Completed) {
		w.world.billing.breaks("an image can't be deleted, although its request %s has finished: %v", id, err)
	}
}

// judge compares a verdict with the truth.
func (w *workspace) judge(r *run, how string, o object, end requests.End) {
	id, name := o.request.Handle.RequestID, outcomes[end.Outcome]
	w.world.billing.note("%s %s for %q: %s %v", how, id, o.prompt, name, end.Err)
	switch end.Outcome {
	case requests.Refused, requests.MadeNothing, requests.Cancelled, requests.Unusable:
		r.settle(func() { w.world.billing.checkVerdict(w.world.platform, id, end.Outcome) })
	}
}

// checkDelivered looks whether a picture is that of its own request.
func (w *workspace) checkDelivered(o object, end requests.End) {
	request, _ := w.world.platform.Request(o.request.Handle.RequestID)
	if request.Input.Prompt != o.prompt {
		w.world.billing.breaks("the image for %q has the request of %q", o.prompt, request.Input.Prompt)
	}
	for _, image := range end.Output.Images {
		if !slices.Contains(request.Media, strings.TrimPrefix(image.URL, platformURL)) {
			w.world.billing.breaks("the image for %q has the picture %s of another request", o.prompt, image.URL)
		}
	}
}

// checkSettled looks at the state once fal is well: each declared image is
// there, or it is true that there is none.
func (w *workspace) checkSettled() error {
	for _, i := range w.images {
		o, found := w.objects[i]
		request, _ := w.world.platform.Request(o.request.Handle.RequestID)
		switch {
		case i.removed && found:
			return fmt.Errorf("the image %q is still there", o.prompt)
		case i.removed:
		case !found && w.world.life.settings.unrecorded:
			// A request that was given up, and of which no second sign is to be had.
			return nil
		case !found:
			return fmt.Errorf("the image %q is not there", i.prompt())
		case o.prompt != i.prompt():
			return fmt.Errorf("the image %q is still that of %q", i.prompt(), o.prompt)
		case o.failed && o.interrupted && len(w.world.workspaces) == 1 && request.ErrorType == fal.TypeClientCancelled && !w.world.billing.withdrawn[request.ID]:
			// Of two workspaces, one may take the other's for its own, and cancel it.
			return fmt.Errorf("the image %q is held to have failed, since its request %s was cancelled by an earlier run", o.prompt, request.ID)
		case o.failed && !madeNothing(request):
			return fmt.Errorf("the image %q is held to have failed, and its request %s is %s", o.prompt, request.ID, describeRequest(request))
		case w.world.life.settings.unrecorded && !o.collected():
			// No second sign is to be had of a failure, and after an hour fal has
			// forgotten the rest. The user is told at each run.
			return nil
		case request.MediaGone:
			// Another workspace shared it, and its user has had it erased.
			return nil
		case i.waits && !o.collected():
			return fmt.Errorf("the image %q was not collected, and its request %s is %s", o.prompt, request.ID, describeRequest(request))
		}
	}
	if !w.quiet {
		return errors.New("there is still something to do at each run")
	}
	return nil
}
