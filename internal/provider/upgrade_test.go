// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider"
)

// States that each version of the schema wrote, and the configuration that they
// came from. None is ever edited: users have such states. The one image that is not
// finished in them has the handle of an address that is gone.
const (
	frozenState  = "testdata/state_version%d.json"
	frozenConfig = "testdata/state_version0.tf"
)

// frozen is one object of the frozen state.
type frozen struct {
	Type      string           `json:"type"`
	Instances []frozenInstance `json:"instances"`
}

type frozenInstance struct {
	SchemaVersion int64           `json:"schema_version"`
	Attributes    json.RawMessage `json:"attributes"`
}

func thaw(t *testing.T, path string) []byte {
	t.Helper()

	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func frozenObjects(t *testing.T, version int) []frozen {
	t.Helper()

	var state struct {
		Resources []frozen `json:"resources"`
	}
	if err := json.Unmarshal(thaw(t, fmt.Sprintf(frozenState, version)), &state); err != nil {
		t.Fatal(err)
	}
	if len(state.Resources) != 5 {
		t.Fatalf("the frozen state has %d objects", len(state.Resources))
	}
	return state.Resources
}

// A state of any version plans nothing with its configuration, and costs nothing.
func TestAccUpgrade_frozenStatePlansNothing(t *testing.T) {
	t.Parallel()

	for version := range 2 {
		t.Run(fmt.Sprintf("version %d", version), func(t *testing.T) {
			t.Parallel()
			plansNothing(t, version)
		})
	}
}

func plansNothing(t *testing.T, version int) {
	t.Helper()

	// A refresh asks for each picture's head, which shall not wait for a painter.
	env := acctest.New(t, emulator.WithPainting(emulator.PaintOnDemand))
	for _, object := range frozenObjects(t, version) {
		if object.Type != "flux2_image" {
			continue
		}
		var image struct {
			RequestID    string      `json:"request_id"`
			EndpointID   string      `json:"endpoint_id"`
			Prompt       string      `json:"prompt"`
			Seed         json.Number `json:"seed"`
			NumImages    int         `json:"num_images"`
			OutputFormat string      `json:"output_format"`
		}
		if err := json.Unmarshal(object.Instances[0].Attributes, &image); err != nil {
			t.Fatal(err)
		}
		input, err := json.Marshal(map[string]any{
			"prompt": image.Prompt, "seed": image.Seed, "num_images": image.NumImages, "output_format": image.OutputFormat,
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := env.Emulator.SeedRequest(emulator.SeededRequest{
			ID: image.RequestID, EndpointID: image.EndpointID, Input: input, SentAt: time.Now().Add(-time.Hour),
		}); err != nil {
			t.Fatal(err)
		}
	}

	workspace := env.Workspace(t)
	workspace.Write(env.Config(string(thaw(t, frozenConfig))))
	// Each engine has a registry of its own for the same source.
	address := regexp.MustCompile(`provider\[([^\]]+)\]`).FindStringSubmatch(workspace.MustRun("providers"))
	if address == nil {
		t.Fatal("the engine names no provider")
	}
	state := strings.NewReplacer(provider.Address, address[1], "http://emulator.invalid", env.URL).Replace(string(thaw(t, fmt.Sprintf(frozenState, version))))
	if err := os.WriteFile(workspace.Path("terraform.tfstate"), []byte(state), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"first", "second"} {
		if code, output := workspace.Run("plan", "-detailed-exitcode", "-no-color"); code != 0 {
			t.Errorf("the %s plan ended with %d:\n%s", what, code, output)
		}
		workspace.MustRun("apply", "-auto-approve", "-no-color")
	}
	for address, object := range workspace.State() {
		values := object.AttributeValues
		if values["status"] != "COMPLETED" || values["error"] != nil || (values["media_available"] != true) != (address == "flux2_image.submitted") {
			t.Errorf("%s is %v", address, values)
		}
	}
	env.ExpectSubmissions(t, 0)
	for _, entry := range env.Emulator.LogOf(emulator.RouteMedia) {
		if entry.Status != 200 {
			t.Errorf("%s answered %d", entry.Path, entry.Status)
		}
	}
}

// On its way through the provider, a state of any version loses nothing. One of
// version 0 gets the id, and no longer holds a prompt that was not expanded.
func TestUpgrade_frozenStateRoundTrips(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	server := converseConfigured(t, env).server
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for version := range int64(2) {
		for _, object := range frozenObjects(t, int(version)) {
			roundTrips(t, server, schemas.ResourceSchemas[object.Type], object, version)
		}
	}
}

func roundTrips(t *testing.T, server tfprotov6.ProviderServer, schema *tfprotov6.Schema, object frozen, version int64) {
	t.Helper()

	instance := object.Instances[0]
	if instance.SchemaVersion != version {
		t.Errorf("%s is frozen at version %d", object.Type, instance.SchemaVersion)
	}
	response, err := server.UpgradeResourceState(t.Context(), &tfprotov6.UpgradeResourceStateRequest{
		TypeName: object.Type, Version: version, RawState: &tfprotov6.RawState{JSON: instance.Attributes},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(response.Diagnostics) > 0 {
		t.Fatalf("upgrading said %s", spoken(response.Diagnostics))
	}
	var attributes map[string]json.RawMessage
	if err := json.NewDecoder(bytes.NewReader(instance.Attributes)).Decode(&attributes); err != nil {
		t.Fatal(err)
	}
	if version == 0 {
		attributes["id"] = attributes["request_id"]
		if string(attributes["enable_prompt_expansion"]) == "false" {
			attributes["expanded_prompt"] = json.RawMessage("null")
		}
	}
	expected, err := json.Marshal(attributes)
	if err != nil {
		t.Fatal(err)
	}
	want, err := tfprotov6.RawState{JSON: expected}.Unmarshal(schema.ValueType())
	if err != nil {
		t.Fatal(err)
	}
	if got := unpacked(t, response.UpgradedState, schema.ValueType()); !got.Equal(want) {
		t.Errorf("%s became %s, want %s", object.Type, got, want)
	}

	// As long as the schema is at that version, the frozen state has to have all
	// of it.
	var known []string
	for _, attribute := range schema.Block.Attributes {
		known = append(known, attribute.Name)
	}
	slices.Sort(known)
	if have := slices.Sorted(maps.Keys(attributes)); schema.Version == version && !slices.Equal(have, known) {
		t.Errorf("%s is frozen with %v; the schema has %v", object.Type, have, known)
	}
}
