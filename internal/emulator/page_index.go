// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"bytes"
	"html/template"
	"net/http"
	"slices"
	"sync"
)

// indexTemplate is parsed when somebody looks at the page.
var indexTemplate struct {
	once   sync.Once
	parsed *template.Template
	err    error
}

// index is what the page shows before any of its scripts run.
type index struct {
	// Title is the page's, with the state that it is about.
	Title string
	// Base is the emulator's address.
	Base string
	// Filters are links, the one that is followed among them.
	Filters []filter
	// Cards are the requests, the newest first.
	Cards []card
}

// filter is a link to the requests in a state.
type filter struct {
	State   cardState
	Name    string
	Count   int
	Current bool
}

// stateNames are the states in the order of a request's life, and how people call
// them. The first stands for all.
var stateNames = [...]struct {
	state cardState
	name  string
}{
	{"", "All"},
	{stateQueued, "Queued"},
	{stateRunning, "Running"},
	{stateCompleted, "Completed"},
	{stateFailed, "Failed"},
	{stateCancelled, "Cancelled"},
}

// filterOf is the state that an address asks for: one that there is.
func filterOf(c *call) cardState {
	state := cardState(c.URL.Query().Get("state"))
	for _, known := range stateNames {
		if known.state == state {
			return state
		}
	}
	return ""
}

// serveIndex serves the page itself, complete for who has no JavaScript.
func (s *Server) serveIndex(c *call) {
	wanted := filterOf(c)
	seen, _ := (&feed{server: s, filter: wanted}).look()
	slices.Reverse(seen.Cards)
	shown := index{Title: "fal, emulated", Base: c.base(), Cards: seen.Cards}
	for _, known := range stateNames {
		if known.state == wanted && wanted != "" {
			shown.Title = known.name + " requests · " + shown.Title
		}
		shown.Filters = append(shown.Filters, filter{known.state, known.name, seen.Counts.of(known.state), known.state == wanted})
	}
	var written bytes.Buffer
	indexTemplate.once.Do(func() {
		indexTemplate.parsed, indexTemplate.err = template.ParseFS(pageFiles, "page/index.html")
	})
	err := indexTemplate.err
	if err == nil {
		err = indexTemplate.parsed.Execute(&written, shown)
	}
	if err != nil {
		http.Error(c.w, err.Error(), http.StatusInternalServerError)
		return
	}
	c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	// A browser that has left misses the rest.
	_, _ = c.w.Write(written.Bytes())
}
