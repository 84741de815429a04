// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// expireMedia deletes the pictures of the first submission.
func expireMedia(t *testing.T, env *acctest.Environment) func() {
	t.Helper()

	return func() {
		if err := env.Emulator.ExpireMedia(env.Emulator.Submissions()[0].RequestID); err != nil {
			t.Error(err)
		}
	}
}

// A refresh asks the media host once for each picture, and not at all where
// there is nothing to ask or nobody wants to know.
func TestMedia_oneLookForEachPicture(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		arguments []string
		looks     int
		unwaited  bool
	}{
		"one":               {nil, 1, false},
		"four":              {[]string{"num_images = 4"}, 4, false},
		"ignored":           {[]string{"num_images = 4", `on_media_expired = "ignore"`}, 0, false},
		"in the state":      {[]string{"num_images = 2", "sync_mode = true"}, 0, false},
		"not waited for":    {[]string{"wait_for_completion = false"}, 0, true},
		"to be regenerated": {[]string{`on_media_expired = "regenerate"`}, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			running, config := env.Engine(t), env.Config(image(append(test.arguments, lighthouse)...))
			running.MustApply(config)
			called := len(env.Emulator.Log())
			if plan, _ := running.MustPlan(config, engine.PlanOptions{}); !plan.Empty() {
				t.Errorf("the plan is not empty: %s", plan)
			}
			looks := 0
			for _, entry := range env.Emulator.Log()[called:] {
				switch {
				case entry.Route == emulator.RouteMedia && entry.Method == http.MethodHead:
					looks++
				case !test.unwaited:
					t.Errorf("%s %s was called", entry.Method, entry.Path)
				}
			}
			if looks != test.looks {
				t.Errorf("the media host was asked %d times, want %d", looks, test.looks)
			}
			env.ExpectSubmissions(t, 1)
		})
	}
}

// That the files are gone is said when it is found out, and not again.
func TestMedia_goneIsSaidOnce(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	running, config := env.Engine(t), env.Config(image(lighthouse))
	running.MustApply(config)
	expireMedia(t, env)()
	for i, want := range []bool{true, false, false} {
		output := running.MustApply(config).String()
		if warned := strings.Contains(output, "Image File Gone"); warned != want {
			t.Errorf("run %d warned: %t, want %t\n%s", i, warned, want, output)
		}
		if want && !said(`Set on_media_expired = "regenerate"`).MatchString(output) {
			t.Errorf("the warning does not say what to do:\n%s", output)
		}
	}
	if values := running.Objects()[art].AttributeValues; values["media_available"] != false || values["url"] == nil {
		t.Errorf("the state has %v", values)
	}
	env.ExpectSubmissions(t, 1)
}

// To regenerate is a replacement, planned and shown as such, and only when a
// refresh has found the files gone.
func TestMedia_regenerated(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	config := env.Config(image(lighthouse, `on_media_expired = "regenerate"`, "num_images = 2"))
	env.Test(t, 2, resource.TestCase{Steps: []resource.TestStep{
		{Config: config},
		emptyPlan(config),
		{
			PreConfig: expireMedia(t, env),
			Config:    config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(art, plancheck.ResourceActionDestroyBeforeCreate),
				plancheck.ExpectKnownValue(art, at("seed"), knownvalue.Int64Exact(lighthouseSeed)),
			}},
			ConfigStateChecks: append(complete(), expect("media_available", knownvalue.Bool(true))),
		},
		emptyPlan(config),
	}})
}

// A file that is gone already is regenerated as soon as that is asked for.
func TestMedia_regeneratedOnDemand(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	keep, regenerate := env.Config(image(lighthouse)), env.Config(image(lighthouse, `on_media_expired = "regenerate"`))
	gone := emptyPlan(keep)
	gone.PreConfig = expireMedia(t, env)
	env.Test(t, 2, resource.TestCase{Steps: []resource.TestStep{
		{Config: keep},
		gone,
		{Config: regenerate, ConfigPlanChecks: plans(plancheck.ResourceActionDestroyBeforeCreate), ConfigStateChecks: complete()},
		emptyPlan(regenerate),
	}})
}

// Whatever is not a clear answer regenerates nothing.
func TestMedia_notRegeneratedOnSuspicion(t *testing.T) {
	t.Parallel()

	page := "<html><body>maintenance</body></html>"
	for name, fault := range map[string]emulator.Fault{
		"forbidden":      {Status: http.StatusForbidden},
		"HEAD not known": {Method: http.MethodHead, Status: http.StatusNotFound},
		"HEAD gone":      {Method: http.MethodHead, Status: http.StatusGone},
		"moved":          {Status: http.StatusFound, Headers: map[string]string{"Location": "/media/elsewhere"}},
		"down":           {Status: http.StatusInternalServerError},
		"reset":          {ResetBefore: true},
		"a page":         {Body: &page, Headers: map[string]string{"Content-Type": "text/html"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			onClock(env, acctest.NewClock(untilSilence))
			config := env.Config(image(lighthouse, `on_media_expired = "regenerate"`))
			fault.Route = emulator.RouteMedia
			again := emptyPlan(config)
			again.PreConfig = func() { env.Emulator.Inject(fault) }
			again.ConfigStateChecks = []statecheck.StateCheck{expect("media_available", knownvalue.Bool(true))}
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{Config: config}, again}})
		})
	}
}

// prevent_destroy and -refresh=false hold against a regeneration.
func TestMedia_regenerationCanBePrevented(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	running := env.Engine(t)
	arguments := []string{lighthouse, `on_media_expired = "regenerate"`}
	config := env.Config(image(arguments...))
	running.MustApply(config)
	expireMedia(t, env)()

	if plan, _ := running.MustPlan(config, engine.PlanOptions{SkipRefresh: true}); !plan.Empty() {
		t.Errorf("without a refresh the plan is not empty: %s", plan)
	}
	plan, diags := running.MustPlan(config, engine.PlanOptions{})
	if !said("on_media_expired = \"regenerate\" plans a new image, which is paid for").MatchString(diags.String()) ||
		!strings.HasPrefix(plan.String(), art+": delete, then create") {
		t.Errorf("the plan is %s, and says:\n%s", plan, diags)
	}
	prevented := env.Config(image(append(arguments, "lifecycle {\n    prevent_destroy = true\n  }")...))
	if err := running.Run(t.Context(), prevented, engine.PlanOptions{}).Err(); err == nil || !strings.Contains(err.Error(), "prevent_destroy") {
		t.Errorf("applying ended with %v", err)
	}
	env.ExpectSubmissions(t, 1)
}

// What became of an image that is still being made can't be guessed: a refresh
// that can't find out is an error, and never a new image.
func TestMedia_unfinishedImageIsNeverGivenUpOnSuspicion(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		happens func(*emulator.Server)
		want    string
	}{
		"fal down":       {func(server *emulator.Server) { server.Inject(emulator.Fault{ResetBefore: true}) }, "There was a connection, and no complete answer came over it"},
		"fal disordered": {func(server *emulator.Server) { server.Inject(emulator.Fault{Status: http.StatusInternalServerError}) }, "The fault is on fal's side"},
		"locked":         {func(server *emulator.Server) { server.Lock(emulator.LockExhausted) }, "fal has locked the account"},
		"key refused":    {func(server *emulator.Server) { server.Inject(emulator.Fault{Status: http.StatusUnauthorized}) }, "fal does not accept the API key"},
		"limited":        {func(server *emulator.Server) { server.Inject(emulator.Fault{Status: http.StatusTooManyRequests}) }, "fal kept asking to slow down"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithRunTime(time.Hour), emulator.WithLockedReads())
			onClock(env, acctest.NewClock(untilSilence))
			config := env.Config(image(lighthouse, "wait_for_completion = false"))
			again := emptyPlan(config)
			again.PreConfig = func() {
				env.Emulator.ClearFaults()
				env.Emulator.Unlock()
			}
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
				{Config: config},
				{
					PreConfig:   func() { test.happens(env.Emulator) },
					Config:      config,
					ExpectError: saidInOrder("Request Not Read", test.want),
				},
				again,
			}})
		})
	}
}

// That fal does not know a request, before anybody knew how it ended, is kept
// nowhere: another account's key looks the same, and when all is right again the
// image is collected. Nothing is generated by itself.
func TestMedia_forgottenBeforeItWasFinished(t *testing.T) {
	t.Parallel()

	clock := emulator.NewFakeClock(time.Now())
	env := acctest.New(t, emulator.WithClock(clock), emulator.WithRunTime(time.Hour))
	config := env.Config(image(lighthouse, "wait_for_completion = false"))
	waiting := env.Config(image(lighthouse))
	after := func(d time.Duration, reason knownvalue.Check) resource.TestStep {
		step := emptyPlan(config)
		step.PreConfig = func() {
			env.Emulator.ClearFaults()
			env.Emulator.Inject(emulator.Fault{Path: "/queue", Status: http.StatusNotFound}, emptyHistory)
			clock.Advance(d)
		}
		step.ConfigStateChecks = []statecheck.StateCheck{expect("error", reason), expect("url", knownvalue.Null())}
		return step
	}
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: config},
		after(30*time.Second, knownvalue.Null()),
		after(time.Minute, knownvalue.Null()),
		{Config: waiting, ExpectError: saidInOrder("Image Not Collected", "fal does not know the request", "Apply again to collect the image")},
		{
			PreConfig: func() {
				env.Emulator.ClearFaults()
				clock.Advance(time.Hour)
			},
			Config:            waiting,
			ConfigStateChecks: complete(),
		},
		emptyPlan(waiting),
	}})
}

// An image that is known to be there, but was forgotten before it was to be
// waited for, is an error each time; nothing is generated by itself.
func TestMedia_forgottenBeforeItWasCollected(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	onClock(env, acctest.NewClock(untilSilence))
	without, with := env.Config(image(lighthouse, "wait_for_completion = false")), env.Config(image(lighthouse))
	still := emptyPlan(without)
	still.PreConfig = func() { forget(t, env) }
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: without},
		still,
		{Config: with, ExpectError: saidInOrder("Image Not Collected", "Apply again to collect the image")},
		{Config: with, ExpectError: saidInOrder("Image Not Collected", "Apply again to collect the image")},
	}})
}

// What the queue has forgotten, the history may still have.
func TestMedia_collectedFromTheHistory(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	onClock(env, acctest.NewClock(untilSilence))
	without, with := env.Config(image(lighthouse, "wait_for_completion = false")), env.Config(image(lighthouse))
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: without},
		{
			PreConfig: func() {
				if err := env.Emulator.Expire(env.Emulator.Submissions()[0].RequestID); err != nil {
					t.Error(err)
				}
			},
			Config:            with,
			ConfigPlanChecks:  plans(plancheck.ResourceActionUpdate),
			ConfigStateChecks: complete(),
		},
		emptyPlan(with),
	}})
}
