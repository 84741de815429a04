// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// describe puts the provider's answers into the engine's form. The provider
// stands under its short name, where the documentation generator looks first.
func describe(schemas *tfprotov6.GetProviderSchemaResponse, identities *tfprotov6.GetResourceIdentitySchemasResponse) document {
	return document{
		FormatVersion: "1.0",
		Schemas: map[string]providerSchema{"flux2": {
			Provider:   describeSchema(schemas.Provider),
			Resources:  convert(schemas.ResourceSchemas, describeSchema),
			Data:       convert(schemas.DataSourceSchemas, describeSchema),
			Ephemeral:  convert(schemas.EphemeralResourceSchemas, describeSchema),
			Lists:      convert(schemas.ListResourceSchemas, describeSchema),
			Actions:    convert(schemas.ActionSchemas, describeAction),
			Functions:  convert(schemas.Functions, describeFunction),
			Identities: convert(identities.IdentitySchemas, describeIdentity),
		}},
	}
}

func convert[From, To any](from map[string]From, one func(From) To) map[string]To {
	to := make(map[string]To, len(from))
	for name, value := range from {
		to[name] = one(value)
	}
	return to
}

func describeSchema(from *tfprotov6.Schema) schema {
	return schema{Version: from.Version, Block: describeBlock(from.Block)}
}

func describeAction(from *tfprotov6.ActionSchema) actionSchema {
	return actionSchema{Block: describeBlock(from.Schema.Block)}
}

func describeBlock(from *tfprotov6.SchemaBlock) block {
	to := block{
		Attributes:  describeAttributes(from.Attributes),
		Blocks:      make(map[string]nestedBlock, len(from.BlockTypes)),
		Description: from.Description,
		Kind:        kind(from.DescriptionKind),
		Deprecated:  from.Deprecated,
		Message:     from.DeprecationMessage,
	}
	for _, inner := range from.BlockTypes {
		to.Blocks[inner.TypeName] = nestedBlock{
			Nesting:  strings.ToLower(inner.Nesting.String()),
			Block:    describeBlock(inner.Block),
			MinItems: inner.MinItems,
			MaxItems: inner.MaxItems,
		}
	}
	return to
}

func describeAttributes(from []*tfprotov6.SchemaAttribute) map[string]attribute {
	to := make(map[string]attribute, len(from))
	for _, one := range from {
		described := attribute{
			Type:        one.Type,
			Description: one.Description,
			Kind:        kind(one.DescriptionKind),
			Deprecated:  one.Deprecated,
			Message:     one.DeprecationMessage,
			Required:    one.Required,
			Optional:    one.Optional,
			Computed:    one.Computed,
			Sensitive:   one.Sensitive,
			WriteOnly:   one.WriteOnly,
		}
		if one.NestedType != nil {
			described.Nested = &nested{
				Attributes: describeAttributes(one.NestedType.Attributes),
				Nesting:    strings.ToLower(one.NestedType.Nesting.String()),
			}
		}
		to[one.Name] = described
	}
	return to
}

func describeIdentity(from *tfprotov6.ResourceIdentitySchema) identitySchema {
	to := identitySchema{Version: from.Version, Attributes: make(map[string]identityAttribute, len(from.IdentityAttributes))}
	for _, one := range from.IdentityAttributes {
		to.Attributes[one.Name] = identityAttribute{
			Type:              one.Type,
			Description:       one.Description,
			RequiredForImport: one.RequiredForImport,
			OptionalForImport: one.OptionalForImport,
		}
	}
	return to
}

func describeFunction(from *tfprotov6.Function) function {
	to := function{
		Description:        from.Description,
		Summary:            from.Summary,
		DeprecationMessage: from.DeprecationMessage,
		ReturnType:         from.Return.Type,
	}
	for _, one := range from.Parameters {
		to.Parameters = append(to.Parameters, describeParameter(one))
	}
	if from.VariadicParameter != nil {
		variadic := describeParameter(from.VariadicParameter)
		to.Variadic = &variadic
	}
	return to
}

func describeParameter(from *tfprotov6.FunctionParameter) parameter {
	return parameter{Name: from.Name, Description: from.Description, Nullable: from.AllowNullValue, Type: from.Type}
}

// kind is how a description is formatted, in the engine's words.
func kind(from tfprotov6.StringKind) string {
	return strings.ToLower(from.String())
}
