// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"strings"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// Between the deletion of an image that was not collected and its replacement
// the run may end. Only its warning names the request then, and with that it is
// imported instead of paid for again.
func TestAccHandover_runEndsInBetween(t *testing.T) {
	t.Parallel()

	env := acctest.New(t, emulator.WithPainting(emulator.PaintOnDemand), emulator.WithFaults(unreadable(emulator.RouteResult, emulator.RouteHistory)...))
	workspace := env.Workspace(t)
	workspace.Write(env.Config(`
variable "fails" {
  type = bool
}

resource "terraform_data" "before" {
  triggers_replace = var.fails

  provisioner "local-exec" {
    command = var.fails ? "exit 1" : "exit 0"
  }
}

resource "flux2_image" "art" {
  prompt     = "a lighthouse at dusk"
  depends_on = [terraform_data.before]
}
`))
	apply := func(fails string) (int, string) {
		return workspace.Run("apply", "-auto-approve", "-no-color", "-var=fails="+fails)
	}
	if code, said := apply("false"); code != 1 || !strings.Contains(said, "Image Not Collected") {
		t.Fatalf("the first run ended with %d:\n%s", code, said)
	}
	env.Emulator.ClearFaults()
	requestID := env.Emulator.Submissions()[0].RequestID
	code, said := apply("true")
	if code != 1 || !strings.Contains(said, "Request Handed Over") || !strings.Contains(strings.Join(strings.Fields(said), ""), "fal-ai/flux-2-dev/"+requestID) {
		t.Errorf("the run that ends in between ended with %d:\n%s", code, said)
	}
	if left := workspace.State()["flux2_image.art"]; left != nil {
		t.Errorf("the state still has %v", left)
	}

	workspace.MustRun("import", "-no-color", "-var=fails=false", "flux2_image.art", "fal-ai/flux-2-dev/"+requestID)
	if code, said := apply("false"); code != 0 {
		t.Errorf("the last run ended with %d:\n%s", code, said)
	}
	if url := workspace.State()["flux2_image.art"].AttributeValues["url"]; url == nil {
		t.Error("the image has no URL")
	}
	env.ExpectSubmissions(t, 1)
}
