// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// noted are the files of the journal's open entries.
func noted(t *testing.T, env *acctest.Environment) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(env.DataFolder, "flux2", "journal", "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func expectNotes(t *testing.T, env *acctest.Environment, want int) {
	t.Helper()
	if found := noted(t, env); len(found) != want {
		t.Errorf("the journal has %d open entries, want %d: %v", len(found), want, found)
	}
}

// A run that is killed after fal has accepted leaves nothing in state. The next
// one takes the very request, with no history to look in.
func TestJournal_stateOfTheKilledRunIsLost(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(emulator.Fault{Route: emulator.RouteHistory, Status: http.StatusForbidden}))
	config := env.Config(image(lighthouse))
	env.Engine(t).MustApply(config)
	expectNotes(t, env, 1)

	next := env.Engine(t)
	next.MustApply(config)
	values := next.Objects()[art].AttributeValues
	if values["request_id"] != env.Emulator.Submissions()[0].RequestID || values["url"] == nil || values["adopted"] != false {
		t.Errorf("the state has %v", values)
	}
	plan, _ := next.MustPlan(config, engine.PlanOptions{})
	if !plan.Empty() {
		t.Errorf("the plan is %s", plan)
	}
	if entry, err := os.ReadFile(noted(t, env)[0]); err != nil || !strings.Contains(string(entry), `"in_state":true`) {
		t.Errorf("%v; the journal does not know that the state has the request: %s", err, entry)
	}
	env.ExpectSubmissions(t, 1)
}

// The state of another workspace is another's: its request is not taken.
func TestJournal_workspacesShareAFolder(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	config := env.Config(image(lighthouse))
	env.Engine(t).MustApply(config)
	if err := os.WriteFile(filepath.Join(env.DataFolder, "environment"), []byte("preview"), 0o600); err != nil {
		t.Fatal(err)
	}
	env.Engine(t).MustApply(config)
	env.ExpectSubmissions(t, 2)
}

// Two backends of one folder are two states, even with the same workspace.
func TestJournal_backendsShareAFolder(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	config := env.Config(image(lighthouse))
	for i, backend := range []struct {
		initialized string
		submissions int
	}{
		{`{"type":"http","config":{"address":"https://example.com/dev","password":"one","username":"ci"},"hash":1}`, 1},
		{`{"type":"http","config":{"address":"https://example.com/prod","password":"one","username":"ci"},"hash":2}`, 2},
		// A job of a pipeline has a token of its own.
		{`{"type":"http","config":{"address":"https://example.com/dev","password":"two","username":null},"hash":3}`, 2},
	} {
		initialized := `{"version":3,"backend":` + backend.initialized + `}`
		if err := os.WriteFile(filepath.Join(env.DataFolder, "terraform.tfstate"), []byte(initialized), 0o600); err != nil {
			t.Fatal(err)
		}
		env.Engine(t).MustApply(config)
		if n := len(env.Emulator.Submissions()); n != backend.submissions {
			t.Errorf("after run %d, fal has accepted %d submissions, want %d", i, n, backend.submissions)
		}
	}
}

// What an earlier run has left open is told of in each run, until it is taken or
// its file is deleted. What a run has given to its engine is nothing to tell of.
func TestJournal_tellsWhatIsOpen(t *testing.T) {
	t.Parallel()

	const open = "Submissions of an Earlier Run Are Open"
	env := acctest.New(t, emulator.WithFaults(lost, emulator.Fault{Route: emulator.RouteHistory, Status: http.StatusForbidden}))
	config := env.Config(image(lighthouse))
	running := env.Engine(t)
	if err := running.Run(t.Context(), config, engine.PlanOptions{}).Err(); err == nil || strings.Contains(err.Error(), open) {
		t.Fatalf("the first run says %v", err)
	}
	other := env.Config(image(`prompt = "a hill"`))
	_, said := running.MustPlan(other, engine.PlanOptions{})
	if text := said.String(); !strings.Contains(text, open) || !strings.Contains(strings.Join(strings.Fields(text), " "), noted(t, env)[0]) {
		t.Errorf("the plan says %s", text)
	}
	if err := os.Remove(noted(t, env)[0]); err != nil {
		t.Fatal(err)
	}
	running.MustApply(other)
	expectNotes(t, env, 1)
	if _, said := running.MustPlan(other, engine.PlanOptions{}); strings.Contains(said.String(), open) {
		t.Errorf("the plan says %s", said)
	}
	env.ExpectSubmissions(t, 2)
}

// -replace asks for another image, and gets one also where no refresh has shown
// what the state has, and under create_before_destroy.
func TestJournal_replacementIsPaidFor(t *testing.T) {
	t.Parallel()

	for name, lifecycle := range map[string]string{"destroyed first": "", "created first": "lifecycle {\n    create_before_destroy = true\n  }"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			config := env.Config(image(lighthouse, lifecycle))
			running := env.Engine(t)
			running.MustApply(config)
			before := running.Objects()[art].AttributeValues["request_id"]
			running.MustRun(config, engine.PlanOptions{SkipRefresh: true, Replace: []string{art}})
			if after := running.Objects()[art].AttributeValues["request_id"]; after == before {
				t.Errorf("the replacement has the request %v of before", after)
			}
			env.ExpectSubmissions(t, 2)
		})
	}
}

// What fal refuses, and what it certainly made nothing of, leaves no note.
func TestJournal_closesWhatCameToNothing(t *testing.T) {
	t.Parallel()

	policy := emulator.Fault{Route: emulator.RouteSubmit, Times: 1, Job: &emulator.JobFault{ModelError: "content_policy_violation"}}
	for name, test := range map[string]struct {
		fault    emulator.Fault
		accepted int
	}{
		"refused by fal":       {emulator.Fault{Route: emulator.RouteSubmit, Times: 1, Status: http.StatusPaymentRequired}, 0},
		"refused by the model": {policy, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithFaults(test.fault))
			onClock(env, acctest.NewClock(untilSilence))
			config := env.Config(image(lighthouse))
			env.Test(t, test.accepted, resource.TestCase{Steps: []resource.TestStep{{Config: config, ExpectError: said("")}}})
			expectNotes(t, env, 0)
		})
	}
}

// What a refresh drops, since it certainly came to nothing, leaves no note: the
// apply after it gets a new request, and not that one again.
func TestJournal_closesWhatARefreshDrops(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(emulator.Fault{Route: emulator.RouteSubmit, Times: 1, Job: &emulator.JobFault{ErrorType: "runner_disconnected"}}))
	config := env.Config(image(lighthouse, "wait_for_completion = false"))
	running := env.Engine(t)
	running.MustApply(config)
	expectNotes(t, env, 1)
	running.MustRun(config, engine.PlanOptions{RefreshOnly: true})
	expectNotes(t, env, 0)
	running.MustApply(config)
	if id := running.Objects()[art].AttributeValues["request_id"]; id == env.Emulator.Submissions()[0].RequestID {
		t.Errorf("the state has the request %v again", id)
	}
	env.ExpectSubmissions(t, 2)
}

// A reply that is lost for good stays noted: the next run looks again, and pays
// only once the user has deleted the file that the error names.
func TestJournal_lostForGood(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(
		emulator.Fault{Route: emulator.RouteSubmit, Times: 1, ResetBefore: true},
	))
	onClock(env, acctest.NewClock(untilSilence))
	config := env.Config(image(lighthouse))
	running := env.Engine(t)
	for range 2 {
		err := running.Run(t.Context(), config, engine.PlanOptions{}).Err()
		files := noted(t, env)
		if len(files) != 1 || err == nil || !strings.Contains(strings.Join(strings.Fields(err.Error()), " "), "delete the file "+files[0]) {
			t.Fatalf("the journal has %v; the error is %v", files, err)
		}
		env.ExpectSubmissions(t, 0)
	}
	sent(t, env, 1)
	if err := os.Remove(noted(t, env)[0]); err != nil {
		t.Fatal(err)
	}
	running.MustApply(config)
	env.ExpectSubmissions(t, 1)
}

// An entry without an id, of a run that was killed while fal answered, is looked
// for as a lost reply is. It shows in the history only later.
func TestJournal_killedBeforeTheAnswer(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(lost, emulator.Fault{Route: emulator.RouteHistory, Status: http.StatusInternalServerError}))
	config := env.Config(image(lighthouse, `timeouts = { create = "1s" }`))
	running := env.Engine(t)
	if err := running.Run(t.Context(), config, engine.PlanOptions{}).Err(); err == nil || !said("Submission Outcome Unknown").MatchString(err.Error()) {
		t.Fatalf("the first run says %v", err)
	}
	expectNotes(t, env, 1)
	env.Emulator.ClearFaults()
	env.Emulator.Inject(emulator.Fault{Route: emulator.RouteHistory, Times: 2, Status: http.StatusOK, Body: ptr(`{"items":[],"has_more":false}`)})
	onClock(env, acctest.NewClock(untilSilence))
	env.Test(t, 1, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ConfigStateChecks: []statecheck.StateCheck{
			expect("request_id", knownvalue.StringExact(env.Emulator.Submissions()[0].RequestID)), expect("adopted", knownvalue.Bool(false)),
		}},
		emptyPlan(config),
	}})
	expectNotes(t, env, 0)
}

// A submission that never arrived is looked for beside an equal image that is in
// state: by the next run, and not among what that image has.
func TestJournal_lostBesideAnEqualImage(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(emulator.Fault{Route: emulator.RouteSubmit, Times: 1, Status: http.StatusGatewayTimeout}))
	twin := strings.Replace(image(lighthouse, `timeouts = { create = "1s" }`), `"art"`, `"twin"`, 1)
	config := env.Config(image(lighthouse, `timeouts = { create = "1s" }`, "depends_on = [terraform_data.first]") + twin + `
resource "terraform_data" "first" {}
`)
	running := env.Engine(t)
	for range 2 {
		if err := running.Run(t.Context(), config, engine.PlanOptions{}).Err(); err == nil || !said("Submission Outcome Unknown").MatchString(err.Error()) {
			t.Fatalf("the run says %v", err)
		}
		if kept := running.Objects(); kept[art] != nil && kept["flux2_image.twin"] != nil {
			t.Errorf("both images have the request %v", kept[art].AttributeValues["request_id"])
		}
	}
	env.ExpectSubmissions(t, 1)
}

// Who has expired images generated anew, and has lost the state, gets a new one at
// once: the noted request would only be replaced by the next run.
func TestJournal_expiredFilesAreGeneratedAnew(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		expires, keeps bool
		submissions    int
	}{
		"regenerate, gone":  {expires: true, submissions: 2},
		"regenerate, there": {submissions: 1},
		"keep, gone":        {expires: true, keeps: true, submissions: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			choice := `on_media_expired = "regenerate"`
			if test.keeps {
				choice = `on_media_expired = "keep"`
			}
			config := env.Config(image(lighthouse, choice))
			env.Engine(t).MustApply(config)
			first := env.Emulator.Submissions()[0].RequestID
			if test.expires {
				if err := env.Emulator.ExpireMedia(first); err != nil {
					t.Fatal(err)
				}
			}

			next := env.Engine(t)
			next.MustApply(config)
			env.ExpectSubmissions(t, test.submissions)
			if id := next.Objects()[art].AttributeValues["request_id"]; (id == first) != (test.submissions == 1) {
				t.Errorf("the image has request %v; the first was %s", id, first)
			}
			if plan, _ := next.MustPlan(config, engine.PlanOptions{}); !plan.Empty() {
				t.Errorf("the plan is %s", plan)
			}
		})
	}
}

// A folder that can't be written to is a warning, once, and stops nothing.
func TestJournal_folderOutOfOrder(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	file := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	config := emulated(env, fmt.Sprintf("image_store = %q", filepath.Join(file, "store")),
		image(lighthouse)+strings.Replace(image(lighthouse, `seed = 7`), `"art"`, `"other"`, 1))
	warnings := env.Engine(t).MustApply(config).String()
	if n := strings.Count(warnings, "Submissions Not Noted"); n != 1 {
		t.Errorf("the folder is warned of %d times: %s", n, warnings)
	}
	env.ExpectSubmissions(t, 2)
}

// Two runs at once, of two states, that share a folder pay for an image each.
func TestJournal_parallelRuns(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithRunTime(300*time.Millisecond))
	config := env.Config(image(lighthouse))
	one, two := env.Engine(t), env.Engine(t)
	ended := make(chan error)
	for _, running := range []*acctest.Engine{one, two} {
		go func() { ended <- running.Run(t.Context(), config, engine.PlanOptions{}).Err() }()
	}
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if a, b := one.Objects()[art].AttributeValues["request_id"], two.Objects()[art].AttributeValues["request_id"]; a == b {
		t.Errorf("both states have the request %v", a)
	}
	env.ExpectSubmissions(t, 2)
}

// An image that was given up and is forgotten rather than deleted (`destroy =
// false`) leaves its request to the next one: no Delete hands it over.
func TestJournal_forgottenAndCreatedAgain(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(unreadable(emulator.RouteStream, emulator.RouteStatus)...))
	config := env.Config(image(lighthouse))
	running := env.Engine(t)
	if err := running.Run(t.Context(), config, engine.PlanOptions{}).Err(); err == nil || !said("Image Not Collected").MatchString(err.Error()) {
		t.Fatalf("the first run says %v", err)
	}
	// A refresh shows the tainted object, and leaves the note alone.
	if _, diags := running.Plan(t.Context(), config, engine.PlanOptions{}); diags.Err() != nil {
		t.Fatal(diags.Err())
	}
	expectNotes(t, env, 1)
	env.Emulator.ClearFaults()
	afresh := env.Engine(t)
	afresh.MustApply(config)
	if values := afresh.Objects()[art].AttributeValues; values["request_id"] != env.Emulator.Submissions()[0].RequestID || values["url"] == nil {
		t.Errorf("the state has %v", values)
	}
	env.ExpectSubmissions(t, 1)
}
