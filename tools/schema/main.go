// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Command schema prints the provider's schemas in the form of an engine's
// `providers schema -json`, for the documentation generator. It asks the
// provider itself, so that the documentation doesn't depend on which engine, if
// any, is installed: older ones leave out identities, actions and queries.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/flux2-provider/terraform-provider-flux2/internal/provider"
)

func main() {
	server := provider.Server(provider.New("schema")())
	if err := run(context.Background(), server, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "schema:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, server tfprotov6.ProviderServer, out io.Writer) error {
	schemas, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return fmt.Errorf("ask for the schemas: %w", err)
	}
	identities, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return fmt.Errorf("ask for the identity schemas: %w", err)
	}
	for _, diagnostic := range append(schemas.Diagnostics, identities.Diagnostics...) {
		if diagnostic.Severity == tfprotov6.DiagnosticSeverityError {
			return fmt.Errorf("the provider reports: %s: %s", diagnostic.Summary, diagnostic.Detail)
		}
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(describe(schemas, identities))
}
