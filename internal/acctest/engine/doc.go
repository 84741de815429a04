// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Package engine runs configurations as Terraform and OpenTofu do, in the
// process of a test: it reads HCL, speaks protocol 6 to the providers, keeps a
// state, and refuses what engines refuse. A real engine takes some ten
// processes for what takes it milliseconds.
//
// What it models is what providers can tell apart: which calls are made, with
// which values, in which order, and what becomes of their answers. Each rule
// has a test in which a deliberately wrong provider fails, and acctest runs
// scenarios on it and on a real engine, which have to agree.
//
// Not modelled: modules, moved and removed blocks, provisioners, sensitivity,
// ephemeral values, saved plan files and backends. What hangs on those belongs
// on a real engine.
package engine
