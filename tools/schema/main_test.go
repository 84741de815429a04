// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/flux2-provider/terraform-provider-flux2/internal/provider"
)

// fakeServer answers with fixed schemas.
type fakeServer struct {
	tfprotov6.ProviderServer

	schemas    tfprotov6.GetProviderSchemaResponse
	identities tfprotov6.GetResourceIdentitySchemasResponse
}

func (f *fakeServer) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	return &f.schemas, nil
}

func (f *fakeServer) GetResourceIdentitySchemas(context.Context, *tfprotov6.GetResourceIdentitySchemasRequest) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return &f.identities, nil
}

func TestRunWritesTheEnginesForm(t *testing.T) {
	t.Parallel()

	server := &fakeServer{
		schemas: tfprotov6.GetProviderSchemaResponse{
			Provider: &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{Attributes: []*tfprotov6.SchemaAttribute{
				{Name: "key", Type: tftypes.String, Optional: true, Sensitive: true, Description: "A key."},
			}}},
			ResourceSchemas: map[string]*tfprotov6.Schema{"x_thing": {Version: 3, Block: &tfprotov6.SchemaBlock{
				Description:     "A *thing*.",
				DescriptionKind: tfprotov6.StringKindMarkdown,
				Deprecated:      true,
				Attributes: []*tfprotov6.SchemaAttribute{
					{Name: "labels", Type: tftypes.Map{ElementType: tftypes.Number}, Computed: true, Deprecated: true, DeprecationMessage: "Use parts."},
					{Name: "parts", Required: true, NestedType: &tfprotov6.SchemaObject{
						Nesting: tfprotov6.SchemaObjectNestingModeList,
						Attributes: []*tfprotov6.SchemaAttribute{
							{Name: "on", Type: tftypes.Bool, Optional: true, WriteOnly: true, DescriptionKind: tfprotov6.StringKindMarkdown},
						},
					}},
				},
				BlockTypes: []*tfprotov6.SchemaNestedBlock{{
					TypeName: "timeouts",
					Nesting:  tfprotov6.SchemaNestedBlockNestingModeSingle,
					MaxItems: 1,
					Block: &tfprotov6.SchemaBlock{Attributes: []*tfprotov6.SchemaAttribute{
						{Name: "create", Type: tftypes.String, Optional: true},
					}},
				}},
			}}},
			ListResourceSchemas: map[string]*tfprotov6.Schema{"x_thing": {Block: &tfprotov6.SchemaBlock{Attributes: []*tfprotov6.SchemaAttribute{
				{Name: "since", Type: tftypes.String, Optional: true},
			}}}},
			ActionSchemas: map[string]*tfprotov6.ActionSchema{"x_do": {Schema: &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{Description: "Does."}}}},
			Functions: map[string]*tfprotov6.Function{"sum": {
				Summary:            "Adds.",
				Description:        "Adds all.",
				DeprecationMessage: "Use plus.",
				Return:             &tfprotov6.FunctionReturn{Type: tftypes.Number},
				Parameters:         []*tfprotov6.FunctionParameter{{Name: "first", Type: tftypes.Number, AllowNullValue: true, Description: "One."}},
				VariadicParameter:  &tfprotov6.FunctionParameter{Name: "rest", Type: tftypes.Object{AttributeTypes: map[string]tftypes.Type{"n": tftypes.Number}}},
			}},
		},
		identities: tfprotov6.GetResourceIdentitySchemasResponse{
			IdentitySchemas: map[string]*tfprotov6.ResourceIdentitySchema{"x_thing": {Version: 1, IdentityAttributes: []*tfprotov6.ResourceIdentitySchemaAttribute{
				{Name: "id", Type: tftypes.String, RequiredForImport: true, Description: "Its id."},
				{Name: "place", Type: tftypes.String, OptionalForImport: true},
			}}},
		},
	}
	const want = `{"format_version": "1.0", "provider_schemas": {"flux2": {
		"provider": {"version": 0, "block": {"description_kind": "plain", "attributes": {
			"key": {"type": "string", "description": "A key.", "description_kind": "plain", "optional": true, "sensitive": true}}}},
		"resource_schemas": {"x_thing": {"version": 3, "block": {
			"description": "A *thing*.", "description_kind": "markdown", "deprecated": true,
			"attributes": {
				"labels": {"type": ["map", "number"], "description_kind": "plain", "deprecated": true, "deprecation_message": "Use parts.", "computed": true},
				"parts": {"description_kind": "plain", "required": true, "nested_type": {"nesting_mode": "list", "attributes": {
					"on": {"type": "bool", "description_kind": "markdown", "optional": true, "write_only": true}}}}},
			"block_types": {"timeouts": {"nesting_mode": "single", "max_items": 1, "block": {"description_kind": "plain", "attributes": {
				"create": {"type": "string", "description_kind": "plain", "optional": true}}}}}}}},
		"list_resource_schemas": {"x_thing": {"version": 0, "block": {"description_kind": "plain", "attributes": {
			"since": {"type": "string", "description_kind": "plain", "optional": true}}}}},
		"action_schemas": {"x_do": {"block": {"description": "Does.", "description_kind": "plain"}}},
		"functions": {"sum": {"summary": "Adds.", "description": "Adds all.", "deprecation_message": "Use plus.", "return_type": "number",
			"parameters": [{"name": "first", "type": "number", "is_nullable": true, "description": "One."}],
			"variadic_parameter": {"name": "rest", "type": ["object", {"n": "number"}]}}},
		"resource_identity_schemas": {"x_thing": {"version": 1, "attributes": {
			"id": {"type": "string", "required_for_import": true, "description": "Its id."},
			"place": {"type": "string", "optional_for_import": true}}}}
	}}}`

	var out bytes.Buffer
	if err := run(t.Context(), server, &out); err != nil {
		t.Fatal(err)
	}
	if got, want := decode(t, out.Bytes()), decode(t, []byte(want)); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s", out.String())
	}
}

func TestRunReportsTheProvidersErrors(t *testing.T) {
	t.Parallel()

	server := &fakeServer{identities: tfprotov6.GetResourceIdentitySchemasResponse{Diagnostics: []*tfprotov6.Diagnostic{
		{Severity: tfprotov6.DiagnosticSeverityError, Summary: "Broken", Detail: "No identity."},
	}}}
	var out bytes.Buffer
	err := run(t.Context(), server, &out)
	if err == nil || !strings.Contains(err.Error(), "Broken: No identity.") {
		t.Errorf("error = %v, want the diagnostic", err)
	}
	if out.Len() > 0 {
		t.Errorf("printed %q besides the error", out.String())
	}
}

func TestRunDescribesThisProvider(t *testing.T) {
	t.Parallel()

	var out bytes.Buffer
	if err := run(t.Context(), provider.Server(provider.New("test")()), &out); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schemas struct {
			Flux2 struct {
				Resources  map[string]any `json:"resource_schemas"`
				Identities map[string]any `json:"resource_identity_schemas"`
				Lists      map[string]any `json:"list_resource_schemas"`
				Actions    map[string]any `json:"action_schemas"`
			} `json:"flux2"`
		} `json:"provider_schemas"`
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Schemas.Flux2.Resources["flux2_image"] == nil || got.Schemas.Flux2.Identities["flux2_image"] == nil {
		t.Errorf("flux2_image or its identity is missing from\n%s", out.String())
	}
	// The documentation generator makes pages of these, which no older engine
	// could tell it about.
	if got.Schemas.Flux2.Lists["flux2_image"] == nil || len(got.Schemas.Flux2.Actions) != 2 {
		t.Errorf("the list resource or an action is missing from\n%s", out.String())
	}
}

func decode(t *testing.T, content []byte) any {
	t.Helper()

	var value any
	if err := json.Unmarshal(content, &value); err != nil {
		t.Fatal(err)
	}
	return value
}
