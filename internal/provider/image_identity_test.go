// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

var lighthouseArguments = arguments{"prompt": word("a lighthouse at dusk"), "seed": number(lighthouseSeed)}

// read refreshes an image.
func (c conversation) read(tb testing.TB, state *tfprotov6.DynamicValue, identity *tfprotov6.ResourceIdentityData, private []byte) *tfprotov6.ReadResourceResponse {
	tb.Helper()

	response, err := c.server.ReadResource(tb.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: "flux2_image", CurrentState: state, CurrentIdentity: identity, Private: private,
	})
	if err != nil {
		tb.Fatal(err)
	}
	if len(response.Diagnostics) > 0 {
		tb.Fatalf("reading said %s", spoken(response.Diagnostics))
	}
	return response
}

// expectIdentity checks what an image is found again by.
func (c conversation) expectIdentity(t *testing.T, identity *tfprotov6.ResourceIdentityData, endpointID, requestID string) {
	t.Helper()

	if identity == nil || identity.IdentityData == nil {
		t.Fatal("there is no identity")
	}
	got := words(t, unpacked(t, identity.IdentityData, c.identity.ValueType()))
	if got["endpoint_id"] != endpointID || got["request_id"] != requestID || len(got) != 2 {
		t.Errorf("the identity is %v, want %s and %s", got, endpointID, requestID)
	}
}

// An image is found again by the identity that every operation returns.
func TestImageIdentity_isSetByEveryOperation(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	c := converseConfigured(t, env)
	created := c.create(t, lighthouseArguments)
	if len(created.Diagnostics) > 0 {
		t.Fatalf("creating said %s", spoken(created.Diagnostics))
	}
	requestID := env.Emulator.Submissions()[0].RequestID
	c.expectIdentity(t, created.NewIdentity, "fal-ai/flux-2-dev", requestID)

	read := c.read(t, created.NewState, created.NewIdentity, created.Private)
	c.expectIdentity(t, read.NewIdentity, "fal-ai/flux-2-dev", requestID)

	// State from an engine that knew no identity gets one.
	withoutOne := c.read(t, created.NewState, nil, created.Private)
	c.expectIdentity(t, withoutOne.NewIdentity, "fal-ai/flux-2-dev", requestID)

	again := c.plan(t, read.NewState, read.Private, lighthouseArguments)
	if len(again.RequiresReplace) > 0 || len(again.Diagnostics) > 0 {
		t.Errorf("planning again wants to replace for %v and says %s", again.RequiresReplace, spoken(again.Diagnostics))
	}
	env.ExpectSubmissions(t, 1)
}

// What failed leaves neither state nor identity.
func TestImageIdentity_isNotLeftByAFailedJob(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	c := converseConfigured(t, env)
	failed := c.create(t, arguments{"prompt": word(emulator.MarkerRefuse)})
	if said := spoken(failed.Diagnostics); !strings.Contains(said, `ERROR: Prompt Refused [AttributeName("prompt")]`) {
		t.Errorf("creating said %s", said)
	}
	if state := unpacked(t, failed.NewState, c.image.ValueType()); !state.IsNull() {
		t.Errorf("the state is %s", state)
	}
	if failed.NewIdentity != nil && failed.NewIdentity.IdentityData != nil {
		if identity := unpacked(t, failed.NewIdentity.IdentityData, c.identity.ValueType()); !identity.IsNull() {
			t.Errorf("the identity is %s", identity)
		}
	}
	env.ExpectSubmissions(t, 1)
}

// A request is imported by identity, with the endpoint or without, and the
// configuration that made it plans no replacement.
func TestImageIdentity_imports(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		given, want string
	}{
		"endpoint given":       {"fal-ai/flux-2", "fal-ai/flux-2"},
		"endpoint by default":  {"", "fal-ai/flux-2-dev"},
		"default endpoint too": {"fal-ai/flux-2-dev", "fal-ai/flux-2-dev"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			c := converseConfigured(t, env)
			requestID := seedLighthouse(t, env, emulator.SeededRequest{EndpointID: test.want})
			endpoint := nothing(tftypes.String)
			if test.given != "" {
				endpoint = word(test.given)
			}

			imported, err := c.server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{
				TypeName: "flux2_image",
				Identity: &tfprotov6.ResourceIdentityData{IdentityData: packed(t, tftypes.NewValue(c.identity.ValueType(),
					map[string]tftypes.Value{"endpoint_id": endpoint, "request_id": word(requestID)}))},
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(imported.Diagnostics) > 0 || len(imported.ImportedResources) != 1 {
				t.Fatalf("importing brought %d images and said %s", len(imported.ImportedResources), spoken(imported.Diagnostics))
			}
			object := imported.ImportedResources[0]
			c.expectIdentity(t, object.Identity, test.want, requestID)

			read := c.read(t, object.State, object.Identity, object.Private)
			c.expectIdentity(t, read.NewIdentity, test.want, requestID)

			matching := arguments{"prompt": lighthouseArguments["prompt"], "seed": lighthouseArguments["seed"], "endpoint_id": word(test.want)}
			planned := c.plan(t, read.NewState, read.Private, matching)
			if len(planned.RequiresReplace) > 0 || len(planned.Diagnostics) > 0 {
				t.Fatalf("planning wants to replace for %v and says %s", planned.RequiresReplace, spoken(planned.Diagnostics))
			}
			applied := c.apply(t, read.NewState, planned, matching)
			if len(applied.Diagnostics) > 0 {
				t.Fatalf("applying said %s", spoken(applied.Diagnostics))
			}
			c.expectIdentity(t, applied.NewIdentity, test.want, requestID)
			env.ExpectSubmissions(t, 0)
		})
	}
}

func TestImageIdentity_ofNothing(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	c := converseConfigured(t, env)
	imported, err := c.server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{
		TypeName: "flux2_image",
		Identity: &tfprotov6.ResourceIdentityData{IdentityData: packed(t, tftypes.NewValue(c.identity.ValueType(),
			map[string]tftypes.Value{"endpoint_id": nothing(tftypes.String), "request_id": word("00000000-0000-4000-8000-000000000000")}))},
	})
	if err != nil {
		t.Fatal(err)
	}
	if said := spoken(imported.Diagnostics); !strings.Contains(said, "00000000-0000-4000-8000-000000000000") || !strings.HasPrefix(said, "ERROR") {
		t.Errorf("importing said %s", said)
	}
	env.ExpectSubmissions(t, 0)
}
