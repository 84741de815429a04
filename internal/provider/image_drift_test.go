// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// again plans and applies the same once more, after something has happened,
// and wants no plan for it.
func again(config string, happened func(), checks ...statecheck.StateCheck) resource.TestStep {
	step := emptyPlan(config)
	step.PreConfig, step.ConfigStateChecks = happened, checks
	return step
}

// noImages checks that nothing at all is planned for any image.
func noImages() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{freePlan{updates: false}}}
}

// A refresh asks the media host and nobody else, and only whether an image is
// there.
func onlyAsksForMedia(t *testing.T, log []emulator.Entry) {
	t.Helper()

	for _, entry := range log {
		looks := entry.Method == http.MethodHead || entry.Header.Get("Range") == "bytes=0-0"
		if entry.Route != emulator.RouteMedia || !looks {
			t.Errorf("%s %s was called", entry.Method, entry.Path)
		}
	}
}

// whatHappened is what a media host does to an image, and what is known then.
type whatHappened struct {
	fault     emulator.Fault
	available bool
}

// What becomes of an image's files plans nothing. Only a clear word of the
// media host counts.
func TestAccImage_mediaDrift(t *testing.T) {
	t.Parallel()

	page := "<html><body>maintenance</body></html>"
	driftOf(t, map[string]whatHappened{
		"there":           {fault: emulator.Fault{Delay: 1}, available: true},
		"not found":       {fault: emulator.Fault{Status: http.StatusNotFound}},
		"gone":            {fault: emulator.Fault{Status: http.StatusGone}},
		"one of two gone": {fault: emulator.Fault{Skip: 1, Status: http.StatusGone}},
		"forbidden":       {fault: emulator.Fault{Status: http.StatusForbidden}, available: true},
		"a page":          {fault: emulator.Fault{Body: &page, Headers: map[string]string{"Content-Type": "text/html"}}, available: true},
		"moved":           {fault: emulator.Fault{Status: http.StatusFound, Headers: map[string]string{"Location": "/media/elsewhere"}}, available: true},
		"HEAD not known":  {fault: emulator.Fault{Method: http.MethodHead, Status: http.StatusNotFound}, available: true},
	})
}

// A host that asks for patience may get to hear no other question before a
// refresh gives up, so these have a host of their own.
func TestAccImage_mediaDriftUnknown(t *testing.T) {
	t.Parallel()

	driftOf(t, map[string]whatHappened{
		"host down": {fault: emulator.Fault{Status: http.StatusServiceUnavailable}, available: true},
		"limited":   {fault: emulator.Fault{Status: http.StatusTooManyRequests}, available: true},
	})
}

// driftOf has it all happen in one run, to a request each, named by its prompt.
func driftOf(t *testing.T, cases map[string]whatHappened) {
	t.Helper()

	created, refreshed := make(map[string]knownvalue.Check), make(map[string]knownvalue.Check)
	for name, test := range cases {
		created[name] = knownvalue.ObjectPartial(map[string]knownvalue.Check{"media_available": knownvalue.Bool(true)})
		refreshed[name] = knownvalue.ObjectPartial(map[string]knownvalue.Check{
			"media_available": knownvalue.Bool(test.available), "status": knownvalue.StringExact("COMPLETED"),
			"url": knownvalue.NotNull(), "error": knownvalue.Null(),
		})
	}
	shows := func(want map[string]knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownOutputValue("images", knownvalue.ObjectExact(want))
	}

	env := acctest.New(t, emulator.WithPainting(emulator.PaintOnDemand))
	config := env.Config(images(cases, "num_images = 2"))
	calls := 0
	happens := func() {
		calls = len(env.Emulator.Log())
		for _, request := range env.Emulator.Requests() {
			for i, path := range request.Media {
				fault := cases[request.Input.Prompt].fault
				fault.Path = path
				if i >= fault.Skip {
					fault.Skip = 0
					env.Emulator.Inject(fault)
				}
			}
		}
	}
	env.Test(t, len(cases), resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ConfigStateChecks: []statecheck.StateCheck{shows(created)}},
		{PreConfig: happens, Config: config, ConfigPlanChecks: noImages(), ConfigStateChecks: []statecheck.StateCheck{shows(refreshed)}},
		{Config: config, Destroy: true},
	}})
	onlyAsksForMedia(t, env.Emulator.Log()[calls:])
}

// Nor does what becomes of the request, of the account, or of fal.
func TestImage_drift(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		options   []emulator.Option
		happens   func(server *emulator.Server, requestID string) error
		available bool
	}{
		"media deleted":    {happens: (*emulator.Server).ExpireMedia},
		"result forgotten": {happens: (*emulator.Server).Expire, available: true},
		"account locked": {
			options: []emulator.Option{emulator.WithLockedReads()},
			happens: func(server *emulator.Server, _ string) error {
				server.Lock(emulator.LockExhausted)
				return nil
			},
			available: true,
		},
		"fal down": {
			happens: func(server *emulator.Server, _ string) error {
				server.Inject(emulator.Fault{ResetBefore: true})
				return nil
			},
			available: true,
		},
		"key refused": {
			happens: func(server *emulator.Server, _ string) error {
				server.Inject(emulator.Fault{Path: "/queue", Status: http.StatusUnauthorized}, emulator.Fault{Path: "/platform", Status: http.StatusUnauthorized})
				return nil
			},
			available: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, test.options...)
			onClock(env, acctest.NewClock(untilSilence))
			config := env.Config(image(lighthouse))
			happens := func() {
				if err := test.happens(env.Emulator, env.Emulator.Submissions()[0].RequestID); err != nil {
					t.Error(err)
				}
			}
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
				{Config: config},
				again(config, happens,
					expect("media_available", knownvalue.Bool(test.available)),
					expect("status", knownvalue.StringExact("COMPLETED")),
					expect("url", knownvalue.NotNull()),
					expect("error", knownvalue.Null())),
			}})
			onlyAsksForMedia(t, env.Emulator.Log()[3:])
		})
	}
}

// Media that were out of sight for a while are noticed again.
func TestImage_mediaComeBack(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	config := env.Config(image(lighthouse))
	gone := func() { env.Emulator.Inject(emulator.Fault{Route: emulator.RouteMedia, Status: http.StatusNotFound}) }
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: config},
		again(config, gone, expect("media_available", knownvalue.Bool(false))),
		again(config, env.Emulator.ClearFaults, expect("media_available", knownvalue.Bool(true))),
	}})
}

// Deleting an image whose media, result and account are gone works all the
// same: there is nothing left to do at fal.
func TestImage_destroyedWhenAllIsGone(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	config := env.Config(image(lighthouse))
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: config},
		{
			PreConfig: func() { env.Emulator.Inject(emulator.Fault{Status: http.StatusUnauthorized}) },
			Config:    config,
			Destroy:   true,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(art, plancheck.ResourceActionDestroy),
			}},
		},
	}})
	if cancelled := env.Emulator.Cancellations(); len(cancelled) > 0 {
		t.Errorf("%d requests were cancelled", len(cancelled))
	}
}
