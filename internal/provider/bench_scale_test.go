// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build bench

package provider_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// The images that are in one state, and those that they are compared with.
const (
	fewInState  = 500
	manyInState = 5000
)

// Ten times as many images in one state are measured against a tenth of them, each
// figure for one image. Make bench-scale runs it.
func TestAccBenchScale(t *testing.T) { //nolint:paralleltest // it measures time
	acctest.FloorWorkspace(t) // skips the test where there is no engine
	table := newFigures(t, "figure", fmt.Sprint(fewInState, " images"), fmt.Sprint(manyInState, " images"), "for one image, many to few")
	few, many := measureScale(t, fewInState), measureScale(t, manyInState)
	perImage := func(of func(scale) float64) string {
		return quotient(of(many)/manyInState, of(few)/fewInState)
	}
	row := func(name string, say func(scale) string, of func(scale) float64) {
		table.rows = append(table.rows, []string{name, say(few), say(many), perImage(of)})
	}
	row("size of the state", func(s scale) string { return megabytes(s.state) }, func(s scale) float64 { return float64(s.state) })
	for i, run := range few.runs {
		took := func(s scale) acctest.Cost { return s.runs[i].cost }
		row(run.name, func(s scale) string { return seconds(took(s).Wall) }, func(s scale) float64 { return took(s).Wall.Seconds() })
		row("– CPU of engine and provider", func(s scale) string { return seconds(took(s).CPU) }, func(s scale) float64 { return took(s).CPU.Seconds() })
		row("– CPU of the provider", func(s scale) string { return seconds(took(s).Provider) }, func(s scale) float64 { return took(s).Provider.Seconds() })
		row("– memory of the provider", func(s scale) string { return megabytes(took(s).Memory) }, func(s scale) float64 { return float64(took(s).Memory) })
	}
}

// scale is what was measured of a state.
type scale struct {
	state int64
	runs  []scaleRun
}

type scaleRun struct {
	name string
	cost acctest.Cost
}

// measureScale measures what is done with so many images in one state.
func measureScale(t *testing.T, images int) scale {
	t.Helper()

	var measured scale
	env := acctest.New(t, emulator.WithPainting(emulator.PaintOnDemand))
	full := func(more ...string) *acctest.Workspace {
		workspace := acctest.MeteredWorkspace(t, "flux2-provider/flux2", "")
		workspace.Write(env.Config(benchMany(1, more...)))
		workspace.MustRun("apply", "-auto-approve", "-no-color")
		multiply(t, workspace, images)
		workspace.Write(env.Config(benchMany(images, more...)))
		// What that run has noted is not the next one's.
		_ = workspace.Start("version").Cost()
		return workspace
	}
	run := func(name string, workspace *acctest.Workspace, arguments ...string) {
		began := time.Now()
		cost := workspace.Start(append(arguments, "-no-color")...).Cost()
		measured.runs = append(measured.runs, scaleRun{name: name, cost: cost})
		t.Logf("%d images, %s: %s", images, name, time.Since(began).Round(time.Millisecond))
	}

	workspace := full()
	run("refresh and plan", workspace, "plan", "-detailed-exitcode")
	run("plan -refresh=false", workspace, "plan", "-detailed-exitcode", "-refresh=false")
	workspace.Write(env.Config(benchMany(images + 1)))
	run("apply of one more", workspace, "apply", "-auto-approve")
	// The engine has written it now.
	file, err := os.Stat(workspace.Path("terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	measured.state = file.Size()
	workspace.Write(env.Config(benchMany(images + 2)))
	run("apply of one more, -refresh=false", workspace, "apply", "-auto-approve", "-refresh=false")
	run(`refresh and plan, on_media_expired = "ignore"`, full(`on_media_expired = "ignore"`), "plan", "-detailed-exitcode")
	env.ExpectSubmissions(t, 4)
	return measured
}
