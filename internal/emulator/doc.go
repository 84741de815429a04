// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Package emulator is fal on one port: the queue, direct calls, the platform
// API and the media host, good enough for fal's own client libraries. It is an
// http.Handler, so tests embed it; the subcommand emulate serves it.
//
// At / there is a page for people. It only looks on: what it asks for, below
// /_/, is neither logged nor met by faults, and needs no key.
//
// # Faithful
//
// Paths, methods, status codes, header names, body shapes, the order of checks
// (credentials, account lock, then route, method and body), validation that
// shows only in the result, the queue with positions and a limit of runners,
// cancellation in every state, the status stream, deadlines for the start,
// retention of results and of media, request history and billing events with
// paging, pricing and the deletion of payloads.
//
// # Simplified
//
// There is one account. Pictures are painted, not generated, and the prompt
// steers them a little; without a painter they are plain colours. Two words in a
// prompt have a meaning: MarkerRefuse and MarkerNSFW. Webhooks aren't delivered.
// Billing events can't be asked for by key or by person.
// Once a result has expired, the queue has forgotten the request altogether.
//
// # Unknown, and seen otherwise
//
// Where nobody could establish what fal does, or where it has been seen to do
// one thing and another, the emulator picks one and can be switched to the
// other: for all requests by an option, for some by a Fault, and for what
// becomes of one by a JobFault, of which WithEveryJob makes the rule. Faults are
// data; the guide in templates/guides/faults.md lists all of it, and what has
// been recorded. In particular a request that has not started isn't listed by
// the history by default.
package emulator
