// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/emulator"
)

// spoiled are faults of single answers, by what they concern. Which answer they
// meet, and how many, is drawn.
var spoiled = map[emulator.Route][]emulator.Fault{
	emulator.RouteSubmit: append(slices.Concat(passing, lost),
		emulator.Fault{Status: http.StatusPaymentRequired}, emulator.Fault{Status: http.StatusConflict},
		emulator.Fault{Status: http.StatusMisdirectedRequest}, emulator.Fault{Status: http.StatusUnavailableForLegalReasons},
		emulator.Fault{Status: http.StatusUnauthorized}, emulator.Fault{Status: http.StatusNotFound},
	),
	emulator.RouteStatus: append(slices.Concat(passing, lost),
		emulator.Fault{Status: http.StatusNotFound}, emulator.Fault{Status: http.StatusUnauthorized}, emulator.Fault{Status: http.StatusForbidden},
	),
	emulator.RouteStream: append(slices.Concat(passing, lost),
		emulator.Fault{Frames: 1}, emulator.Fault{Frames: 2}, emulator.Fault{Status: http.StatusNotFound},
		emulator.Fault{Headers: map[string]string{"Content-Type": "application/json"}},
	),
	emulator.RouteResult: append(slices.Concat(passing, lost),
		emulator.Fault{ErrorType: "runner_disconnected"}, emulator.Fault{ErrorType: "internal_error"},
		emulator.Fault{Status: http.StatusBadRequest}, emulator.Fault{Status: http.StatusPaymentRequired},
		emulator.Fault{Status: http.StatusConflict}, emulator.Fault{Status: http.StatusMisdirectedRequest},
		emulator.Fault{Status: http.StatusUnavailableForLegalReasons}, emulator.Fault{Status: http.StatusNotFound},
		emulator.Fault{Status: http.StatusUnauthorized}, emulator.Fault{Status: http.StatusForbidden},
		emulator.Fault{Body: text(`{}`)}, emulator.Fault{Body: text(`{"images":[]}`)}, emulator.Fault{Accept: true, Status: http.StatusServiceUnavailable},
	),
	emulator.RouteCancel: append(slices.Concat(passing, lost),
		emulator.Fault{Status: http.StatusBadRequest, Body: text(`{"detail":"The request can't be cancelled"}`)},
		emulator.Fault{Status: http.StatusNotFound}, emulator.Fault{Status: http.StatusUnauthorized}, emulator.Fault{Status: http.StatusConflict},
	),
	emulator.RouteHistory: append(slices.Concat(passing, lost),
		emulator.Fault{Status: http.StatusForbidden}, emulator.Fault{Status: http.StatusUnauthorized},
		emulator.Fault{Body: text(emptyHistory)},
		emulator.Fault{History: &emulator.History{WithoutPayloads: true}},
		emulator.Fault{History: &emulator.History{Lag: emulator.Duration(30 * time.Second)}},
	),
	emulator.RouteDeletePayloads: append(slices.Concat(passing, lost),
		emulator.Fault{Status: http.StatusForbidden},
	),
}

const emptyHistory = `{"items":[],"next_cursor":null,"has_more":false}`

// passing are faults that keep a request from being carried out.
var passing = []emulator.Fault{
	{Status: http.StatusTooManyRequests},
	{Status: http.StatusTooManyRequests, Headers: map[string]string{"Retry-After": "3"}},
	{Status: http.StatusTooManyRequests, Headers: map[string]string{"Retry-After": "40"}},
	{Status: http.StatusInternalServerError}, {Status: http.StatusBadGateway},
	{Status: http.StatusServiceUnavailable}, {Status: http.StatusGatewayTimeout},
	{Page: emulator.PageChallenge}, {Page: emulator.PageForbidden},
	{ResetBefore: true}, {Hang: true},
	{Delay: emulator.Duration(900 * time.Millisecond)}, {Delay: emulator.Duration(4 * time.Second)}, {Delay: emulator.Duration(70 * time.Second)},
}

// lost are faults that spoil the answer to what has been carried out.
var lost = []emulator.Fault{
	{ResetAfter: true}, {Truncate: 1}, {Truncate: 20},
	{Accept: true, Status: http.StatusBadGateway}, {Accept: true, Status: http.StatusGatewayTimeout},
	{Accept: true, Status: http.StatusOK, Body: text("<html>moment please</html>"), Headers: map[string]string{"Content-Type": "text/html"}},
	{Accept: true, Delay: emulator.Duration(1500 * time.Millisecond)}, {Accept: true, Delay: emulator.Duration(70 * time.Second)},
	{ResetAfter: true, Delay: emulator.Duration(2 * time.Second)},
}

func text(s string) *string { return &s }

// routes are those that faults are drawn for: the more they can do, the more often.
var routes = []emulator.Route{
	emulator.RouteSubmit, emulator.RouteSubmit, emulator.RouteSubmit, emulator.RouteStatus, emulator.RouteStream,
	emulator.RouteResult, emulator.RouteResult, emulator.RouteCancel, emulator.RouteHistory, emulator.RouteHistory, emulator.RouteDeletePayloads,
}

// drawFault draws a fault of some answers of one route, or of a job.
func drawFault(r *rand.Rand) emulator.Fault {
	if chance(r, 30) {
		job := drawJob(r)
		return emulator.Fault{Skip: r.IntN(3), Times: 1 + r.IntN(2), Job: &job}
	}
	route := oneOf(r, routes...)
	fault := oneOf(r, spoiled[route]...)
	fault.Route, fault.Skip, fault.Times = route, oneOf(r, 0, 0, 0, 1, 2, 3), oneOf(r, 1, 1, 1, 2, 3, 12)
	fault.Headers = maps.Clone(fault.Headers)
	return fault
}

// drawStream draws how streams fail all the time.
func drawStream(r *rand.Rand) emulator.Fault {
	fault := oneOf(r,
		emulator.Fault{Status: http.StatusNotFound}, emulator.Fault{Status: http.StatusMethodNotAllowed},
		emulator.Fault{ResetBefore: true}, emulator.Fault{Frames: 1}, emulator.Fault{Status: http.StatusBadGateway},
	)
	fault.Route = emulator.RouteStream
	return fault
}

// drawHistory draws how the history is all the time.
func drawHistory(r *rand.Rand) emulator.Fault {
	fault := oneOf(r,
		emulator.Fault{Status: http.StatusForbidden}, emulator.Fault{Status: http.StatusUnauthorized},
		emulator.Fault{Status: http.StatusServiceUnavailable}, emulator.Fault{Body: text(emptyHistory)},
		emulator.Fault{History: &emulator.History{Lag: emulator.Duration(30 * time.Second)}},
		emulator.Fault{History: &emulator.History{Lag: emulator.Duration(5 * time.Second), ListsUnstarted: true}},
		emulator.Fault{History: &emulator.History{WithoutPayloads: true, ListsUnstarted: true}},
		emulator.Fault{History: &emulator.History{Lag: emulator.Duration(30 * time.Second), WithoutPayloads: true}},
	)
	fault.Route = emulator.RouteHistory
	return fault
}

// drawJob draws what becomes of a job.
func drawJob(r *rand.Rand) emulator.JobFault {
	duration := func(choices ...time.Duration) *emulator.Duration {
		drawn := emulator.Duration(oneOf(r, choices...))
		return &drawn
	}
	return oneOf(r,
		emulator.JobFault{ErrorType: "runner_disconnected"}, emulator.JobFault{ErrorType: "internal_error"},
		emulator.JobFault{ErrorType: "startup_timeout", RunTime: duration(3 * time.Second)},
		emulator.JobFault{ModelError: "generation_timeout"}, emulator.JobFault{ModelError: "internal_server_error"},
		emulator.JobFault{ModelError: "downstream_service_error", ErrorStyle: emulator.ErrorsPydantic2}, emulator.JobFault{ModelError: "no_media_generated"}, emulator.JobFault{ModelError: "content_policy_violation"},
		emulator.JobFault{ModelError: "model_attributes_type"},
		emulator.JobFault{QueueTime: duration(0, 10*time.Second, 90*time.Second, 20*time.Minute)},
		emulator.JobFault{RunTime: duration(0, 10*time.Second, 90*time.Second, 20*time.Minute)},
		emulator.JobFault{Reverts: 1, RunTime: duration(4 * time.Second), QueueTime: duration(2 * time.Second)},
		emulator.JobFault{UnknownStatus: "PREPARING"},
		emulator.JobFault{IgnoreCancel: true, RunTime: duration(6 * time.Second)},
		emulator.JobFault{CancelTime: emulator.Duration(4 * time.Second), RunTime: duration(10 * time.Second)},
		emulator.JobFault{RefuseCancel: "IN_PROGRESS", RunTime: duration(10 * time.Second)}, emulator.JobFault{RefuseCancel: "COMPLETED"},
		emulator.JobFault{ResultDate: "started"}, emulator.JobFault{ResultDate: "-30m"},
		emulator.JobFault{LiveSubmit: true, BareStatus: true}, emulator.JobFault{Logs: emulator.LogsLabelled},
		emulator.JobFault{OmitImage: []string{"file_name", "file_size", "content_type"}},
	)
}
