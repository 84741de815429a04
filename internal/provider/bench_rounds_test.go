// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

//go:build bench

package provider_test

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
)

// rounds are the costs of the same run, each time that it was measured.
type rounds []acctest.Cost

// median is the median of each figure by itself.
func (r rounds) median() acctest.Cost {
	return acctest.Cost{
		Wall:     middle(r, func(c acctest.Cost) time.Duration { return c.Wall }),
		CPU:      middle(r, func(c acctest.Cost) time.Duration { return c.CPU }),
		Provider: middle(r, func(c acctest.Cost) time.Duration { return c.Provider }),
		Memory:   middle(r, func(c acctest.Cost) int64 { return c.Memory }),
	}
}

func middle[Figure cmp.Ordered](r rounds, of func(acctest.Cost) Figure) Figure {
	figures := make([]Figure, len(r))
	for i, cost := range r {
		figures[i] = of(cost)
	}
	slices.Sort(figures)
	return figures[len(figures)/2]
}

// spread is how far the shortest and the longest run are apart, as a part of the
// median.
func (r rounds) spread() float64 {
	byWall := func(a, b acctest.Cost) int { return cmp.Compare(a.Wall, b.Wall) }
	return (slices.MaxFunc(r, byWall).Wall - slices.MinFunc(r, byWall).Wall).Seconds() / r.median().Wall.Seconds()
}

// wall is the median of the time that the run took, with its spread.
func (r rounds) wall() string {
	return fmt.Sprintf("%s ± %.0f %%", seconds(r.median().Wall), 50*r.spread())
}

// steady is the spread up to which times are judged. What does nothing takes the
// same time in each round, unless other work is in its way.
const steady = 0.3

// pair is what was measured in turn: doing nothing, and doing the work.
type pair struct {
	floor, product acctest.Cost
	// busy says that other work was in the way.
	busy bool
}

// alternate measures floor and product in turn, so that what else the machine
// does meets both alike. A budget that is missed gets more attempts: only what
// stays missed is the product's own.
func alternate(attempts int, floor, product func() acctest.Cost, met func(pair) bool) pair {
	var floors, products rounds
	var medians pair
	for done := 0; done < attempts || (!met(medians) && done < 3*attempts); done++ {
		floors, products = append(floors, floor()), append(products, product())
		medians = pair{floor: floors.median(), product: products.median(), busy: floors.spread() > steady}
	}
	return medians
}
