// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// What engines from Terraform 1.14 on ask, and a data source, whose warnings no
// engine tells its caller.

// serverFor is the provider as a server of one of the younger kinds.
func serverFor[T any](t *testing.T, c conversation) T {
	t.Helper()

	server, ok := c.server.(T)
	if !ok {
		t.Fatalf("%T lacks a part of the protocol", c.server)
	}
	return server
}

// list lists images.
func (c conversation) list(t *testing.T, config *tfprotov6.DynamicValue, limit int64, whole bool, leaveOff int) []tfprotov6.ListResourceResult {
	t.Helper()
	return c.listOf(t, "flux2_image", config, limit, whole, leaveOff)
}

// listOf validates a list block and, unless that fails, carries it out. It leaves
// off once the given number of results has come, 0 for all.
func (c conversation) listOf(t *testing.T, kind string, config *tfprotov6.DynamicValue, limit int64, whole bool, leaveOff int) []tfprotov6.ListResourceResult {
	t.Helper()

	server := serverFor[tfprotov6.ListResourceServer](t, c)
	validated, err := server.ValidateListResourceConfig(t.Context(), &tfprotov6.ValidateListResourceConfigRequest{TypeName: kind, Config: config})
	if err != nil {
		t.Fatal(err)
	}
	if len(validated.Diagnostics) > 0 {
		return []tfprotov6.ListResourceResult{{Diagnostics: validated.Diagnostics}}
	}
	stream, err := server.ListResource(t.Context(), &tfprotov6.ListResourceRequest{TypeName: kind, Config: config, Limit: limit, IncludeResource: whole})
	if err != nil {
		t.Fatal(err)
	}
	var results []tfprotov6.ListResourceResult
	for result := range stream.Results {
		results = append(results, result)
		if len(results) == leaveOff {
			break
		}
	}
	return results
}

// listConfig is a list block.
func (c conversation) listConfig(t *testing.T, set arguments) *tfprotov6.DynamicValue {
	t.Helper()

	return packed(t, object(t, c.lists["flux2_image"], set, leftOut))
}

// actionConfig is the config block of an action.
func (c conversation) actionConfig(t *testing.T, kind string, set arguments) *tfprotov6.DynamicValue {
	t.Helper()

	return packed(t, object(t, c.actions[kind].Schema, set, leftOut))
}

// prepare validates and plans an action.
func (c conversation) prepare(t *testing.T, kind string, config *tfprotov6.DynamicValue) []*tfprotov6.Diagnostic {
	t.Helper()

	server := serverFor[tfprotov6.ActionServer](t, c)
	validated, err := server.ValidateActionConfig(t.Context(), &tfprotov6.ValidateActionConfigRequest{ActionType: kind, Config: config})
	if err != nil {
		t.Fatal(err)
	}
	if len(validated.Diagnostics) > 0 {
		return validated.Diagnostics
	}
	planned, err := server.PlanAction(t.Context(), &tfprotov6.PlanActionRequest{ActionType: kind, Config: config})
	if err != nil {
		t.Fatal(err)
	}
	return planned.Diagnostics
}

// invoke prepares an action and carries it out. It returns what the person at
// the terminal is told on the way, and at the end.
func (c conversation) invoke(t *testing.T, kind string, set arguments) (progress []string, diags []*tfprotov6.Diagnostic) {
	t.Helper()

	config := c.actionConfig(t, kind, set)
	if diags := c.prepare(t, kind, config); len(diags) > 0 {
		return nil, diags
	}
	return c.invokePrepared(t, kind, config)
}

// invokePrepared invokes an action whose configuration was valid while some of it
// was unknown.
func (c conversation) invokePrepared(t *testing.T, kind string, config *tfprotov6.DynamicValue) (progress []string, diags []*tfprotov6.Diagnostic) {
	t.Helper()

	stream, err := serverFor[tfprotov6.ActionServer](t, c).InvokeAction(t.Context(), &tfprotov6.InvokeActionRequest{ActionType: kind, Config: config})
	if err != nil {
		t.Fatal(err)
	}
	for event := range stream.Events {
		switch event := event.Type.(type) {
		case tfprotov6.ProgressInvokeActionEventType:
			progress = append(progress, event.Message)
		case tfprotov6.CompletedInvokeActionEventType:
			diags = event.Diagnostics
		}
	}
	return progress, diags
}

// readData reads a data source and returns what was said.
func (c conversation) readData(t *testing.T, kind string, set arguments) []*tfprotov6.Diagnostic {
	t.Helper()

	schemas, err := c.server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	read, err := c.server.ReadDataSource(t.Context(), &tfprotov6.ReadDataSourceRequest{
		TypeName: kind, Config: packed(t, object(t, schemas.DataSourceSchemas[kind], set, leftOut)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return read.Diagnostics
}

// texts is a list of strings.
func texts(words ...string) tftypes.Value {
	values := make([]tftypes.Value, len(words))
	for i, each := range words {
		values[i] = word(each)
	}
	return tftypes.NewValue(tftypes.List{ElementType: tftypes.String}, values)
}
