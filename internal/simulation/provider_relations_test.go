// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"

	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// relatedLives are one life of the whole provider in several ways, which have to
// end with the same pictures.
type relatedLives struct{ providerLife }

func (l relatedLives) shorter() iter.Seq[relatedLives] {
	return func(yield func(relatedLives) bool) {
		for shorter := range l.providerLife.shorter() {
			if !yield(relatedLives{shorter}) {
				return
			}
		}
	}
}

// ways are how a life can be lived: with a status stream and without, one object
// after the other or ten at once, cut short or not.
func (l relatedLives) ways() map[string]providerLife {
	way := func(change func(*providerLife)) providerLife {
		other := l.providerLife
		other.Conditions.Faults, other.Steps = slices.Clone(l.Conditions.Faults), slices.Clone(l.Steps)
		change(&other)
		return other
	}
	return map[string]providerLife{
		"as drawn": l.providerLife,
		"no stream": way(func(l *providerLife) {
			l.Conditions.Faults = slices.Insert(l.Conditions.Faults, 0, emulator.Fault{Route: emulator.RouteStream, Status: http.StatusNotFound})
		}),
		"one at a time": way(func(l *providerLife) { l.Engine.Parallelism = 1 }),
		"ten at once":   way(func(l *providerLife) { l.Engine.Parallelism = 10 }),
		"never cut short": way(func(l *providerLife) {
			for i := range l.Steps {
				l.Steps[i].End = ""
			}
		}),
	}
}

// drawRelatedLives draws lives in which the model refuses nothing: which image that
// meets depends on the order.
func drawRelatedLives(r *rand.Rand) relatedLives {
	life := drawProviderLife(r)
	refuses := func(fault emulator.Fault) bool { return fault.Job != nil && fault.Job.ModelError != "" }
	life.Conditions.Faults = slices.DeleteFunc(life.Conditions.Faults, refuses)
	for i := range life.Steps {
		life.Steps[i].Faults = slices.DeleteFunc(life.Steps[i].Faults, refuses)
	}
	return relatedLives{life}
}

func liveRelated(t *testing.T, lives relatedLives) error {
	t.Helper()
	var pictures map[string]string
	for name, life := range lives.ways() {
		lived, err := liveProviderFor(t, life)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if pictures == nil {
			pictures = lived
		}
		if !maps.Equal(lived, pictures) {
			return fmt.Errorf("%s, the pictures are %v, and otherwise %v", name, lived, pictures)
		}
	}
	return nil
}

// TestProviderRelations lives each life in several ways.
func TestProviderRelations(t *testing.T) {
	t.Parallel()

	much := amountOf(t, "FLUX2_SIMULATE_PROVIDER_LIVES", amount{seeds: 3, lives: 1})
	much.lives = max(1, much.lives/25)
	simulate(t, much, drawRelatedLives, liveRelated)
}
