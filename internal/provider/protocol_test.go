// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider"
)

// conversation makes single calls to a provider, for what only engines younger
// than the one at hand ask, and for what is measured or compared call by call.
// Whole runs go through acctest's engine.
type conversation struct {
	server   tfprotov6.ProviderServer
	provider *tfprotov6.Schema
	image    *tfprotov6.Schema
	identity *tfprotov6.ResourceIdentitySchema
	data     map[string]*tfprotov6.Schema
	lists    map[string]*tfprotov6.Schema
	actions  map[string]*tfprotov6.ActionSchema
}

// arguments are what a configuration sets; all else is null.
type arguments map[string]tftypes.Value

func word(value string) tftypes.Value      { return tftypes.NewValue(tftypes.String, value) }
func number(value int64) tftypes.Value     { return tftypes.NewValue(tftypes.Number, value) }
func nothing(t tftypes.Type) tftypes.Value { return tftypes.NewValue(t, nil) }

// converse starts a provider that sees the given environment variables.
func converse(tb testing.TB, env *acctest.Environment, variables map[string]string, options ...provider.Option) conversation {
	tb.Helper()

	server, err := env.ProvidersWith(variables, options...)["flux2"]()
	if err != nil {
		tb.Fatal(err)
	}
	schemas, err := server.GetProviderSchema(tb.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		tb.Fatal(err)
	}
	identities, err := server.GetResourceIdentitySchemas(tb.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		tb.Fatal(err)
	}
	return conversation{
		server:   server,
		provider: schemas.Provider,
		image:    schemas.ResourceSchemas["flux2_image"],
		identity: identities.IdentitySchemas["flux2_image"],
		data:     schemas.DataSourceSchemas,
		lists:    schemas.ListResourceSchemas,
		actions:  schemas.ActionSchemas,
	}
}

// converseConfigured starts a provider that is configured for the emulator.
func converseConfigured(tb testing.TB, env *acctest.Environment, options ...provider.Option) conversation {
	tb.Helper()

	c := converse(tb, env, nil, options...)
	if diags := c.configure(tb, arguments{"emulator_url": word(env.URL)}); len(diags) > 0 {
		tb.Fatalf("configuring said %s", spoken(diags))
	}
	return c
}

// object is a value of a schema in which all but the arguments is filled in.
func object(tb testing.TB, schema *tfprotov6.Schema, set arguments, otherwise func(*tfprotov6.SchemaAttribute) tftypes.Value) tftypes.Value {
	tb.Helper()

	values := make(map[string]tftypes.Value)
	for _, attribute := range schema.Block.Attributes {
		values[attribute.Name] = otherwise(attribute)
	}
	maps.Copy(values, set)
	return tftypes.NewValue(schema.ValueType(), values)
}

func leftOut(attribute *tfprotov6.SchemaAttribute) tftypes.Value {
	return nothing(attribute.ValueType())
}

func packed(tb testing.TB, value tftypes.Value) *tfprotov6.DynamicValue {
	tb.Helper()

	dynamic, err := tfprotov6.NewDynamicValue(value.Type(), value)
	if err != nil {
		tb.Fatal(err)
	}
	return &dynamic
}

func unpacked(tb testing.TB, dynamic *tfprotov6.DynamicValue, as tftypes.Type) tftypes.Value {
	tb.Helper()

	value, err := dynamic.Unmarshal(as)
	if err != nil {
		tb.Fatal(err)
	}
	return value
}

func (c conversation) configure(tb testing.TB, set arguments) []*tfprotov6.Diagnostic {
	tb.Helper()
	return c.configureFor(tb, "1.12.0", set)
}

// configureFor is configure by an engine of some version.
func (c conversation) configureFor(tb testing.TB, version string, set arguments) []*tfprotov6.Diagnostic {
	tb.Helper()

	response, err := c.server.ConfigureProvider(tb.Context(), &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: version,
		Config:           packed(tb, object(tb, c.provider, set, leftOut)),
	})
	if err != nil {
		tb.Fatal(err)
	}
	return response.Diagnostics
}

// plan plans a change from a prior state, or a creation from none.
func (c conversation) plan(tb testing.TB, prior *tfprotov6.DynamicValue, private []byte, set arguments) *tfprotov6.PlanResourceChangeResponse {
	tb.Helper()

	// Of what is computed, engines propose the prior value: null for a creation.
	completed := object(tb, c.image, set, leftOut)
	if prior == nil {
		prior = packed(tb, nothing(c.image.ValueType()))
	} else {
		known := attributesOf(tb, unpacked(tb, prior, c.image.ValueType()))
		completed = object(tb, c.image, set, func(attribute *tfprotov6.SchemaAttribute) tftypes.Value {
			if attribute.Computed {
				return known[attribute.Name]
			}
			return leftOut(attribute)
		})
	}
	response, err := c.server.PlanResourceChange(tb.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName:         "flux2_image",
		PriorState:       prior,
		PriorPrivate:     private,
		ProposedNewState: packed(tb, completed),
		Config:           packed(tb, object(tb, c.image, set, leftOut)),
	})
	if err != nil {
		tb.Fatal(err)
	}
	return response
}

// apply carries a plan out.
func (c conversation) apply(tb testing.TB, prior *tfprotov6.DynamicValue, planned *tfprotov6.PlanResourceChangeResponse, set arguments) *tfprotov6.ApplyResourceChangeResponse {
	tb.Helper()

	if prior == nil {
		prior = packed(tb, nothing(c.image.ValueType()))
	}
	response, err := c.server.ApplyResourceChange(tb.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName:        "flux2_image",
		PriorState:      prior,
		PlannedState:    planned.PlannedState,
		PlannedPrivate:  planned.PlannedPrivate,
		PlannedIdentity: planned.PlannedIdentity,
		Config:          packed(tb, object(tb, c.image, set, leftOut)),
	})
	if err != nil {
		tb.Fatal(err)
	}
	return response
}

// create plans an image and makes it.
func (c conversation) create(tb testing.TB, set arguments) *tfprotov6.ApplyResourceChangeResponse {
	tb.Helper()

	planned := c.plan(tb, nil, nil, set)
	if len(planned.Diagnostics) > 0 {
		tb.Fatalf("planning said %s", spoken(planned.Diagnostics))
	}
	return c.apply(tb, nil, planned, set)
}

// as reads a value.
func as[T any](tb testing.TB, value tftypes.Value) T {
	tb.Helper()

	var read T
	if err := value.As(&read); err != nil {
		tb.Fatal(err)
	}
	return read
}

func attributesOf(tb testing.TB, value tftypes.Value) map[string]tftypes.Value {
	tb.Helper()

	return as[map[string]tftypes.Value](tb, value)
}

// words reads an object whose attributes are strings.
func words(tb testing.TB, value tftypes.Value) map[string]string {
	tb.Helper()

	read := make(map[string]string)
	for name, attribute := range attributesOf(tb, value) {
		if attribute.IsNull() {
			read[name] = "null"
			continue
		}
		read[name] = as[string](tb, attribute)
	}
	return read
}

// spoken puts diagnostics into one text.
func spoken(diags []*tfprotov6.Diagnostic) string {
	var lines []string
	for _, d := range diags {
		where := ""
		if d.Attribute != nil {
			where = " [" + d.Attribute.String() + "]"
		}
		lines = append(lines, d.Severity.String()+": "+d.Summary+where+": "+d.Detail)
	}
	return strings.Join(lines, "\n")
}
