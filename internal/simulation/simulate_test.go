// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A life can be printed, and made shorter.
type life[L any] interface {
	fmt.Stringer
	// shorter are lives with one thing less.
	shorter() iter.Seq[L]
}

// amount is how many lives of a kind are lived. Each seed draws as many as the
// next one.
type amount struct{ seeds, lives int }

// amountOf is what the environment asks for, or what an ordinary test run can
// afford.
func amountOf(t *testing.T, lives string, ordinary amount) amount {
	t.Helper()
	return amount{seeds: number(t, "FLUX2_SIMULATE_SEEDS", ordinary.seeds), lives: number(t, lives, ordinary.lives)}
}

func number(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	value := os.Getenv(variable)
	if value == "" {
		return otherwise
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q, which is no number of at least 1", variable, value)
	}
	return n
}

// simulate lives as many lives as asked for, from each seed, on all processors.
// The first that breaks a promise is shortened and printed.
func simulate[L life[L]](t *testing.T, much amount, draw func(*rand.Rand) L, live func(*testing.T, L) error) {
	t.Helper()
	total := much.seeds * much.lives
	first := number(t, "FLUX2_SIMULATE_FIRST_SEED", 1)
	began := time.Now()
	var next atomic.Int64
	var failed atomic.Bool
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for !failed.Load() {
				n := int(next.Add(1)) - 1
				if n >= total {
					return
				}
				seed, number := first+n/much.lives, n%much.lives
				drawn := draw(source(seed, number))
				err := liveInBubble(t, drawn, live)
				if err == nil || !failed.CompareAndSwap(false, true) {
					continue
				}
				if os.Getenv("FLUX2_SIMULATE_WHOLE") != "" {
					t.Errorf("seed %d, life %d: %v\n%s", seed, number, err, drawn)
					continue
				}
				shortest, err := shorten(drawn, err, func(l L) error { return liveInBubble(t, l, live) })
				t.Errorf("seed %d, life %d: %v\nThe shortest life that fails like this:\n%s\nAs it was drawn:\n%s", seed, number, err, shortest, drawn)
			}
		})
	}
	workers.Wait()
	took := time.Since(began)
	lived := min(int(next.Load()), total)
	t.Logf("%d lives over %d seeds in %s: %.0f lives per second", lived, much.seeds, took.Round(time.Millisecond), float64(lived)/took.Seconds())
}

// source is where all that is drawn for a life comes from.
func source(seed, number int) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(seed), uint64(number))) //nolint:gosec // a life is to be drawn again.
}

// liveInBubble lives a life on a clock of its own.
func liveInBubble[L life[L]](t *testing.T, l L, live func(*testing.T, L) error) (err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		defer func() {
			if cause := recover(); cause != nil {
				err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
			}
		}()
		err = live(t, l)
	})
	return err
}

// tries is how often a life is lived before it counts as one that doesn't fail:
// what happens in the same instant happens in any order.
const tries = 6

// shorten leaves out one thing after the other, as long as what is left fails.
func shorten[L life[L]](from L, failure error, live func(L) error) (L, error) {
	for {
		found := false
		for candidate := range from.shorter() {
			for range tries {
				if err := live(candidate); err != nil {
					from, failure, found = candidate, err, true
					break
				}
			}
			if found {
				break
			}
		}
		if !found {
			return from, failure
		}
	}
}
