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

// An image that was delivered stays delivered. What becomes of it at fal, and
// whether fal can be asked at all, plans nothing, neither before the next apply
// nor after it.
func TestAccImage_drift(t *testing.T) {
	t.Parallel()

	media := func(fault emulator.Fault) func(*emulator.Server, string) error {
		return func(server *emulator.Server, _ string) error {
			fault.Route = emulator.RouteMedia
			server.Inject(fault)
			return nil
		}
	}
	page := "<html><body>maintenance</body></html>"
	for name, test := range map[string]struct {
		options []emulator.Option
		happens func(server *emulator.Server, requestID string) error
		// available is media_available after the refresh.
		available bool
	}{
		"nothing":               {happens: func(*emulator.Server, string) error { return nil }, available: true},
		"media expired":         {happens: (*emulator.Server).ExpireMedia},
		"media gone":            {happens: media(emulator.Fault{Status: http.StatusGone})},
		"one of two media gone": {happens: media(emulator.Fault{Path: "/media/*.png", Skip: 1, Status: http.StatusGone})},
		"media forbidden":       {happens: media(emulator.Fault{Status: http.StatusForbidden}), available: true},
		"media host down":       {happens: media(emulator.Fault{Status: http.StatusServiceUnavailable}), available: true},
		"media host resets":     {happens: media(emulator.Fault{ResetBefore: true}), available: true},
		"media host limits":     {happens: media(emulator.Fault{Status: http.StatusTooManyRequests}), available: true},
		"media are a page": {
			happens:   media(emulator.Fault{Body: &page, Headers: map[string]string{"Content-Type": "text/html"}}),
			available: true,
		},
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
			config := env.Config(image(lighthouse, `num_images = 2`))
			again := emptyPlan(config)
			again.PreConfig = func() {
				if err := test.happens(env.Emulator, env.Emulator.Submissions()[0].RequestID); err != nil {
					t.Error(err)
				}
			}
			again.ConfigStateChecks = []statecheck.StateCheck{
				expect("media_available", knownvalue.Bool(test.available)),
				expect("status", knownvalue.StringExact("COMPLETED")),
				expect("url", knownvalue.NotNull()),
				expect("error", knownvalue.Null()),
			}
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{Config: config}, again}})

			// A refresh asks the media host and nobody else.
			for _, entry := range env.Emulator.Log()[3:] {
				if entry.Route != emulator.RouteMedia || entry.Method != http.MethodHead {
					t.Errorf("%s %s was called", entry.Method, entry.Path)
				}
			}
		})
	}
}

// Media that were out of sight for a while are noticed again.
func TestAccImage_mediaComeBack(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	config := env.Config(image(lighthouse))
	available := func(want bool) []statecheck.StateCheck {
		return []statecheck.StateCheck{expect("media_available", knownvalue.Bool(want))}
	}
	gone := emptyPlan(config)
	gone.PreConfig = func() { env.Emulator.Inject(emulator.Fault{Route: emulator.RouteMedia, Status: http.StatusNotFound}) }
	gone.ConfigStateChecks = available(false)
	back := emptyPlan(config)
	back.PreConfig = env.Emulator.ClearFaults
	back.ConfigStateChecks = available(true)
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{Config: config, ConfigStateChecks: available(true)}, gone, back}})
}

// Deleting an image whose media, result and account are gone works all the
// same: there is nothing left to do at fal.
func TestAccImage_destroyedWhenAllIsGone(t *testing.T) {
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
