// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// scenario is a life of some objects, which runs on the engine in process and
// on a real one. Both have to plan the same, keep the same, and submit the same.
type scenario struct {
	options []emulator.Option
	steps   []scenarioStep
}

// scenarioStep is a plan and its apply.
type scenarioStep struct {
	config string
	// happens is what becomes of the world before the step.
	happens func(*acctest.Environment)
	options engine.PlanOptions
	// taint is the address of an object to taint before.
	taint string
}

const (
	createFirst = "lifecycle {\n    create_before_destroy = true\n  }"
	chosenLater = "resource \"terraform_data\" \"later\" {\n  input = %q\n}\n\n"
	page        = "resource \"terraform_data\" \"page\" {\n  input = { url = flux2_image.art.url, seed = flux2_image.art.seed }\n}\n"
)

// expired deletes what fal has of the first request's pictures.
func expired(env *acctest.Environment) {
	_ = env.Emulator.ExpireMedia(env.Emulator.Submissions()[0].RequestID)
}

func forgiven(env *acctest.Environment) { env.Emulator.ClearFaults() }

// eachWord declares an image for each word.
func eachWord(words string) string {
	return "resource \"flux2_image\" \"each\" {\n  for_each = toset([" + words + "])\n  prompt = \"a ${each.key}\"\n}\n" +
		"resource \"flux2_image_result\" \"each\" {\n  for_each = flux2_image.each\n  request_id = each.value.request_id\n}\n"
}

// billed adds up to three tenths, which no float64 is.
const billed = `
data "flux2_billing_events" "art" {
  request_ids = [flux2_image.art.request_id]

  lifecycle {
    postcondition {
      condition     = self.total_cost == 0.3 && self.total_cost == 3 * self.events[0].unit_price
      error_message = "The image has cost ${self.total_cost}."
    }
  }
}
`

var scenarios = map[string]scenario{
	"created, unchanged, destroyed": {steps: []scenarioStep{
		{config: image(lighthouse) + page},
		{config: image(lighthouse) + page},
		{config: image(lighthouse) + page, options: engine.PlanOptions{Destroy: true}},
	}},
	"changed in place": {steps: []scenarioStep{
		{config: image(lighthouse)},
		{config: image(lighthouse, `timeouts = { create = "1h" }`, `tags = { team = "web" }`)},
	}},
	"replaced with what depends on it": {steps: []scenarioStep{
		{config: image(lighthouse) + page},
		{config: image(lighthouse, "num_images = 2") + page},
	}},
	"another prompt": {steps: []scenarioStep{
		{config: image(lighthouse)},
		{config: image(`prompt = "a harbour"`, `custom_image_size = { width = 512, height = 640 }`)},
	}},
	"replaced, created before": {steps: []scenarioStep{
		{config: image(lighthouse, createFirst) + page},
		{config: image(lighthouse, "guidance_scale = 3", createFirst) + page},
	}},
	"prompt known after apply": {steps: []scenarioStep{
		{config: fmt.Sprintf(chosenLater, "a lighthouse at dusk") + image("prompt = terraform_data.later.output")},
		{config: fmt.Sprintf(chosenLater, "a harbour") + image("prompt = terraform_data.later.output")},
	}},
	"keeper and switch known after apply": {steps: []scenarioStep{
		{config: fmt.Sprintf(chosenLater, "x") + image(lighthouse, `wait_for_completion = terraform_data.later.output == "x"`, "keepers = { k = terraform_data.later.output }")},
		{config: fmt.Sprintf(chosenLater, "y") + image(lighthouse, `wait_for_completion = terraform_data.later.output == "y"`, `keepers = { k = "x" }`)},
	}},
	"collected by a result": {steps: []scenarioStep{
		{config: image(lighthouse, "wait_for_completion = false") + "resource \"flux2_image_result\" \"art\" {\n  request_id = flux2_image.art.request_id\n}\n"},
		{config: image(lighthouse) + "resource \"flux2_image_result\" \"art\" {\n  request_id = flux2_image.art.request_id\n}\n"},
	}},
	"for_each and orphans": {steps: []scenarioStep{
		{config: eachWord(`"lighthouse", "harbour"`)},
		{config: eachWord(`"harbour", "heron"`)},
	}},
	"tainted": {steps: []scenarioStep{
		{config: image(lighthouse) + page},
		{config: image(lighthouse) + page, taint: art},
	}},
	"replaced on demand": {steps: []scenarioStep{
		{config: image(lighthouse)},
		{config: image(lighthouse), options: engine.PlanOptions{Replace: []string{art}}},
	}},
	"abandoned and handed over": {options: []emulator.Option{emulator.WithFaults(unreadable(emulator.RouteStream, emulator.RouteStatus)...)}, steps: []scenarioStep{
		{config: image(lighthouse) + page},
		{config: image(lighthouse) + page, happens: forgiven},
	}},
	"abandoned, created before": {options: []emulator.Option{emulator.WithFaults(unreadable(emulator.RouteResult, emulator.RouteHistory)...)}, steps: []scenarioStep{
		{config: image(lighthouse, createFirst)},
		{config: image(lighthouse, createFirst), happens: forgiven},
	}},
	"failed, then made": {options: []emulator.Option{emulator.WithFaults(emulator.Fault{
		Route: emulator.RouteSubmit, Times: 1, Job: &emulator.JobFault{ErrorType: "runner_disconnected"},
	})}, steps: []scenarioStep{
		{config: image(lighthouse) + page},
		{config: image(lighthouse) + page},
	}},
	"files gone, kept": {steps: []scenarioStep{
		{config: image(lighthouse)},
		{config: image(lighthouse), happens: expired, options: engine.PlanOptions{RefreshOnly: true}},
		{config: image(lighthouse)},
	}},
	"files gone, regenerated": {steps: []scenarioStep{
		{config: image(lighthouse, `on_media_expired = "regenerate"`)},
		{config: image(lighthouse, `on_media_expired = "regenerate"`), happens: expired, options: engine.PlanOptions{SkipRefresh: true}},
		{config: image(lighthouse, `on_media_expired = "regenerate"`)},
	}},
	"imported by a block": {steps: []scenarioStep{{
		happens: func(env *acctest.Environment) {
			if _, err := env.Emulator.SeedRequest(emulator.SeededRequest{
				ID: knownRequest, Input: fmt.Appendf(nil, `{"prompt":"a lighthouse at dusk","seed":%d}`, lighthouseSeed),
			}); err != nil {
				panic(err)
			}
		},
		config: "import {\n  to = flux2_image.art\n  id = \"" + knownRequest + "\"\n}\n" + image(lighthouse, `tags = { team = "web" }`),
	}}},
	"looked up": {steps: []scenarioStep{
		{config: image(lighthouse) + "data \"flux2_image\" \"art\" {\n  request_id = flux2_image.art.request_id\n}\n"},
		{config: image(lighthouse) + "data \"flux2_image\" \"art\" {\n  request_id = flux2_image.art.request_id\n}\n"},
	}},
	"looked up behind a change": {steps: []scenarioStep{
		{config: image(lighthouse)},
		{config: image(lighthouse, "num_images = 2") + "data \"flux2_requests\" \"all\" {\n  endpoint_id = \"fal-ai/flux-2-dev\"\n  depends_on = [flux2_image.art]\n}\n"},
	}},
	"billed": {options: []emulator.Option{emulator.WithPrice(emulator.Price{EndpointID: "fal-ai/flux-2-dev", UnitPrice: 0.1, Unit: "images", Currency: "USD"})}, steps: []scenarioStep{
		{config: image(lighthouse, "num_images = 3") + billed},
		{config: image(lighthouse, "num_images = 3") + billed},
	}},
	"changes ignored": {steps: []scenarioStep{
		{config: image(lighthouse)},
		{config: image(lighthouse, "num_images = 2", "lifecycle {\n    ignore_changes = [num_images]\n  }")},
	}},
	"replaced with another": {steps: []scenarioStep{
		{config: fmt.Sprintf(chosenLater, "x") + image(lighthouse, "lifecycle {\n    replace_triggered_by = [terraform_data.later]\n  }")},
		{config: fmt.Sprintf(chosenLater, "y") + image(lighthouse, "lifecycle {\n    replace_triggered_by = [terraform_data.later]\n  }")},
	}},
	"condition fails": {steps: []scenarioStep{
		{config: image(lighthouse, "lifecycle {\n    postcondition {\n      condition     = self.num_images == 2 || self.url == null\n      error_message = \"not two\"\n    }\n  }") + page},
		{config: image(lighthouse) + page},
	}},
	"destruction prevented": {steps: []scenarioStep{
		{config: image(lighthouse, "lifecycle {\n    prevent_destroy = true\n  }")},
		{config: image(lighthouse, "num_images = 2", "lifecycle {\n    prevent_destroy = true\n  }")},
	}},
}

func TestAccScenarios(t *testing.T) {
	t.Parallel()

	for name, each := range scenarios {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			want, got := onRealEngine(t, each), inProcess(t, each)
			if !slices.Equal(got, want) {
				t.Errorf("a real engine\n%s\n\nthe engine in process\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"))
			}
			if name == "created, unchanged, destroyed" && !slices.ContainsFunc(want, func(line string) bool { return strings.Contains(line, "flux2_image.art create") }) {
				t.Errorf("nothing is compared:\n%s", strings.Join(want, "\n"))
			}
		})
	}
}

// inProcess writes down what the engine in process does in a scenario.
func inProcess(t *testing.T, of scenario) []string {
	t.Helper()

	env := acctest.New(t, of.options...)
	running := env.Engine(t)
	var lines []string
	for i, step := range of.steps {
		if step.happens != nil {
			step.happens(env)
		}
		if step.taint != "" {
			running.Taint(step.taint)
		}
		plan, diags := running.Plan(t.Context(), env.Config(step.config), step.options)
		if diags.Err() != nil {
			lines = append(lines, fmt.Sprintf("step %d: no plan", i))
			continue
		}
		document, err := plan.Document()
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, written(t, i, document)...)
		applied := running.Apply(t.Context(), plan).Err()
		if applied != nil {
			t.Logf("step %d in process: %v", i, applied)
		}
		lines = append(lines, fmt.Sprintf("step %d: applied %t", i, applied == nil))
	}
	lines = append(lines, kept(running.Objects())...)
	return append(lines, submittedBodies(env)...)
}

// onRealEngine writes down the same of a real engine.
func onRealEngine(t *testing.T, of scenario) []string {
	t.Helper()

	env := acctest.New(t, of.options...)
	workspace := env.Workspace(t)
	var lines []string
	for i, step := range of.steps {
		if step.happens != nil {
			step.happens(env)
		}
		workspace.Write(env.Config(step.config))
		if step.taint != "" {
			workspace.MustRun("taint", "-no-color", step.taint)
		}
		arguments := []string{"plan", "-out=plan.bin", "-no-color"}
		for flag, set := range map[string]bool{"-destroy": step.options.Destroy, "-refresh-only": step.options.RefreshOnly, "-refresh=false": step.options.SkipRefresh} {
			if set {
				arguments = append(arguments, flag)
			}
		}
		for _, address := range step.options.Replace {
			arguments = append(arguments, "-replace="+address)
		}
		if code, said := workspace.Run(arguments...); code != 0 {
			t.Logf("step %d: no plan: %s", i, said)
			lines = append(lines, fmt.Sprintf("step %d: no plan", i))
			continue
		}
		var document tfjson.Plan
		shown := workspace.MustRun("show", "-json", "plan.bin")
		if err := json.Unmarshal([]byte(shown[strings.IndexByte(shown, '{'):]), &document); err != nil {
			t.Fatalf("%v in %s", err, shown)
		}
		lines = append(lines, written(t, i, &document)...)
		code, said := workspace.Run("apply", "-no-color", "plan.bin")
		if code != 0 {
			t.Logf("step %d: %s", i, said)
		}
		lines = append(lines, fmt.Sprintf("step %d: applied %t", i, code == 0))
	}
	lines = append(lines, kept(workspace.State())...)
	return append(lines, submittedBodies(env)...)
}

// written is a plan in lines that are the same on every engine and in every
// run.
func written(t *testing.T, step int, plan *tfjson.Plan) []string {
	t.Helper()

	var lines []string
	for _, change := range plan.ResourceChanges {
		after, err := json.Marshal(stable(change.Change.After))
		if err != nil {
			t.Fatal(err)
		}
		unknown, err := json.Marshal(unknowns(change.Change.AfterUnknown))
		if err != nil {
			t.Fatal(err)
		}
		verbs := make([]string, len(change.Change.Actions))
		for i, action := range change.Change.Actions {
			verbs[i] = string(action)
		}
		lines = append(lines, fmt.Sprintf("step %d: %s %s %s unknown %s", step, change.Address, strings.Join(verbs, "+"), after, unknown))
	}
	slices.Sort(lines)
	return lines
}

var changing = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|127\.0\.0\.1:\d+|\d{4}-\d\d-\d\dT[0-9:.]+Z?|/media/\S+|made in process`)

// stable is a value without what differs from run to run. What is null and what
// is left out are alike to engines.
func stable(value any) any {
	switch value := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, inner := range value {
			switch inner = stable(inner); {
			case inner == nil:
			case name == "timings" || name == "file_name" || name == "items" || name == "requests":
				kept[name] = "…"
			default:
				kept[name] = inner
			}
		}
		return kept
	case []any:
		kept := make([]any, len(value))
		for i, inner := range value {
			kept[i] = stable(inner)
		}
		return kept
	case string:
		return changing.ReplaceAllString(value, "…")
	default:
		return value
	}
}

// unknowns are the names of what is not known, of a document that says false or
// nothing of the rest.
func unknowns(value any) []string {
	object, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	var names []string
	for name, inner := range object {
		if inner == true {
			names = append(names, name)
		}
		for _, below := range unknowns(inner) {
			names = append(names, name+"."+below)
		}
	}
	slices.Sort(names)
	return names
}

// kept is what has become of the objects.
func kept(objects map[string]*tfjson.StateResource) []string {
	var lines []string
	for _, address := range slices.Sorted(maps.Keys(objects)) {
		lines = append(lines, fmt.Sprintf("kept %s tainted %t", address, objects[address].Tainted))
	}
	return lines
}

// submittedBodies are the paid requests, in an order of their own.
func submittedBodies(env *acctest.Environment) []string {
	var lines []string
	for _, submission := range env.Emulator.Submissions() {
		lines = append(lines, "submitted "+string(submission.Body))
	}
	slices.Sort(lines)
	return lines
}
