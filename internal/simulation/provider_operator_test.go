// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	flux2provider "github.com/flux2-provider/terraform-provider-flux2/internal/provider"
)

// pinnedSeed is that of all images, so that anybody can send an equal request.
const pinnedSeed = 7

// operator lives a life of the whole provider.
type operator struct {
	t        *testing.T
	life     providerLife
	platform *platform
	images   []operatedImage
	state    *engine.State
	ledger   ledger
	// disk has the provider's image_store; fresh says that it has been lost.
	disk  *folder
	fresh bool
	// refused are places of images that were changed since the model refused them.
	refused map[int]bool
	// kept is the engine of OneConfigure.
	kept *engineRun
	// left are runs that nobody waits for any more.
	left sync.WaitGroup
}

// operatedImage is how an image is declared now.
type operatedImage struct {
	declaredImage
	name    string
	removed bool
	version int
}

func (i operatedImage) address() string { return "flux2_image." + i.name }

func (i operatedImage) prompt() string {
	if i.Alike {
		return fmt.Sprintf("a picture like others, %d", i.version)
	}
	return fmt.Sprintf("the picture %s, %d", i.name, i.version)
}

func (i operatedImage) input() flux2.Input {
	input, seed := flux2.NewInput(i.prompt()), int64(pinnedSeed)
	input.Seed = &seed
	return input
}

// liveProvider lives a life inside a bubble, and returns the first promise that
// is broken.
func liveProvider(t *testing.T, life providerLife) error {
	t.Helper()
	_, err := liveProviderFor(t, life)
	return err
}

// liveProviderFor returns the pictures in which a life has ended, by their image.
func liveProviderFor(t *testing.T, life providerLife) (pictures map[string]string, broken error) {
	t.Helper()
	o := &operator{t: t, life: life, platform: newPlatform(t, life.Conditions), state: engine.New(engine.Options{}).State(), disk: &folder{root: t.TempDir()}, refused: map[int]bool{}}
	defer o.platform.close()
	defer o.left.Wait()
	defer o.stopKept()
	o.ledger = newLedger(o)
	defer func() {
		if broken != nil {
			broken = fmt.Errorf("%w\nfal's requests:\n%s", broken, o.ledger.requests())
		}
	}()
	for i, image := range life.Images {
		o.images = append(o.images, operatedImage{declaredImage: image, name: imageName(i)})
		o.declareAnew(i)
	}
	for i, step := range life.Steps {
		if err := o.do(step); err != nil {
			return nil, fmt.Errorf("in step %d: %w", i+1, err)
		}
	}
	if err := o.finish(); err != nil {
		return nil, err
	}
	return o.pictures(), nil
}

// pictures are those that are declared and have come about, by what they show.
// What the model has refused on the way is left out: the user has changed it.
func (o *operator) pictures() map[string]string {
	shown := map[string]string{}
	for _, object := range objectsOf(o.state) {
		for i, image := range o.images {
			request, known := o.platform.Request(object.requestID)
			if object.address == image.address() && !object.deposed && known && !o.refused[i] {
				shown[object.address] = fmt.Sprintf("%+v, seed %d", request.Input.Prompt, request.Seed)
			}
		}
	}
	return shown
}

// declareAnew has an image ask for something that none has asked for before.
func (o *operator) declareAnew(place int) {
	image := &o.images[place]
	image.removed = false
	image.version++
	o.ledger.allow(image.prompt())
}

func (o *operator) do(step providerStep) error {
	o.platform.Inject(step.Faults...)
	if step.Account {
		o.platform.ClearFaults()
		o.platform.Inject(anotherAccount...)
		defer o.platform.Inject(o.lastingFaults()...)
		defer o.platform.ClearFaults()
	}
	if step.Deed.runs() {
		return o.run(step)
	}
	image := &o.images[step.Image]
	switch step.Deed {
	case deedChange:
		if !image.removed {
			o.declareAnew(step.Image)
		}
	case deedRemove:
		if image.removed {
			o.declareAnew(step.Image)
		} else {
			image.removed = true
		}
	case deedTaint:
		at := engine.New(engine.Options{})
		at.SetState(o.state)
		if at.Taint(image.address()) {
			o.ledger.payAgain(*image)
		}
		o.state = at.State()
	case deedCollect:
		image.Split = !image.Split
	case deedLose:
		o.state = engine.New(engine.Options{}).State()
		o.ledger.stateLost()
	case deedExpire:
		o.expire(*image)
	case deedWait:
		time.Sleep(step.Pause)
	}
	return nil
}

// anotherAccount is how fal answers to the key of one: of our requests, it knows
// nothing.
var anotherAccount = []emulator.Fault{
	{Path: "/queue", Status: http.StatusNotFound},
	{Route: emulator.RouteHistory, Body: text(emptyHistory)},
}

// lastingFaults are those that don't pass.
func (o *operator) lastingFaults() []emulator.Fault {
	return slices.DeleteFunc(slices.Clone(o.life.Conditions.Faults), func(f emulator.Fault) bool { return f.Times > 0 })
}

// expire has the files of an image deleted at fal.
func (o *operator) expire(image operatedImage) {
	for _, object := range objectsOf(o.state) {
		if object.address == image.address() && object.url != "" && o.platform.ExpireMedia(object.requestID) == nil {
			o.ledger.expired = true
			if image.Regenerate {
				o.ledger.payAgain(image)
			}
		}
	}
}

// config declares what is declared now.
func (o *operator) config() string {
	var text strings.Builder
	for _, alias := range []string{"", "  alias = \"other\"\n"} {
		fmt.Fprintf(&text, "provider \"flux2\" {\n%s  emulator_url = %q\n  image_store = %q\n", alias, platformURL, o.disk.path())
		if o.life.Engine.Reuse {
			text.WriteString("  reuse_requests_within = \"24h\"\n")
		}
		text.WriteString("}\n")
	}
	for _, image := range o.images {
		if !image.removed {
			text.WriteString(image.config())
		}
	}
	return text.String()
}

func (i operatedImage) config() string {
	text := fmt.Sprintf("resource \"flux2_image\" %q {\n  prompt = %q\n  seed = %d\n", i.name, i.prompt(), pinnedSeed)
	if i.Split {
		text += "  wait_for_completion = false\n"
	}
	if i.Alias {
		text += "  provider = flux2.other\n"
	}
	if i.Regenerate {
		text += "  on_media_expired = \"regenerate\"\n"
	}
	if i.Timeout > 0 {
		text += fmt.Sprintf("  timeouts = {\n    create = %q\n    update = %[1]q\n  }\n", i.Timeout)
	}
	if i.CreateFirst {
		text += "  lifecycle {\n    create_before_destroy = true\n  }\n"
	}
	text += "}\n"
	if i.Split {
		text += fmt.Sprintf("resource \"flux2_image_result\" %q {\n  request_id = flux2_image.%[1]s.request_id\n}\n", i.name)
	}
	return text
}

// engineRun is an engine with its provider, for one run unless it is kept.
type engineRun struct {
	process *process
	engine  *engine.Engine

	mutex sync.Mutex
	// saved is what a kill leaves.
	saved *engine.State
	// planned lists what the plan says; applying is closed when it is there, done
	// when the run has ended, and said then has all that was said.
	planned        string
	empty          bool
	applying, done chan struct{}
	said           engine.Diagnostics
	before         *engine.State
	// accepted is how many submissions of its process had been accepted before,
	// and calls how many calls fal had answered.
	accepted, calls int

	// connections are those that its provider has made.
	connections map[string]bool
	providers   map[tfprotov6.ProviderServer]io.Closer
}

// dial notes the connection, so that what comes over it is known to be this
// run's.
func (r *engineRun) dial(ctx context.Context, network, address string) (net.Conn, error) {
	made, err := r.process.dial(ctx, network, address)
	if err == nil {
		r.mutex.Lock()
		defer r.mutex.Unlock()
		r.connections[made.LocalAddr().String()] = true
	}
	return made, err
}

// sent reports whether something came from this run.
func (r *engineRun) sent(entry emulator.Entry) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.connections[entry.RemoteAddr]
}

// start is a new process of an engine.
func (o *operator) start() *engineRun {
	if o.kept != nil {
		return o.kept
	}
	r := &engineRun{process: o.platform.network.newProcess(), connections: map[string]bool{}, providers: map[tfprotov6.ProviderServer]io.Closer{}}
	o.ledger.runs = append(o.ledger.runs, r)
	r.engine = engine.New(engine.Options{
		Providers:   map[string]engine.Factory{"flux2": r.startProvider},
		Ended:       r.endProvider,
		Parallelism: o.life.Engine.Parallelism, OneConfigure: o.life.Engine.OneConfigure,
		Saved: func(state *engine.State) {
			r.mutex.Lock()
			defer r.mutex.Unlock()
			r.saved = state
		},
	})
	if o.life.Engine.OneConfigure {
		o.kept = r
	}
	return r
}

func (r *engineRun) startProvider() (tfprotov6.ProviderServer, error) {
	started := flux2provider.New("test", flux2provider.WithDial(r.dial),
		flux2provider.WithEnvironment(func(string) (string, bool) { return "", false }))()
	server := flux2provider.Server(started)
	closer, closes := started.(io.Closer)
	if !closes {
		return nil, errors.New("the provider can't be closed")
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.providers[server] = closer
	return server, nil
}

// endProvider lets go of what a process that ends lets go of.
func (r *engineRun) endProvider(server tfprotov6.ProviderServer) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	_ = r.providers[server].Close()
}

func (o *operator) stopKept() {
	if o.kept != nil {
		o.endProcess(o.kept)
	}
}

// begin has a process begin a run.
func (o *operator) begin(ctx context.Context, step providerStep) *engineRun {
	r := o.start()
	r.applying, r.done, r.said, r.planned, r.saved = make(chan struct{}), make(chan struct{}), nil, "", o.state
	r.before, r.accepted, r.calls = o.state, len(o.ledger.acceptedBy(r)), len(o.platform.Log())
	r.engine.SetState(o.state)
	options := engine.PlanOptions{Destroy: step.Deed == deedDestroy, RefreshOnly: step.Deed == deedRefresh}
	if step.Deed == deedDestroy {
		o.ledger.release(func(emulator.Submission) bool { return true })
	}
	if step.Deed == deedReplace && !o.images[step.Image].removed {
		options.Replace = []string{o.images[step.Image].address()}
	}
	config := o.config()
	o.left.Go(func() {
		defer close(r.done)
		plan, said := r.engine.Plan(ctx, config, options)
		r.said = said
		if plan != nil {
			r.planned, r.empty = plan.String(), plan.Empty()
		}
		close(r.applying)
		if plan != nil && step.Deed != deedPlan {
			r.said = append(r.said, r.engine.Apply(ctx, plan)...)
		}
	})
	return r
}

// run has an engine run, to its end or to that of the step.
func (o *operator) run(step providerStep) error {
	o.meetStrangers(step)
	if step.Deed == deedReplace && !o.images[step.Image].removed {
		o.ledger.payAgain(o.images[step.Image])
	}
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	if step.Deed == deedTwice {
		return o.runTwice(ctx, step)
	}
	r := o.begin(ctx, step)
	r.awaitMoment(step)
	switch {
	case r.over():
		return o.ended(step, r, time.Time{})
	case step.End == endKill:
		return o.kill(step, r, interrupt)
	}
	interrupted := time.Now()
	interrupt()
	<-r.done
	if took := time.Since(interrupted); took > longestFarewell {
		return fmt.Errorf("the run went on for %s after Ctrl-C", took)
	}
	return o.ended(step, r, interrupted)
}

// longestFarewell is how long a run may take to end after Ctrl-C: three seconds
// for what is under way, once in a creation and once in what follows it.
const longestFarewell = 7 * time.Second

// awaitMoment returns when the run is over, or when it is time to end it.
func (r *engineRun) awaitMoment(step providerStep) {
	if step.End == "" {
		<-r.done
		return
	}
	if !step.Early {
		<-r.applying
	}
	select {
	case <-r.done:
	case <-time.After(step.At):
	}
}

// plannedSoFar is empty as long as there is no plan.
func (r *engineRun) plannedSoFar() string {
	select {
	case <-r.applying:
		return r.planned
	default:
		return ""
	}
}

func (r *engineRun) over() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// ended takes over what a run has come to.
func (o *operator) ended(step providerStep, r *engineRun, interrupted time.Time) error {
	if step.Deed != deedPlan {
		o.state = r.engine.State()
	}
	if o.kept == nil || !interrupted.IsZero() {
		o.endProcess(r)
	}
	if err := o.ledger.check(r, step, interrupted); err != nil {
		return fmt.Errorf("%w\n%s\nThe plan was:\n%s", err, r.said, r.planned)
	}
	if step.Deed == deedDestroy {
		o.declareAllAnew()
	}
	o.untaintAsTold()
	return nil
}

// endProcess takes from a process its connections and its locks.
func (o *operator) endProcess(r *engineRun) {
	r.process.kill()
	o.kept = nil
	o.disk.release()
}

// declareAllAnew is for what the user wants to have after a destroy.
func (o *operator) declareAllAnew() {
	for i := range o.images {
		if !o.images[i].removed {
			o.declareAnew(i)
		}
	}
}

// untaintAsTold does what the provider's error says of an image that was given
// up, where its replacement would come before its end, and the disk is a fresh one.
func (o *operator) untaintAsTold() {
	if !o.fresh {
		return
	}
	at := engine.New(engine.Options{})
	at.SetState(o.state)
	for _, object := range objectsOf(o.state) {
		for _, image := range o.images {
			if object.address == image.address() && object.abandoned && object.tainted && image.CreateFirst {
				at.Untaint(object.address)
			}
		}
	}
	o.state = at.State()
}

// kill ends the process of a run: it hears nothing more, and what it says is
// lost.
func (o *operator) kill(step providerStep, r *engineRun, interrupt func()) error {
	o.endProcess(r)
	if step.LoseDisk {
		o.disk.wipe()
		o.fresh = true
	}
	r.mutex.Lock()
	if !o.life.Engine.SavesLate && step.Deed != deedPlan {
		o.state = r.saved
	}
	r.mutex.Unlock()
	// What is left of it in this process ends as soon as it can.
	interrupt()
	o.ledger.killed(r, step)
	if step.Deed == deedDestroy {
		o.declareAllAnew()
	}
	return nil
}

// runTwice runs from the same state twice. What the last one saves stands.
func (o *operator) runTwice(ctx context.Context, step providerStep) error {
	o.stopKept()
	first := o.begin(ctx, step)
	o.kept = nil
	second := o.begin(ctx, step)
	last := second
	select {
	case <-first.done:
		<-second.done
	case <-second.done:
		<-first.done
		last = first
	}
	first.process.kill()
	o.endProcess(second)
	o.state = last.engine.State()
	return o.ledger.checkTwice(first, second)
}

// meetStrangers has somebody else make equal requests.
func (o *operator) meetStrangers(step providerStep) {
	for _, before := range step.Strangers {
		body, err := o.images[step.Image].input().Encode()
		if err != nil {
			o.t.Fatal(err)
		}
		if _, err := o.platform.SeedRequest(emulator.SeededRequest{Input: body, SentAt: time.Now().Add(-before), RunTime: 2 * time.Second}); err != nil {
			o.t.Fatal(err)
		}
	}
}

// finish is the end of each life: fal is well, time has passed, nobody is in a
// hurry, and a few runs have to bring all that is declared. The last plan is empty.
func (o *operator) finish() error {
	o.platform.ClearFaults()
	for i := range o.images {
		o.images[i].Timeout = 0
	}
	time.Sleep(recovery)
	var last error
	for range finalRuns {
		step := providerStep{Deed: deedApply}
		r := o.begin(context.Background(), step)
		<-r.done
		if err := o.ended(step, r, time.Time{}); err != nil {
			return fmt.Errorf("in the end: %w", err)
		}
		if last = r.said.Err(); last == nil {
			return o.stands()
		}
		o.changeRefused()
		if err := o.decideLost(r); err != nil {
			return err
		}
		time.Sleep(recovery)
	}
	return fmt.Errorf("fal is well, and the provider still says: %w", last)
}

// changeRefused does what the provider's error says of an image that the model
// has refused, and whose result another resource is to collect.
func (o *operator) changeRefused() {
	for _, object := range objectsOf(o.state) {
		for i, image := range o.images {
			request, known := o.platform.Request(object.requestID)
			if object.address == image.address() && image.Split && object.failure != "" && known && madeNothing(request) {
				o.declareAnew(i)
				o.refused[i] = true
			}
		}
	}
}

// decideLost does what the provider's error says of a submission that it can't
// find: the user looks into fal's dashboard, imports what is there, and deletes
// the note in either case.
func (o *operator) decideLost(r *engineRun) error {
	for _, said := range r.said {
		name := entryName.FindString(said.Detail)
		if said.Summary != "Submission Outcome Unknown" || name == "" {
			continue
		}
		if request, found := o.ledger.unknownOf(said.Address); found {
			importing := o.start()
			importing.engine.SetState(o.state)
			diags := importing.engine.Import(context.Background(), o.config(), said.Address, request.EndpointID+"/"+request.ID)
			o.state = importing.engine.State()
			o.endProcess(importing)
			if err := diags.Err(); err != nil {
				return fmt.Errorf("the import that the provider asks for fails: %w", err)
			}
		}
		// Equal images name the same one.
		if err := os.Remove(filepath.Join(o.disk.path(), "journal", name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("deleting the note as the provider asks for: %w", err)
		}
	}
	return nil
}

var entryName = regexp.MustCompile(`[^/\\ ]+\.jsonl`)

const (
	recovery  = 2 * time.Hour
	finalRuns = 6
)

// stands reports what is missing although all has been applied.
func (o *operator) stands() error {
	step := providerStep{Deed: deedPlan}
	r := o.begin(context.Background(), step)
	<-r.done
	if err := o.ended(step, r, time.Time{}); err != nil {
		return fmt.Errorf("in the last plan: %w", err)
	}
	if err := r.said.Err(); err != nil {
		return fmt.Errorf("the last plan fails: %w", err)
	}
	if !r.empty {
		return fmt.Errorf("the last plan is not empty:\n%s", r.planned)
	}
	return o.ledger.complete()
}
