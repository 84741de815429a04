// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// sound fails on results that came with a diagnostic.
func sound(t *testing.T, results []tfprotov6.ListResourceResult) {
	t.Helper()

	for _, result := range results {
		if len(result.Diagnostics) > 0 {
			t.Fatalf("listing said %s", spoken(result.Diagnostics))
		}
	}
}

// Only what an import could take over is listed, under a name that a person
// recognises.
func TestImageListResource_listsWhatCanBeImported(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	seedHistory(t, env, 1, &emulator.JobFault{Status: http.StatusUnprocessableEntity})
	seedHistory(t, env, 1, &emulator.JobFault{ErrorType: "runner_disconnected"})
	sent := time.Now().Add(-time.Hour).UTC()
	seedLighthouse(t, env, emulator.SeededRequest{SentAt: sent, RunTime: time.Second})
	if _, err := env.Emulator.SeedRequest(emulator.SeededRequest{
		ID: "00000000-0000-4000-8000-00000000000b", SentAt: sent.Add(-time.Minute), RunTime: time.Second,
		Input: []byte(`{"prompt":"A very\nlong   prompt that goes on and on and on, well beyond the width of a screen"}`),
	}); err != nil {
		t.Fatal(err)
	}
	c := converseConfigured(t, env)
	results := c.list(t, c.listConfig(t, nil), 100, false, 0)
	sound(t, results)
	if len(results) != 2 {
		t.Fatalf("%d images are listed, want 2", len(results))
	}
	c.expectIdentity(t, results[0].Identity, "fal-ai/flux-2-dev", knownRequest)
	for i, want := range []string{
		sent.Format(time.DateTime) + " a lighthouse at dusk",
		sent.Add(-time.Minute).Format(time.DateTime) + " A very long prompt that goes on and on and on, well beyond …",
	} {
		if got := results[i].DisplayName; got != want {
			t.Errorf("image %d is called %q, want %q", i, got, want)
		}
		if results[i].Resource != nil {
			t.Errorf("image %d comes with the resource, which nobody asked for", i)
		}
	}
	onlyRead(t, env)
	env.ExpectSubmissions(t, 0)
}

// The configuration that the engine generates from a listed image is that of an
// import that leaves nothing to change, and generates nothing.
func TestImageListResource_generatesConfiguration(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	seedLighthouse(t, env, emulator.SeededRequest{SentAt: time.Now().Add(-time.Hour), RunTime: time.Second})
	c := converseConfigured(t, env)
	results := c.list(t, c.listConfig(t, nil), 100, true, 0)
	sound(t, results)
	listed := attributesOf(t, unpacked(t, results[0].Resource, c.image.ValueType()))
	for name, want := range map[string]string{"prompt": "a lighthouse at dusk", "image_size": "landscape_4_3", "request_id": knownRequest, "status": "COMPLETED"} {
		if got := as[string](t, listed[name]); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if listed["url"].IsNull() || listed["created_at"].IsNull() || !listed["media_available"].IsNull() {
		t.Errorf("the image is %v", listed)
	}

	generated, err := c.server.GenerateResourceConfig(t.Context(), &tfprotov6.GenerateResourceConfigRequest{TypeName: "flux2_image", State: results[0].Resource})
	if err != nil || len(generated.Diagnostics) > 0 {
		t.Fatalf("generating configuration said %v %s", err, spoken(generated.Diagnostics))
	}
	valid, err := c.server.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{TypeName: "flux2_image", Config: generated.Config})
	if err != nil || len(valid.Diagnostics) > 0 {
		t.Fatalf("the generated configuration is not valid: %v %s", err, spoken(valid.Diagnostics))
	}
	imported, err := c.server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: "flux2_image", Identity: results[0].Identity})
	if err != nil || len(imported.Diagnostics) > 0 {
		t.Fatalf("importing said %v %s", err, spoken(imported.Diagnostics))
	}
	config := arguments(attributesOf(t, unpacked(t, generated.Config, c.image.ValueType())))
	for name, value := range config {
		if value.IsNull() {
			delete(config, name)
		}
	}
	state := imported.ImportedResources[0]
	planned := c.plan(t, state.State, state.Private, config)
	before, after := unpacked(t, state.State, c.image.ValueType()), unpacked(t, planned.PlannedState, c.image.ValueType())
	if differences, _ := before.Diff(after); len(differences) > 0 || len(planned.RequiresReplace) > 0 || len(planned.Diagnostics) > 0 {
		t.Errorf("the import plans %v, replaces for %v and says %s", differences, planned.RequiresReplace, spoken(planned.Diagnostics))
	}
	onlyRead(t, env)
	env.ExpectSubmissions(t, 0)
}

// The same requests are listed as results, whose configuration is the request alone.
func TestImageListResource_listsResults(t *testing.T) {
	t.Parallel()

	const kind = "flux2_image_result"
	env := acctest.New(t)
	seedLighthouse(t, env, emulator.SeededRequest{SentAt: time.Now().Add(-time.Hour), RunTime: time.Second})
	seedHistory(t, env, 1, &emulator.JobFault{ErrorType: "runner_disconnected"})
	c := converseConfigured(t, env)
	results := c.listOf(t, kind, packed(t, object(t, c.lists[kind], nil, leftOut)), 100, true, 0)
	sound(t, results)
	if len(results) != 1 || !strings.HasSuffix(results[0].DisplayName, " a lighthouse at dusk") {
		t.Fatalf("listed %v", results)
	}
	c.expectIdentity(t, results[0].Identity, "fal-ai/flux-2-dev", knownRequest)
	schemas, err := c.server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	listed := attributesOf(t, unpacked(t, results[0].Resource, schemas.ResourceSchemas[kind].ValueType()))

	imported, err := c.server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: kind, Identity: results[0].Identity})
	if err != nil || len(imported.Diagnostics) > 0 {
		t.Fatalf("importing said %v %s", err, spoken(imported.Diagnostics))
	}
	state := attributesOf(t, unpacked(t, imported.ImportedResources[0].State, schemas.ResourceSchemas[kind].ValueType()))
	for _, name := range []string{"id", "request_id", "endpoint_id", "status", "url", "images", "seed", "expanded_prompt", "has_nsfw_concepts", "timings", "error"} {
		if !listed[name].Equal(state[name]) {
			t.Errorf("%s is listed as %s, and imported as %s", name, listed[name], state[name])
		}
	}
	if listed["url"].IsNull() || listed["created_at"].IsNull() || !listed["media_available"].IsNull() {
		t.Errorf("the result is %v", listed)
	}

	generated, err := c.server.GenerateResourceConfig(t.Context(), &tfprotov6.GenerateResourceConfigRequest{TypeName: kind, State: results[0].Resource})
	if err != nil || len(generated.Diagnostics) > 0 {
		t.Fatalf("generating configuration said %v %s", err, spoken(generated.Diagnostics))
	}
	valid, err := c.server.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{TypeName: kind, Config: generated.Config})
	if err != nil || len(valid.Diagnostics) > 0 {
		t.Fatalf("the generated configuration is not valid: %v %s", err, spoken(valid.Diagnostics))
	}
	env.ExpectSubmissions(t, 0)
}

// Without stored payloads an image can still be found and imported.
func TestImageListResource_doesWithoutPayloads(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	seedLighthouse(t, env, emulator.SeededRequest{SentAt: time.Now().Add(-time.Hour), Header: http.Header{"X-Fal-Store-Io": {"0"}}})
	c := converseConfigured(t, env)
	results := c.list(t, c.listConfig(t, nil), 100, true, 0)
	sound(t, results)
	if len(results) != 1 || results[0].DisplayName != knownRequest {
		t.Fatalf("listed %v", results)
	}
	c.expectIdentity(t, results[0].Identity, "fal-ai/flux-2-dev", knownRequest)
	if listed := attributesOf(t, unpacked(t, results[0].Resource, c.image.ValueType())); !listed["prompt"].IsNull() || !listed["url"].IsNull() {
		t.Errorf("the image is %v", listed)
	}
	env.ExpectSubmissions(t, 0)
}

// No more is read than the engine wants.
func TestImageListResource_honoursLimits(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		limit        int64
		leaveOff     int
		listed, call int
	}{
		"a few":              {limit: 3, listed: 3, call: 1},
		"as the engine does": {limit: 100, listed: 100, call: 1},
		"pages":              {limit: 130, listed: 130, call: 2},
		"no limit":           {listed: 210, call: 3},
		"the engine leaves":  {leaveOff: 5, listed: 5, call: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithPainting(emulator.PaintOnDemand))
			seedHistory(t, env, 210, nil)
			c := converseConfigured(t, env)
			results := c.list(t, c.listConfig(t, nil), test.limit, false, test.leaveOff)
			sound(t, results)
			if calls := len(env.Emulator.LogOf(emulator.RouteHistory)); len(results) != test.listed || calls != test.call {
				t.Errorf("%d images in %d calls, want %d in %d", len(results), calls, test.listed, test.call)
			}
			env.ExpectSubmissions(t, 0)
		})
	}
}

// An error is a result of its own, after those that came before it.
func TestImageListResource_fails(t *testing.T) {
	t.Parallel()

	early := "2026-09-01T00:00:00Z"
	for name, test := range map[string]struct {
		fault     emulator.Fault
		arguments arguments
		before    int
		want      string
	}{
		"not permitted": {
			fault: emulator.Fault{Route: emulator.RouteHistory, Status: http.StatusForbidden},
			want:  "Request History Not Permitted",
		},
		"fails on the second page": {
			fault:  emulator.Fault{Route: emulator.RouteHistory, Skip: 1, Status: http.StatusForbidden},
			before: 100, want: "Request History Not Permitted",
		},
		"out of time": {
			fault: emulator.Fault{Route: emulator.RouteHistory, Hang: true},
			arguments: arguments{"timeouts": tftypes.NewValue(
				tftypes.Object{AttributeTypes: map[string]tftypes.Type{"list": tftypes.String}}, map[string]tftypes.Value{"list": word("20ms")})},
			want: "Request History Not Read",
		},
		"endpoint misspelt": {arguments: arguments{"endpoint_id": word("flux-2")}, want: "must have the form owner/alias"},
		"window reversed":   {arguments: arguments{"start": word(early), "end": word(early)}, want: "end is \"" + early + "\", but must be later than start"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t, emulator.WithPainting(emulator.PaintOnDemand))
			seedHistory(t, env, 110, nil)
			if test.fault.Route != "" {
				env.Emulator.Inject(test.fault)
			}
			c := converseConfigured(t, env)
			results := c.list(t, c.listConfig(t, test.arguments), 0, false, 0)
			if len(results) != test.before+1 {
				t.Fatalf("%d results, want %d and an error", len(results), test.before)
			}
			if got := spoken(results[test.before].Diagnostics); !strings.Contains(got, test.want) || !strings.HasPrefix(got, "ERROR") {
				t.Errorf("listing said %q, want %q", got, test.want)
			}
			env.ExpectSubmissions(t, 0)
		})
	}
}

// A list can't be had from a provider that can't be reached yet.
func TestImageListResource_needsAConfiguredProvider(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	c := converse(t, env, nil)
	c.configure(t, arguments{"emulator_url": tftypes.NewValue(tftypes.String, tftypes.UnknownValue)})
	results := c.list(t, c.listConfig(t, nil), 0, false, 0)
	if len(results) != 1 || !strings.Contains(spoken(results[0].Diagnostics), "Provider Not Configured Yet") {
		t.Errorf("listed %v", results)
	}
}
