// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// Route names what a path is for. Faults and log entries use these names.
type Route string

// The routes of the emulator.
const (
	RouteSubmit         Route = "submit"
	RouteStatus         Route = "status"
	RouteStream         Route = "stream"
	RouteResult         Route = "result"
	RouteCancel         Route = "cancel"
	RouteRun            Route = "run"
	RouteModels         Route = "models"
	RoutePricing        Route = "pricing"
	RouteEstimate       Route = "estimate"
	RouteHistory        Route = "history"
	RouteDeletePayloads Route = "delete_payloads"
	RouteKeys           Route = "keys"
	RouteMedia          Route = "media"
	RouteUnknown        Route = "unknown"

	// routePage is for people: no fault and no log entry has it.
	routePage Route = "page"
)

var methods = map[Route][]string{
	RouteSubmit:         {http.MethodPost},
	RouteStatus:         {http.MethodGet},
	RouteStream:         {http.MethodGet},
	RouteResult:         {http.MethodGet},
	RouteCancel:         {http.MethodPut},
	RouteRun:            {http.MethodPost},
	RouteModels:         {http.MethodGet},
	RoutePricing:        {http.MethodGet},
	RouteEstimate:       {http.MethodPost},
	RouteHistory:        {http.MethodGet},
	RouteDeletePayloads: {http.MethodDelete},
	RouteKeys:           {http.MethodGet, http.MethodPost, http.MethodDelete},
	RouteMedia:          {http.MethodGet, http.MethodHead},
}

// area is the host that a part of the emulator stands for.
type area string

const (
	areaQueue    area = "queue"
	areaRun      area = "run"
	areaPlatform area = "platform"
	areaMedia    area = "media"
	areaPage     area = "page"
)

// endpoint is a parsed endpoint id.
type endpoint struct {
	// App is owner/alias, with the namespace if there is one.
	App string
	// Path is what follows, without slashes at its ends; mostly empty.
	Path string
}

func (e endpoint) String() string {
	if e.Path == "" {
		return e.App
	}
	return e.App + "/" + e.Path
}

// parseEndpoint reads [namespace/]owner/alias[/sub/path]. fal has the two
// namespaces workflows and comfy.
func parseEndpoint(id string) (endpoint, bool) {
	segments := strings.Split(strings.Trim(id, "/"), "/")
	size := 2
	if segments[0] == "workflows" || segments[0] == "comfy" {
		size = 3
	}
	if len(segments) < size || slices.Contains(segments, "") {
		return endpoint{App: id}, false
	}
	return endpoint{
		App:  strings.Join(segments[:size], "/"),
		Path: strings.Join(segments[size:], "/"),
	}, true
}

// target is what a path means.
type target struct {
	area     area
	route    Route
	endpoint endpoint
	// id is that of a request, a key, a media file or a part of the page.
	id string
}

// locate finds the meaning of a path. Trailing slashes make no difference.
func locate(path string) target {
	prefix, rest, _ := strings.Cut(strings.Trim(path, "/"), "/")
	switch prefix {
	case "", "_":
		return target{area: areaPage, route: routePage, id: rest}
	case "queue":
		return locateQueue(rest)
	case "run":
		app, _ := parseEndpoint(rest)
		return target{area: areaRun, route: RouteRun, endpoint: app}
	case "platform":
		return locatePlatform(rest)
	case "media":
		return target{area: areaMedia, route: RouteMedia, id: rest}
	default:
		return target{area: areaPage, route: RouteUnknown}
	}
}

var queueRoutes = map[string]Route{
	"":              RouteResult,
	"response":      RouteResult,
	"status":        RouteStatus,
	"status/stream": RouteStream,
	"cancel":        RouteCancel,
}

func locateQueue(path string) target {
	app, after, found := strings.Cut(path, "/requests/")
	if !found {
		endpoint, _ := parseEndpoint(path)
		return target{area: areaQueue, route: RouteSubmit, endpoint: endpoint}
	}
	endpoint, _ := parseEndpoint(app)
	id, action, _ := strings.Cut(after, "/")
	route, ok := queueRoutes[action]
	if !ok {
		route = RouteUnknown
	}
	return target{area: areaQueue, route: route, endpoint: endpoint, id: id}
}

func locatePlatform(path string) target {
	found := target{area: areaPlatform, route: RouteUnknown}
	path, versioned := strings.CutPrefix(path, "v1/")
	if !versioned {
		return found
	}
	switch path {
	case "models":
		found.route = RouteModels
	case "models/pricing":
		found.route = RoutePricing
	case "models/pricing/estimate":
		found.route = RouteEstimate
	case "models/requests/by-endpoint":
		found.route = RouteHistory
	case "keys":
		found.route = RouteKeys
	default:
		if id, ok := strings.CutPrefix(path, "keys/"); ok && !strings.Contains(id, "/") {
			found.route, found.id = RouteKeys, id
		}
		id, deletes := strings.CutSuffix(path, "/payloads")
		id, requests := strings.CutPrefix(id, "models/requests/")
		if deletes && requests && !strings.Contains(id, "/") {
			found.route, found.id = RouteDeletePayloads, id
		}
	}
	return found
}
