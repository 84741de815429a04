// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
)

// Engine is the engine in process, for a test that looks at what each operation
// says. Tests that go by steps and checks have Test.
type Engine struct {
	*engine.Engine

	t *testing.T
}

// Engine returns an engine with an empty state, whose providers are the
// environment's.
func (e *Environment) Engine(t *testing.T) *Engine {
	t.Helper()
	return e.EngineWith(t, engine.Options{})
}

// ConfiguredOnce returns an engine that keeps its providers from one operation to
// the next, as tests of Terraform 1.13 and later do.
func (e *Environment) ConfiguredOnce(t *testing.T) *Engine {
	t.Helper()
	return e.EngineWith(t, engine.Options{OneConfigure: true})
}

// EngineWith is Engine with options. Providers and folder are the environment's
// and the test's unless the options name others.
func (e *Environment) EngineWith(t *testing.T, options engine.Options) *Engine {
	t.Helper()

	if options.Providers == nil {
		options.Providers = e.Providers
	}
	if options.Folder == "" {
		options.Folder = t.TempDir()
	}
	options.Ended = ended
	return &Engine{Engine: engine.New(options), t: t}
}

// MustApply plans and applies what has to succeed, and returns the warnings.
func (e *Engine) MustApply(config string) engine.Diagnostics {
	e.t.Helper()
	return e.MustRun(config, engine.PlanOptions{})
}

// MustRun is MustApply for another kind of plan.
func (e *Engine) MustRun(config string, options engine.PlanOptions) engine.Diagnostics {
	e.t.Helper()

	diags := e.Run(e.t.Context(), config, options)
	if err := diags.Err(); err != nil {
		e.t.Fatalf("applying: %v", err)
	}
	return diags
}

// MustPlan plans what has to succeed.
func (e *Engine) MustPlan(config string, options engine.PlanOptions) (*engine.Plan, engine.Diagnostics) {
	e.t.Helper()

	plan, diags := e.Plan(e.t.Context(), config, options)
	if err := diags.Err(); err != nil {
		e.t.Fatalf("planning: %v", err)
	}
	return plan, diags
}

// Objects are the objects in state, by address, as the engine shows them.
func (e *Engine) Objects() map[string]*tfjson.StateResource {
	e.t.Helper()

	document, err := e.State().Document()
	if err != nil {
		e.t.Fatal(err)
	}
	objects := make(map[string]*tfjson.StateResource)
	for _, object := range document.Values.RootModule.Resources {
		objects[object.Address] = object
	}
	return objects
}
