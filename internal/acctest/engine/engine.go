// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"context"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/zclconf/go-cty/cty"
)

// Options are what an engine can be told.
type Options struct {
	// Providers start the providers, by local name. Each provider block, alias
	// or not, gets one of its own in each operation, as engines start a process
	// for it.
	Providers map[string]Factory
	// Ended, if set, is told of each provider whose life is over, as the end of its
	// process would have it.
	Ended func(tfprotov6.ProviderServer)
	// OneConfigure keeps the providers from one operation to the next, as
	// `terraform test` of Terraform 1.13 and later does for a whole file.
	OneConfigure bool
	// Parallelism is how many objects are worked on at once, 10 if it is 0.
	Parallelism int
	// Version is what providers are told of the engine's version. Empty is the
	// version of Terraform that this engine follows; with OneConfigure the first
	// one that does so.
	Version string
	// Folder is what path.module names; empty is ".".
	Folder string
	// Variables are the values of input variables.
	Variables map[string]cty.Value
	// Saved is called with each state that an apply writes, one object after the
	// other: what remains of it if the engine is killed. It must not call the
	// engine. nil is for nobody.
	Saved func(*State)
}

// Engine runs one operation after the other on a state that it keeps.
type Engine struct {
	options Options
	state   *State

	// kept are the providers of OneConfigure.
	kept *plugins
}

// New returns an engine with an empty state.
func New(options Options) *Engine {
	if options.Parallelism == 0 {
		options.Parallelism = 10
	}
	switch {
	case options.Version != "":
	case options.OneConfigure:
		options.Version = "1.13.0"
	default:
		options.Version = "1.11.4"
	}
	if options.Folder == "" {
		options.Folder = "."
	}
	return &Engine{options: options, state: newState()}
}

// State is what the engine remembers now. It is not to be changed, but copies
// can be handed to SetState.
func (e *Engine) State() *State { return e.state }

// SetState has the engine go on from another state, such as an older one or
// that of another engine.
func (e *Engine) SetState(state *State) { e.state = state.Copy() }

// Taint marks an object, so that the next plan replaces it. It reports whether
// there is one at that address.
func (e *Engine) Taint(address string) bool { return e.state.mark(address, true) }

// Untaint removes the mark.
func (e *Engine) Untaint(address string) bool { return e.state.mark(address, false) }

// Move gives an object another address, as a moved block or the command for
// states does. It reports whether there is one at the old address, and none at the
// new one.
func (e *Engine) Move(from, to string) bool { return e.state.move(from, to) }

// PlanOptions choose the kind of a plan.
type PlanOptions struct {
	// Destroy plans the end of all objects.
	Destroy bool
	// RefreshOnly plans no change but to the state.
	RefreshOnly bool
	// SkipRefresh takes the state as it is.
	SkipRefresh bool
	// Replace are the addresses of instances to replace without a change.
	Replace []string
}

// Plan compares a configuration with the state. The plan is nil if there are
// errors.
func (e *Engine) Plan(ctx context.Context, source string, options PlanOptions) (*Plan, Diagnostics) {
	config, diags := parse(source, e.options.Folder)
	if diags.failed() {
		return nil, diags
	}
	w := e.walk(ctx, config, e.state.Copy())
	defer w.end()
	plan, said := w.plan(options)
	return plan, append(diags, said...)
}

// Apply carries out a plan that was made by this engine, and keeps the state
// that comes of it, errors or not.
func (e *Engine) Apply(ctx context.Context, plan *Plan) Diagnostics {
	w := e.walk(ctx, plan.config, plan.refreshed.Copy())
	w.saved = e.options.Saved
	defer w.end()
	diags := w.apply(plan)
	e.state = w.state
	return diags
}

// Run plans and applies.
func (e *Engine) Run(ctx context.Context, source string, options PlanOptions) Diagnostics {
	plan, diags := e.Plan(ctx, source, options)
	if plan == nil || diags.failed() {
		return diags
	}
	return append(diags, e.Apply(ctx, plan)...)
}

// Refresh brings the state up to date and changes nothing else.
func (e *Engine) Refresh(ctx context.Context, source string) Diagnostics {
	return e.Run(ctx, source, PlanOptions{RefreshOnly: true})
}

// Import takes an object into the state by its id, as the command does.
func (e *Engine) Import(ctx context.Context, source, address, id string) Diagnostics {
	config, diags := parse(source, e.options.Folder)
	if diags.failed() {
		return diags
	}
	w := e.walk(ctx, config, e.state.Copy())
	defer w.end()
	diags = append(diags, w.importByID(address, id)...)
	if !diags.failed() {
		e.state = w.state
	}
	return diags
}

// walk is one operation.
type walk struct {
	engine *Engine
	// ctx ends when the operation is interrupted; calls has its values, but
	// goes on: providers are asked to stop, and their calls end by themselves.
	ctx, calls context.Context
	config     *configuration
	plugins    *plugins
	scope      scope
	places     chan struct{}
	// saved is nil unless states are written.
	saved func(*State)

	mutex  sync.Mutex // guards what follows
	state  *State
	values map[string]cty.Value // of resources and data sources, by address
}

func (e *Engine) walk(ctx context.Context, config *configuration, state *State) *walk {
	w := &walk{
		engine: e, ctx: ctx, calls: context.WithoutCancel(ctx), config: config, state: state,
		values: map[string]cty.Value{}, places: make(chan struct{}, e.options.Parallelism), plugins: e.kept,
	}
	if w.plugins == nil {
		w.plugins = &plugins{started: map[string]*plugin{}}
		if e.options.OneConfigure {
			e.kept = w.plugins
		}
	}
	w.scope = scope{config: config, value: w.value, variables: e.options.Variables, functions: w.functions()}
	stop := context.AfterFunc(ctx, func() { w.plugins.stop(w.calls) })
	w.plugins.release = func() { stop() }
	return w
}

// end is that of the operation, and of its providers unless they are kept.
func (w *walk) end() {
	w.plugins.release()
	if w.engine.options.Ended == nil || w.engine.options.OneConfigure {
		return
	}
	w.plugins.mutex.Lock()
	defer w.plugins.mutex.Unlock()
	for _, started := range w.plugins.started {
		w.engine.options.Ended(started.server)
	}
}

// working takes one of the places of -parallelism. What still waits for one when
// the operation is interrupted does not begin.
func (w *walk) working(work func() Diagnostics) Diagnostics {
	w.places <- struct{}{}
	defer func() { <-w.places }()
	if w.ctx.Err() != nil {
		return halted()
	}
	return work()
}

// halted is said of what an interruption keeps from being done.
func halted() Diagnostics { return fault("execution halted", "The operation was interrupted.") }

// eachInstance works on the instances of a block at once, and puts together
// what their block is for others.
func (w *walk) eachInstance(b *block, work func(i instance, repeated repetition) (cty.Value, Diagnostics)) Diagnostics {
	keys, repeated, said := w.scope.repetitions(b)
	if said.HasErrors() {
		return read(w.config.sources, b.address(), said)
	}
	values := make([]cty.Value, len(keys))
	diags := inParallel(len(keys), func(n int) Diagnostics {
		return w.working(func() Diagnostics {
			value, diags := work(w.instance(b, keys[n]), repeated[n])
			values[n] = value
			return diags
		})
	})
	if !diags.failed() {
		w.put(b, keys, values)
	}
	return diags
}

func (w *walk) instance(b *block, key cty.Value) instance {
	return instance{block: b.address(), kind: b.kind, typeName: b.typeName, provider: b.provider, key: key}
}

// inParallel runs so many tasks at once and gathers what they say, in order.
func inParallel(tasks int, task func(n int) Diagnostics) Diagnostics {
	said := make([]Diagnostics, tasks)
	var group sync.WaitGroup
	for n := range tasks {
		group.Go(func() { said[n] = task(n) })
	}
	group.Wait()
	var diags Diagnostics
	for _, d := range said {
		diags = append(diags, d...)
	}
	return diags
}
