// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"testing"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// Lives that once broke a promise, as short as they were found.
func TestRequests_found(t *testing.T) {
	t.Parallel()

	hill, lake := declared{subject: "a hill", waits: true}, declared{subject: "a lake", waits: true}
	first := declared{subject: "a lake", waits: true, createFirst: true}
	noted := settings{journal: true, patience: 30 * time.Minute}
	oneProcess := settings{journal: true, oneProcess: true, patience: 30 * time.Minute}
	applying := func(ending ending, after time.Duration) step {
		return step{action: apply, workspaces: []int{0}, ending: ending, after: after}
	}
	for name, life := range map[string]requestsLife{
		"a given up request is submitted again in the same process": {
			conditions{Faults: []emulator.Fault{
				{Route: emulator.RouteHistory, Times: 12, Status: 403}, {Route: emulator.RouteResult, Times: 12, Status: 401},
			}},
			oneProcess, [][]declared{{lake}}, []step{applying("", 0)},
		},
		"a given up request is submitted again in the same process, create first": {
			conditions{Faults: []emulator.Fault{
				{Route: emulator.RouteResult, Times: 12, Status: 451},
				{Route: emulator.RouteHistory, History: &emulator.History{Lag: emulator.Duration(30 * time.Second)}},
			}},
			oneProcess, [][]declared{{first}}, []step{applying("", 0)},
		},
		"a lost reply takes the request of a sibling whose own is on its way": {
			conditions{
				Latencies: []time.Duration{700 * time.Millisecond, 80 * time.Millisecond, 5 * time.Millisecond},
				Faults:    []emulator.Fault{{Route: emulator.RouteSubmit, Times: 1, ResetBefore: true}},
			},
			noted, [][]declared{{lake, lake, hill}}, []step{applying(interrupted, 7*time.Millisecond)},
		},
		"a lost reply takes one of several, and a sibling's is on its way": {
			conditions{
				Run:       8 * time.Second,
				Latencies: []time.Duration{2 * time.Second, 80 * time.Millisecond, 2 * time.Second},
				Faults:    []emulator.Fault{{Route: emulator.RouteSubmit, Skip: 2, Times: 2, ResetAfter: true}},
			},
			noted, [][]declared{{hill, hill, {subject: "a lake"}}}, []step{applying("", 0)},
		},
		"a lost reply takes what a sibling has in state": {
			conditions{Latencies: []time.Duration{2 * time.Second, 700 * time.Millisecond}},
			noted, [][]declared{{hill, hill}}, []step{applying(interrupted, 575*time.Millisecond)},
		},
		"a lost reply takes what a sibling has noted": {
			conditions{Latencies: []time.Duration{5 * time.Millisecond, 2 * time.Second}},
			noted, [][]declared{{hill, hill}},
			[]step{applying(killedUnsaved, 605*time.Millisecond), {action: change, workspaces: []int{0}}},
		},
		"a lost reply takes what the run before had cancelled": {
			conditions{Queue: 3 * time.Second, Faults: []emulator.Fault{
				{Route: emulator.RouteSubmit, Skip: 1, Times: 1, ResetAfter: true},
			}},
			noted, [][]declared{{lake}},
			[]step{applying(interrupted, 7*time.Millisecond), {action: wait, after: time.Second}, applying(killed, 2*time.Minute)},
		},
		"a lost reply takes what a sibling had cancelled": {
			conditions{Queue: 2 * time.Minute, Latencies: []time.Duration{0, 80 * time.Millisecond}},
			noted, [][]declared{{first, lake}},
			[]step{applying(killedUnsaved, 113*time.Millisecond), applying(interrupted, 10*time.Second)},
		},
		"a lost reply takes what has failed": {
			conditions{Queue: time.Second, Latencies: []time.Duration{2 * time.Second, 0}},
			settings{journal: true, reuse: true, patience: 30 * time.Minute}, [][]declared{{lake, lake}},
			[]step{applying(interrupted, 169*time.Microsecond), {action: change, workspaces: []int{0}}},
		},
		"a search that is resumed looks from a wrong time on": {
			conditions{Options: []string{"clock behind"}, Faults: []emulator.Fault{
				{Route: emulator.RouteSubmit, Times: 12, Accept: true, Status: 504}, {Route: emulator.RouteHistory, Status: 401},
			}},
			noted, [][]declared{{hill}}, []step{applying("", 0)},
		},
		"a search that is resumed ends beside a sibling": {
			conditions{Faults: []emulator.Fault{
				{Route: emulator.RouteSubmit, Times: 1, ResetAfter: true}, {Route: emulator.RouteSubmit, Times: 12, Status: 401},
			}},
			noted, [][]declared{{lake, {subject: "a lake"}}}, []step{applying(killed, 5*time.Millisecond)},
		},
		"a cancellation is carried out, answered 504, and repeated": {
			conditions{Queue: 3 * time.Second, Faults: []emulator.Fault{
				{Route: emulator.RouteCancel, Times: 1, Accept: true, Status: 504},
			}},
			noted, [][]declared{{lake}}, []step{applying(interrupted, 824*time.Millisecond)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			for range tries {
				if err := liveInBubble(t, life, liveRequests); err != nil {
					t.Fatalf("%v\n%s", err, life)
				}
			}
		})
	}
}
