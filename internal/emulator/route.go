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
	RouteBilling        Route = "billing"
	RouteDeletePayloads Route = "delete_payloads"
	RouteKeys           Route = "keys"
	RouteMedia          Route = "media"
	RouteUnknown        Route = "unknown"

	// routePage is for people: no fault and no log entry has it.
	routePage Route = "page"
)

// methods are those that a route answers; nil if nothing is there.
func (r Route) methods() []string {
	switch r {
	case RouteSubmit, RouteRun, RouteEstimate:
		return []string{http.MethodPost}
	case RouteStatus, RouteStream, RouteResult, RouteModels, RoutePricing, RouteHistory, RouteBilling:
		return []string{http.MethodGet}
	case RouteCancel:
		return []string{http.MethodPut}
	case RouteDeletePayloads:
		return []string{http.MethodDelete}
	case RouteKeys:
		return []string{http.MethodGet, http.MethodPost, http.MethodDelete}
	case RouteMedia:
		return []string{http.MethodGet, http.MethodHead}
	default:
		return nil
	}
}

// needsAdmin reports whether a key of scope API is not enough.
func (r Route) needsAdmin() bool {
	return r == RouteBilling || r == RouteDeletePayloads || r == RouteKeys
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

func locateQueue(path string) target {
	app, after, ofRequest := strings.Cut(path, "/requests/")
	if !ofRequest {
		endpoint, _ := parseEndpoint(path)
		return target{area: areaQueue, route: RouteSubmit, endpoint: endpoint}
	}
	endpoint, _ := parseEndpoint(app)
	id, action, _ := strings.Cut(after, "/")
	found := target{area: areaQueue, route: RouteUnknown, endpoint: endpoint, id: id}
	switch action {
	case "", "response":
		found.route = RouteResult
	case "status":
		found.route = RouteStatus
	case "status/stream":
		found.route = RouteStream
	case "cancel":
		found.route = RouteCancel
	}
	return found
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
	case "models/billing-events":
		found.route = RouteBilling
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
