// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/zclconf/go-cty/cty"
)

// Which calls providers get, in which order, with which private data.
func TestEngine_calls(t *testing.T) {
	t.Parallel()

	f := newFake(t)
	e := f.engine(Options{Parallelism: 1})
	start := []string{"start", "configure"}

	mustRun(t, e, thing("a", ""), PlanOptions{})
	expectCalls(t, f, slices.Concat(start, []string{"plan a prior false private "}, start, []string{"plan a prior false private ", "create a"}, nil)...)

	// What has no change is planned, and not called in the apply.
	mustRun(t, e, thing("a", ""), PlanOptions{})
	unchanged := []string{"upgrade a", `read a private {"by":"create"}`, `plan a prior true private {"by":"create"}`}
	expectCalls(t, f, slices.Concat(start, unchanged, start, []string{"upgrade a"})...)

	// A change in place is planned again when it is applied.
	mustRun(t, e, thing("a", `label = "b"`), PlanOptions{SkipRefresh: true})
	expectCalls(t, f, slices.Concat(start, []string{"upgrade a", `plan a prior true private {"by":"create"}`},
		start, []string{"upgrade a", `plan a prior true private {"by":"create"}`, "update a"})...)

	// A replacement is planned by two questions. The second has no prior state,
	// but what the first has kept; so has the end of the old object.
	f.onPlan = func(_ *tfprotov6.PlanResourceChangeRequest, prior cty.Value, _ map[string]cty.Value, resp *tfprotov6.PlanResourceChangeResponse) {
		if !prior.IsNull() {
			resp.PlannedPrivate = []byte(`{"by":"plan"}`)
		}
	}
	mustRun(t, e, thing("a", "size = 1"), PlanOptions{SkipRefresh: true})
	expectCalls(t, f, slices.Concat(start, []string{"upgrade a", `plan a prior true private {"by":"create"}`, `plan a prior false private {"by":"plan"}`},
		start, []string{"upgrade a", `end a private {"by":"plan"}`, "plan a prior false private ", "create a"})...)

	// A tainted object is planned as if there were none, and ends without what
	// was kept with it.
	if !e.Taint("fake_thing.a") {
		t.Error("there is nothing to taint")
	}
	mustRun(t, e, thing("a", "size = 1"), PlanOptions{SkipRefresh: true})
	expectCalls(t, f, slices.Concat(start, []string{"upgrade a", "plan a prior false private "},
		start, []string{"upgrade a", "end a private ", "plan a prior false private ", "create a"})...)

	// A final end is planned with it.
	mustRun(t, e, "", PlanOptions{SkipRefresh: true})
	expectCalls(t, f, slices.Concat(start, []string{"upgrade a", `plan end of a private {"by":"create"}`}, start, []string{"upgrade a", `end a private {"by":"plan"}`})...)
	if left := e.State().Addresses(); len(left) > 0 {
		t.Errorf("the state has %v", left)
	}
}

// An object that was moved is the same one at another address.
func TestEngine_move(t *testing.T) {
	t.Parallel()

	f := newFake(t)
	e := f.engine(Options{Parallelism: 1})
	mustRun(t, e, thing("a", ""), PlanOptions{})
	if e.Move("fake_thing.b", "fake_thing.c") || e.Move("fake_thing.a", "fake_thing.a") {
		t.Error("what is not there was moved, or to where something is")
	}
	each := "resource \"fake_thing\" \"each\" {\n  for_each = { x = \"a\" }\n  name = each.value\n}\n"
	if !e.Move("fake_thing.a", `fake_thing.each["x"]`) {
		t.Fatal("there is nothing to move")
	}
	if plan, diags := e.Plan(t.Context(), each, PlanOptions{}); diags.failed() || !plan.Empty() {
		t.Errorf("the plan is not empty: %v %v", plan, diags)
	}
	if !e.Move(`fake_thing.each["x"]`, "fake_thing.a") {
		t.Fatal("there is nothing to move back")
	}
	if plan, diags := e.Plan(t.Context(), thing("a", ""), PlanOptions{}); diags.failed() || !plan.Empty() {
		t.Errorf("the plan is not empty: %v %v", plan, diags)
	}
}

// With create_before_destroy the old object is put aside, and its end is
// planned when it comes to that.
func TestEngine_createBeforeDestroy(t *testing.T) {
	t.Parallel()

	f := newFake(t)
	e := f.engine(Options{Parallelism: 1})
	first := "lifecycle {\n    create_before_destroy = true\n  }\n"
	mustRun(t, e, thing("a", first), PlanOptions{})
	f.called()
	mustRun(t, e, thing("a", "size = 1\n"+first), PlanOptions{SkipRefresh: true})
	expectCalls(t, f, "start", "configure", "upgrade a", `plan a prior true private {"by":"create"}`, `plan a prior false private {"by":"create"}`,
		"start", "configure", "plan a prior false private ", "create a", "upgrade a", `plan end of a private {"by":"create"}`, `end a private {"by":"create"}`)

	// A replacement that fails leaves the old object in its place.
	f.onApply = func(_ *tfprotov6.ApplyResourceChangeRequest, prior cty.Value, _ map[string]cty.Value, resp *tfprotov6.ApplyResourceChangeResponse) {
		if prior.IsNull() {
			resp.NewState, _ = packed(prior, prior.Type())
			resp.Diagnostics = failing("no")
		}
	}
	if e.Run(t.Context(), thing("a", "size = 2\n"+first), PlanOptions{}).Err() == nil {
		t.Error("the replacement did not fail")
	}
	if e.State().Tainted("fake_thing.a") || len(e.State().Deposed("fake_thing.a")) > 0 {
		t.Errorf("the old object is tainted or deposed")
	}

	// One that fails half way stays, tainted, beside the old object, which a
	// later run ends.
	f.onApply = func(_ *tfprotov6.ApplyResourceChangeRequest, prior cty.Value, _ map[string]cty.Value, resp *tfprotov6.ApplyResourceChangeResponse) {
		if prior.IsNull() {
			resp.Diagnostics = failing("half way")
		}
	}
	if e.Run(t.Context(), thing("a", "size = 2\n"+first), PlanOptions{}).Err() == nil {
		t.Error("the replacement did not fail")
	}
	if !e.State().Tainted("fake_thing.a") || len(e.State().Deposed("fake_thing.a")) != 1 {
		t.Errorf("tainted %t, deposed %v", e.State().Tainted("fake_thing.a"), e.State().Deposed("fake_thing.a"))
	}
	f.onApply = nil
	mustRun(t, e, thing("a", "size = 2\n"+first), PlanOptions{})
	if e.State().Tainted("fake_thing.a") || len(e.State().Deposed("fake_thing.a")) > 0 {
		t.Error("the next run leaves a tainted or a deposed object")
	}
}

// What becomes of an object whose change fails depends on what the provider
// returns with the error.
func TestEngine_errorsAndState(t *testing.T) {
	t.Parallel()

	fails := func(keeps bool) func(*tfprotov6.ApplyResourceChangeRequest, cty.Value, map[string]cty.Value, *tfprotov6.ApplyResourceChangeResponse) {
		return func(_ *tfprotov6.ApplyResourceChangeRequest, prior cty.Value, made map[string]cty.Value, resp *tfprotov6.ApplyResourceChangeResponse) {
			resp.Diagnostics = failing("broken")
			switch {
			case !keeps:
				resp.NewState, _ = packed(cty.NullVal(prior.Type()), prior.Type())
			case len(made) == 0:
				resp.NewState, _ = packed(prior, prior.Type())
			}
		}
	}
	for name, test := range map[string]struct {
		before, config string
		options        PlanOptions
		keeps          bool
		stays, tainted bool
	}{
		"creation without an object": {config: thing("a", "")},
		"creation with an object":    {config: thing("a", ""), keeps: true, stays: true, tainted: true},
		"update without an object":   {before: thing("a", ""), config: thing("a", `label = "b"`), stays: true},
		"update with an object":      {before: thing("a", ""), config: thing("a", `label = "b"`), keeps: true, stays: true},
		"end without an object":      {before: thing("a", ""), options: PlanOptions{Destroy: true}, stays: true},
		"end with an object":         {before: thing("a", ""), options: PlanOptions{Destroy: true}, keeps: true, stays: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			f := newFake(t)
			e := f.engine(Options{})
			if test.before != "" {
				mustRun(t, e, test.before, PlanOptions{})
			}
			f.onApply = fails(test.keeps)
			diags := e.Run(t.Context(), test.config, test.options)
			if err := diags.Err(); err == nil || !strings.Contains(err.Error(), "Error: broken") {
				t.Errorf("said %v", diags)
			}
			if stays := len(e.State().Addresses()) == 1; stays != test.stays || e.State().Tainted("fake_thing.a") != test.tainted {
				t.Errorf("stays %t, tainted %t", stays, e.State().Tainted("fake_thing.a"))
			}
		})
	}
}

// Objects end after those that depend on them, and begin before, over a chain
// and with a replacement in it.
func TestEngine_order(t *testing.T) {
	t.Parallel()

	chain := func(size string) string {
		return thing("a", size) + thing("b", "label = fake_thing.a.url") + thing("c", "depends_on = [fake_thing.b]")
	}
	f := newFake(t)
	e := f.engine(Options{})
	changes := func() []string {
		return slices.DeleteFunc(f.called(), func(call string) bool {
			return !strings.HasPrefix(call, "create ") && !strings.HasPrefix(call, "update ") && !strings.HasPrefix(call, "end ")
		})
	}
	expect := func(want ...string) {
		t.Helper()
		got := changes()
		for i := range got {
			got[i] = strings.Join(strings.Fields(got[i])[:2], " ")
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	mustRun(t, e, chain(""), PlanOptions{})
	expect("create a", "create b", "create c")
	mustRun(t, e, chain("size = 1"), PlanOptions{})
	expect("end a", "create a", "update b")
	first := "lifecycle {\n    create_before_destroy = true\n  }\n"
	mustRun(t, e, chain("size = 2\n"+first), PlanOptions{})
	expect("create a", "update b", "end a")
	// What is removed together with its dependents ends last.
	mustRun(t, e, "", PlanOptions{})
	expect("end c", "end b", "end a")
}

// The rest of what a configuration can say.
func TestEngine_configuration(t *testing.T) {
	t.Parallel()

	plan := func(t *testing.T, e *Engine, config string, options PlanOptions) string {
		t.Helper()
		plan, diags := e.Plan(t.Context(), config, options)
		if err := diags.Err(); err != nil {
			t.Fatal(err)
		}
		return plan.String()
	}
	t.Run("for_each, count and orphans", func(t *testing.T) {
		t.Parallel()

		e := newFake(t).engine(Options{})
		each := func(names string) string {
			return "resource \"fake_thing\" \"each\" {\n  for_each = toset(" + names + ")\n  name = each.key\n}\n" +
				"resource \"fake_thing\" \"numbered\" {\n  count = length(" + names + ")\n  name = \"n${count.index}\"\n}\n" +
				"resource \"fake_thing\" \"chained\" {\n  for_each = fake_thing.each\n  name = each.value.url\n}\n"
		}
		mustRun(t, e, each(`["x", "y"]`), PlanOptions{})
		if got := plan(t, e, each(`["y"]`), PlanOptions{}); got != "fake_thing.chained[\"x\"]: delete\nfake_thing.each[\"x\"]: delete\nfake_thing.numbered[1]: delete" {
			t.Errorf("planned %s", got)
		}
	})
	t.Run("ignore_changes", func(t *testing.T) {
		t.Parallel()

		e := newFake(t).engine(Options{})
		mustRun(t, e, thing("a", "size = 1"), PlanOptions{})
		if got := plan(t, e, thing("a", "size = 2\n  lifecycle {\n    ignore_changes = [size]\n  }"), PlanOptions{}); got != "" {
			t.Errorf("planned %s", got)
		}
		if got := plan(t, e, thing("a", "size = 2\n  lifecycle {\n    ignore_changes = all\n  }"), PlanOptions{}); got != "" {
			t.Errorf("planned %s", got)
		}
	})
	t.Run("prevent_destroy", func(t *testing.T) {
		t.Parallel()

		e := newFake(t).engine(Options{})
		kept := "\n  lifecycle {\n    prevent_destroy = true\n  }"
		mustRun(t, e, thing("a", kept), PlanOptions{})
		for _, options := range []PlanOptions{{Destroy: true}, {Replace: []string{"fake_thing.a"}}} {
			if err := e.Run(t.Context(), thing("a", kept), options).Err(); err == nil || !strings.Contains(err.Error(), "Instance cannot be destroyed") {
				t.Errorf("said %v", err)
			}
		}
	})
	t.Run("replace and replace_triggered_by", func(t *testing.T) {
		t.Parallel()

		e := newFake(t).engine(Options{})
		config := func(label string) string {
			return thing("a", label) + thing("b", "lifecycle {\n    replace_triggered_by = [fake_thing.a]\n  }")
		}
		mustRun(t, e, config(""), PlanOptions{})
		if got := plan(t, e, config(`label = "x"`), PlanOptions{}); !strings.Contains(got, "fake_thing.b: delete, then create") {
			t.Errorf("planned %s", got)
		}
		if got := plan(t, e, thing("a", "")+thing("b", ""), PlanOptions{Replace: []string{"fake_thing.b"}}); got != "fake_thing.b: delete, then create (url)" {
			t.Errorf("planned %s", got)
		}
	})
	t.Run("conditions", func(t *testing.T) {
		t.Parallel()

		e := newFake(t).engine(Options{})
		condition := func(kind, of string) string {
			return thing("a", "lifecycle {\n    "+kind+" {\n      condition = "+of+"\n      error_message = \"no: ${1 + 1}\"\n    }\n  }")
		}
		for kind, of := range map[string]string{"precondition": "1 == 2", "postcondition": `self.url == "elsewhere"`} {
			if err := e.Run(t.Context(), condition(kind, of), PlanOptions{}).Err(); err == nil || !strings.Contains(err.Error(), "Resource "+kind+" failed") || !strings.Contains(err.Error(), "no: 2") {
				t.Errorf("%s said %v", kind, err)
			}
		}
		// The object of the failed postcondition was made all the same.
		if left := e.State().Addresses(); len(left) != 1 {
			t.Errorf("the state has %v", left)
		}
	})
	t.Run("data waits for what is pending", func(t *testing.T) {
		t.Parallel()

		f := newFake(t)
		e := f.engine(Options{})
		config := thing("a", "") + "data \"fake_thing\" \"d\" {\n  name = fake_thing.a.url\n}\noutput \"found\" {\n  value = data.fake_thing.d.url\n}\n"
		if got := plan(t, e, config, PlanOptions{}); !strings.Contains(got, "data.fake_thing.d: read") {
			t.Errorf("planned %s", got)
		}
		mustRun(t, e, config, PlanOptions{})
		document, err := e.State().Document()
		if err != nil || document.Values.Outputs["found"].Value != "url of url 1" {
			t.Errorf("the output is %v (%v)", document.Values.Outputs["found"], err)
		}
		if got := plan(t, e, config, PlanOptions{}); got != "" {
			t.Errorf("planned %s", got)
		}
	})
	t.Run("functions, locals and variables", func(t *testing.T) {
		t.Parallel()

		e := newFake(t).engine(Options{Variables: map[string]cty.Value{"word": cty.StringVal("ba")}})
		mustRun(t, e, "variable \"word\" {}\nlocals {\n  twice = provider::fake::twice(var.word)\n}\n"+
			"resource \"fake_thing\" \"a\" {\n  name = upper(local.twice)\n}\noutput \"name\" {\n  value = fake_thing.a.name\n}\n", PlanOptions{})
		document, err := e.State().Document()
		if err != nil || document.Values.Outputs["name"].Value != "BABA" {
			t.Errorf("the output is %v (%v)", document.Values.Outputs["name"], err)
		}
	})
	t.Run("import", func(t *testing.T) {
		t.Parallel()

		f := newFake(t)
		e := f.engine(Options{})
		if err := e.Import(t.Context(), thing("a", ""), "fake_thing.a", "there").Err(); err != nil {
			t.Fatal(err)
		}
		expectCalls(t, f, "start", "configure", "import there", "read there private ")
		block := "import {\n  to = fake_thing.b\n  id = \"b\"\n}\n" + thing("b", `label = "mine"`)
		if got := plan(t, e, block+thing("a", ""), PlanOptions{}); !strings.Contains(got, "fake_thing.b: update (label)") {
			t.Errorf("planned %s", got)
		}
	})
	t.Run("a cycle", func(t *testing.T) {
		t.Parallel()

		e := newFake(t).engine(Options{})
		if err := e.Run(t.Context(), thing("a", "label = fake_thing.b.url")+thing("b", "label = fake_thing.a.url"), PlanOptions{}).Err(); err == nil || !strings.Contains(err.Error(), "Error: Cycle") {
			t.Errorf("said %v", err)
		}
	})
	t.Run("mistakes", func(t *testing.T) {
		t.Parallel()

		e := newFake(t).engine(Options{})
		for config, want := range map[string]string{
			"resource \"fake_thing\" \"a\" {\n}\n":                   `The argument "name" is required`,
			thing("a", "colour = 1"):                                 `An argument named "colour" is not expected here`,
			thing("a", `size = "large"`):                             `Inappropriate value for attribute "size"`,
			thing("a", "frame = {}"):                                 `attribute "width" is required`,
			thing("a", "label = fake_thing.other.url"):               "has not been declared",
			thing("a", "count = fake_thing.b.url") + thing("b", ""):  "cannot be determined until apply",
			"resource \"other_thing\" \"a\" {\n}\n":                  "There is no provider",
			"module \"m\" {\n}\n":                                    "does not read them",
			thing("a", "label = nonsense()"):                         `no function named "nonsense"`,
			"data \"fake_other\" \"a\" {\n}\n":                       `does not support data "fake_other"`,
			thing("a", "lifecycle {\n    destroy = false\n  }"):      "does not read destroy",
			"variable \"v\" {}\n" + thing("a", "label = var.v"):      "No value for required variable",
			"resource \"fake_thing\" \"a\" {\n  name = \"a\"\n":      "Unclosed configuration block",
			thing("a", "for_each = \"x\""):                           "must be a map, or a set of strings",
			thing("a", "") + thing("a", ""):                          "declared already",
			thing("a", "lifecycle {\n    ignore_changes = [a b]\n}"): "Missing item separator",
		} {
			if err := e.Run(t.Context(), config, PlanOptions{}).Err(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s\nsaid %v, want %s", config, err, want)
			}
		}
	})
}

// A refresh alone saves what it has found, also if that is only what the
// provider keeps with an object.
func TestEngine_refreshOnly(t *testing.T) {
	t.Parallel()

	f := newFake(t)
	e := f.engine(Options{})
	mustRun(t, e, thing("a", ""), PlanOptions{})
	refreshed := func() bool {
		t.Helper()
		plan, diags := e.Plan(t.Context(), thing("a", ""), PlanOptions{RefreshOnly: true})
		if err := diags.Err(); err != nil {
			t.Fatal(err)
		}
		return !plan.Empty()
	}
	if refreshed() {
		t.Error("nothing has changed")
	}
	f.onRead = func(_ map[string]cty.Value, resp *tfprotov6.ReadResourceResponse) {
		resp.Private = []byte(`{"by":"read"}`)
	}
	if !refreshed() {
		t.Error("the change of private data is not seen")
	}
	f.onRead = func(_ map[string]cty.Value, resp *tfprotov6.ReadResourceResponse) {
		resp.NewState, _ = packed(cty.NullVal(f.thing.objectType), f.thing.objectType)
	}
	if err := e.Refresh(t.Context(), thing("a", "")).Err(); err != nil || len(e.State().Addresses()) > 0 {
		t.Errorf("the state has %v (%v)", e.State().Addresses(), err)
	}
}

// What an upgrade makes of an object that another version has written is no change,
// and what that version has kept beside it is not known.
func TestEngine_upgradedObject(t *testing.T) {
	t.Parallel()

	f := newFake(t)
	e := f.engine(Options{})
	if err := e.Run(t.Context(), thing("a", ""), PlanOptions{}).Err(); err != nil {
		t.Fatal(err)
	}
	// Other bytes for the same values.
	at := "fake_thing.a"
	older := append([]byte("\n"), e.State().objects[objectKey{address: at}].attributes...)
	state := e.State().Copy()
	if !state.Rewrite(at, 0, older) || state.Rewrite("fake_thing.none", 0, older) {
		t.Fatal("the wrong object was rewritten")
	}
	e.SetState(state)
	f.called()
	for _, options := range []PlanOptions{{}, {RefreshOnly: true}} {
		plan, diags := e.Plan(t.Context(), thing("a", ""), options)
		if diags.Err() != nil || !plan.Empty() {
			t.Errorf("the plan is %s (%s)", plan, diags)
		}
	}
	if calls := f.called(); !slices.Contains(calls, "read a private ") {
		t.Errorf("the calls are %q", calls)
	}
}

// Each operation starts providers of its own, one for each provider block;
// unless one is configured for many operations.
func TestEngine_providers(t *testing.T) {
	t.Parallel()

	config := "provider \"fake\" {\n  alias = \"other\"\n}\n" + thing("a", "") + thing("b", "provider = fake.other")
	for name, test := range map[string]struct {
		options Options
		want    int
	}{
		"one each":      {Options{}, 4},
		"one Configure": {Options{OneConfigure: true}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			f := newFake(t)
			e := f.engine(test.options)
			mustRun(t, e, config, PlanOptions{})
			configured := 0
			for _, call := range f.called() {
				if call == "configure" {
					configured++
				}
			}
			if configured != test.want {
				t.Errorf("configured %d times, want %d", configured, test.want)
			}
		})
	}
}

// An interruption asks providers to stop, lets their calls end, and begins no
// other.
func TestEngine_interrupted(t *testing.T) {
	t.Parallel()

	f := newFake(t)
	e := f.engine(Options{})
	config := thing("a", "") + thing("b", "label = fake_thing.a.url")
	plan, diags := e.Plan(t.Context(), config, PlanOptions{})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	f.onApply = func(*tfprotov6.ApplyResourceChangeRequest, cty.Value, map[string]cty.Value, *tfprotov6.ApplyResourceChangeResponse) {
		interrupt()
	}
	if err := e.Apply(ctx, plan).Err(); err == nil || !strings.Contains(err.Error(), "execution halted") {
		t.Errorf("said %v", err)
	}
	if left := e.State().Addresses(); !slices.Equal(left, []string{"fake_thing.a"}) {
		t.Errorf("the state has %v", left)
	}
}

// What an interruption finds waiting for its turn does not begin, nor does what
// has been planned again and not been applied.
func TestEngine_interruptedBeforeItsTurn(t *testing.T) {
	t.Parallel()

	f := newFake(t)
	e := f.engine(Options{Parallelism: 1})
	config := thing("a", "") + thing("b", "")
	plan, diags := e.Plan(t.Context(), config, PlanOptions{})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	f.called()
	ctx, interrupt := context.WithCancel(t.Context())
	f.onPlan = func(*tfprotov6.PlanResourceChangeRequest, cty.Value, map[string]cty.Value, *tfprotov6.PlanResourceChangeResponse) {
		interrupt()
	}
	if err := e.Apply(ctx, plan).Err(); err == nil || !strings.Contains(err.Error(), "execution halted") {
		t.Errorf("said %v", err)
	}
	if calls := f.called(); slices.ContainsFunc(calls, func(call string) bool { return strings.HasPrefix(call, "create") }) || len(e.State().Addresses()) > 0 {
		t.Errorf("called %q", calls)
	}
}

// Diagnostics point at the attribute as engines print it, and a replacement's
// second answer is not heard for its warnings.
func TestEngine_diagnostics(t *testing.T) {
	t.Parallel()

	f := newFake(t)
	e := f.engine(Options{})
	asked := 0
	f.onPlan = func(_ *tfprotov6.PlanResourceChangeRequest, _ cty.Value, _ map[string]cty.Value, resp *tfprotov6.PlanResourceChangeResponse) {
		asked++
		resp.Diagnostics = []*tfprotov6.Diagnostic{{Severity: tfprotov6.DiagnosticSeverityWarning, Summary: "Look", Detail: strings.Repeat("again ", asked)}}
	}
	_, diags := e.Plan(t.Context(), thing("a", "size = 1"), PlanOptions{})
	if got := diags.String(); !strings.Contains(got, "Warning: Look\n\n  with fake_thing.a,\n  on main.tf line 1, in resource \"fake_thing\" \"a\":\n   1: resource") {
		t.Errorf("said\n%s", got)
	}
	mustRun(t, e, thing("a", "size = 1"), PlanOptions{})
	asked = 0
	if _, diags := e.Plan(t.Context(), thing("a", "size = 2"), PlanOptions{}); len(diags) != 1 || asked != 2 {
		t.Errorf("asked %d times, and said %v", asked, diags)
	}
}

// Whoever wants to know what a killed engine leaves behind is given the state
// after each object of an apply, and nothing during a plan.
func TestEngine_savedStates(t *testing.T) {
	t.Parallel()

	f := newFake(t)
	var saved [][]string
	e := f.engine(Options{Parallelism: 1, Saved: func(s *State) { saved = append(saved, s.Addresses()) }})
	config := thing("a", "") + thing("b", "label = fake_thing.a.url")
	plan, diags := e.Plan(t.Context(), config, PlanOptions{})
	if err := diags.Err(); err != nil || len(saved) > 0 {
		t.Fatalf("planning saved %v: %v", saved, err)
	}
	if err := e.Apply(t.Context(), plan).Err(); err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"fake_thing.a"}, {"fake_thing.a", "fake_thing.b"}}
	if !slices.EqualFunc(saved, want, slices.Equal[[]string]) {
		t.Errorf("saved %v, want %v", saved, want)
	}
}
