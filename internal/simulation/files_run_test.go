// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	flux2provider "github.com/flux2-provider/terraform-provider-flux2/internal/provider"
)

// filesRun is an engine with its provider, for one run unless it is kept.
type filesRun struct {
	process *process
	engine  *engine.Engine
	plan    *engine.Plan
	// changed is called after each change of an object.
	changed func()

	mutex     sync.Mutex
	step      filesStep
	interrupt func()
	// changes and fetches count what has been begun.
	changes, fetches int
	// killed says that the process is dead; saved is what it has left of the state.
	killed    bool
	ended     bool
	saved     *engine.State
	providers map[tfprotov6.ProviderServer]io.Closer
}

// start is a new process of an engine.
func (o *fileOperator) start() *filesRun {
	if o.kept != nil {
		return o.kept
	}
	r := &filesRun{process: o.platform.network.newProcess(), changed: o.noteFiles, providers: map[tfprotov6.ProviderServer]io.Closer{}}
	r.engine = engine.New(engine.Options{
		Providers:   map[string]engine.Factory{"flux2": r.startProvider},
		Ended:       r.endProvider,
		Parallelism: o.life.Parallelism, OneConfigure: o.life.OneConfigure,
		Saved: func(state *engine.State) {
			r.mutex.Lock()
			defer r.mutex.Unlock()
			if !r.killed {
				r.saved = state
			}
		},
	})
	if o.life.OneConfigure {
		o.kept = r
	}
	return r
}

// begin has it begin another run.
func (r *filesRun) begin(step filesStep, state *engine.State, interrupt func()) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.step, r.interrupt, r.saved, r.plan = step, interrupt, state, nil
	r.changes, r.fetches, r.ended = 0, 0, false
}

// stopKept ends a process that is kept.
func (o *fileOperator) stopKept() {
	if o.kept == nil {
		return
	}
	for server := range o.kept.providers {
		o.kept.endProvider(server)
	}
	o.kept = nil
}

func (r *filesRun) startProvider() (tfprotov6.ProviderServer, error) {
	started := flux2provider.New("test", flux2provider.WithDial(r.process.dial),
		flux2provider.WithEnvironment(func(string) (string, bool) { return "", false }))()
	server := flux2provider.Server(started)
	closer, closes := started.(io.Closer)
	if !closes {
		return nil, errors.New("the provider can't be closed")
	}
	wrapped := &mortalProvider{ProviderServer: server, run: r}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.providers[wrapped] = closer
	return wrapped, nil
}

// endProvider lets go of what a process that ends lets go of.
func (r *filesRun) endProvider(server tfprotov6.ProviderServer) {
	r.mutex.Lock()
	closer := r.providers[server]
	delete(r.providers, server)
	r.mutex.Unlock()
	if closer != nil {
		_ = closer.Close()
	}
}

var errKilled = errors.New("the process was killed")

// mortalProvider is a provider whose process can be killed.
type mortalProvider struct {
	tfprotov6.ProviderServer
	run *filesRun
}

// ApplyResourceChange ends the run in time.
func (p *mortalProvider) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	r := p.run
	r.mutex.Lock()
	r.changes++
	reached := r.changes == r.step.Nth
	if reached && r.step.End == fileKilledBefore {
		r.killed = true
	}
	dead := r.killed
	r.mutex.Unlock()
	if dead {
		return nil, errKilled
	}
	if reached && r.step.End == fileInterrupted {
		r.end()
	}
	answer, err := p.ProviderServer.ApplyResourceChange(ctx, req)
	r.changed()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if reached && r.step.End == fileKilledAfter {
		r.killed = true
	}
	if r.killed {
		return nil, errKilled
	}
	return answer, err
}

// end interrupts the run.
func (r *filesRun) end() {
	r.mutex.Lock()
	r.ended = true
	r.mutex.Unlock()
	r.interrupt()
}

// asked ends the run when the host is asked in time.
func (r *filesRun) asked(request *http.Request) {
	if !strings.HasPrefix(request.URL.Path, "/media/") {
		return
	}
	r.mutex.Lock()
	r.fetches++
	reached := r.fetches == r.step.Nth
	if reached && r.step.End == fileKilledFetch {
		r.killed = true
	}
	r.mutex.Unlock()
	switch {
	case reached && r.step.End == fileInterruptedFetch:
		r.end()
	case reached && r.step.End == fileKilledFetch:
		r.process.kill()
		r.interrupt()
	}
}
