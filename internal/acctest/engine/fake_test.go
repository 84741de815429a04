// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// fake is a provider of one kind of object, fake_thing, that behaves well
// unless a test puts a fault into one of its answers.
type fake struct {
	tfprotov6.ProviderServer

	thing *schema

	mutex sync.Mutex
	calls []string
	made  int

	// Faults, all optional. They change an answer before it is given.
	onPlan  func(req *tfprotov6.PlanResourceChangeRequest, prior cty.Value, planned map[string]cty.Value, resp *tfprotov6.PlanResourceChangeResponse)
	onApply func(req *tfprotov6.ApplyResourceChangeRequest, prior cty.Value, made map[string]cty.Value, resp *tfprotov6.ApplyResourceChangeResponse)
	onRead  func(prior map[string]cty.Value, resp *tfprotov6.ReadResourceResponse)
	onData  func(made map[string]cty.Value, resp *tfprotov6.ReadDataSourceResponse)
}

func newFake(t *testing.T) *fake {
	t.Helper()

	thing, err := newSchema(fakeThing())
	if err != nil {
		t.Fatal(err)
	}
	return &fake{thing: thing}
}

func fakeThing() *tfprotov6.Schema {
	return &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{Attributes: []*tfprotov6.SchemaAttribute{
		{Name: "name", Type: tftypes.String, Required: true},
		{Name: "size", Type: tftypes.Number, Optional: true},                  // a change replaces
		{Name: "label", Type: tftypes.String, Optional: true, Computed: true}, // "a NAME" unless configured
		{Name: "url", Type: tftypes.String, Computed: true},                   // known after apply
		{Name: "frame", Optional: true, NestedType: &tfprotov6.SchemaObject{
			Nesting: tfprotov6.SchemaObjectNestingModeSingle,
			Attributes: []*tfprotov6.SchemaAttribute{
				{Name: "width", Type: tftypes.Number, Required: true},
				{Name: "colour", Type: tftypes.String, Optional: true},
			},
		}},
		{Name: "list", Type: tftypes.List{ElementType: tftypes.String}, Optional: true, Computed: true},
	}}}
}

func (f *fake) note(format string, values ...any) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.calls = append(f.calls, fmt.Sprintf(format, values...))
}

// called are the calls so far, and forgets them.
func (f *fake) called() []string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	calls := f.calls
	f.calls = nil
	return calls
}

// engine returns an engine with this provider.
func (f *fake) engine(options Options) *Engine {
	options.Providers = map[string]Factory{"fake": func() (tfprotov6.ProviderServer, error) {
		f.note("start")
		return f, nil
	}}
	return New(options)
}

func (f *fake) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	return &tfprotov6.GetProviderSchemaResponse{
		Provider:          &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{Attributes: []*tfprotov6.SchemaAttribute{{Name: "key", Type: tftypes.String, Optional: true}}}},
		ResourceSchemas:   map[string]*tfprotov6.Schema{"fake_thing": fakeThing()},
		DataSourceSchemas: map[string]*tfprotov6.Schema{"fake_thing": fakeThing()},
		Functions: map[string]*tfprotov6.Function{"twice": {
			Parameters: []*tfprotov6.FunctionParameter{{Name: "word", Type: tftypes.String}}, Return: &tfprotov6.FunctionReturn{Type: tftypes.String},
		}},
	}, nil
}

func (f *fake) GetResourceIdentitySchemas(context.Context, *tfprotov6.GetResourceIdentitySchemasRequest) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov6.GetResourceIdentitySchemasResponse{IdentitySchemas: map[string]*tfprotov6.ResourceIdentitySchema{
		"fake_thing": {IdentityAttributes: []*tfprotov6.ResourceIdentitySchemaAttribute{{Name: "url", Type: tftypes.String, RequiredForImport: true}}},
	}}, nil
}

func (f *fake) ValidateProviderConfig(_ context.Context, req *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return &tfprotov6.ValidateProviderConfigResponse{PreparedConfig: req.Config}, nil
}

func (f *fake) ConfigureProvider(context.Context, *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	f.note("configure")
	return &tfprotov6.ConfigureProviderResponse{}, nil
}

func (f *fake) StopProvider(context.Context, *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	f.note("stop")
	return &tfprotov6.StopProviderResponse{}, nil
}

func (f *fake) CallFunction(_ context.Context, req *tfprotov6.CallFunctionRequest) (*tfprotov6.CallFunctionResponse, error) {
	word, err := unpacked(req.Arguments[0], cty.String)
	if err != nil {
		return nil, err
	}
	result, err := packed(cty.StringVal(word.AsString()+word.AsString()), cty.String)
	return &tfprotov6.CallFunctionResponse{Result: result}, err
}

func (f *fake) ValidateResourceConfig(context.Context, *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return &tfprotov6.ValidateResourceConfigResponse{}, nil
}

func (f *fake) ValidateDataResourceConfig(context.Context, *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return &tfprotov6.ValidateDataResourceConfigResponse{}, nil
}

func (f *fake) UpgradeResourceState(_ context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	value, err := ctyjson.Unmarshal(req.RawState.JSON, f.thing.objectType)
	if err != nil {
		return nil, err
	}
	f.note("upgrade %s", value.GetAttr("name").AsString())
	state, err := packed(value, f.thing.objectType)
	return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: state}, err
}

func (f *fake) ReadResource(_ context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	prior, err := unpacked(req.CurrentState, f.thing.objectType)
	if err != nil {
		return nil, err
	}
	values := prior.AsValueMap()
	f.note("read %s private %s", values["name"].AsString(), req.Private)
	resp := &tfprotov6.ReadResourceResponse{Private: req.Private, NewIdentity: f.identity(values["url"])}
	if f.onRead != nil {
		f.onRead(values, resp)
	}
	if resp.NewState == nil {
		resp.NewState, err = packed(cty.ObjectVal(values), f.thing.objectType)
	}
	return resp, err
}

func (f *fake) identity(url cty.Value) *tfprotov6.ResourceIdentityData {
	t := cty.Object(map[string]cty.Type{"url": cty.String})
	data, err := packed(cty.ObjectVal(map[string]cty.Value{"url": url}), t)
	if err != nil {
		panic(err)
	}
	return &tfprotov6.ResourceIdentityData{IdentityData: data}
}

func (f *fake) PlanResourceChange(_ context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	prior, err := unpacked(req.PriorState, f.thing.objectType)
	if err != nil {
		return nil, err
	}
	proposed, err := unpacked(req.ProposedNewState, f.thing.objectType)
	if err != nil {
		return nil, err
	}
	resp := &tfprotov6.PlanResourceChangeResponse{PlannedPrivate: req.PriorPrivate}
	planned := map[string]cty.Value{}
	if proposed.IsNull() {
		f.note("plan end of %s private %s", prior.GetAttr("name").AsString(), req.PriorPrivate)
		resp.PlannedState = req.ProposedNewState
	} else {
		planned = proposed.AsValueMap()
		f.note("plan %s prior %t private %s", wordOf(planned["name"]), !prior.IsNull(), req.PriorPrivate)
		f.plan(prior, planned, resp)
	}
	if f.onPlan != nil {
		f.onPlan(req, prior, planned, resp)
	}
	if resp.PlannedState == nil {
		resp.PlannedState, err = packed(cty.ObjectVal(planned), f.thing.objectType)
	}
	return resp, err
}

func (f *fake) plan(prior cty.Value, planned map[string]cty.Value, resp *tfprotov6.PlanResourceChangeResponse) {
	if prior.IsNull() {
		planned["url"] = cty.UnknownVal(cty.String)
		if planned["label"].IsNull() {
			planned["label"] = cty.UnknownVal(cty.String)
			if planned["name"].IsKnown() {
				planned["label"] = cty.StringVal("a " + planned["name"].AsString())
			}
		}
		return
	}
	if !prior.GetAttr("size").RawEquals(planned["size"]) {
		resp.RequiresReplace = append(resp.RequiresReplace, tftypes.NewAttributePath().WithAttributeName("size"))
	}
}

func wordOf(value cty.Value) string {
	if !value.IsKnown() {
		return "?"
	}
	return value.AsString()
}

func (f *fake) ApplyResourceChange(_ context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	prior, err := unpacked(req.PriorState, f.thing.objectType)
	if err != nil {
		return nil, err
	}
	planned, err := unpacked(req.PlannedState, f.thing.objectType)
	if err != nil {
		return nil, err
	}
	resp := &tfprotov6.ApplyResourceChangeResponse{Private: req.PlannedPrivate}
	values := map[string]cty.Value{}
	switch {
	case planned.IsNull():
		f.note("end %s private %s", prior.GetAttr("name").AsString(), req.PlannedPrivate)
		resp.NewState = req.PlannedState
	default:
		values = planned.AsValueMap()
		verb := "update"
		if prior.IsNull() {
			verb = "create"
			resp.Private = []byte(`{"by":"create"}`)
		}
		f.note("%s %s", verb, values["name"].AsString())
		f.mutex.Lock()
		f.made++
		for name, fallback := range map[string]string{"url": fmt.Sprintf("url %d", f.made), "label": "a " + values["name"].AsString()} {
			if !values[name].IsKnown() {
				values[name] = cty.StringVal(fallback)
			}
		}
		f.mutex.Unlock()
		resp.NewIdentity = f.identity(values["url"])
	}
	if f.onApply != nil {
		f.onApply(req, prior, values, resp)
	}
	if resp.NewState == nil {
		resp.NewState, err = packed(cty.ObjectVal(values), f.thing.objectType)
	}
	return resp, err
}

func (f *fake) ReadDataSource(_ context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	config, err := unpacked(req.Config, f.thing.objectType)
	if err != nil {
		return nil, err
	}
	values := config.AsValueMap()
	f.note("look up %s", values["name"].AsString())
	values["url"] = cty.StringVal("url of " + values["name"].AsString())
	resp := &tfprotov6.ReadDataSourceResponse{}
	if f.onData != nil {
		f.onData(values, resp)
	}
	if resp.State == nil {
		resp.State, err = packed(cty.ObjectVal(values), f.thing.objectType)
	}
	return resp, err
}

func (f *fake) ImportResourceState(_ context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	f.note("import %s", req.ID)
	values := objectOf(f.thing.attributes, func(name string, a *attribute) cty.Value {
		if name == "name" || name == "url" {
			return cty.StringVal(req.ID)
		}
		return cty.NullVal(a.ctyType)
	})
	state, err := packed(values, f.thing.objectType)
	return &tfprotov6.ImportResourceStateResponse{ImportedResources: []*tfprotov6.ImportedResource{
		{TypeName: req.TypeName, State: state, Identity: f.identity(cty.StringVal(req.ID))},
	}}, err
}

// failing is an error of a provider.
func failing(words string) []*tfprotov6.Diagnostic {
	return []*tfprotov6.Diagnostic{{Severity: tfprotov6.DiagnosticSeverityError, Summary: words, Detail: words}}
}

// thing declares a fake_thing.
func thing(name, arguments string) string {
	return fmt.Sprintf("resource \"fake_thing\" %q {\n  name = %q\n  %s\n}\n", name, name, arguments)
}

func mustRun(t *testing.T, e *Engine, config string, options PlanOptions) {
	t.Helper()

	if err := e.Run(t.Context(), config, options).Err(); err != nil {
		t.Fatal(err)
	}
}

func expectCalls(t *testing.T, f *fake, want ...string) {
	t.Helper()

	if got := f.called(); !slices.Equal(got, want) {
		t.Errorf("called\n%q, want\n%q", got, want)
	}
}
