// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"bytes"
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
)

const (
	typeContentPolicy = "content_policy_violation"
	typeBadRequest    = "bad_request"
	// inProgress is part of the text that comes with a 400 in place of a result
	// that there is not yet.
	inProgress = "in progress"
)

// falsOwn are the types with which fal, its infrastructure or an app says that
// the input is not to blame.
var falsOwn = []string{
	"internal_server_error", "generation_timeout", "downstream_service_error", "downstream_service_unavailable",
	"request_timeout", "startup_timeout", "runner_scheduling_failure", "runner_connection_timeout", "runner_connection_refused",
	"runner_connection_error", "runner_disconnected", "runner_incomplete_response", "runner_server_error", "internal_error",
}

func blamesFal(kind string) bool { return slices.Contains(falsOwn, kind) }

// blame is whom an answer in place of a result blames: ErrServerFault or
// ErrRefusedInput. It is ErrCancelled or ErrInProgress where nobody is to blame,
// and nil for an answer that does not say, such as a page of something on the way.
func blame(from *answer) error {
	said := decodeWireError(from.body)
	infrastructure := cmp.Or(text(said.ErrorType), from.header.Get(headerErrorType))
	types := detailTypes(said.Detail)
	switch status := from.status; {
	case infrastructure == TypeClientCancelled, status == 499 && present(said.Detail) != nil:
		return ErrCancelled
	case status >= 500 && !from.isPage(), blamesFal(infrastructure), slices.ContainsFunc(types, blamesFal):
		return ErrServerFault
	case status == http.StatusBadRequest && strings.Contains(strings.ToLower(text(said.Detail)), inProgress):
		return ErrInProgress
	case status == http.StatusUnprocessableEntity && present(said.Detail) != nil,
		(from.ok() || status == http.StatusBadRequest || status == http.StatusRequestEntityTooLarge) && len(types) > 0,
		status == http.StatusBadRequest && infrastructure == typeBadRequest:
		return ErrRefusedInput
	}
	return nil
}

// jobFailed reports whether an answer to a result request is the failure of the
// request itself, which no repetition changes.
func jobFailed(from *answer) bool {
	said, blamed := decodeWireError(from.body), blame(from)
	switch {
	case from.status < 400:
		return false
	case errors.Is(blamed, ErrServerFault):
		// Something on the way answers with a bare 5xx, too.
		return from.status < 500 || text(said.ErrorType) != "" || from.header.Get(headerErrorType) != "" || isList(said.Detail)
	case from.status == http.StatusNotFound:
		// An app that lacks the path says so itself, and that it bills nothing; the
		// queue's own 404 means that the request is forgotten.
		return from.header.Get(headerBillableUnits) != ""
	}
	return errors.Is(blamed, ErrRefusedInput) || errors.Is(blamed, ErrCancelled)
}

// gaveUpOnJob reports whether a 5xx that never went away came from the app
// rather than from something in front of it: only the app's answers name the
// request. fal bills nothing for a 5xx.
func gaveUpOnJob(from *answer) bool {
	return from.status >= 500 && from.header.Get(headerRequestID) != "" && isContainer(from.body)
}

// isChallenge reports whether a bot protection in front of fal has answered in
// its place, and by its own word without passing the request on.
func (a *answer) isChallenge() bool {
	return strings.EqualFold(a.header.Get("Cf-Mitigated"), "challenge")
}

// isForeignDenial reports whether a 401 or 403 is in none of fal's shapes: a
// detail, or the platform's error. Then it says nothing about the key, and
// passes.
func (a *answer) isForeignDenial() bool {
	if a.status != http.StatusUnauthorized && a.status != http.StatusForbidden {
		return false
	}
	said := decodeWireError(a.body)
	return present(said.Detail) == nil && nestedError(said.Error) == nested{}
}

// isForeignPage reports whether a page came in the place of fal, with a status that
// tells nothing of what was asked for. It passes.
func (a *answer) isForeignPage() bool {
	switch a.status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusGone, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return false
	}
	return a.status >= 400 && a.isPage()
}

// isPage reports whether an answer is made for browsers, as fal's never are.
func (a *answer) isPage() bool {
	return strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || bytes.HasPrefix(a.body, []byte("<"))
}
