// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// tenImages declares ten images and something that depends on each.
const tenImages = `
resource "flux2_image" "art" {
  count = 10

  prompt     = "a lighthouse at dusk"
  image_size = "square"
  keepers    = { i = count.index }
}

resource "terraform_data" "page" {
  count = 10
  input = "picture at ${flux2_image.art[count.index].url}"
}
`

// patience bounds how long a test waits for the emulator to see something.
func patience(t *testing.T) context.Context {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(stop)
	return ctx
}

// following counts the images whose status stream has been opened.
func following(env *acctest.Environment) int {
	return len(env.Emulator.LogOf(emulator.RouteStream))
}

// interruptOnceFollowing presses Ctrl-C once all ten images are waited for, and
// expects the run to end soon.
func interruptOnceFollowing(t *testing.T, env *acctest.Environment, apply *acctest.Command) (int, string) {
	t.Helper()
	return endOnceFollowing(t, env, apply, (*acctest.Command).Interrupt)
}

func endOnceFollowing(t *testing.T, env *acctest.Environment, apply *acctest.Command, end func(*acctest.Command)) (int, string) {
	t.Helper()

	if err := env.Emulator.WaitFor(patience(t), func() bool { return following(env) == 10 }); err != nil {
		apply.Kill()
		_, output := apply.Wait()
		t.Fatalf("%v\n%s", err, output)
	}
	interrupted := time.Now()
	end(apply)
	code, output := apply.Wait()
	if took := time.Since(interrupted); took > 5*time.Second {
		t.Errorf("ended %s after the interruption", took)
	}
	return code, output
}

func TestAccInterrupt_runningImagesAreKeptAndCollectedByTheNextRun(t *testing.T) {
	t.Parallel()

	clock := emulator.NewFakeClock(time.Now())
	env := acctest.New(t, emulator.WithClock(clock), emulator.WithRunTime(time.Hour), emulator.WithPainting(emulator.PaintOnDemand))
	workspace := env.Workspace(t)
	workspace.Write(env.Config(tenImages))

	apply := workspace.Start("apply", "-auto-approve", "-no-color")
	code, output := interruptOnceFollowing(t, env, apply)
	if code != 1 || !strings.Contains(output, "Image Still Being Generated") {
		t.Errorf("ended with %d:\n%s", code, output)
	}
	state := workspace.State()
	if len(state) != 10 {
		t.Errorf("%d objects in state, want the ten images:\n%s", len(state), output)
	}
	for address, image := range state {
		if image.Tainted || image.AttributeValues["request_id"] == nil || image.AttributeValues["url"] != nil {
			t.Errorf("%s: tainted %t, %v", address, image.Tainted, image.AttributeValues)
		}
	}
	if cancelled := env.Emulator.Cancellations(); len(cancelled) != 0 {
		t.Errorf("cancelled %v, which was running and paid for", cancelled)
	}

	clock.Advance(time.Hour)
	workspace.MustRun("apply", "-auto-approve", "-no-color")
	state = workspace.State()
	for i := range 10 {
		url, _ := state[fmt.Sprintf("flux2_image.art[%d]", i)].AttributeValues["url"].(string)
		page, _ := state[fmt.Sprintf("terraform_data.page[%d]", i)].AttributeValues["output"].(string)
		if url == "" || page != "picture at "+url {
			t.Errorf("image %d has the URL %q, and the page says %q", i, url, page)
		}
	}
	if code, output := workspace.Run("plan", "-detailed-exitcode", "-no-color"); code != 0 {
		t.Errorf("the third plan is not empty (%d):\n%s", code, output)
	}
	env.ExpectSubmissions(t, 10)
}

// Pipelines end what takes too long with a SIGTERM to the whole process group.
func TestAccInterrupt_terminationKeepsRunningImagesToo(t *testing.T) {
	t.Parallel()

	clock := emulator.NewFakeClock(time.Now())
	env := acctest.New(t, emulator.WithClock(clock), emulator.WithRunTime(time.Hour), emulator.WithPainting(emulator.PaintOnDemand))
	workspace := env.Workspace(t)
	workspace.Write(env.Config(tenImages))

	code, output := endOnceFollowing(t, env, workspace.Start("apply", "-auto-approve", "-no-color"), (*acctest.Command).Terminate)
	if code != 1 || !strings.Contains(output, "Image Still Being Generated") || len(workspace.State()) != 10 {
		t.Errorf("ended with %d and %d objects in state:\n%s", code, len(workspace.State()), output)
	}
	clock.Advance(time.Hour)
	workspace.MustRun("apply", "-auto-approve", "-no-color")
	env.ExpectSubmissions(t, 10)
}

// A terminal that is closed ends the engine at once, with nothing in state. What
// fal has not begun is cancelled all the same, and what it has begun goes on.
func TestAccInterrupt_hangUpCancelsQueuedImages(t *testing.T) {
	t.Parallel()

	acctest.EndOnHangUp(t)
	slow := emulator.Duration(time.Hour)
	env := acctest.New(t, emulator.WithRunTime(time.Hour), emulator.WithFaults(emulator.Fault{
		Name: "long queue", Route: emulator.RouteSubmit, Times: 7, Job: &emulator.JobFault{QueueTime: &slow},
	}))
	workspace := env.Workspace(t)
	workspace.Write(env.Config(tenImages))

	endOnceFollowing(t, env, workspace.Start("apply", "-auto-approve", "-no-color"), (*acctest.Command).HangUp)
	if err := env.Emulator.WaitFor(patience(t), func() bool { return len(env.Emulator.Cancellations()) == 7 }); err != nil {
		t.Error(err)
	}
	for _, cancellation := range env.Emulator.Cancellations() {
		if cancellation.Outcome != "OK" {
			t.Errorf("%s was not cancelled: %s", cancellation.RequestID, cancellation.Outcome)
		}
	}
	env.ExpectSubmissions(t, 10)
}

func TestAccInterrupt_queuedImagesAreCancelled(t *testing.T) {
	t.Parallel()

	slow := emulator.Duration(time.Hour)
	env := acctest.New(t, emulator.WithFaults(emulator.Fault{
		Name: "long queue", Route: emulator.RouteSubmit, Times: 10, Job: &emulator.JobFault{QueueTime: &slow},
	}))
	workspace := env.Workspace(t)
	workspace.Write(env.Config(tenImages))

	apply := workspace.Start("apply", "-auto-approve", "-no-color")
	code, output := interruptOnceFollowing(t, env, apply)
	if code != 1 || !strings.Contains(output, "Image Generation Cancelled") {
		t.Errorf("ended with %d:\n%s", code, output)
	}
	if state := workspace.State(); len(state) != 0 {
		t.Errorf("%d objects in state, want none", len(state))
	}
	cancelled := env.Emulator.Cancellations()
	for _, cancellation := range cancelled {
		if cancellation.Outcome != "OK" {
			t.Errorf("%s was not cancelled: %s", cancellation.RequestID, cancellation.Outcome)
		}
	}
	if len(cancelled) != 10 {
		t.Errorf("%d requests were cancelled, want 10", len(cancelled))
	}

	workspace.MustRun("apply", "-auto-approve", "-no-color")
	if code, output := workspace.Run("plan", "-detailed-exitcode", "-no-color"); code != 0 {
		t.Errorf("the plan is not empty (%d):\n%s", code, output)
	}
	// Ten that were cancelled before they ran, and ten that were generated.
	env.ExpectSubmissions(t, 20)
}

func TestAccKill_reuseFindsWhatTheKilledRunPaidFor(t *testing.T) {
	t.Parallel()

	clock := emulator.NewFakeClock(time.Now())
	env := acctest.New(t, emulator.WithClock(clock), emulator.WithRunTime(time.Hour), emulator.WithPainting(emulator.PaintOnDemand))
	workspace := env.Workspace(t)
	workspace.Write(strings.Replace(env.Config(tenImages), "emulator_url", "reuse_requests_within = \"1d\"\n  emulator_url", 1))

	apply := workspace.Start("apply", "-auto-approve", "-no-color")
	err := env.Emulator.WaitFor(patience(t), func() bool { return following(env) == 10 })
	apply.Kill()
	if _, output := apply.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	// The next run is on a fresh disk.
	if err := os.RemoveAll(workspace.Path(filepath.Join(".terraform", "flux2"))); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Hour)
	workspace.MustRun("apply", "-auto-approve", "-no-color", "-lock=false")
	for address, image := range workspace.State() {
		if strings.HasPrefix(address, "flux2_image.") && (image.AttributeValues["url"] == nil || image.AttributeValues["adopted"] != true) {
			t.Errorf("%s: %v", address, image.AttributeValues)
		}
	}
	if code, output := workspace.Run("plan", "-detailed-exitcode", "-no-color", "-lock=false"); code != 0 {
		t.Errorf("the plan is not empty (%d):\n%s", code, output)
	}
	if looks := len(env.Emulator.LogOf(emulator.RouteHistory)); looks != 2 {
		t.Errorf("the history was read %d times, want once in each of the two applies", looks)
	}
	env.ExpectSubmissions(t, 10)
}

// On the same disk, the journal finds what a killed run has paid for: at once,
// with no history to look in, and without a word of reuse.
func TestAccKill_journalFindsWhatTheKilledRunPaidFor(t *testing.T) {
	t.Parallel()

	clock := emulator.NewFakeClock(time.Now())
	env := acctest.New(t, emulator.WithClock(clock), emulator.WithRunTime(time.Hour), emulator.WithPainting(emulator.PaintOnDemand),
		emulator.WithFaults(emulator.Fault{Route: emulator.RouteHistory, Status: 403}))
	workspace := env.Workspace(t)
	workspace.Write(env.Config(tenImages))

	apply := workspace.Start("apply", "-auto-approve", "-no-color")
	err := env.Emulator.WaitFor(patience(t), func() bool { return following(env) == 10 })
	apply.Kill()
	if _, output := apply.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	clock.Advance(time.Hour)
	workspace.MustRun("apply", "-auto-approve", "-no-color", "-lock=false")
	for address, image := range workspace.State() {
		if strings.HasPrefix(address, "flux2_image.") && (image.AttributeValues["url"] == nil || image.AttributeValues["adopted"] != false) {
			t.Errorf("%s: %v", address, image.AttributeValues)
		}
	}
	if code, output := workspace.Run("plan", "-detailed-exitcode", "-no-color", "-lock=false"); code != 0 {
		t.Errorf("the plan is not empty (%d):\n%s", code, output)
	}
	env.ExpectSubmissions(t, 10)
}

// The provider of a killed engine lives for some seconds longer, with what it has
// noted locked. An apply that comes at once waits for that, and pays nothing again.
func TestAccKill_engineAlone(t *testing.T) {
	t.Parallel()

	clock := emulator.NewFakeClock(time.Now())
	env := acctest.New(t, emulator.WithClock(clock), emulator.WithRunTime(time.Hour), emulator.WithPainting(emulator.PaintOnDemand))
	workspace := env.Workspace(t)
	workspace.Write(env.Config(image(lighthouse)))
	apply := workspace.Start("apply", "-auto-approve", "-no-color")
	err := env.Emulator.WaitFor(patience(t), func() bool { return following(env) == 1 })
	apply.KillEngine()
	if err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Hour)
	workspace.MustRun("apply", "-auto-approve", "-no-color", "-lock=false")
	if values := workspace.State()[art].AttributeValues; values["url"] == nil || values["request_id"] != env.Emulator.Submissions()[0].RequestID {
		t.Errorf("the state has %v", values)
	}
	env.ExpectSubmissions(t, 1)
}

// An engine that is killed while it writes its state loses all of it. What the
// journal has of the last minutes is taken again, with no history to look in.
func TestAccKill_whileTheStateIsWritten(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithFaults(emulator.Fault{Route: emulator.RouteHistory, Status: 403}))
	workspace := env.Workspace(t)
	workspace.Write(env.Config(image(lighthouse)))
	workspace.MustRun("apply", "-auto-approve", "-no-color")
	workspace.MustRun("plan", "-no-color")
	if err := os.Truncate(workspace.Path("terraform.tfstate"), 0); err != nil {
		t.Fatal(err)
	}
	workspace.MustRun("apply", "-auto-approve", "-no-color")
	// Another image may have it, for all that this run knows.
	if values := workspace.State()[art].AttributeValues; values["request_id"] != env.Emulator.Submissions()[0].RequestID || values["adopted"] != true {
		t.Errorf("the state has %v", values)
	}
	// Another image is wanted, and paid for.
	workspace.MustRun("apply", "-auto-approve", "-no-color", "-replace="+art)
	env.ExpectSubmissions(t, 2)
}
