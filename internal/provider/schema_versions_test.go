// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
)

// The version of each resource's state. One is raised alone, when the state of
// that resource changes, and with the way from the version before.
var stateVersions = map[string]int64{"flux2_image": 1, "flux2_image_result": 1, "flux2_image_file": 2}

// frozenImageFile is a flux2_image_file that the first schema wrote.
func frozenImageFile(t *testing.T) frozen {
	t.Helper()
	return frozenFile(t, 0)
}

// frozenFile is a flux2_image_file that a version of the schema wrote.
func frozenFile(t *testing.T, version int) frozen {
	t.Helper()

	var state struct {
		Resources [1]frozen `json:"resources"`
	}
	if err := json.Unmarshal(thaw(t, fmt.Sprintf("testdata/state_image_file_version%d.json", version)), &state); err != nil {
		t.Fatal(err)
	}
	return state.Resources[0]
}

func TestSchema_versions(t *testing.T) {
	t.Parallel()

	server := converse(t, acctest.New(t), nil).server
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	versions := make(map[string]int64)
	for kind, schema := range schemas.ResourceSchemas {
		versions[kind] = schema.Version
	}
	if !maps.Equal(versions, stateVersions) {
		t.Errorf("the versions are %v, want %v", versions, stateVersions)
	}

	// Of each version, a state is kept, and is read as what it is.
	read := make(map[string][]int64)
	for _, object := range slices.Concat(frozenObjects(t, 0), frozenObjects(t, 1), []frozen{frozenFile(t, 0), frozenFile(t, 1), frozenFile(t, 2)}) {
		instance := object.Instances[0]
		response, err := server.UpgradeResourceState(t.Context(), &tfprotov6.UpgradeResourceStateRequest{
			TypeName: object.Type, Version: instance.SchemaVersion, RawState: &tfprotov6.RawState{JSON: instance.Attributes},
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(response.Diagnostics) > 0 {
			t.Errorf("%s of version %d is not read: %s", object.Type, instance.SchemaVersion, spoken(response.Diagnostics))
		}
		read[object.Type] = append(read[object.Type], instance.SchemaVersion)
	}
	for kind, newest := range stateVersions {
		for version := range newest + 1 {
			if !slices.Contains(read[kind], version) {
				t.Errorf("there is no frozen state of %s in version %d", kind, version)
			}
		}
	}
}

// On its way through the provider, the state of a file loses nothing.
func TestSchema_frozenImageFileIsRead(t *testing.T) {
	t.Parallel()

	server := converse(t, acctest.New(t), nil).server
	for version := range 3 {
		readsFrozenFile(t, server, frozenFile(t, version).Instances[0])
	}
}

func readsFrozenFile(t *testing.T, server tfprotov6.ProviderServer, instance frozenInstance) {
	t.Helper()

	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.UpgradeResourceState(t.Context(), &tfprotov6.UpgradeResourceStateRequest{
		TypeName: "flux2_image_file", Version: instance.SchemaVersion, RawState: &tfprotov6.RawState{JSON: instance.Attributes},
	})
	if err != nil {
		t.Fatal(err)
	}
	var frozen map[string]any
	if err := json.Unmarshal(instance.Attributes, &frozen); err != nil {
		t.Fatal(err)
	}
	if instance.SchemaVersion < 2 {
		// What earlier versions did not have has its default, so that nothing is planned.
		frozen["source_sha256"] = frozen["sha256"]
	}
	if instance.SchemaVersion < 1 {
		maps.Copy(frozen, map[string]any{"id": frozen["path"], "on_missing": "restore", "overwrite": false})
	}
	for name, value := range attributesOf(t, unpacked(t, response.UpgradedState, schemas.ResourceSchemas["flux2_image_file"].ValueType())) {
		if got := plain(t, value); !reflect.DeepEqual(got, frozen[name]) {
			t.Errorf("%s is %v, was %v", name, got, frozen[name])
		}
	}
}

// plain is a value as JSON has it.
func plain(t *testing.T, value tftypes.Value) any {
	t.Helper()

	switch {
	case value.IsNull():
		return nil
	case value.Type().Is(tftypes.String):
		return as[string](t, value)
	case value.Type().Is(tftypes.Bool):
		return as[bool](t, value)
	case value.Type().Is(tftypes.Number):
		read := as[big.Float](t, value)
		number, _ := read.Float64()
		return number
	case value.Type().Is(tftypes.List{}):
		var list []any
		for _, element := range as[[]tftypes.Value](t, value) {
			list = append(list, plain(t, element))
		}
		return list
	}
	object := make(map[string]any)
	for name, element := range as[map[string]tftypes.Value](t, value) {
		object[name] = plain(t, element)
	}
	return object
}
