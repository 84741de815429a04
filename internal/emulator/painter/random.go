// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package painter

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// random is the stream of choices behind one picture. It draws on PCG alone,
// whose output is specified; how math/rand/v2 makes numbers from it is not.
type random struct{ source *rand.PCG }

// newRandom starts the stream that belongs to what the picture is of. Steps,
// guidance and size are left out: they render the same composition differently.
func newRandom(s Scene) *random {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %s", s.Seed, s.Index, s.Prompt))
	return &random{rand.NewPCG(binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16]))}
}

// fork is a stream of its own, for things of which there are more with more
// steps: what comes after them stays as it was.
func (r *random) fork() *random {
	return &random{rand.NewPCG(r.source.Uint64(), r.source.Uint64())}
}

// float is in [0, 1).
func (r *random) float() float64 { return float64(float64(r.source.Uint64()>>11) / (1 << 53)) }

func (r *random) between(low, high float64) float64 { return lerp(low, high, r.float()) }

// intn is in [0, n).
func (r *random) intn(n int) int { return int(r.float() * float64(n)) }

func (r *random) chance(p float64) bool { return r.float() < p }

// sign is -1 or 1.
func (r *random) sign() float64 {
	if r.chance(0.5) {
		return -1
	}
	return 1
}

func (r *random) noise() noise { return noise(r.source.Uint64()) }

func pick[T any](r *random, from []T) T { return from[r.intn(len(from))] }

func shuffle[T any](r *random, s []T) {
	for i := len(s) - 1; i > 0; i-- {
		j := r.intn(i + 1)
		s[i], s[j] = s[j], s[i]
	}
}
