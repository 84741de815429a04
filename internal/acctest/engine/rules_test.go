// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"
)

// What engines refuse of providers is refused here, with what they say.
func TestEngine_refusesWrongProviders(t *testing.T) {
	t.Parallel()

	plans := func(wrong func(prior cty.Value, planned map[string]cty.Value, resp *tfprotov6.PlanResourceChangeResponse)) func(*fake) {
		return func(f *fake) {
			f.onPlan = func(_ *tfprotov6.PlanResourceChangeRequest, prior cty.Value, planned map[string]cty.Value, resp *tfprotov6.PlanResourceChangeResponse) {
				wrong(prior, planned, resp)
			}
		}
	}
	applies := func(wrong func(prior cty.Value, made map[string]cty.Value, resp *tfprotov6.ApplyResourceChangeResponse)) func(*fake) {
		return func(f *fake) {
			f.onApply = func(_ *tfprotov6.ApplyResourceChangeRequest, prior cty.Value, made map[string]cty.Value, resp *tfprotov6.ApplyResourceChangeResponse) {
				wrong(prior, made, resp)
			}
		}
	}
	const inconsistent, invalid = "Provider produced inconsistent result after apply", "Provider produced invalid plan"
	framed := `frame = { width = 2 }`
	for name, test := range map[string]struct {
		fault func(*fake)
		// before is applied without the fault, if there is anything.
		before, config string
		options        PlanOptions
		want           []string
	}{
		"planned known value comes out different": {
			fault: applies(func(_ cty.Value, made map[string]cty.Value, _ *tfprotov6.ApplyResourceChangeResponse) {
				made["label"] = cty.StringVal("other")
			}),
			want: []string{inconsistent, `When applying changes to fake_thing.a, provider "fake" produced an unexpected new value: .label: was cty.StringVal("a a"), but now cty.StringVal("other")`},
		},
		"planned known value comes out null": {
			fault: applies(func(_ cty.Value, made map[string]cty.Value, _ *tfprotov6.ApplyResourceChangeResponse) {
				made["label"] = cty.NullVal(cty.String)
			}),
			want: []string{inconsistent, "but now null"},
		},
		"planned null comes out known": {
			fault: applies(func(_ cty.Value, made map[string]cty.Value, _ *tfprotov6.ApplyResourceChangeResponse) {
				made["size"] = cty.NumberIntVal(3)
			}),
			want: []string{inconsistent, "was null, but now cty.NumberIntVal(3)"},
		},
		"planned nested value comes out different": {
			config: thing("a", framed),
			fault: applies(func(_ cty.Value, made map[string]cty.Value, _ *tfprotov6.ApplyResourceChangeResponse) {
				made["frame"] = cty.ObjectVal(map[string]cty.Value{"width": cty.NumberIntVal(3), "colour": cty.NullVal(cty.String)})
			}),
			want: []string{inconsistent, ".frame.width: was cty.NumberIntVal(2), but now cty.NumberIntVal(3)"},
		},
		"an element appears": {
			config: thing("a", `list = ["x"]`),
			fault: applies(func(_ cty.Value, made map[string]cty.Value, _ *tfprotov6.ApplyResourceChangeResponse) {
				made["list"] = cty.ListVal([]cty.Value{cty.StringVal("x"), cty.StringVal("y")})
			}),
			want: []string{inconsistent, "new element 1 has appeared"},
		},
		"an element vanishes": {
			config: thing("a", `list = ["x", "y"]`),
			fault: applies(func(_ cty.Value, made map[string]cty.Value, _ *tfprotov6.ApplyResourceChangeResponse) {
				made["list"] = cty.ListVal([]cty.Value{cty.StringVal("x")})
			}),
			want: []string{inconsistent, "element 1 has vanished"},
		},
		"created object is null": {
			fault: applies(func(prior cty.Value, _ map[string]cty.Value, resp *tfprotov6.ApplyResourceChangeResponse) {
				resp.NewState, _ = packed(cty.NullVal(prior.Type()), prior.Type())
			}),
			want: []string{inconsistent, "Root object was present, but now absent"},
		},
		"unknown left after apply": {
			fault: applies(func(_ cty.Value, made map[string]cty.Value, _ *tfprotov6.ApplyResourceChangeResponse) {
				made["url"] = cty.UnknownVal(cty.String)
			}),
			want: []string{"Provider returned invalid result object after apply", "the provider still indicated an unknown value for fake_thing.a.url", "All values must be known after apply"},
		},
		"destroyed object stays": {
			before: thing("a", ""), options: PlanOptions{Destroy: true},
			fault: applies(func(prior cty.Value, _ map[string]cty.Value, resp *tfprotov6.ApplyResourceChangeResponse) {
				resp.NewState, _ = packed(prior, prior.Type())
			}),
			want: []string{"Provider returned invalid result object after apply", "the provider returned a non-null object for fake_thing.a"},
		},
		"plan against the configuration": {
			fault: plans(func(_ cty.Value, planned map[string]cty.Value, _ *tfprotov6.PlanResourceChangeResponse) {
				planned["name"] = cty.StringVal("other")
			}),
			want: []string{invalid, `Provider "fake" planned an invalid value for fake_thing.a.name: planned value cty.StringVal("other") does not match config value cty.StringVal("a")`},
		},
		"plan against configuration and state": {
			before: thing("a", ""), config: thing("a", `label = "b"`),
			fault: plans(func(_ cty.Value, planned map[string]cty.Value, _ *tfprotov6.PlanResourceChangeResponse) {
				planned["label"] = cty.StringVal("c")
			}),
			want: []string{invalid, "nor prior value"},
		},
		"plan for what is neither configured nor computed": {
			fault: plans(func(_ cty.Value, planned map[string]cty.Value, _ *tfprotov6.PlanResourceChangeResponse) {
				planned["size"] = cty.NumberIntVal(1)
			}),
			want: []string{invalid, "planned value cty.NumberIntVal(1) for a non-computed attribute"},
		},
		"plan inside a configured object": {
			config: thing("a", framed),
			fault: plans(func(_ cty.Value, planned map[string]cty.Value, _ *tfprotov6.PlanResourceChangeResponse) {
				planned["frame"] = cty.ObjectVal(map[string]cty.Value{"width": cty.NumberIntVal(2), "colour": cty.StringVal("red")})
			}),
			want: []string{invalid, "fake_thing.a.frame.colour"},
		},
		"unknown in place of a configured object": {
			config: thing("a", framed),
			fault: plans(func(_ cty.Value, planned map[string]cty.Value, _ *tfprotov6.PlanResourceChangeResponse) {
				planned["frame"] = cty.UnknownVal(planned["frame"].Type())
			}),
			want: []string{invalid, "planned unknown for configured value"},
		},
		"absence of a configured object": {
			config: thing("a", framed),
			fault: plans(func(_ cty.Value, planned map[string]cty.Value, _ *tfprotov6.PlanResourceChangeResponse) {
				planned["frame"] = cty.NullVal(planned["frame"].Type())
			}),
			want: []string{invalid, "planned for absence but config wants existence"},
		},
		"absence of the whole object": {
			fault: plans(func(prior cty.Value, _ map[string]cty.Value, resp *tfprotov6.PlanResourceChangeResponse) {
				resp.PlannedState, _ = packed(cty.NullVal(prior.Type()), prior.Type())
			}),
			want: []string{invalid, "planned for absence but config wants existence"},
		},
		"existence after the end": {
			before: thing("a", ""), options: PlanOptions{Destroy: true},
			fault: plans(func(prior cty.Value, _ map[string]cty.Value, resp *tfprotov6.PlanResourceChangeResponse) {
				resp.PlannedState, _ = packed(prior, prior.Type())
			}),
			want: []string{invalid, "planned a non-null destroy value for fake_thing.a"},
		},
		"replacement for an attribute that there is not": {
			before: thing("a", ""),
			fault: plans(func(_ cty.Value, _ map[string]cty.Value, resp *tfprotov6.PlanResourceChangeResponse) {
				resp.RequiresReplace = []*tftypes.AttributePath{tftypes.NewAttributePath().WithAttributeName("colour")}
			}),
			want: []string{invalid, `has indicated "requires replacement" on fake_thing.a for a non-existent attribute path .colour`},
		},
		"an identity that moves with a refresh": {
			before: thing("a", ""),
			fault: func(f *fake) {
				f.onRead = func(_ map[string]cty.Value, resp *tfprotov6.ReadResourceResponse) {
					resp.NewIdentity = f.identity(cty.StringVal("elsewhere"))
				}
			},
			want: []string{"Provider produced invalid identity", "another identity for fake_thing.a"},
		},
		"an identity that moves with an update": {
			before: thing("a", ""), config: thing("a", `label = "b"`),
			fault: func(f *fake) {
				f.onApply = func(_ *tfprotov6.ApplyResourceChangeRequest, _ cty.Value, _ map[string]cty.Value, resp *tfprotov6.ApplyResourceChangeResponse) {
					resp.NewIdentity = f.identity(cty.StringVal("elsewhere"))
				}
			},
			want: []string{"Provider produced invalid identity", "another identity for fake_thing.a"},
		},
		"an identity that is unknown": {
			fault: func(f *fake) {
				f.onApply = func(_ *tfprotov6.ApplyResourceChangeRequest, _ cty.Value, _ map[string]cty.Value, resp *tfprotov6.ApplyResourceChangeResponse) {
					resp.NewIdentity = f.identity(cty.UnknownVal(cty.String))
				}
			},
			want: []string{"Provider produced invalid identity", "unknown values for fake_thing.a"},
		},
		"unknown after a refresh": {
			before: thing("a", ""),
			fault: func(f *fake) {
				f.onRead = func(prior map[string]cty.Value, _ *tfprotov6.ReadResourceResponse) {
					prior["label"] = cty.UnknownVal(cty.String)
				}
			},
			want: []string{"Provider produced invalid object", "contains unknown values"},
		},
		"another plan in the apply": {
			fault: func(f *fake) {
				asked := 0
				f.onPlan = func(_ *tfprotov6.PlanResourceChangeRequest, _ cty.Value, planned map[string]cty.Value, _ *tfprotov6.PlanResourceChangeResponse) {
					if asked++; asked > 1 {
						planned["label"] = cty.StringVal("second thoughts")
					}
				}
			},
			want: []string{"Provider produced inconsistent final plan", `When expanding the plan for fake_thing.a`, ".label: was"},
		},
		"a replacement that was not planned": {
			before: thing("a", ""), config: thing("a", `label = "b"`),
			fault: func(f *fake) {
				asked := 0
				f.onPlan = func(_ *tfprotov6.PlanResourceChangeRequest, _ cty.Value, _ map[string]cty.Value, resp *tfprotov6.PlanResourceChangeResponse) {
					if asked++; asked > 1 {
						resp.RequiresReplace = []*tftypes.AttributePath{tftypes.NewAttributePath().WithAttributeName("label")}
					}
				}
			},
			want: []string{"Provider produced inconsistent final plan", "changed the planned action from update to delete, then create"},
		},
		"a changed value in a planned no-op": {
			// Without a difference in the plan there is no call in the apply, so
			// that only a plan can show it.
			before: thing("a", ""),
			fault: plans(func(prior cty.Value, planned map[string]cty.Value, _ *tfprotov6.PlanResourceChangeResponse) {
				if !prior.IsNull() {
					planned["size"] = cty.NumberIntVal(9)
				}
			}),
			want: []string{invalid, "non-computed attribute"},
		},
		"data that is null": {
			config: "data \"fake_thing\" \"a\" {\n  name = \"a\"\n}\n",
			fault: func(f *fake) {
				f.onData = func(_ map[string]cty.Value, resp *tfprotov6.ReadDataSourceResponse) {
					resp.State, _ = packed(cty.NullVal(f.thing.objectType), f.thing.objectType)
				}
			},
			want: []string{"Provider produced null object"},
		},
		"data that is unknown": {
			config: "data \"fake_thing\" \"a\" {\n  name = \"a\"\n}\n",
			fault: func(f *fake) {
				f.onData = func(made map[string]cty.Value, _ *tfprotov6.ReadDataSourceResponse) {
					made["url"] = cty.UnknownVal(cty.String)
				}
			},
			want: []string{"Provider produced invalid object"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			f := newFake(t)
			e := f.engine(Options{})
			config := test.config
			if config == "" {
				config = thing("a", "")
			}
			// Without the fault nothing of it is refused.
			mustRun(t, e, config, PlanOptions{})
			mustRun(t, e, config, PlanOptions{Destroy: true})
			if test.before != "" {
				mustRun(t, e, test.before, PlanOptions{})
			}

			test.fault(f)
			err := e.Run(t.Context(), config, test.options).Err()
			if err == nil {
				t.Fatal("the engine has taken it")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the engine does not say %q:\n%v", want, err)
				}
			}
		})
	}
}

// To keep the prior value instead of a configured one says that they are equal
// in effect, which engines accept.
func TestEngine_takesThePriorValueForTheConfiguredOne(t *testing.T) {
	t.Parallel()

	f := newFake(t)
	e := f.engine(Options{})
	mustRun(t, e, thing("a", `label = "Big"`), PlanOptions{})
	f.onPlan = func(_ *tfprotov6.PlanResourceChangeRequest, prior cty.Value, planned map[string]cty.Value, _ *tfprotov6.PlanResourceChangeResponse) {
		planned["label"] = prior.GetAttr("label")
	}
	plan, diags := e.Plan(t.Context(), thing("a", `label = "big"`), PlanOptions{})
	if diags.Err() != nil || !plan.Empty() {
		t.Errorf("planned %v: %v", plan, diags)
	}
}
