// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"fmt"
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

// ParseEndpointID reads an endpoint id. Its parts consist of letters, digits,
// dots, underscores and hyphens and begin with a letter or a digit, so that an
// id can't change the meaning of a URL that it is put in.
func ParseEndpointID(id string) (EndpointID, error) {
	parts := strings.Split(id, "/")
	for _, part := range parts {
		if !isName(part) {
			return EndpointID{}, fmt.Errorf("%q is not an endpoint id: %q can't be a part of one", id, part)
		}
	}
	app := 2
	if parts[0] == "workflows" || parts[0] == "comfy" {
		// The namespaces that fal's own clients know.
		app = 3
	}
	if len(parts) < app {
		return EndpointID{}, fmt.Errorf("%q is not an endpoint id: it lacks an owner or an alias", id)
	}
	return EndpointID{App: strings.Join(parts[:app], "/"), Path: strings.Join(parts[app:], "/")}, nil
}

// IsRequestID reports whether a text can be a request id: fal's are UUIDs, but
// nothing says that they have to be.
func IsRequestID(id string) bool {
	return len(id) <= 128 && isName(id)
}

// isName reports whether a text can be one segment of a URL and means nothing
// else in it.
func isName(text string) bool {
	for i := range len(text) {
		b := text[i]
		alphanumeric := 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
		if !alphanumeric && (i == 0 || !strings.ContainsRune("._-", rune(b))) {
			return false
		}
	}
	return text != ""
}
