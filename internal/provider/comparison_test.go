// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build compare

package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// asScript declares ten images as people do without a provider: a provisioner
// that runs a script, here with fal's own client.
func asScript(t *testing.T, env *acctest.Environment) string {
	t.Helper()

	script, err := filepath.Abs(filepath.Join("..", "..", "tools", "testclients", "generate.js"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(script), "node_modules")); err != nil {
		t.Fatalf("make compare installs fal's client first: %v", err)
	}
	return fmt.Sprintf(`
resource "terraform_data" "art" {
  count            = 10
  triggers_replace = ["a lighthouse at dusk", count.index]

  provisioner "local-exec" {
    command     = "node %s 'a lighthouse at dusk' ${count.index} ${count.index}.json"
    environment = { EMULATOR_URL = %q }
  }
}
`, script, env.URL)
}

func asProvider(t *testing.T, env *acctest.Environment) string {
	t.Helper()

	return fmt.Sprintf(`
provider "flux2" {
  emulator_url          = %q
  reuse_requests_within = "1h"
}

resource "flux2_image" "art" {
  count = 10

  prompt     = "a lighthouse at dusk"
  image_size = "square"
  seed       = count.index
}
`, env.URL)
}

// paid counts the images that fal bills: those that were not cancelled before
// they ran.
func paid(env *acctest.Environment) int {
	count := 0
	for _, request := range env.Emulator.Requests() {
		if request.Status != "COMPLETED" || !request.StartedAt.IsZero() {
			count++
		}
	}
	return count
}

// running says that ten images, or as many as the engine starts at once, are
// being generated.
func running(env *acctest.Environment) bool {
	count := 0
	for _, request := range env.Emulator.Requests() {
		if request.Status == "IN_PROGRESS" {
			count++
		}
	}
	return count == 10
}

// Ten images are declared, disturbed once, and applied until the engine is
// content. The table is what each way has cost then. Built by make compare.
func TestAccComparison(t *testing.T) {
	times := func(fault emulator.Fault) []emulator.Fault {
		fault.Route, fault.Times = emulator.RouteSubmit, 10
		return []emulator.Fault{fault}
	}
	var table strings.Builder
	fmt.Fprintf(&table, "\n%-52s  %-22s  %s\n", "images paid for, of ten declared", "script in local-exec", "this provider")
	for _, row := range []struct { //nolint:paralleltest // ten scripts at a time are enough
		name    string
		faults  []emulator.Fault
		disturb func(*acctest.Command)
		// after happens between the first and the second run.
		after func(*testing.T, *acctest.Workspace)
	}{
		{name: "nothing happens"},
		{name: "replies to submissions are lost", faults: times(emulator.Fault{ResetAfter: true})},
		{name: "a gateway answers 504 to accepted submissions", faults: times(emulator.Fault{Accept: true, Status: 504})},
		{name: "Ctrl-C while they run, and another apply", disturb: (*acctest.Command).Interrupt},
		{name: "kill -9 while they run, and another apply", disturb: (*acctest.Command).Kill},
		{name: "the state is lost, and another apply", after: func(t *testing.T, workspace *acctest.Workspace) {
			t.Helper()
			if err := os.Remove(workspace.Path("terraform.tfstate")); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var counts [2]int
			for i, configuration := range []func(*testing.T, *acctest.Environment) string{asScript, asProvider} {
				env := acctest.New(t, emulator.WithQueueTime(100*time.Millisecond), emulator.WithRunTime(5*time.Second),
					emulator.WithPainting(emulator.PaintOnDemand), emulator.WithFaults(row.faults...))
				workspace := env.Workspace(t)
				workspace.Write(configuration(t, env))
				apply := workspace.Start("apply", "-auto-approve", "-no-color")
				if row.disturb != nil {
					if err := env.Emulator.WaitFor(patience(t), func() bool { return running(env) }); err != nil {
						apply.Kill()
						t.Fatal(err)
					}
					row.disturb(apply)
				}
				code, output := apply.Wait()
				if row.after != nil {
					row.after(t, workspace)
					code = -1
				}
				for runs := 1; code != 0; runs++ {
					if runs == 4 {
						t.Fatalf("four runs were not enough:\n%s", output)
					}
					code, output = workspace.Run("apply", "-auto-approve", "-no-color", "-lock=false")
				}
				counts[i] = paid(env)
			}
			fmt.Fprintf(&table, "%-52s  %-22d  %d\n", row.name, counts[0], counts[1])
			if counts[1] != 10 {
				t.Errorf("the provider has paid for %d images, want 10", counts[1])
			}
		})
	}
	t.Log(table.String())
}
