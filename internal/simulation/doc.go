// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Package simulation lives many lives of declared images, each in one process,
// on one clock, from one seed: what pays for them, the emulator with faults and
// latencies, and an operator who interrupts, kills, and changes his mind. After
// each step it is checked that no promise is broken. Files on disk have lives of
// their own. All of it is tests.
//
// A life is drawn before it is lived, so that it can be printed, and shortened
// to what still fails. Time is the bubble's, and passes only when everybody
// waits. What happens in the same instant happens in any order, so a life that
// fails is lived several times.
package simulation
