// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Package store keeps what has to outlive a run in a folder on disk, which
// several runs may use at once. It knows neither the platform that makes the
// images nor the engine that asks for them.
//
// # The journal
//
// The journal has an entry for each submission whose outcome isn't in state
// yet, so that a run that is killed leaves a note of what it had paid for. An
// entry is a file of lines, in JSON: the submission, synced before its bytes go
// out, then what became known of it. Lines are only added, until the file is
// deleted. A first line that is missing or has no end means that nothing was
// sent; a later one without an end is as if it weren't there.
//
// Who has begun or taken an entry holds it: the file stays open under an
// exclusive lock, which ends with the process, however that ends. A lock is
// looked at by trying a shared one for a moment; whoever wants the exclusive
// one tells such a look from a holder by trying a shared one too.
//
// Names of files begin with the time and a part of the input's hash, so that a
// look for one input doesn't read the entries of others, and an entry that
// can't be read hides nothing but its own input.
package store
