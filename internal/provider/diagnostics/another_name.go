// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package diagnostics

import (
	"errors"
	"fmt"
	"strings"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
)

// AnotherName explains an answer that names another endpoint than the one that was
// asked. fal has endpoints with two names, and answers for one in the name of the
// other. It is empty for any other answer.
func AnotherName(endpointID string, err error) string {
	endpoint, parseErr := fal.ParseEndpointID(endpointID)
	named := applicationIn(err)
	if parseErr != nil || named == "" || named == endpoint.App || strings.HasPrefix(endpoint.App, named+"/") {
		return ""
	}
	said := fmt.Sprintf("fal's answer names %s, and not %s, which was asked: at fal, one can be a second name of the other. ", named, endpointID)
	switch {
	case errors.Is(err, fal.ErrUnauthorized):
		return said + "What fal does not accept is the key. Another endpoint_id does not help."
	case errors.Is(err, fal.ErrNotFound):
		return said + "fal has " + named + " no more, or not for this account."
	default:
		return strings.TrimSpace(said)
	}
}

// applicationIn is the application that an answer of fal's is about. It is named in
// quotes.
func applicationIn(err error) string {
	_, after, found := strings.Cut(err.Error(), `pplication "`)
	name, _, closed := strings.Cut(after, `"`)
	if !found || !closed {
		return ""
	}
	return name
}
