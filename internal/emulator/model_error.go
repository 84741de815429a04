// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"encoding/json"
	"net/http"
)

const (
	flaggedText       = "The content could not be processed because it contained material flagged by a content checker."
	notAnObjectText   = "Input should be a valid dictionary or object to extract fields from"
	contentPolicyType = "content_policy_violation"
	notAnObjectType   = "model_attributes_type"
)

// modelErrors are the errors that a model reports of itself, those of fal's
// infrastructure apart, with the HTTP status that goes with each.
var modelErrors = []struct {
	status int
	kind   string
	// place is what the error is about, below body.
	place []any
	text  string
}{
	{http.StatusInternalServerError, "internal_server_error", nil, "Internal server error"},
	{http.StatusGatewayTimeout, "generation_timeout", nil, "Generation timeout"},
	{http.StatusBadRequest, "downstream_service_error", nil, "Downstream service error"},
	{http.StatusInternalServerError, "downstream_service_unavailable", nil, "Downstream service unavailable"},
	{http.StatusUnprocessableEntity, "no_media_generated", nil, "No media was generated"},
	{http.StatusUnprocessableEntity, contentPolicyType, []any{"prompt"}, flaggedText},
	{http.StatusUnprocessableEntity, notAnObjectType, []any{"image_size", "ImageSize"}, notAnObjectText},
}

func isModelError(kind string) bool { return modelError(kind, nil, ErrorsPydantic2) != nil }

// modelError is an error of the model about an input, or nil if it isn't known.
func modelError(kind string, body []byte, style ErrorStyle) *failure {
	for _, known := range modelErrors {
		if known.kind != kind {
			continue
		}
		p := problem{Type: kind, Loc: append([]any{"body"}, known.place...), Msg: known.text, Input: inputAt(body, known.place)}
		if kind != notAnObjectType {
			p.URL = catalogue + kind
		}
		return &failure{Status: known.status, Body: style.body([]problem{p})}
	}
	return nil
}

// inputAt is the member of an input that an error is about, or all of it.
func inputAt(body []byte, place []any) json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return nil
	}
	if len(place) > 0 {
		name, _ := place[0].(string)
		return members[name]
	}
	return body
}
