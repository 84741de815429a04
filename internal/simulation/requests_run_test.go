// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
	"github.com/flux2-provider/terraform-provider-flux2/internal/store"
)

// run is one run of a workspace: what an engine does with a provider, which is
// made for it or was there before.
type run struct {
	world     *world
	workspace *workspace
	requester *requester
	// stop ends what the run does.
	stop context.CancelFunc
	// alone says that nobody else runs meanwhile.
	alone bool

	mutex sync.Mutex
	dead  bool
	// pending are creations whose outcome is not saved, by what they ask for.
	pending map[string]int
	// handedOver are requests that a deleted object has left.
	handedOver []string
}

// requester is a process with a service.
type requester struct {
	*process
	client  *fal.Client
	service *requests.Service

	mutex sync.Mutex
	// interruptedAt is zero as long as no run of it is.
	interruptedAt time.Time
}

// sender is how a workspace's processes call themselves.
func sender(workspace int) string { return "workspace " + strconv.Itoa(workspace) }

func (w *world) newRequester(workspace int, key string) *requester {
	p := &requester{process: w.platform.network.newProcess()}
	p.wrote = func(content []byte) {
		p.mutex.Lock()
		defer p.mutex.Unlock()
		if bytes.HasPrefix(content, []byte("POST ")) && !p.interruptedAt.IsZero() && time.Now().After(p.interruptedAt) {
			w.billing.breaks("a submission was begun %s after the interruption", time.Since(p.interruptedAt))
		}
	}
	client, err := fal.New(fal.Options{
		Key: key, QueueURL: platformURL + "/queue", RunURL: platformURL + "/run", PlatformURL: platformURL + "/platform/v1",
		Dial: p.dial, UserAgent: sender(workspace),
	})
	if err != nil {
		panic(err)
	}
	p.client = client
	options := requests.Options{Client: client, Media: media{w.platform}, Direct: w.life.settings.direct}
	if w.life.settings.reuse {
		options.ReuseWithin = 24 * time.Hour
	}
	if w.life.settings.journal {
		options.Journal = store.Open(w.workspaces[workspace].folder.path()).Journal()
		options.Origin, options.Workspace = store.Origin{URL: platformURL, Kind: "emulator"}, sender(workspace)
		options.Run = int(w.runs.Add(1))
	}
	p.service = requests.New(options)
	return p
}

// close ends what the process keeps open.
func (p *requester) close() {
	p.client.CloseIdleConnections()
	for _, end := range p.cut() {
		_ = end.Close()
	}
}

// media tells what is true: what media hosts answer is imagefile's to judge.
type media struct{ platform *platform }

// Gone reports whether a file is gone.
func (media) Gone(context.Context, string) bool { return false }

func (r *run) interrupt() {
	r.requester.mutex.Lock()
	r.requester.interruptedAt = time.Now()
	r.requester.mutex.Unlock()
	r.stop()
}

// kill discards all that comes of the run from now on.
func (r *run) kill(how ending) {
	r.mutex.Lock()
	r.dead = true
	r.mutex.Unlock()
	r.requester.kill()
	r.workspace.cutOff(r, how)
	r.stop()
}

// begin notes that a creation may pay for an image.
func (r *run) begin(prompt string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.pending[prompt]++
}

func (r *run) handOver(id string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.handedOver = append(r.handedOver, id)
}

func (r *run) wasHandedOver(id string) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return slices.Contains(r.handedOver, id)
}

// settle takes over what came of an operation, unless the run has been killed.
func (r *run) settle(save func()) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if !r.dead {
		save()
	}
}
