// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
)

// Test runs a test case on the engine in process, step by step as the plugin
// testing library does on a real one, and then checks that fal accepted exactly
// so many submissions. It takes the environment's provider unless the case
// brings its own. What that engine can't do fails the test: it needs TestAcc.
func (e *Environment) Test(t *testing.T, submissions int, testCase resource.TestCase) {
	t.Helper()

	e.run(t, testCase)
	e.ExpectSubmissions(t, submissions)
}

// run runs the steps of a test case, and destroys what they leave.
func (e *Environment) run(t *testing.T, testCase resource.TestCase) {
	t.Helper()

	providers := testCase.ProtoV6ProviderFactories
	if providers == nil {
		providers = e.Providers
	}
	if testCase.CheckDestroy != nil || testCase.PreCheck != nil || testCase.ExternalProviders != nil || testCase.TerraformVersionChecks != nil {
		t.Fatal("the test case wants something that only a real engine does")
	}
	c := &caseRun{t: t, folder: t.TempDir(), providers: providers}
	c.engine = c.newEngine()
	for i, step := range testCase.Steps {
		if step.PreConfig != nil {
			step.PreConfig()
		}
		for _, address := range step.Taint {
			if !c.engine.Taint(address) {
				t.Fatalf("step %d: there is no %s to taint", i+1, address)
			}
		}
		err := c.step(step)
		if t.Failed() && err == nil {
			return
		}
		if problem := unexpected(err, step.ExpectError); problem != nil {
			t.Errorf("step %d of %d: %v", i+1, len(testCase.Steps), problem)
			break
		}
		c.config = step.Config
	}
	if len(c.engine.State().Addresses()) == 0 {
		return
	}
	if err := c.engine.Run(t.Context(), c.config, engine.PlanOptions{Destroy: true, SkipRefresh: true}).Err(); err != nil {
		t.Errorf("destroying what the test has left: %v", err)
	}
}

func unexpected(err error, want *regexp.Regexp) error {
	switch {
	case want == nil:
		return err
	case err == nil:
		return errors.New("an error was expected, and there was none")
	case !want.MatchString(err.Error()):
		return fmt.Errorf("the error does not match %s:\n%w", want, err)
	default:
		return nil
	}
}

// caseRun is a test case that is being run.
type caseRun struct {
	t         *testing.T
	folder    string
	providers map[string]func() (tfprotov6.ProviderServer, error)
	engine    *engine.Engine
	// config is that of the last step.
	config string
}

func (c *caseRun) newEngine() *engine.Engine {
	return engine.New(engine.Options{Providers: c.providers, Ended: ended, Folder: c.folder})
}

func (c *caseRun) step(step resource.TestStep) error {
	if step.ImportState {
		return c.importStep(step)
	}
	if step.RefreshState {
		return c.engine.Refresh(c.t.Context(), c.config).Err()
	}
	if step.Check != nil || step.ConfigFile != nil || step.ConfigDirectory != nil || step.ConfigVariables != nil || step.Query || step.SkipFunc != nil || step.PostApplyFunc != nil {
		c.t.Fatal("the step wants something that only a real engine does")
	}
	if !step.PlanOnly {
		if err := c.applied(step); err != nil {
			return err
		}
	}
	for _, after := range []struct {
		name    string
		options engine.PlanOptions
		checks  []plancheck.PlanCheck
	}{
		{"plan without a refresh", engine.PlanOptions{Destroy: step.Destroy, SkipRefresh: true}, step.ConfigPlanChecks.PostApplyPreRefresh},
		{"plan with a refresh", engine.PlanOptions{Destroy: step.Destroy}, step.ConfigPlanChecks.PostApplyPostRefresh},
	} {
		plan, diags := c.engine.Plan(c.t.Context(), step.Config, after.options)
		if err := diags.Err(); err != nil {
			return fmt.Errorf("%s: %w", after.name, err)
		}
		if err := checkPlan(c.t.Context(), plan, after.checks); err != nil {
			return fmt.Errorf("%s: %w", after.name, err)
		}
		if !plan.Empty() && !step.ExpectNonEmptyPlan {
			return fmt.Errorf("the %s was not empty: %s", after.name, plan)
		}
		if plan.Empty() && step.ExpectNonEmptyPlan && !after.options.SkipRefresh {
			return fmt.Errorf("the %s was empty", after.name)
		}
	}
	return nil
}

// applied plans and applies a step, with its checks.
func (c *caseRun) applied(step resource.TestStep) error {
	plan, diags := c.engine.Plan(c.t.Context(), step.Config, engine.PlanOptions{Destroy: step.Destroy})
	if err := diags.Err(); err != nil {
		return err
	}
	if err := checkPlan(c.t.Context(), plan, step.ConfigPlanChecks.PreApply); err != nil {
		return err
	}
	if err := c.engine.Apply(c.t.Context(), plan).Err(); err != nil {
		return err
	}
	return checkState(c.t.Context(), c.engine, step.ConfigStateChecks)
}

// importStep imports by id. Unless the import is kept, it goes into a state of
// its own.
func (c *caseRun) importStep(step resource.TestStep) error {
	into := c.engine
	if !step.ImportStatePersist {
		into = c.newEngine()
	}
	config := step.Config
	if config == "" {
		config = c.config
	}
	if err := into.Import(c.t.Context(), config, step.ResourceName, step.ImportStateId).Err(); err != nil {
		return err
	}
	return checkState(c.t.Context(), into, step.ConfigStateChecks)
}

func checkPlan(ctx context.Context, plan *engine.Plan, checks []plancheck.PlanCheck) error {
	if len(checks) == 0 {
		return nil
	}
	document, err := plan.Document()
	if err != nil {
		return err
	}
	var problems []error
	for _, check := range checks {
		var response plancheck.CheckPlanResponse
		check.CheckPlan(ctx, plancheck.CheckPlanRequest{Plan: document}, &response)
		problems = append(problems, response.Error)
	}
	return errors.Join(problems...)
}

func checkState(ctx context.Context, of *engine.Engine, checks []statecheck.StateCheck) error {
	if len(checks) == 0 {
		return nil
	}
	var document *tfjson.State
	document, err := of.State().Document()
	if err != nil {
		return err
	}
	var problems []error
	for _, check := range checks {
		var response statecheck.CheckStateResponse
		check.CheckState(ctx, statecheck.CheckStateRequest{State: document}, &response)
		problems = append(problems, response.Error)
	}
	return errors.Join(problems...)
}
