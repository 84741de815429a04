// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// The variables that make the chaos test long.
const (
	envChaosSeeds  = "FLUX2_CHAOS_SEEDS"
	envChaosImages = "FLUX2_CHAOS_IMAGES"
)

// fromEnvironment reads a variable, or returns what a short run uses.
func fromEnvironment(t *testing.T, variable string, otherwise int) int {
	t.Helper()

	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	value, err := strconv.Atoi(text)
	if err != nil || value < 1 {
		t.Fatalf("%s is %q, not a number from 1", variable, text)
	}
	return value
}

// chaosKind is how fal behaves beside its faults.
type chaosKind struct {
	name    string
	history emulator.History
	// stream says whether fal has one.
	stream bool
	// create is the create timeout, longer than the history lags.
	create string
}

var (
	chaosPlain = chaosKind{"plain", emulator.History{ListsUnstarted: true}, true, "20s"}
	// The long test lives with these, too.
	chaosHard = []chaosKind{
		{"history lags", emulator.History{Lag: emulator.Duration(30 * time.Second)}, true, "50s"},
		{"no stream", emulator.History{Lag: emulator.Duration(30 * time.Second)}, false, "50s"},
	}
)

// Whatever happens on the way, there is one paid request for each declared
// image, every image is complete in the end, and nothing more is planned.
func TestAccChaos(t *testing.T) {
	t.Parallel()

	images, kinds := fromEnvironment(t, envChaosImages, 40), []chaosKind{chaosPlain}
	if os.Getenv(envChaosSeeds) != "" {
		kinds = append(kinds, chaosHard...)
	}
	for seed := range fromEnvironment(t, envChaosSeeds, 1) {
		for _, kind := range kinds {
			t.Run(fmt.Sprintf("%s, seed %d", kind.name, seed), func(t *testing.T) {
				t.Parallel()
				chaos(t, kind, uint64(seed), images) //nolint:gosec // it counts from 0
			})
		}
	}
}

func chaos(t *testing.T, kind chaosKind, seed uint64, images int) {
	t.Helper()

	random := rand.New(rand.NewPCG(seed, 20261123)) //nolint:gosec // it has to be reproducible, not secret
	drawn := chaosFaults(random, images)
	if !kind.stream {
		drawn = append(drawn, emulator.Fault{Route: emulator.RouteStream, Status: 404})
	}
	env := acctest.New(t,
		emulator.WithQueueTime(20*time.Millisecond),
		emulator.WithRunTime(150*time.Millisecond),
		emulator.WithPainting(emulator.PaintOnDemand),
		emulator.WithHistory(kind.history),
		emulator.WithFaults(drawn...),
	)
	workspace := env.Workspace(t)
	workspace.Write(fmt.Sprintf(`
provider "flux2" {
  emulator_url          = %q
  reuse_requests_within = "1d"
}

resource "flux2_image" "art" {
  count = %d

  prompt     = "a lighthouse at dusk"
  image_size = "square"
  keepers    = { i = count.index }
  timeouts   = { create = %q }
}
`, env.URL, images, kind.create))

	// How the first runs end: by Ctrl-C, by kill -9, or by themselves.
	ends := []string{"interrupt", "kill", "interrupt", "kill"}
	random.Shuffle(len(ends), func(i, j int) { ends[i], ends[j] = ends[j], ends[i] })
	var output string
	runs, deleted, code := 0, 0, -1
	for ; runs < 20 && code != 0; runs++ {
		apply := workspace.Start("apply", "-auto-approve", "-no-color", "-lock=false", "-parallelism=20")
		if runs < len(ends) {
			disturb(t, env, apply, ends[runs], len(env.Emulator.Submissions())+1+random.IntN(images/4))
		}
		if code, output = apply.Wait(); said("Submission Outcome Unknown").MatchString(output) {
			deleted += deleteNotes(t, env, workspace)
		}
	}
	if code != 0 {
		reportUnknown(t, env, workspace)
		t.Fatalf("the run never succeeded:\n%s", output)
	}

	paid := map[string]bool{}
	for _, request := range env.Emulator.Requests() {
		if request.ErrorType != "client_cancelled" {
			paid[request.ID] = true
		}
	}
	kept := map[string]bool{}
	incomplete := 0
	for address, image := range workspace.State() {
		id, _ := image.AttributeValues["request_id"].(string)
		if image.AttributeValues["url"] == nil || !paid[id] || kept[id] {
			incomplete++
			t.Errorf("%s is incomplete, unpaid or shares its request: %v", address, image.AttributeValues)
		}
		kept[id] = true
	}
	planCode, plan := workspace.Run("plan", "-detailed-exitcode", "-no-color", "-lock=false")
	if planCode != 0 {
		t.Errorf("the last plan is not empty (%d):\n%s", planCode, plan)
	}
	faults := 0
	for _, entry := range env.Emulator.Log() {
		if entry.Fault != "" {
			faults++
		}
	}
	t.Logf("%d images, %d runs, %d faults: %d accepted, %d of them cancelled before they ran, %d duplicates, %d lost; %d never arrived, and the user was told",
		images, runs, faults, len(env.Emulator.Submissions()), len(env.Emulator.Submissions())-len(paid), max(0, len(paid)-images), images-len(kept)+incomplete, deleted)
	if len(paid) != images || len(kept) != images {
		t.Errorf("%d paid requests and %d images in state for %d declared images", len(paid), len(kept), images)
		reportUnkept(t, env, paid, kept)
	}
}

// deleteNotes does what the error says: the user looks at fal's dashboard for a
// request that nobody has. If there is none, the submissions whose outcome is
// unknown never arrived, and the user deletes the notes of them.
func deleteNotes(t *testing.T, env *acctest.Environment, workspace *acctest.Workspace) int {
	t.Helper()

	known, unknown := idsAndNotes(t, workspace)
	for _, request := range env.Emulator.Requests() {
		if request.ErrorType != "client_cancelled" && !known[request.ID] {
			return 0
		}
	}
	for _, file := range unknown {
		if err := os.Remove(file); err != nil {
			t.Error(err)
		}
	}
	return len(unknown)
}

// idsAndNotes are the ids in state and journal, and the notes without one.
func idsAndNotes(t *testing.T, workspace *acctest.Workspace) (known map[string]bool, unknown []string) {
	t.Helper()

	known = map[string]bool{}
	for _, image := range workspace.State() {
		id, _ := image.AttributeValues["request_id"].(string)
		known[id] = true
	}
	files, err := filepath.Glob(workspace.Path(filepath.Join(".terraform", "flux2", "journal", "*.jsonl")))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		entry, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if id := requestIDIn(string(entry)); id != "" {
			known[id] = true
		} else {
			unknown = append(unknown, file)
		}
	}
	return known, unknown
}

func requestIDIn(entry string) string {
	_, rest, _ := strings.Cut(entry, `"request_id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

// reportUnknown shows what happened to requests that neither the state nor the
// journal has.
func reportUnknown(t *testing.T, env *acctest.Environment, workspace *acctest.Workspace) {
	t.Helper()

	known, _ := idsAndNotes(t, workspace)
	paid := map[string]bool{}
	for _, request := range env.Emulator.Requests() {
		paid[request.ID] = request.ErrorType != "client_cancelled"
	}
	reportUnkept(t, env, paid, known)
}

// reportUnkept shows what happened to requests that were paid and not kept, and
// to those that were kept in their place.
func reportUnkept(t *testing.T, env *acctest.Environment, paid, kept map[string]bool) {
	t.Helper()

	for _, lost := range env.Emulator.Requests() {
		if !paid[lost.ID] || kept[lost.ID] {
			continue
		}
		for _, request := range env.Emulator.Requests() {
			if request.Seed != lost.Seed {
				continue
			}
			t.Logf("%s, kept %t: sent %s, ended %s, status %d", request.ID, kept[request.ID],
				request.SentAt.Format(time.StampMilli), request.EndedAt.Format(time.StampMilli), request.StatusCode)
			for _, entry := range env.Emulator.Log() {
				if entry.RequestID == request.ID {
					t.Logf("  %s %s %s %d %s", entry.Time.Format(time.StampMilli), entry.Method, entry.Route, entry.Status, entry.Fault)
				}
			}
		}
	}
}

// disturb ends a run once fal has accepted so many requests, unless it ends
// before by itself.
func disturb(t *testing.T, env *acctest.Environment, apply *acctest.Command, how string, submissions int) {
	t.Helper()

	reached := func() bool { return len(env.Emulator.Submissions()) >= submissions }
	if err := env.Emulator.WaitFor(apply.Context(), reached); err != nil {
		return
	}
	if how == "kill" {
		apply.Kill()
	} else {
		apply.Interrupt()
	}
}

// chaosFaults draws faults for every route. Most answers stay whole, or nothing
// would ever be finished.
func chaosFaults(random *rand.Rand, images int) []emulator.Fault {
	html := "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
	soon := func() map[string]string {
		if random.IntN(2) == 0 {
			return map[string]string{"Retry-After": "1"}
		}
		return map[string]string{"Retry-After": time.Now().Add(time.Second).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")}
	}
	lost := func(f emulator.Fault) emulator.Fault { f.Accept = true; return f }
	slow := emulator.Duration(300 * time.Millisecond)

	draw := func(route emulator.Route, calls, percent int, kinds ...func() emulator.Fault) []emulator.Fault {
		var drawn []emulator.Fault
		for call := range calls {
			if random.IntN(100) >= percent {
				continue
			}
			fault := kinds[random.IntN(len(kinds))]()
			fault.Route, fault.Skip, fault.Times = route, call, 1
			if fault.Name == "" {
				fault.Name = "chaos"
			}
			drawn = append(drawn, fault)
		}
		return drawn
	}
	limited := func() emulator.Fault { return emulator.Fault{Status: 429, Headers: soon()} }
	broken := func() emulator.Fault { return emulator.Fault{Status: 503} }
	badGateway := func() emulator.Fault { return emulator.Fault{Status: 502, Body: &html} }
	reset := func() emulator.Fault { return emulator.Fault{ResetBefore: true} }
	cut := func() emulator.Fault { return emulator.Fault{Truncate: 20} }
	late := func() emulator.Fault { return emulator.Fault{Delay: slow} }

	var faults []emulator.Fault
	faults = append(faults, draw(emulator.RouteSubmit, 2*images, 25,
		func() emulator.Fault { return emulator.Fault{ResetAfter: true} },
		func() emulator.Fault { return lost(badGateway()) },
		func() emulator.Fault { return lost(broken()) },
		cut, late, limited, limited)...)
	// The request never arrived, but nobody can know: searching takes its time.
	faults = append(faults, draw(emulator.RouteSubmit, 2*images, 2, reset)...)
	faults = append(faults, draw(emulator.RouteSubmit, 2*images, 15,
		func() emulator.Fault { return emulator.Fault{Job: &emulator.JobFault{Reverts: 1}} },
		func() emulator.Fault { return emulator.Fault{Job: &emulator.JobFault{UnknownStatus: "WARMING_UP"}} },
		func() emulator.Fault { return emulator.Fault{Job: &emulator.JobFault{RunTime: &slow}} },
	)...)
	faults = append(faults, draw(emulator.RouteStream, 2*images, 30,
		func() emulator.Fault { return emulator.Fault{Frames: 1} }, broken, badGateway, limited, reset, late)...)
	faults = append(faults, draw(emulator.RouteStatus, images, 30, broken, badGateway, limited, reset, cut, late)...)
	faults = append(faults, draw(emulator.RouteResult, 2*images, 25, broken, badGateway, limited, reset, cut, late)...)
	faults = append(faults, draw(emulator.RouteHistory, 40, 20, broken, badGateway, limited, reset, cut)...)
	faults = append(faults, draw(emulator.RouteCancel, 20, 20, broken, badGateway, reset)...)
	faults = append(faults, draw(emulator.RouteMedia, images, 10, broken, reset, late)...)
	return faults
}
