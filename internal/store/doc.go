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
//
// # The pictures
//
// A picture is stored under the SHA-256 of its content, and hashed again before
// a byte of it is handed out: whatever somebody does to the file, it is that
// picture or none. What is stored is written to ingest, synced, and renamed, so
// there is no picture in part. Storing one that is there already makes
// sure of its content, and makes the file young.
//
// A store may be all that is kept of a machine, so it has to hold the only copy
// of a picture as well as the tenth. What goes is a picture that stands at a path
// too, where both have been untouched for a week: on a machine that is made
// anew for each run no file gets that old. Whoever is about to replace what
// stands at a path stores it first, and finds that young file respected: it is
// put there under a lock that is shared, and removed under the same lock alone.
// Another lock is shared by all who write to ingest. Whoever has it alone knows
// that what is in there is left over from processes that have ended.
//
// # The index
//
// The index has a note for each path, of what was last put there and for whom,
// in a file named by the hash of the path; and an empty file for each picture
// and path, by which those of one picture are found without reading all. A note
// is changed under the lock of its path, after a look at what it said before.
// It proves nothing: what is at a path, only the file there tells.
//
// Pictures and index are written to by way of os.Root, which follows no link
// out of the folder of the store. All of it may be deleted at any time. What is
// being written then fails, and what was stored isn't there.
package store
