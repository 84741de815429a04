// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"net/url"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/imagefile"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

// apiKey wants a key that can be sent. It never shows the key.
func apiKey() validator.String {
	return attributes.StringCheck{
		Want:    "must be a fal API key",
		Show:    func(string) string { return "set" },
		Problem: func(value string) string { return keyProblem(strings.TrimSpace(value)) },
	}
}

// keyProblem says why a trimmed key can't be sent, without containing it.
func keyProblem(key string) string {
	for _, r := range key {
		if r <= ' ' || r > '~' {
			return "contains white space, a line break or another character that no key has; " +
				"copy it again from fal's dashboard, in the form id:secret"
		}
	}
	return ""
}

// folder wants a path that can name a folder.
func folder() validator.String {
	return attributes.StringCheck{
		Want: "must name a folder",
		Problem: func(value string) string {
			if err := imagefile.CheckFolder(value); err != nil {
				return err.Error()
			}
			return ""
		},
	}
}

// urlScheme says which schemes a base URL may have.
type urlScheme int

const (
	httpsUnlessLoopback urlScheme = iota
	httpOrHTTPS
)

// baseURL wants an address that requests can be built on.
func baseURL(scheme urlScheme) validator.String {
	return attributes.StringCheck{
		Want:    "must be an absolute URL without user info, query or fragment",
		Problem: func(value string) string { return baseURLProblem(value, scheme) },
		Show:    showURL,
	}
}

// showURL quotes a URL as far as it can't hold a secret that somebody has put
// into the wrong place, and nothing of what is no URL.
func showURL(value string) string {
	parsed, err := url.Parse(value)
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Hostname() == "" {
		return "set"
	}
	return attributes.Quote((&url.URL{Scheme: parsed.Scheme, Host: parsed.Host}).String())
}

func baseURLProblem(value string, scheme urlScheme) string {
	base, err := url.Parse(value)
	begins := "https://"
	if scheme == httpOrHTTPS {
		begins = "http:// or https://"
	}
	switch {
	case err != nil, base.Scheme != "http" && base.Scheme != "https", base.Hostname() == "":
		return "must be an absolute URL that begins with " + begins + " and a host name"
	case base.User != nil:
		return "must not contain a user name or password"
	case base.RawQuery != "" || base.ForceQuery:
		return "must not contain a query"
	case strings.Contains(value, "#"):
		return "must not contain a fragment"
	case base.Scheme == "http" && scheme == httpsUnlessLoopback && !fal.IsLoopback(base.Hostname()):
		return "must use https, or the API key could be read on its way; plain http is allowed on a loopback address only"
	}
	return ""
}
