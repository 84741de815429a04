// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// A file of `terraform test` plans, applies and destroys with one provider. What
// is planned again is no other image and no other file, and none is left behind.
func TestWalks_oneConfigureForPlansAppliesAndTheEnd(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	folder := filepath.Join(t.TempDir(), "pictures")
	config := func(arguments string) string {
		return emulated(env, "max_requests_per_run = 2", image(`prompt = "a lighthouse, view ${count.index}"`, "count = 2", arguments)+
			imageFile(folder+"/${count.index}.png", "count = 2", "url = flux2_image.art[count.index].url"))
	}
	e := env.ConfiguredOnce(t)
	quiet := func(what string, said engine.Diagnostics) {
		t.Helper()
		if len(said) > 0 {
			t.Errorf("%s said:\n%s", what, said)
		}
	}
	for range 3 {
		_, said := e.MustPlan(config(""), engine.PlanOptions{})
		quiet("planning", said)
	}
	quiet("applying", e.MustApply(config("")))
	onlyFiles(t, folder, "0.png", "1.png")

	for name, change := range map[string]struct {
		lost      string
		arguments string
		options   engine.PlanOptions
	}{
		"without a change":            {},
		"a change in place":           {arguments: `tags = { page = "home" }`},
		"a file that was lost":        {lost: "0.png"},
		"one replaced":                {options: engine.PlanOptions{Replace: []string{"flux2_image_file.art[0]"}}},
		"one replaced, not refreshed": {options: engine.PlanOptions{SkipRefresh: true, Replace: []string{"flux2_image_file.art[1]"}}},
	} {
		if change.lost != "" {
			if err := os.Remove(filepath.Join(folder, change.lost)); err != nil {
				t.Fatal(err)
			}
		}
		quiet(name, e.MustRun(config(change.arguments), change.options))
		onlyFiles(t, folder, "0.png", "1.png")
	}
	quiet("destroying", e.MustRun(config(""), engine.PlanOptions{Destroy: true, SkipRefresh: true}))
	onlyFiles(t, folder)
	env.ExpectSubmissions(t, 2)
}

// Whatever becomes of an object, one Configure or many, its file is there at the
// end, and is not there once it is destroyed.
func TestWalks_oneConfigureForLivesOfFiles(t *testing.T) {
	t.Parallel()

	const first = "lifecycle {\n  create_before_destroy = true\n}\n"
	for name, life := range map[string]func(e *acctest.Engine, config func(arguments ...string) string){
		"replaced": func(e *acctest.Engine, config func(...string) string) {
			e.MustRun(config(), engine.PlanOptions{Replace: []string{file}})
		},
		"replaced, created before": func(e *acctest.Engine, config func(...string) string) {
			e.MustRun(config(first), engine.PlanOptions{Replace: []string{file}})
			e.MustRun(config(first), engine.PlanOptions{Replace: []string{file}, SkipRefresh: true})
		},
		"tainted": func(e *acctest.Engine, config func(...string) string) {
			e.Taint(file)
			e.MustApply(config())
		},
		"renamed": func(e *acctest.Engine, config func(...string) string) {
			e.MustApply(strings.ReplaceAll(config(), `"art"`, `"other"`))
			e.MustApply(config())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			env := acctest.New(t)
			host := newMediaHost(t, map[string][]byte{"art": painted(t, 1)})
			folder := t.TempDir()
			config := func(arguments ...string) string {
				return env.Config(imageFile(folder+"/a.png", append(arguments, host.from("art"))...))
			}
			e := env.ConfiguredOnce(t)
			e.MustApply(config())
			life(e, config)
			onlyFiles(t, folder, "a.png")
			e.MustRun(config(), engine.PlanOptions{Destroy: true, SkipRefresh: true})
			onlyFiles(t, folder)
			env.ExpectSubmissions(t, 0)
		})
	}
}

// A file that could not be written is nobody's: it is written by the next apply.
func TestWalks_aFailureKeepsNoPath(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	host := newMediaHost(t, nil)
	folder := t.TempDir()
	config := env.Config(imageFile(folder+"/a.png", host.from("art")))
	e := env.ConfiguredOnce(t)
	if err := e.Run(t.Context(), config, engine.PlanOptions{}).Err(); err == nil || !said("Image Not Fetched").MatchString(err.Error()) {
		t.Errorf("said %v", err)
	}
	host.set(map[string][]byte{"art": painted(t, 1)})
	e.MustApply(config)
	onlyFiles(t, folder, "a.png")
	env.ExpectSubmissions(t, 0)
}

// Two files at one path are refused before anything is fetched: in the plan by
// engines that configure providers for each walk, and in the apply by others.
func TestWalks_pathUsedTwice(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	for name, test := range map[string]struct {
		version string
		inPlan  bool
	}{
		"each walk":  {"1.12.6", true},
		"many walks": {"1.13.0", false},
		"unknown":    {"later", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			host := newMediaHost(t, map[string][]byte{"0": painted(t, 1), "1": painted(t, 2)})
			// One after the other, so that each could be the other planned again.
			e := engine.New(engine.Options{Providers: env.Providers, Parallelism: 1, Version: test.version})
			plan, said := e.Plan(t.Context(), env.Config(imageFile(t.TempDir()+"/a.png", "count = 2", host.from("${count.index}"))), engine.PlanOptions{})
			if test.inPlan {
				host.expect(t, 0)
			} else if said.Err() == nil {
				said = e.Apply(t.Context(), plan)
				host.expect(t, 1)
			}
			if err := said.Err(); err == nil || !saidInOrder("Path Used Twice", "Give each a path of its own").MatchString(err.Error()) {
				t.Errorf("said %v", err)
			}
		})
	}
	t.Cleanup(func() { env.ExpectSubmissions(t, 0) })
}

// asks are calls of an engine about objects that have one configuration: v for a
// validation of it, p for a plan.
var asks = map[string]struct{ order, warns string }{
	"an object, planned twice":                {"vpvp", "  "},
	"a walk that only validates, then a plan": {"vvpvvp", "  "},
	"two objects, one after the other":        {"vpvp", "  "},
	"two objects at once":                     {"vvpp", " w"},
	"three objects at once":                   {"vpvvpp", "  w"},
	"two objects at once, planned twice":      {"vvppvvpp", " w w"},
}

// Engines that configure providers for many walks name neither objects nor
// walks. A warning is given where it must be another object.
func TestWalks_equalObjects(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	for name, test := range asks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			c := converse(t, env, nil)
			c.configureFor(t, "1.13.0", arguments{"emulator_url": word(env.URL)})
			set := arguments{"prompt": word("a lighthouse at dusk")}
			warned := ""
			for _, ask := range test.order {
				if ask == 'v' {
					if _, err := c.server.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{
						TypeName: "flux2_image", Config: packed(t, object(t, c.image, set, leftOut)),
					}); err != nil {
						t.Fatal(err)
					}
					continue
				}
				switch said := spoken(c.plan(t, nil, nil, set).Diagnostics); {
				case said == "":
					warned += " "
				case strings.HasPrefix(said, "WARNING: Images Will Be Identical"):
					warned += "w"
				default:
					t.Error(said)
				}
			}
			if warned != test.warns {
				t.Errorf("plans warned %q, want %q", warned, test.warns)
			}
		})
	}
	t.Cleanup(func() { env.ExpectSubmissions(t, 0) })
}

// The limit counts what is planned and what is submitted apart. Where an image
// may be planned again, it counts once, and fails each time that it is too much.
func TestWalks_limit(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	config := func(count int) string {
		return emulated(env, "max_requests_per_run = 2", image(`prompt = "a lighthouse, view ${count.index}"`, fmt.Sprintf("count = %d", count)))
	}
	e := env.ConfiguredOnce(t)
	e.MustPlan(config(2), engine.PlanOptions{})
	for range 2 {
		if _, said := e.Plan(t.Context(), config(3), engine.PlanOptions{}); said.Err() == nil || !strings.Contains(said.Err().Error(), "Too Many Images for One Run") {
			t.Errorf("said %s", said)
		}
	}
	env.ExpectSubmissions(t, 0)
	e.MustApply(config(2))
	e.MustRun(config(2), engine.PlanOptions{Destroy: true})
	// Planned before, but to be paid for again.
	if err := e.Run(t.Context(), config(1), engine.PlanOptions{}).Err(); err == nil || !strings.Contains(err.Error(), "Too Many Images for One Run") {
		t.Errorf("said %v", err)
	}
	env.ExpectSubmissions(t, 2)
}

// What is known in the apply only is refused there, before it is paid for, and the
// message does not say that nothing was submitted in this run.
func TestWalks_limitOfWhatIsKnownLate(t *testing.T) {
	t.Parallel()

	env := acctest.New(t)
	e := env.ConfiguredOnce(t)
	config := "resource \"terraform_data\" \"subject\" {\n  input = \"a lighthouse\"\n}\n" +
		emulated(env, "max_requests_per_run = 2", image(`prompt = "${terraform_data.subject.output}, view ${count.index}"`, "count = 3"))
	plan, said := e.MustPlan(config, engine.PlanOptions{})
	if len(said) > 0 {
		t.Errorf("planning said %s", said)
	}
	applied := e.Apply(t.Context(), plan).String()
	if !saidInOrder("Too Many Images for One Run", "At least 3 are planned", "Nothing was submitted for this image. This run has submitted ").MatchString(applied) {
		t.Errorf("applying said %s", applied)
	}
	env.ExpectSubmissions(t, 2)
}

// What is created and destroyed with one provider is cancelled and erased like
// anything else, with a refresh before its end and without.
func TestWalks_oneConfigureErasesAndCancels(t *testing.T) {
	t.Parallel()

	for _, skipRefresh := range []bool{true, false} {
		t.Run(fmt.Sprintf("refresh skipped: %t", skipRefresh), func(t *testing.T) {
			t.Parallel()

			slow := emulator.Duration(time.Hour)
			env := acctest.New(t, emulator.WithFaults(emulator.Fault{Route: emulator.RouteSubmit, Times: 1, Job: &emulator.JobFault{QueueTime: &slow}}))
			config := env.Config(image(lighthouse, "wait_for_completion = false", "delete_payloads_on_destroy = true"))
			e := env.ConfiguredOnce(t)
			e.MustApply(config)
			e.MustRun(config, engine.PlanOptions{Destroy: true, SkipRefresh: skipRefresh})
			if cancelled, erased := env.Emulator.Cancellations(), env.Emulator.LogOf(emulator.RouteDeletePayloads); len(cancelled) != 1 || len(erased) != 1 {
				t.Errorf("cancelled %v and erased %d times", cancelled, len(erased))
			}
			env.ExpectSubmissions(t, 1)
		})
	}
}
