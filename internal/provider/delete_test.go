// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// adminKey may erase what fal stores.
const adminKey = "7d1f0c2b-acc7-4e57-b3a1-adminadmin00:adm1nadm1nadm1nadm1nadm1nadm1n00"

// Destroying an image that fal still works on cancels its request, if it is the
// image's own.
func TestDelete_unfinishedRequestIsCancelled(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		options  []emulator.Option
		outcomes []string
	}{
		"queued":        {options: []emulator.Option{emulator.WithQueueTime(time.Hour)}, outcomes: []string{"OK"}},
		"running":       {options: []emulator.Option{emulator.WithRunTime(time.Hour)}, outcomes: []string{"CANCELLATION_REQUESTED"}},
		"just finished": {},
		"forgotten": {options: []emulator.Option{emulator.WithRunTime(time.Hour), emulator.WithFaults(
			emulator.Fault{Route: emulator.RouteCancel, Status: http.StatusNotFound},
		)}},
		"cancelled at the third attempt": {
			options: []emulator.Option{emulator.WithQueueTime(time.Hour), emulator.WithFaults(
				emulator.Fault{Route: emulator.RouteCancel, Times: 2, Status: http.StatusBadGateway},
			)},
			outcomes: []string{"OK"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, test.options...)
			onClock(env, acctest.NewClock(untilSilence))
			config := env.Config(image(lighthouse, "wait_for_completion = false"))
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{Config: config}, {Config: config, Destroy: true}}})
			expectCancellations(t, env, test.outcomes...)
		})
	}
}

// What can't be cancelled stays in state, and the error says so.
func TestDelete_cancellationFails(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithQueueTime(time.Hour))
	onClock(env, acctest.NewClock(untilSilence))
	config := env.Config(image(lighthouse, "wait_for_completion = false"))
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: config},
		{
			PreConfig:   func() { env.Emulator.Inject(emulator.Fault{Route: emulator.RouteCancel, Status: http.StatusForbidden}) },
			Config:      config,
			Destroy:     true,
			ExpectError: saidInOrder("Request Not Cancelled", "cancelling that failed", "terraform state rm"),
		},
		{PreConfig: env.Emulator.ClearFaults, Config: config, Destroy: true},
	}})
	expectCancellations(t, env, "OK")
}

// A finished image is destroyed without asking fal anything.
func TestDelete_finishedImageIsLeftAtFal(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{{Config: env.Config(image(lighthouse))}}})
	for _, entry := range env.Emulator.Log() {
		if entry.Method == http.MethodPut || entry.Method == http.MethodDelete {
			t.Errorf("%s %s was called", entry.Method, entry.Path)
		}
	}
	if env.Emulator.Requests()[0].MediaGone {
		t.Error("the picture is gone")
	}
}

// delete_payloads_on_destroy erases prompt, output and files, with a key that
// may do so.
func TestDelete_payloads(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		options  []emulator.Option
		arrange  func(*acctest.Environment)
		calls    int
		kept     bool
		outcomes []string
	}{
		"finished": {calls: 1},
		"at the third attempt": {
			arrange: func(env *acctest.Environment) {
				env.Emulator.Inject(emulator.Fault{Route: emulator.RouteDeletePayloads, Times: 2, Status: http.StatusInternalServerError})
			},
			calls: 3,
		},
		"erased already": {
			arrange: func(env *acctest.Environment) {
				env.Emulator.Inject(emulator.Fault{Route: emulator.RouteDeletePayloads, Status: http.StatusNotFound})
			},
			calls: 1,
			kept:  true,
		},
		"running": {options: []emulator.Option{emulator.WithRunTime(time.Hour)}, calls: 1, outcomes: []string{"CANCELLATION_REQUESTED"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, append(test.options, emulator.WithKey(adminKey, emulator.ScopeAdmin))...)
			onClock(env, acctest.NewClock(untilSilence))
			config := env.ConfigWithKey(adminKey, image(lighthouse, "delete_payloads_on_destroy = true", fmt.Sprintf("wait_for_completion = %t", test.outcomes == nil)))
			env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
				{Config: config},
				{
					PreConfig: func() {
						if test.arrange != nil {
							test.arrange(env)
						}
					},
					Config:  config,
					Destroy: true,
				},
			}})
			if calls := len(env.Emulator.LogOf(emulator.RouteDeletePayloads)); calls != test.calls {
				t.Errorf("%d deletions were asked for, want %d", calls, test.calls)
			}
			if request := env.Emulator.Requests()[0]; request.MediaGone == test.kept {
				t.Errorf("the picture is gone: %t", request.MediaGone)
			}
			expectCancellations(t, env, test.outcomes...)
		})
	}
}

// A key of scope API can't erase: the image stays until the switch is set back
// or a better key is there.
func TestDelete_payloadsNeedAnAdminKey(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithKey(acctest.Key), emulator.WithKey(adminKey, emulator.ScopeAdmin))
	config := func(key, erase string) string {
		return env.ConfigWithKey(key, image(lighthouse, "delete_payloads_on_destroy = "+erase))
	}
	refused := saidInOrder("Payloads Not Deleted", "asks for prompt, output and files of request", "to be erased at fal, and that failed",
		"Erasing needs an API key of scope ADMIN", "set delete_payloads_on_destroy = false and apply before you destroy")
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: config(acctest.Key, "true")},
		{Config: config(acctest.Key, "true"), Destroy: true, ExpectError: refused},
		// It is still in state.
		emptyPlan(config(acctest.Key, "true")),
		{Config: config(adminKey, "true"), Destroy: true},
	}})
	if !env.Emulator.Requests()[0].MediaGone {
		t.Error("the picture is still there")
	}
}

func TestDelete_payloadsKeptAfterSettingTheSwitchBack(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithKey(acctest.Key))
	erase := env.ConfigWithKey(acctest.Key, image(lighthouse, "delete_payloads_on_destroy = true"))
	keep := env.ConfigWithKey(acctest.Key, image(lighthouse))
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: erase},
		{Config: erase, Destroy: true, ExpectError: said("Payloads Not Deleted")},
		{Config: keep},
		{Config: keep, Destroy: true},
	}})
}

// fal may erase the payloads and still fail to delete a file. The object is
// gone then, and the warning says which file stays.
func TestDelete_someFilesStay(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(emulator.Fault{Route: emulator.RouteSubmit, Job: &emulator.JobFault{DeleteError: "the file is locked"}}))
	running := env.Engine(t)
	config := env.Config(image(lighthouse, "delete_payloads_on_destroy = true"))
	running.MustApply(config)
	url, _ := running.Objects()[art].AttributeValues["url"].(string)
	output := running.MustRun(config, engine.PlanOptions{Destroy: true}).String()
	for _, want := range []string{"Some Files Not Deleted", url + ": the file is locked", "Delete the files in fal's dashboard"} {
		if !said(want).MatchString(output) {
			t.Errorf("destroying does not say %q:\n%s", want, output)
		}
	}
	if left := running.State().Addresses(); len(left) != 0 {
		t.Errorf("the state still has %v", left)
	}
	env.ExpectSubmissions(t, 1)
}

// Without a key, finished images are destroyed. The request of an unfinished one
// goes on, which is said.
func TestDelete_withoutKey(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithKey(acctest.Key), emulator.WithFaults(
		emulator.Fault{Route: emulator.RouteSubmit, Prompt: "never", Job: &emulator.JobFault{Stuck: "IN_QUEUE"}},
	))
	unfinished := "resource \"flux2_image\" \"unfinished\" {\n  prompt = \"never\"\n  wait_for_completion = false\n}\n"
	running := env.Engine(t)
	running.MustApply(env.ConfigWithKey(acctest.Key, image(lighthouse)+unfinished))
	running.MustApply(configWith(env, "", unfinished))
	if left := running.State().Addresses(); len(left) != 1 {
		t.Errorf("the state has %v, want the unfinished image", left)
	}
	output := running.MustRun(configWith(env, "", unfinished), engine.PlanOptions{Destroy: true, SkipRefresh: true}).String()
	for _, want := range []string{"Request Not Cancelled", "needs an API key, and none is configured", "may be billed"} {
		if !said(want).MatchString(output) {
			t.Errorf("destroying does not say %q:\n%s", want, output)
		}
	}
	if left := running.State().Addresses(); len(left) != 0 {
		t.Errorf("the state still has %v", left)
	}
	expectCancellations(t, env)
	env.ExpectSubmissions(t, 2)
}
