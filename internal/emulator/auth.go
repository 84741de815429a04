// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Reasons for a lock, as fal words them.
const (
	LockExhausted = "Exhausted balance. Top up your balance at fal.ai/dashboard/billing."
	LockAddFunds  = "Exhausted balance. Add funds to continue."
	LockTopUp     = "TOP_UP."
	LockAdmin     = "Admin lock. Please contact support@fal.ai"
)

// Lock locks the account for billing reasons: submissions and direct calls are
// refused with 403, whatever the key. Use one of the Lock constants.
func (s *Server) Lock(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lock = reason
	s.touch()
}

// Unlock ends a lock.
func (s *Server) Unlock() { s.Lock("") }

// admit checks the credentials and then the lock, before anything else.
func (s *Server) admit(c *call) *reply {
	if c.area == areaMedia || c.area == areaPage {
		return nil
	}
	key, problem := s.authenticate(c.Header.Get("Authorization"))
	anonymous := c.Header.Get("Authorization") == ""
	behind, aliased := s.aliases[c.endpoint.App]
	switch {
	case c.route == RouteModels && anonymous:
		return nil
	case c.area == areaPlatform && anonymous:
		return ptr(platformError(http.StatusUnauthorized, "authorization_error", keyRequired))
	case c.area == areaPlatform && problem != "":
		return ptr(platformError(http.StatusUnauthorized, "authorization_error", problem))
	case aliased && (anonymous || problem == keyUnknown):
		return ptr(noAccess(behind))
	case anonymous:
		return ptr(noAccess(c.endpoint.App))
	case problem != "":
		return ptr(detail(http.StatusUnauthorized, problem))
	}
	if c.route.needsAdmin() && !slices.Contains(key.scopes, ScopeAdmin) {
		return ptr(platformError(http.StatusForbidden, "authorization_error", keyNotPermitted))
	}
	s.mu.Lock()
	lock := s.lock
	s.mu.Unlock()
	reads := c.area == areaQueue && c.route != RouteSubmit
	if lock != "" && c.area != areaPlatform && (!reads || s.lockedReads) {
		return ptr(detail(http.StatusForbidden, "User is locked. Reason: "+lock))
	}
	return nil
}

func noAccess(app string) reply {
	return detail(http.StatusUnauthorized, fmt.Sprintf(
		"Cannot access application %q. Authentication is required to access this application.", app))
}

// keyUnknown is what fal says of a key that it doesn't know.
const keyUnknown = "invalid key credentials"

func ptr[T any](value T) *T { return &value }

// authenticate returns the key of an Authorization header, or what is wrong
// with it in fal's words.
func (s *Server) authenticate(header string) (credential, string) {
	if header == "" {
		return credential{}, "Authorization header is required"
	}
	scheme, key, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Key") {
		return credential{}, keyUnknown
	}
	id, secret, found := strings.Cut(key, ":")
	if !found || id == "" || secret == "" {
		return credential{}, "Invalid Key Authorization header format. Expected '<key_id>:<key_secret>'."
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.keys) == 0 {
		return credential{id: id, scopes: []Scope{ScopeAPI, ScopeAdmin}}, ""
	}
	for _, known := range s.keys {
		if known.id == id && subtle.ConstantTimeCompare([]byte(known.secret), []byte(secret)) == 1 {
			return known, ""
		}
	}
	return credential{}, keyUnknown
}
