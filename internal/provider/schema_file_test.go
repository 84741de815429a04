// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"maps"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
)

// Of other content nothing is known, of the same content all: what depends on a
// hash changes with the file, and only then.
func TestSchema_everyOutputOfAFileIsPlanned(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	c := converseConfigured(t, env)
	schemas, err := c.server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	schema := schemas.ResourceSchemas["flux2_image_file"]
	frozen, err := c.server.UpgradeResourceState(t.Context(), &tfprotov6.UpgradeResourceStateRequest{
		TypeName: "flux2_image_file", RawState: &tfprotov6.RawState{JSON: frozenImageFile(t).Instances[0].Attributes},
	})
	if err != nil {
		t.Fatal(err)
	}
	prior := attributesOf(t, unpacked(t, frozen.UpgradedState, schema.ValueType()))
	for name, test := range map[string]struct {
		url     tftypes.Value
		unknown bool
	}{
		"the same":      {prior["url"], false},
		"other content": {word(env.URL + "/media/files/b/1/other.png"), true},
		"not known yet": {tftypes.NewValue(tftypes.String, tftypes.UnknownValue), true},
	} {
		config := arguments{"url": test.url, "path": prior["path"]}
		completed := maps.Clone(prior)
		completed["url"] = test.url
		planned, err := c.server.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
			TypeName:         "flux2_image_file",
			PriorState:       frozen.UpgradedState,
			ProposedNewState: packed(t, tftypes.NewValue(schema.ValueType(), completed)),
			Config:           packed(t, object(t, schema, config, leftOut)),
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(planned.Diagnostics) > 0 {
			t.Fatalf("%s: planning said %s", name, spoken(planned.Diagnostics))
		}
		values := attributesOf(t, unpacked(t, planned.PlannedState, schema.ValueType()))
		for _, attribute := range schema.Block.Attributes {
			if attribute.Optional || attribute.Required || attribute.Name == "present" || attribute.Name == "id" {
				continue
			}
			if value := values[attribute.Name]; value.IsKnown() == test.unknown || !test.unknown && !value.Equal(prior[attribute.Name]) {
				t.Errorf("%s: %s is planned as %s", name, attribute.Name, value)
			}
		}
		if !as[bool](t, values["present"]) {
			t.Errorf("%s: the file is not planned to be there", name)
		}
	}
	env.ExpectSubmissions(t, 0)
}
