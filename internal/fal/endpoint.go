// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// EndpointID names a model on fal: owner/alias, an optional sub-path, and for
// two kinds of apps a namespace before it all.
type EndpointID struct {
	// App is [namespace/]owner/alias, which addresses requests once they exist.
	App string
	// Path is the sub-path without its leading slash, empty for most models.
	Path string
}

// String is the whole id, which submissions are sent to.
func (e EndpointID) String() string {
	if e.Path == "" {
		return e.App
	}
	return e.App + "/" + e.Path
}

// namespaces are those that fal's own clients know.
var namespaces = []string{"workflows", "comfy"}

// segment is what one part of an id may look like.
var segment = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// ParseEndpointID reads an endpoint id. Its parts consist of letters, digits,
// dots, underscores and hyphens and begin with a letter or a digit, so that an
// id can't change the meaning of a URL that it is put in.
func ParseEndpointID(id string) (EndpointID, error) {
	parts := strings.Split(id, "/")
	for _, part := range parts {
		if !segment.MatchString(part) {
			return EndpointID{}, fmt.Errorf("%q is not an endpoint id: %q can't be a part of one", id, part)
		}
	}
	app := 2
	if slices.Contains(namespaces, parts[0]) {
		app = 3
	}
	if len(parts) < app {
		return EndpointID{}, fmt.Errorf("%q is not an endpoint id: it lacks an owner or an alias", id)
	}
	return EndpointID{App: strings.Join(parts[:app], "/"), Path: strings.Join(parts[app:], "/")}, nil
}

// requestID is what an id may look like: fal's are UUIDs, but nothing says that
// they have to be.
var requestID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)
