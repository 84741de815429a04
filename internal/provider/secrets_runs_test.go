// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// trace is the file that engine and provider write all that they log into.
const trace = "trace.log"

// traced are the variables of a workspace whose engine logs everything.
func traced(variables ...string) []string {
	return append(variables, "TF_LOG=TRACE", "TF_LOG_PATH="+trace)
}

// witness is a workspace, and all that was said in it.
type witness struct {
	*acctest.Workspace
	t      *testing.T
	output strings.Builder
}

func watch(t *testing.T, workspace *acctest.Workspace) *witness {
	t.Helper()
	return &witness{Workspace: workspace, t: t}
}

// run wants the engine to end with a code.
func (w *witness) run(want int, arguments ...string) string {
	w.t.Helper()

	code, said := w.Run(append(arguments, "-no-color")...)
	w.output.WriteString(said)
	if code != want {
		w.t.Errorf("%v ended with %d, want %d:\n%s", arguments, code, want, said)
	}
	return said
}

// found is all that can be found in the workspace.
func (w *witness) found() haystack {
	w.t.Helper()

	found := leftovers(w.t, w.Workspace)
	found.add(w.t, "output", []byte(w.output.String()))
	return found
}

// reaching is a provider block for the real APIs at an address.
func reaching(url string, arguments ...string) string {
	return fmt.Sprintf("provider \"flux2\" {\n  queue_url = \"%[1]s/queue\"\n  run_url = \"%[1]s/run\"\n  platform_url = \"%[1]s/platform/v1\"\n  %[2]s\n}\n\n",
		url, strings.Join(arguments, "\n  "))
}

// each is an argument that has a block repeated for failures of a target: for a
// part of them, or each run of an engine would take minutes.
func each(target string) (argument string, count int) {
	var names []string
	for i, failure := range allFailures() {
		// They are in order: each has another four in front of it. A download is not
		// among those that are led elsewhere: it may follow, without the key.
		if failure.target != target || failure.sabotage == repeats || (i%len(targets)+i/len(targets)+3)%4 != 0 {
			continue
		}
		names = append(names, strings.Split(failure.endpoint(), "/")[0])
	}
	return "for_each = toset([\"" + strings.Join(names, "\", \"") + "\"])\n  endpoint_id = \"${each.key}/" + target + "\"", len(names)
}

// failingRuns has an engine meet failures of every kind in a plan, an apply and
// a destroy, some of them with addresses that nobody answers at.
func failingRuns(t *testing.T) extent {
	t.Helper()

	foreign := newEavesdropper(t)
	env, server := newSabotaged(t, oddKey, "http://"+foreign.address)
	variables := traced("FAL_KEY_ID="+oddID, "FAL_KEY_SECRET="+oddSecret)
	looking, making := watch(t, env.HastyWorkspace(t, variables...)), watch(t, env.HastyWorkspace(t, variables...))

	config, failures := reaching(server.URL), 0
	for alias, url := range map[string]string{
		"secure": strings.Replace(server.URL, "http:", "https:", 1),
		"closed": "http://127.0.0.1:9",
		// No name server is asked about a label of this length.
		"nameless": "https://" + strings.Repeat("n", 64) + ".invalid",
	} {
		config += reaching(url, "alias = \""+alias+"\"") + fmt.Sprintf("data \"flux2_pricing\" %[1]q {\n  provider = flux2.%[1]s\n}\n\n", alias)
		failures++
	}
	for target, block := range map[string]string{
		"lookup":   "data \"flux2_image\" \"lookup\" {\n  request_id = \"764cabcf-b745-4b3e-ae38-1200304cf45b\"",
		"history":  "data \"flux2_requests\" \"history\" {",
		"billing":  "data \"flux2_billing_events\" \"billing\" {",
		"pricing":  "data \"flux2_pricing\" \"pricing\" {",
		"estimate": "data \"flux2_pricing\" \"estimate\" {\n  unit_quantity = 2",
	} {
		argument, count := each(target)
		config += block + "\n  " + argument + "\n}\n\n"
		failures += count
	}
	looking.Write(config)
	looking.run(1, "plan")

	config = reaching(server.URL) + reaching(server.URL, `alias = "direct"`, `request_mode = "direct"`) +
		reaching(server.URL, `alias = "reusing"`, `reuse_requests_within = "1d"`)
	submissions := 0
	for target, argument := range map[string]string{
		"submit": "", "run": "provider = flux2.direct", "reuse": "provider = flux2.reusing", "status": "", "result": "",
		"cancel": "wait_for_completion = false", "delete": "delete_payloads_on_destroy = true",
	} {
		forEach, count := each(target)
		config += fmt.Sprintf("resource \"flux2_image\" %q {\n  %s\n  prompt = \"a lighthouse at dusk\"\n  %s\n}\n\n", target, forEach, argument) +
			fmt.Sprintf("resource \"flux2_image\" \"%[1]s_repeated\" {\n  prompt = \"a lighthouse at dusk\"\n  endpoint_id = %[2]q\n  %[3]s\n}\n\n",
				target, failure{repeats, target}.endpoint(), argument)
		failures += count
		submissions++
		switch target {
		case "reuse":
		case "submit", "run":
			submissions += strings.Count(forEach, `"lost"`) + strings.Count(forEach, `"truncated"`)
		default:
			submissions += count
		}
	}
	forEach, count := each("download")
	config += "resource \"flux2_image_file\" \"download\" {\n  " + strings.Replace(forEach, "endpoint_id = \"", "url = \""+server.URL+"/media/", 1) + "\n  path = \"files/${each.key}.png\"\n}\n"
	failures += count
	making.Write(config)
	making.run(1, "apply", "-auto-approve")
	making.run(1, "destroy", "-auto-approve")
	env.ExpectSubmissions(t, submissions)

	size := 0
	for _, witness := range []*witness{looking, making} {
		found := witness.found()
		found.expect(t, trace, "Called fal", "[redacted]")
		found.expect(t, "output", "[redacted]", "Error: ")
		size += found.search(t, oddKey)
	}
	making.found().expect(t, "terraform.tfstate.backup", "[redacted]")
	making.found().expect(t, "terraform.tfstate.backup decoded decoded", "status_url")
	// All but those of the addresses.
	if met := server.failures(); met < failures-3 {
		t.Errorf("%d failures were met, want %d", met, failures-3)
	}
	if said := foreign.said(); len(said) > 0 {
		t.Errorf("a redirect was followed: %s", said)
	}
	return extent{failures, size}
}

// mistakenRuns puts the key where it doesn't belong, or in forms that aren't
// one. It is a sensitive variable, which the engine hides by itself.
func mistakenRuns(t *testing.T) extent {
	t.Helper()

	env := acctest.New(t)
	config, mistakes := "variable \"key\" {\n  type = string\n  sensitive = true\n}\n\nlocals {\n  secret = split(\":\", var.key)[1]\n}\n\n", 0
	for _, argument := range []string{
		`api_key = "${var.key}\n${var.key}"`,
		`api_key = replace(var.key, ":", " : ")`,
		`queue_url = var.key`,
		`queue_url = "https://${var.key}@queue.fal.run"`,
		`queue_url = "https://queue.fal.run:${local.secret}"`,
		`queue_url = "http://example.com/${local.secret}"`,
		`run_url = "https://${local.secret}@fal.run"`,
		`platform_url = "https://api.fal.ai/v1?key=${var.key}"`,
		`platform_url = "https://api.fal.ai/v1#${var.key}"`,
		`emulator_url = var.key`,
		`emulator_url = "http://${var.key}@127.0.0.1"`,
		`endpoint_id = var.key`,
		`endpoint_id = local.secret`,
		"api_key = var.key\n  queue_url = \"https://queue.fal.run/${var.key}/queue\"",
		"api_key = var.key\n  platform_url = \"https://api.fal.ai/${local.secret}\"",
		`request_mode = var.key`,
		`queue_priority = local.secret`,
		`start_timeout = var.key`,
		`media_expiration = local.secret`,
		`reuse_requests_within = var.key`,
	} {
		mistakes++
		config += fmt.Sprintf("provider \"flux2\" {\n  alias = \"a%[1]d\"\n  %[2]s\n}\n\ndata \"flux2_pricing\" \"a%[1]d\" {\n  provider = flux2.a%[1]d\n}\n\n", mistakes, argument)
	}
	for _, block := range []string{
		"data \"flux2_image\" \"id\" {\n  request_id = var.key\n}\n\n",
		"resource \"flux2_image\" \"endpoint\" {\n  prompt = \"x\"\n  endpoint_id = var.key\n}\n\n",
		"resource \"flux2_image\" \"size\" {\n  prompt = \"x\"\n  image_size = local.secret\n}\n\n",
		"resource \"flux2_image_file\" \"url\" {\n  path = \"x.png\"\n  url = var.key\n}\n\n",
		"resource \"flux2_image_file\" \"user\" {\n  path = \"y.png\"\n  url = \"https://${var.key}@example.com/x.png\"\n}\n\n",
		"resource \"flux2_image_file\" \"hash\" {\n  path = \"z.png\"\n  url = \"https://example.com/x.png\"\n  expected_sha256 = local.secret\n}\n\n",
	} {
		mistakes++
		config += block
	}
	workspace := watch(t, env.Workspace(t, traced("TF_VAR_key="+recognisableKey)...))
	workspace.Write(config)
	said := workspace.run(1, "plan")
	if got := strings.Count(said, "Error: "); got < mistakes {
		t.Errorf("%d errors for %d mistakes:\n%s", got, mistakes, said)
	}
	found := workspace.found()
	found.expect(t, trace, "is set, but")
	env.ExpectSubmissions(t, 0)
	return extent{mistakes, found.search(t, recognisableKey)}
}

// crashedRun has the provider panic while it waits for images, with all that
// Go then tells about every goroutine.
func crashedRun(t *testing.T) extent {
	t.Helper()

	env := acctest.New(t, emulator.WithKey(recognisableKey), emulator.WithRunTime(time.Hour), emulator.WithPainting(emulator.PaintOnDemand))
	workspace := watch(t, env.HastyWorkspace(t, traced("FAL_KEY="+recognisableKey, acctest.CrashVariable+"=1", "GOTRACEBACK=all")...))
	workspace.Write(reaching(env.URL) + "resource \"flux2_image\" \"art\" {\n  prompt = \"a lighthouse at dusk\"\n}\n")
	workspace.run(1, "apply", "-auto-approve")
	env.ExpectSubmissions(t, 1)

	found := workspace.found()
	// Terraform prints it as well, OpenTofu doesn't.
	found.expect(t, trace, acctest.CrashMessage, "goroutine ")
	// What it makes of a provider that is gone depends on the moment.
	if output := string(found["output"]); !strings.Contains(output, "Plugin did not respond") && !strings.Contains(output, "Request cancelled") {
		t.Errorf("the engine says nothing of the crash:\n%s", output)
	}
	return extent{1, found.search(t, recognisableKey)}
}

// interruptedRun presses Ctrl-C while images are being generated, and destroys
// what they have left.
func interruptedRun(t *testing.T) extent {
	t.Helper()

	env := acctest.New(t, emulator.WithKey(recognisableKey), emulator.WithRunTime(time.Hour), emulator.WithPainting(emulator.PaintOnDemand))
	workspace := watch(t, env.Workspace(t, traced("FAL_KEY="+recognisableKey)...))
	workspace.Write(reaching(env.URL) + tenImages)
	code, said := interruptOnceFollowing(t, env, workspace.Start("apply", "-auto-approve", "-no-color"))
	workspace.output.WriteString(said)
	if code != 1 {
		t.Errorf("ended with %d:\n%s", code, said)
	}
	workspace.run(0, "state", "pull")
	env.ExpectSubmissions(t, 10)

	found := workspace.found()
	found.expect(t, "output", "Image Still Being Generated", "request_id")
	found.expect(t, "terraform.tfstate decoded decoded", "status_url")
	return extent{1, found.search(t, recognisableKey)}
}
