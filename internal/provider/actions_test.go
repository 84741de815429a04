// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// within is how long an action may take.
func within(patience string) tftypes.Value {
	return tftypes.NewValue(tftypes.Object{AttributeTypes: map[string]tftypes.Type{"invoke": tftypes.String}}, map[string]tftypes.Value{"invoke": word(patience)})
}

// An action says what it does, what became of it, and what it costs.
func TestCancelRequestAction(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		request   emulator.SeededRequest
		fault     emulator.Fault
		arguments arguments
		outcome   string
		progress  []string
		want      string
	}{
		"queued": {
			request: emulator.SeededRequest{QueueTime: time.Hour}, outcome: "OK",
			progress: []string{"Asking fal to cancel request " + knownRequest + " at fal-ai/flux-2-dev.", "The request has left the queue. It never runs and is not billed."},
		},
		"queued at another endpoint": {
			request: emulator.SeededRequest{QueueTime: time.Hour, EndpointID: "fal-ai/flux-2"}, outcome: "OK",
			arguments: arguments{"endpoint_id": word("fal-ai/flux-2")},
			progress:  []string{"Asking fal to cancel request " + knownRequest + " at fal-ai/flux-2.", "The request has left the queue. It never runs and is not billed."},
		},
		"running": {
			request: emulator.SeededRequest{RunTime: time.Hour}, outcome: "CANCELLATION_REQUESTED",
			progress: []string{"Asking fal to cancel", "fal works on the request already, and was asked to stop.", "The request was cancelled."},
		},
		"running to its end": {
			request: emulator.SeededRequest{RunTime: 2 * time.Second, Job: &emulator.JobFault{IgnoreCancel: true}}, outcome: "CANCELLATION_REQUESTED",
			progress: []string{"Asking fal to cancel", "fal works on the request already, and was asked to stop."},
			want:     "WARNING: Request Already Finished: It was too late to cancel request " + knownRequest,
		},
		"running for longer than anybody waits": {
			request: emulator.SeededRequest{RunTime: time.Hour, Job: &emulator.JobFault{IgnoreCancel: true}}, outcome: "CANCELLATION_REQUESTED",
			arguments: arguments{"timeouts": within("2s")},
			progress:  []string{"Asking fal to cancel", "fal works on the request already, and was asked to stop."},
			want:      "WARNING: Cancellation Not Confirmed: fal accepted the cancellation of request " + knownRequest,
		},
		"finished": {
			request: ended(nil), outcome: "ALREADY_COMPLETED",
			progress: []string{"Asking fal to cancel"},
			want:     "WARNING: Request Already Finished",
		},
		"of another endpoint": {
			request: emulator.SeededRequest{QueueTime: time.Hour}, arguments: arguments{"endpoint_id": word("fal-ai/flux-2")},
			progress: []string{"Asking fal to cancel"},
			want:     "ERROR: Request Not Found: fal's queue does not know request " + knownRequest + " at fal-ai/flux-2.",
		},
		"not permitted": {
			request: emulator.SeededRequest{QueueTime: time.Hour}, fault: emulator.Fault{Route: emulator.RouteCancel, Status: http.StatusUnauthorized},
			progress: []string{"Asking fal to cancel"},
			want:     "ERROR: Request Not Cancelled: fal was asked to cancel request " + knownRequest,
		},
		"no time at all":    {arguments: arguments{"timeouts": within("0s")}, want: `timeouts.invoke is "0s", but must be longer than 0`},
		"blank":             {arguments: arguments{"request_id": word(" ")}, want: "must not be blank"},
		"no request id":     {arguments: arguments{"request_id": word("../status")}, want: `request_id is "../status", but must be the id of a request, such as request_id of a flux2_image`},
		"endpoint misspelt": {arguments: arguments{"endpoint_id": word("flux-2")}, want: "must have the form owner/alias"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			seedLighthouse(t, env, test.request)
			if test.fault.Route != "" {
				env.Emulator.Inject(test.fault)
			}
			set := arguments{"request_id": word(knownRequest)}
			for argument, value := range test.arguments {
				set[argument] = value
			}
			c := converseConfigured(t, env)
			progress, diags := c.invoke(t, "flux2_cancel_request", set)
			if !slices.EqualFunc(progress, test.progress, strings.HasPrefix) {
				t.Errorf("the progress is %q, want %q", progress, test.progress)
			}
			if got := spoken(diags); !strings.Contains(got, test.want) || (test.want == "" && got != "") {
				t.Errorf("cancelling said %q, want %q", got, test.want)
			}
			var outcomes []string
			for _, cancellation := range env.Emulator.Cancellations() {
				outcomes = append(outcomes, cancellation.Outcome)
			}
			if strings.Join(outcomes, ", ") != test.outcome {
				t.Errorf("fal was asked to cancel with the outcomes %v, want %q", outcomes, test.outcome)
			}
			env.ExpectSubmissions(t, 0)
		})
	}
}

const anotherRequest = "8f1a2b34-5c6d-4e7f-8091-a2b3c4d5e6f7"

func TestDeletePayloadsAction(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		fate     *emulator.JobFault
		fault    emulator.Fault
		ids      []string
		progress []string
		want     []string
		erased   []string
	}{
		"one": {
			ids:      []string{knownRequest},
			progress: []string{"1 of 1: erased request " + knownRequest + " and 1 of its 1 files."},
			erased:   []string{knownRequest},
		},
		"two": {
			ids:      []string{anotherRequest, knownRequest},
			progress: []string{"1 of 2: erased request " + anotherRequest, "2 of 2: erased request " + knownRequest},
			erased:   []string{knownRequest, anotherRequest},
		},
		"one that is not there": {
			ids:      []string{"00000000-0000-4000-8000-000000000000", knownRequest},
			progress: []string{"1 of 2: fal does not know request 00000000-0000-4000-8000-000000000000.", "2 of 2: erased"},
			want:     []string{"ERROR: Requests Not Found: fal does not know these requests: 00000000-0000-4000-8000-000000000000. Every other one was erased."},
			erased:   []string{knownRequest},
		},
		"a file that stays": {
			fate:     &emulator.JobFault{DeleteError: "the file is locked"},
			ids:      []string{knownRequest},
			progress: []string{"1 of 1: erased request " + knownRequest + " and 0 of its 1 files."},
			want:     []string{"WARNING: Some Files Not Deleted", "the file is locked"},
		},
		"not permitted": {
			fault:    emulator.Fault{Route: emulator.RouteDeletePayloads, Skip: 1, Status: http.StatusForbidden},
			ids:      []string{anotherRequest, knownRequest},
			progress: []string{"1 of 2: erased"},
			want: []string{
				"ERROR: Deletion Not Permitted: fal was asked to erase the payloads of request " + knownRequest,
				"needs a key of scope ADMIN. That is about the key and not about the request.",
				"Nothing was erased of these requests: " + knownRequest + ".",
			},
			erased: []string{anotherRequest},
		},
		"key not accepted": {
			fault: emulator.Fault{Route: emulator.RouteDeletePayloads, Status: http.StatusUnauthorized},
			ids:   []string{knownRequest},
			want:  []string{"ERROR: Payloads Not Deleted", "Check FAL_KEY, or api_key in the provider block"},
		},
		"none":          {ids: []string{}, want: []string{"at least 1 elements"}},
		"one twice":     {ids: []string{knownRequest, knownRequest}, want: []string{"This attribute contains duplicate values"}},
		"a blank one":   {ids: []string{" "}, want: []string{"must not be blank"}},
		"no request id": {ids: []string{"../keys"}, want: []string{`ERROR: Invalid Attribute Value [AttributeName("request_ids").ElementKeyInt(0)]`, `request_ids[0] is "../keys", but must be the id of a request`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			seedLighthouse(t, env, ended(test.fate))
			seedLighthouse(t, env, emulator.SeededRequest{ID: anotherRequest, SentAt: time.Now().Add(-time.Hour)})
			if test.fault.Route != "" {
				env.Emulator.Inject(test.fault)
			}
			c := converseConfigured(t, env)
			progress, diags := c.invoke(t, "flux2_delete_payloads", arguments{"request_ids": texts(test.ids...)})
			if !slices.EqualFunc(progress, test.progress, strings.HasPrefix) {
				t.Errorf("the progress is %q, want %q", progress, test.progress)
			}
			got := spoken(diags)
			for _, want := range test.want {
				if !strings.Contains(got, want) {
					t.Errorf("erasing said %q, want %q", got, want)
				}
			}
			if len(test.want) == 0 && got != "" {
				t.Errorf("erasing said %q", got)
			}
			for _, request := range env.Emulator.Requests() {
				if request.MediaGone != slices.Contains(test.erased, request.ID) {
					t.Errorf("the files of %s are gone: %t", request.ID, request.MediaGone)
				}
			}
			env.ExpectSubmissions(t, 0)
		})
	}
}

// Ids that a search was to find are known after the plan. That there are none is no
// success.
func TestDeletePayloads_foundNone(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	c := converseConfigured(t, env)
	const kind = "flux2_delete_payloads"
	progress, diags := c.invokePrepared(t, kind, c.actionConfig(t, kind, arguments{"request_ids": texts()}))
	if got := spoken(diags); len(progress) > 0 || !strings.Contains(got, "request_ids is empty, so nothing was erased.") {
		t.Errorf("erasing said %q, progress %q", got, progress)
	}
	env.ExpectSubmissions(t, 0)
}

// An action whose argument is known only after apply can be planned.
func TestActions_planWithUnknownArguments(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	c := converseConfigured(t, env)
	unknown := tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
	for kind, set := range map[string]arguments{
		"flux2_cancel_request": {"request_id": unknown, "endpoint_id": unknown},
		"flux2_delete_payloads": {"request_ids": tftypes.NewValue(
			tftypes.List{ElementType: tftypes.String}, []tftypes.Value{unknown})},
	} {
		if diags := c.prepare(t, kind, c.actionConfig(t, kind, set)); len(diags) > 0 {
			t.Errorf("planning %s said %s", kind, spoken(diags))
		}
	}
	if calls := len(env.Emulator.Log()); calls > 0 {
		t.Errorf("planning made %d calls", calls)
	}
}
