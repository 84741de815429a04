// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Texts of the platform API, as recorded.
const (
	keyRequired       = "API key authentication required"
	keyNotPermitted   = "This API key is not permitted to perform this action."
	endpointsNotFound = "Endpoint(s) not found"
)

// platformType is the machine type of an error of the platform API.
func platformType(status int) string {
	switch status {
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusUnprocessableEntity:
		return "validation_error"
	case http.StatusUnauthorized, http.StatusForbidden:
		return "authorization_error"
	case http.StatusNotFound:
		return "not_found"
	case http.StatusTooManyRequests:
		return "rate_limited"
	case http.StatusNotImplemented:
		return "not_implemented"
	default:
		return "server_error"
	}
}

func (s *Server) endpointNotFound(id string) reply {
	return platformError(http.StatusNotFound, "not_found", cmp.Or(s.notImitated(id), endpointsNotFound))
}

func (s *Server) listModels(c *call) reply {
	page, limit, problem := paging(c.URL.Query(), historyLimit)
	if problem != nil {
		return *problem
	}
	ids := s.endpoints
	if asked := multi(c.URL.Query(), "endpoint_id"); len(asked) > 0 {
		for _, id := range asked {
			if !slices.Contains(s.endpoints, id) {
				return s.endpointNotFound(id)
			}
		}
		ids = asked
	}
	ids, more := slice(ids, page, limit)
	models := make([]map[string]any, len(ids))
	for i, id := range ids {
		models[i] = map[string]any{"endpoint_id": id}
		// The seed document shows placeholders for this one, as of an endpoint
		// without an entry in the registry.
		if s.noMetadata || id == "fal-ai/flux-2-dev" {
			continue
		}
		models[i]["metadata"] = map[string]any{
			"display_name": id[strings.LastIndexByte(id, '/')+1:],
			"category":     "text-to-image",
			"description":  "Text to image with FLUX.2",
			"status":       "active",
			"tags":         []string{},
			"model_url":    "https://fal.run/" + id,
			"kind":         "inference",
		}
	}
	return answer(http.StatusOK, map[string]any{"models": models, "next_cursor": cursor(page, more), "has_more": more})
}

func (s *Server) listPrices(c *call) reply {
	page, limit, problem := paging(c.URL.Query(), historyLimit)
	if problem != nil {
		return *problem
	}
	prices := s.prices
	if asked := multi(c.URL.Query(), "endpoint_id"); len(asked) > 0 {
		prices = nil
		for _, id := range asked {
			price, known := s.price(id)
			if !known {
				return s.endpointNotFound(id)
			}
			prices = append(prices, price)
		}
	}
	prices, more := slice(prices, page, limit)
	if prices == nil {
		prices = []Price{}
	}
	return answer(http.StatusOK, map[string]any{"prices": prices, "next_cursor": cursor(page, more), "has_more": more})
}

func (s *Server) price(id string) (Price, bool) {
	i := slices.IndexFunc(s.prices, func(p Price) bool { return p.EndpointID == id })
	if i < 0 {
		return Price{}, false
	}
	return s.prices[i], true
}

func (s *Server) estimate(c *call) reply {
	invalid := func(format string, args ...any) reply {
		return platformError(http.StatusBadRequest, "validation_error", fmt.Sprintf(format, args...))
	}
	if !s.readBody(c) {
		return invalid("Request body is too large")
	}
	var wish struct {
		Type      string `json:"estimate_type"`
		Endpoints map[string]struct {
			Calls *int64   `json:"call_quantity"`
			Units *float64 `json:"unit_quantity"`
		} `json:"endpoints"`
	}
	if err := json.Unmarshal(c.content, &wish); err != nil {
		return invalid("Invalid request body")
	}
	if len(wish.Endpoints) == 0 || len(wish.Endpoints) > multiLimit {
		return invalid("endpoints: between 1 and %d are needed", multiLimit)
	}
	total, currency := 0.0, "USD"
	for id, quantity := range wish.Endpoints {
		price, known := s.price(id)
		if !known {
			return s.endpointNotFound(id)
		}
		switch {
		case wish.Type == "unit_price" && quantity.Units != nil && *quantity.Units >= 1e-6:
			total += *quantity.Units * price.UnitPrice
		case wish.Type == "historical_api_price" && quantity.Calls != nil && *quantity.Calls >= 1:
			// What a call has cost on average: a picture of one megapixel.
			total += float64(*quantity.Calls) * price.UnitPrice
		case wish.Type != "unit_price" && wish.Type != "historical_api_price":
			return invalid("estimate_type: Invalid option")
		default:
			return invalid("endpoints.%s: a quantity is missing or too small", id)
		}
		currency = price.Currency
	}
	return answer(http.StatusOK, map[string]any{"estimate_type": wish.Type, "total_cost": total, "currency": currency})
}

// deletion is an answer that is repeated for the same idempotency key.
type deletion struct {
	at    time.Time
	reply reply
}

const idempotencyTime = 10 * time.Minute

func (s *Server) deletePayloads(c *call) reply {
	s.mu.Lock()
	defer s.unlock()
	s.settle()
	key := c.Header.Get("Idempotency-Key")
	if done, found := s.deletions[key+"/"+c.id]; found && key != "" && s.clock.Now().Before(done.at.Add(idempotencyTime)) {
		return done.reply
	}
	j := s.jobs[c.id]
	if j == nil {
		return platformError(http.StatusNotFound, "not_found", "Request not found")
	}
	results := []map[string]any{}
	failed := j.Fault.DeleteError
	for _, p := range j.pictures {
		if j.Phase != completed || j.Failure != nil || j.input.SyncMode || s.mediaGone(j) {
			break
		}
		var exception any
		if failed != "" {
			exception = failed
		} else if err := s.gallery.remove(p); err != nil {
			exception = err.Error()
		}
		results = append(results, map[string]any{"link": c.base() + "/media/" + p.name, "exception": exception})
	}
	j.PayloadsDeleted = true
	j.MediaKept = failed != ""
	s.changedJob(j)
	r := answer(http.StatusOK, map[string]any{"cdn_delete_results": results})
	if key != "" {
		s.deletions[key+"/"+c.id] = deletion{at: s.clock.Now(), reply: r}
	}
	return r
}

// serveKeys lists, makes and deletes keys.
func (s *Server) serveKeys(c *call) reply {
	switch {
	case c.Method == http.MethodGet && c.id == "":
		return s.listKeys(c)
	case c.Method == http.MethodPost && c.id == "":
		return s.createKey(c)
	case c.Method == http.MethodDelete && c.id != "":
		s.mu.Lock()
		defer s.mu.Unlock()
		s.keys = slices.DeleteFunc(s.keys, func(k credential) bool { return k.id == c.id })
		return reply{status: http.StatusNoContent, header: http.Header{}}
	default:
		return platformError(http.StatusMethodNotAllowed, "validation_error", "Method not allowed")
	}
}

func (s *Server) listKeys(c *call) reply {
	page, limit, problem := paging(c.URL.Query(), historyLimit)
	if problem != nil {
		return *problem
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known, more := slice(s.keys, page, limit)
	keys := make([]map[string]any, len(known))
	for i, key := range known {
		keys[i] = map[string]any{
			"key_id": key.id, "alias": key.alias, "scope": key.scopes[0], "created_at": timestamp(key.created),
		}
	}
	return answer(http.StatusOK, map[string]any{"keys": keys, "next_cursor": cursor(page, more), "has_more": more})
}

func (s *Server) createKey(c *call) reply {
	var wish struct {
		Alias string `json:"alias"`
	}
	if !s.readBody(c) || json.Unmarshal(c.content, &wish) != nil || wish.Alias == "" {
		return platformError(http.StatusBadRequest, "validation_error", "alias: Required")
	}
	key := credential{
		id: newID(), secret: hex.EncodeToString([]byte(newID())), alias: wish.Alias,
		scopes: []Scope{ScopeAPI}, created: s.clock.Now(),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// Without configured keys every key is good, and must stay so.
	if len(s.keys) > 0 {
		s.keys = append(s.keys, key)
	}
	return answer(http.StatusCreated, map[string]any{
		"key_id": key.id, "key_secret": key.secret, "key": key.id + ":" + key.secret,
	})
}

// errUnknownRequest is returned by methods that name a request.
var errUnknownRequest = errors.New("emulator: there is no such request")
