// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest/engine"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

// stateObject is what matters here of an object in state.
type stateObject struct {
	address, kind               string
	requestID, url              string
	prompt, failure             string
	tainted, abandoned, deposed bool
	// adopted says that the request may be somebody else's.
	adopted bool
}

// objectsOf reads a state.
func objectsOf(state *engine.State) []stateObject {
	document, err := state.Document()
	if err != nil {
		panic(err)
	}
	var objects []stateObject
	for _, resource := range document.Values.RootModule.Resources {
		word := func(name string) string {
			value, _ := resource.AttributeValues[name].(string)
			return value
		}
		abandoned, _ := resource.AttributeValues["wait_abandoned"].(bool)
		adopted, _ := resource.AttributeValues["adopted"].(bool)
		objects = append(objects, stateObject{
			address: resource.Address, kind: resource.Type, requestID: word("request_id"), url: word("url"), prompt: word("prompt"), failure: word("error"),
			tainted: resource.Tainted, abandoned: abandoned, deposed: resource.DeposedKey != "", adopted: adopted,
		})
	}
	return objects
}

func promptIn(body []byte) string {
	input, err := flux2.DecodeInput(body)
	if err != nil {
		return ""
	}
	return input.Prompt
}
