// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// conditions are how fal and the way to it are during a life, until the faults
// are cleared.
type conditions struct {
	// Options are names of what the emulator can be switched to.
	Options []string
	// Queue and Run are how long jobs take.
	Queue, Run time.Duration
	// Runners is how many jobs run at once; 0 for any number.
	Runners int
	// Latencies are those of connections, in turn.
	Latencies []time.Duration
	Faults    []emulator.Fault
}

// switches are the emulator's, by name.
var switches = map[string]emulator.Option{
	"always ok":         emulator.WithAlwaysOK(),
	"minimal submit":    emulator.WithMinimalSubmit(),
	"response suffix":   emulator.WithResponseSuffix(),
	"sparse images":     emulator.WithImageStyle(emulator.ImagesSparse),
	"cancels refused":   emulator.WithEveryJob(emulator.JobFault{RefuseCancel: "COMPLETED"}),
	"errors pydantic1":  emulator.WithErrorStyle(emulator.ErrorsPydantic1),
	"errors catalogue":  emulator.WithErrorStyle(emulator.ErrorsCatalogue),
	"errors text":       emulator.WithErrorStyle(emulator.ErrorsText),
	"errors object":     emulator.WithErrorStyle(emulator.ErrorsObject),
	"clock ahead":       emulator.WithClockOffset(offsets["clock ahead"]),
	"clock behind":      emulator.WithClockOffset(offsets["clock behind"]),
	"validates early":   emulator.WithValidationAtSubmit(),
	"lists unstarted":   emulator.WithHistory(emulator.History{ListsUnstarted: true}),
	"by end":            emulator.WithHistory(emulator.History{ByEndedAt: true}),
	"dated back":        emulator.WithEveryJob(emulator.JobFault{ResultDate: "-30m"}),
	"without extras":    emulator.WithExtraFields(false),
	"checker is forced": emulator.WithForcedSafetyChecker(),
}

func (c conditions) options() []emulator.Option {
	options := []emulator.Option{
		emulator.WithPainting(emulator.PaintOnDemand),
		emulator.WithQueueTime(c.Queue), emulator.WithRunTime(c.Run), emulator.WithRunners(c.Runners),
		emulator.WithFaults(c.Faults...),
	}
	for _, name := range c.Options {
		options = append(options, switches[name])
	}
	return options
}

func (c conditions) latency(nth int) time.Duration {
	if len(c.Latencies) == 0 {
		return 0
	}
	return c.Latencies[nth%len(c.Latencies)]
}

// offsets are how far the platform's clock is ahead, by the switch that has it so.
var offsets = map[string]time.Duration{"clock ahead": 7 * time.Minute, "clock behind": -3 * time.Minute}

// offset is how far the platform's clock is ahead of everybody else's.
func (c conditions) offset() time.Duration {
	for name, offset := range offsets {
		if slices.Contains(c.Options, name) {
			return offset
		}
	}
	return 0
}

// closesHistory reports whether fal may say that the key may not read the history.
func (c conditions) closesHistory() bool {
	return slices.ContainsFunc(c.Faults, func(f emulator.Fault) bool {
		return f.Route == emulator.RouteHistory && (f.Status == http.StatusForbidden || f.Status == http.StatusUnauthorized)
	})
}

// behind is how old what the history says may be.
func (c conditions) behind() time.Duration {
	var lag, delay time.Duration
	for _, fault := range c.Faults {
		if fault.Route != emulator.RouteHistory {
			continue
		}
		if delay = max(delay, time.Duration(fault.Delay)); fault.History != nil {
			lag = max(lag, time.Duration(fault.History.Lag))
		}
	}
	return lag + delay
}

// slowest is the longest latency.
func (c conditions) slowest() time.Duration {
	return slices.Max(append([]time.Duration{0}, c.Latencies...))
}

// String has a line for each thing that is out of the ordinary.
func (c conditions) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "queue %s, run %s", c.Queue, c.Run)
	if c.Runners > 0 {
		fmt.Fprintf(&text, ", %d runners", c.Runners)
	}
	if len(c.Latencies) > 0 {
		fmt.Fprintf(&text, ", latencies %v", c.Latencies)
	}
	text.WriteByte('\n')
	for _, name := range c.Options {
		text.WriteString(name + "\n")
	}
	for _, fault := range c.Faults {
		content, err := json.Marshal(fault)
		if err != nil {
			panic(err)
		}
		text.WriteString("fault " + string(content) + "\n")
	}
	return text.String()
}

// shorter are the conditions with one thing less.
func (c conditions) shorter() iter.Seq[conditions] {
	return func(yield func(conditions) bool) {
		less := func(change func(*conditions)) bool {
			copied := c
			change(&copied)
			return yield(copied)
		}
		for i := range c.Faults {
			if !less(func(c *conditions) { c.Faults = without(c.Faults, i) }) {
				return
			}
		}
		for i := range c.Options {
			if !less(func(c *conditions) { c.Options = without(c.Options, i) }) {
				return
			}
		}
		for i := range c.Latencies {
			if !less(func(c *conditions) { c.Latencies = without(c.Latencies, i) }) {
				return
			}
		}
		if c.Runners > 0 && !less(func(c *conditions) { c.Runners = 0 }) {
			return
		}
		if c.Queue > 0 && !less(func(c *conditions) { c.Queue = 0 }) {
			return
		}
		if c.Run > 0 {
			less(func(c *conditions) { c.Run = 0 })
		}
	}
}

func without[T any](list []T, i int) []T {
	return slices.Concat(list[:i], list[i+1:])
}

// oneOf draws one of several, each as likely as the others.
func oneOf[T any](r *rand.Rand, choices ...T) T { return choices[r.IntN(len(choices))] }

// chance is true that often of a hundred times.
func chance(r *rand.Rand, percent int) bool { return r.IntN(100) < percent }

// drawConditions draws how fal is. A third of the lives have few faults, so that
// what faults hide shows, too.
func drawConditions(r *rand.Rand) conditions {
	c := conditions{
		Queue:   oneOf(r, 0, 0, time.Second, 3*time.Second, 20*time.Second, 2*time.Minute),
		Run:     oneOf(r, 0, 500*time.Millisecond, 2*time.Second, 8*time.Second, time.Minute),
		Runners: oneOf(r, 0, 0, 0, 1, 2),
	}
	if chance(r, 50) {
		for range 1 + r.IntN(4) {
			c.Latencies = append(c.Latencies, oneOf(r, 0, 5*time.Millisecond, 80*time.Millisecond, 700*time.Millisecond, 2*time.Second))
		}
	}
	if chance(r, 40) {
		c.Options = drawOptions(r)
	}
	for range oneOf(r, 0, 1, 1, 2, 3, 5, 8) {
		c.Faults = append(c.Faults, drawFault(r))
	}
	// What holds all the time comes last: the first fault that fits counts.
	for _, lasting := range []struct {
		percent int
		draw    func(*rand.Rand) emulator.Fault
	}{{30, drawStream}, {35, drawHistory}} {
		if chance(r, lasting.percent) {
			c.Faults = append(c.Faults, lasting.draw(r))
		}
	}
	return c
}

func drawOptions(r *rand.Rand) []string {
	names := make([]string, 0, len(switches))
	for name := range switches {
		names = append(names, name)
	}
	slices.Sort(names)
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	drawn := slices.Sorted(slices.Values(names[:1+r.IntN(3)]))
	if slices.Contains(drawn, "clock ahead") {
		// A clock is not ahead and behind at once.
		drawn = slices.DeleteFunc(drawn, func(name string) bool { return name == "clock behind" })
	}
	return drawn
}
