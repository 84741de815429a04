// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"strings"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// keySource is where a provider has its key from.
type keySource struct {
	variable string
	// declaration and argument are what the configuration says about it.
	declaration, argument string
	// isSaved says that the engine keeps it in a saved plan, as the
	// documentation warns.
	isSaved bool
}

var (
	fromEnvironmentOnly = keySource{variable: "FAL_KEY="}
	fromEphemeral       = keySource{
		variable:    "TF_VAR_fal_key=",
		declaration: "variable \"fal_key\" {\n  type      = string\n  ephemeral = true\n}\n\n",
		argument:    "api_key = var.fal_key",
	}
	fromSensitive = keySource{
		variable:    "TF_VAR_fal_key=",
		declaration: "variable \"fal_key\" {\n  type      = string\n  sensitive = true\n}\n\n",
		argument:    "api_key = var.fal_key",
		isSaved:     true,
	}
)

// savedPlan plans into a file and applies that. The server refuses an image and
// repeats the key, and then doesn't.
func savedPlan(t *testing.T, source keySource) extent {
	t.Helper()

	echo := `{"detail":"` + recognisableKey + `-is-no-good"}`
	env := acctest.New(t, emulator.WithKey(recognisableKey), emulator.WithPainting(emulator.PaintOnDemand),
		emulator.WithFaults(emulator.Fault{Route: emulator.RouteSubmit, Times: 1, Status: 401, Body: &echo}))
	workspace := watch(t, env.Workspace(t, traced(source.variable+recognisableKey)...))
	workspace.Write(source.declaration + reaching(env.URL, source.argument) + "resource \"flux2_image\" \"art\" {\n  count = 2\n\n  prompt = \"a lighthouse at dusk, ${count.index}\"\n}\n")

	code, said := workspace.Run("plan", "-out=saved.tfplan", "-no-color")
	if strings.Contains(said, `An argument named "ephemeral" is not expected here`) {
		t.Skip("this engine has no ephemeral variables: Terraform has them from 1.10 on, OpenTofu from 1.11 on")
	}
	workspace.output.WriteString(said)
	if code != 0 {
		t.Fatalf("the plan ended with %d:\n%s", code, said)
	}
	if !source.isSaved {
		workspace.run(0, "show", "-json", "saved.tfplan")
	}
	workspace.run(1, "apply", "saved.tfplan")
	workspace.run(0, "apply", "-auto-approve")
	env.ExpectSubmissions(t, 2)
	for _, call := range env.Emulator.LogOf(emulator.RouteSubmit) {
		if got := call.Header.Get("Authorization"); got != markOfKey(recognisableKey) {
			t.Errorf("the key was sent as %s", got)
		}
	}
	media := env.Emulator.LogOf(emulator.RouteMedia)
	for _, call := range media {
		if got := call.Header.Values("Authorization"); len(got) > 0 {
			t.Errorf("the media host was sent %q", got)
		}
	}
	if len(media) == 0 {
		t.Error("nobody asked the media host, so that nothing was shown about it")
	}

	found := workspace.found()
	found.expect(t, "output", "-is-no-good")
	found.expect(t, trace, "Called fal", env.Emulator.Submissions()[0].RequestID)
	found.expect(t, "saved.tfplan/tfplan", "flux2_image")
	found.expect(t, "terraform.tfstate decoded decoded", "status_url")
	if source.isSaved {
		// So the search would have found it in the other plans.
		found.expect(t, "saved.tfplan/tfplan", recognisableKey)
		for name := range found {
			if strings.HasPrefix(name, "saved.tfplan") {
				delete(found, name)
			}
		}
	}
	return extent{1, found.search(t, recognisableKey)}
}
