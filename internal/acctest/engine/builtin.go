// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package engine

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// builtinName is the local name of the provider that engines bring along.
const builtinName = "terraform"

// builtin is that provider, as far as terraform_data goes: an object that
// gives back as output, once it is applied, what it was given as input.
type builtin struct {
	// Nothing else of the protocol is called.
	tfprotov6.ProviderServer

	data *schema
}

func newBuiltin() (tfprotov6.ProviderServer, error) {
	data, err := newSchema(terraformData())
	return &builtin{data: data}, err
}

func terraformData() *tfprotov6.Schema {
	return &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{Attributes: []*tfprotov6.SchemaAttribute{
		{Name: "input", Type: tftypes.DynamicPseudoType, Optional: true},
		{Name: "output", Type: tftypes.DynamicPseudoType, Computed: true},
		{Name: "triggers_replace", Type: tftypes.DynamicPseudoType, Optional: true},
		{Name: "id", Type: tftypes.String, Computed: true},
	}}}
}

func (*builtin) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	return &tfprotov6.GetProviderSchemaResponse{
		Provider:        &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{}},
		ResourceSchemas: map[string]*tfprotov6.Schema{"terraform_data": terraformData()},
	}, nil
}

func (*builtin) GetResourceIdentitySchemas(context.Context, *tfprotov6.GetResourceIdentitySchemasRequest) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov6.GetResourceIdentitySchemasResponse{}, nil
}

func (*builtin) ValidateProviderConfig(context.Context, *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return &tfprotov6.ValidateProviderConfigResponse{}, nil
}

func (*builtin) ConfigureProvider(context.Context, *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	return &tfprotov6.ConfigureProviderResponse{}, nil
}

func (*builtin) StopProvider(context.Context, *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	return &tfprotov6.StopProviderResponse{}, nil
}

func (*builtin) ValidateResourceConfig(context.Context, *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return &tfprotov6.ValidateResourceConfigResponse{}, nil
}

func (b *builtin) UpgradeResourceState(_ context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	value, err := ctyjson.Unmarshal(req.RawState.JSON, b.data.objectType)
	if err != nil {
		return nil, err
	}
	state, err := packed(value, b.data.objectType)
	return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: state}, err
}

func (*builtin) ReadResource(_ context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return &tfprotov6.ReadResourceResponse{NewState: req.CurrentState, Private: req.Private}, nil
}

func (b *builtin) PlanResourceChange(_ context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	prior, proposed, err := b.two(req.PriorState, req.ProposedNewState)
	if err != nil || proposed.IsNull() {
		return &tfprotov6.PlanResourceChangeResponse{PlannedState: req.ProposedNewState}, err
	}
	response := &tfprotov6.PlanResourceChangeResponse{}
	planned := proposed.AsValueMap()
	input := planned["input"]
	fresh := prior.IsNull() || !prior.GetAttr("triggers_replace").RawEquals(planned["triggers_replace"])
	if fresh {
		planned["id"] = cty.UnknownVal(cty.String)
		if !prior.IsNull() {
			response.RequiresReplace = []*tftypes.AttributePath{tftypes.NewAttributePath().WithAttributeName("triggers_replace")}
		}
	}
	if fresh || !prior.GetAttr("input").RawEquals(input) {
		planned["output"] = cty.UnknownVal(input.Type())
		if input.IsNull() {
			planned["output"] = input
		}
	}
	response.PlannedState, err = packed(cty.ObjectVal(planned), b.data.objectType)
	return response, err
}

func (b *builtin) ApplyResourceChange(_ context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	_, planned, err := b.two(req.PriorState, req.PlannedState)
	if err != nil || planned.IsNull() {
		return &tfprotov6.ApplyResourceChangeResponse{NewState: req.PlannedState}, err
	}
	made := planned.AsValueMap()
	made["output"] = made["input"]
	if !made["id"].IsKnown() {
		made["id"] = cty.StringVal("made in process")
	}
	state, err := packed(cty.ObjectVal(made), b.data.objectType)
	return &tfprotov6.ApplyResourceChangeResponse{NewState: state}, err
}

func (b *builtin) two(first, second *tfprotov6.DynamicValue) (cty.Value, cty.Value, error) {
	one, err := unpacked(first, b.data.objectType)
	if err != nil {
		return cty.NilVal, cty.NilVal, err
	}
	other, err := unpacked(second, b.data.objectType)
	return one, other, err
}
