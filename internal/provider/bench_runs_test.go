// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build bench

package provider_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// Programs that are measured beside this one, if the environment names them: an
// earlier build of this provider, and magodo/terraform-provider-restful, a
// provider for any REST API.
var (
	benchBase = os.Getenv("FLUX2_BENCH_BASE")
	benchPeer = os.Getenv("FLUX2_BENCH_PEER")
)

// benchJob is what is applied.
type benchJob struct {
	images int
	// split says that other resources wait for the images.
	split bool
	// queueTime and runTime are what the emulated model takes for one image.
	queueTime, runTime time.Duration
	withoutStream      bool
	arguments          []string
}

func (j benchJob) model() time.Duration { return j.queueTime + j.runTime }

// environment is an emulator for one run. Nothing is painted: nobody fetches the
// pictures.
func (j benchJob) environment(t *testing.T) *acctest.Environment {
	t.Helper()

	options := []emulator.Option{emulator.WithQueueTime(j.queueTime), emulator.WithRunTime(j.runTime), emulator.WithPainting(emulator.PaintOnDemand)}
	if j.withoutStream {
		options = append(options, emulator.WithFaults(emulator.Fault{Route: emulator.RouteStream, Status: http.StatusNotFound}))
	}
	return acctest.New(t, options...)
}

// apply is one run of a contender that submits, which is as many submissions as
// there are images. It returns how many calls the emulator had, too.
func (j benchJob) apply(t *testing.T, workspace *acctest.Workspace, configuration func(*acctest.Environment) string) (acctest.Cost, int) {
	t.Helper()

	env := j.environment(t)
	workspace.Write(configuration(env))
	cost := workspace.Start(j.command()...).Cost()
	env.ExpectSubmissions(t, j.images)
	return cost, len(env.Emulator.Log())
}

func (j benchJob) command() []string {
	return append([]string{"apply", "-auto-approve", "-no-color"}, j.arguments...)
}

// benchRow is a job, and what it may take.
type benchRow struct {
	name   string
	job    benchJob
	calls  int
	budget string
	within func(contenders) bool
}

// benchRuns measures whole applies side by side.
func benchRuns(t *testing.T) {
	t.Helper()

	table := newFigures(t, "apply", "terraform_data", "floor", "peer", "before", "measured", "of data", "of floor", "of peer", "of before", "calls", "budget", "ok")
	oneModel := benchJob{images: 1, queueTime: benchQueueTime, runTime: benchRunTime}
	splitModel := benchJob{images: 50, split: true, queueTime: benchQueueTime, runTime: benchRunTime}
	manyModel := benchJob{images: 50, queueTime: benchQueueTime, runTime: benchRunTime, arguments: []string{"-parallelism=50"}}
	withoutStream := func(job benchJob) benchJob { job.withoutStream = true; return job }
	for _, row := range []benchRow{
		{
			name: "one image", job: oneModel, calls: 3, budget: "floor + 1.4 s + 60 ms",
			within: func(c contenders) bool { return c.ours.wall() <= c.floor.wall()+oneModel.model()+60*time.Millisecond },
		},
		{
			name: "50 images, submit and wait split", job: splitModel, budget: "1.25 × (floor + 1.4 s)",
			within: func(c contenders) bool { return c.ours.wall() <= (c.floor.wall()+splitModel.model())*5/4 },
		},
		{
			name: "50 images, -parallelism=50", job: manyModel, budget: "1.25 × (floor + 1.4 s)",
			within: func(c contenders) bool { return c.ours.wall() <= (c.floor.wall()+manyModel.model())*5/4 },
		},
		{
			name: "one image, no status stream", job: withoutStream(oneModel), budget: "0.9 × peer",
			within: func(c contenders) bool { return c.ours.wall() <= c.peer.times(0.9) },
		},
		{
			name: "50 images split, no status stream", job: withoutStream(splitModel), budget: "0.85 × peer",
			within: func(c contenders) bool { return c.ours.wall() <= c.peer.times(0.85) },
		},
		{
			name: "50 images split, jobs of no length", job: benchJob{images: 50, split: true}, budget: "0.7 × peer",
			within: func(c contenders) bool { return c.ours.wall() <= c.peer.times(0.7) },
		},
	} {
		c := row.measure(t)
		shown := func(of func(contender) string) []string {
			cells := make([]string, 0, 5)
			for _, one := range []contender{c.data, c.floor, c.peer, c.before, c.ours} {
				cells = append(cells, of(one))
			}
			return cells
		}
		ratios := func(of func(acctest.Cost) time.Duration) []string {
			cells := make([]string, 0, 4)
			for _, one := range []contender{c.data, c.floor, c.peer, c.before} {
				if len(one.rounds) == 0 {
					cells = append(cells, "–")
					continue
				}
				cells = append(cells, quotient(of(c.ours.median()).Seconds(), of(one.median()).Seconds()))
			}
			return cells
		}
		said := verdict(t, row.name, c.ours.shown(), row.budget, row.within(c), c.busy())
		if row.calls > 0 && c.ours.calls != row.calls {
			t.Errorf("%s: %d calls, but the budget is %d", row.name, c.ours.calls, row.calls)
		}
		table.rows = append(table.rows, slices.Concat([]string{row.name}, shown(contender.shown),
			ratios(func(cost acctest.Cost) time.Duration { return cost.Wall }), []string{fmt.Sprintf("%d, peer %d", c.ours.calls, c.peer.calls), row.budget, said}))

		// What is computed is the same on a busy machine, or nearly so.
		computed, judged := "–", "–"
		if row.job.split && len(c.before.rounds) > 0 {
			computed = "0.5 × before"
			judged = verdict(t, row.name+", CPU of the provider", seconds(c.ours.median().Provider), computed, c.ours.median().Provider <= c.before.median().Provider/2, false)
		}
		table.rows = append(table.rows, slices.Concat([]string{"– CPU of the provider"},
			shown(func(one contender) string {
				return one.computed(func(cost acctest.Cost) time.Duration { return cost.Provider })
			}),
			ratios(func(cost acctest.Cost) time.Duration { return cost.Provider }), []string{"", computed, judged}))
		table.rows = append(table.rows, slices.Concat([]string{"– CPU of engine and provider"},
			shown(func(one contender) string {
				return one.computed(func(cost acctest.Cost) time.Duration { return cost.CPU })
			}),
			ratios(func(cost acctest.Cost) time.Duration { return cost.CPU }), []string{"", "–", "–"}))
	}
}

// contender is one way to do the job, as it was measured.
type contender struct {
	rounds
	calls int
}

func (c contender) wall() time.Duration { return c.median().Wall }

// times is a part of what it took. What was not measured can't be missed.
func (c contender) times(part float64) time.Duration {
	if len(c.rounds) == 0 {
		return time.Hour
	}
	return time.Duration(float64(c.wall()) * part)
}

func (c contender) shown() string {
	if len(c.rounds) == 0 {
		return "–"
	}
	return c.rounds.wall()
}

func (c contender) computed(of func(acctest.Cost) time.Duration) string {
	if len(c.rounds) == 0 || of(c.median()) == 0 {
		return "–"
	}
	return seconds(of(c.median()))
}

// contenders are all that were measured in turn.
type contenders struct {
	data, floor, peer, before, ours contender
}

// busy says that what does nothing didn't take the same time in each round.
func (c contenders) busy() bool { return c.floor.spread() > steady || c.data.spread() > steady }

// measure runs all in turn, five times, and on to fifteen while the budget is missed.
func (row benchRow) measure(t *testing.T) contenders {
	t.Helper()

	var c contenders
	add := func(to *contender, cost acctest.Cost, calls int) {
		to.rounds, to.calls = append(to.rounds, cost), calls
	}
	job := row.job
	images := func(env *acctest.Environment) string { return env.Config(benchImages(job.images, job.split)) }
	for done := 0; done < 5 || (!row.within(c) && done < 15); done++ {
		data := acctest.FloorWorkspace(t)
		data.Write(benchData(job.images, job.split))
		add(&c.data, data.Start(job.command()...).Cost(), 0)
		floor := acctest.MeteredFloorWorkspace(t)
		floor.Write("provider \"flux2\" {\n}\n" + benchImages(job.images, job.split))
		add(&c.floor, floor.Start(job.command()...).Cost(), 0)
		if benchPeer != "" {
			cost, calls := job.apply(t, acctest.MeteredWorkspace(t, peerAddress, benchPeer), func(env *acctest.Environment) string {
				return peerImages(env.URL, job.images, job.split)
			})
			add(&c.peer, cost, calls)
		}
		if benchBase != "" {
			cost, calls := job.apply(t, acctest.MeteredWorkspace(t, "flux2-provider/flux2", benchBase), images)
			add(&c.before, cost, calls)
		}
		cost, calls := job.apply(t, acctest.MeteredWorkspace(t, "flux2-provider/flux2", ""), images)
		add(&c.ours, cost, calls)
	}
	return c
}
