// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

// stringCheck is a validator made of a plain function. Null and unknown values
// pass: what is unknown now is checked when it is known.
type stringCheck struct {
	description string
	// problem continues the sentence "x is y, but …". It is empty for a value
	// that is fine.
	problem func(value string) string
	// show writes the value for people; nil is for quote.
	show func(value string) string
}

var _ validator.String = stringCheck{}

func (v stringCheck) Description(context.Context) string         { return v.description }
func (v stringCheck) MarkdownDescription(context.Context) string { return v.description }

func (v stringCheck) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	value := req.ConfigValue.ValueString()
	problem := v.problem(value)
	if problem == "" {
		return
	}
	show := v.show
	if show == nil {
		show = quote
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Invalid Attribute Value",
		fmt.Sprintf("%s is %s, but %s", req.Path, show(value), stopped(problem)))
}

// stopped ends a sentence that may be a question.
func stopped(sentence string) string {
	if strings.HasSuffix(sentence, "?") {
		return sentence
	}
	return sentence + "."
}

// notBlank wants at least one character that is not white space.
func notBlank() validator.String {
	return stringCheck{
		description: "must not be blank",
		problem: func(value string) string {
			if strings.TrimSpace(value) == "" {
				return "must not be blank"
			}
			return ""
		},
	}
}

// oneOf wants one word of a list and suggests the nearest one.
func oneOf(enum flux2.Enum) validator.String {
	return stringCheck{
		description: "must be one of " + quoteAll(enum.Values),
		problem:     func(value string) string { return enumProblem(value, enum) },
	}
}

func enumProblem(value string, enum flux2.Enum) string {
	allowed := "must be one of " + quoteAll(enum.Values)
	if enum.Contains(value) {
		return ""
	}
	if nearest := nearestTo(value, enum.Values); nearest != "" {
		return fmt.Sprintf("%s; did you mean %q?", allowed, nearest)
	}
	return allowed
}

func quoteAll(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = strconv.Quote(word)
	}
	return strings.Join(quoted, ", ")
}

// nearestTo returns the word that a typing mistake could have turned into the
// value, or an empty string if none is near.
func nearestTo(value string, words []string) string {
	simple := func(word string) string {
		return strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(strings.TrimSpace(word)))
	}
	// Below this similarity a suggestion confuses more than it helps.
	nearest, best := "", 0.5
	for _, word := range words {
		if similarity := levenshtein.Similarity(simple(value), simple(word), nil); similarity >= best {
			nearest, best = word, similarity
		}
	}
	return nearest
}

// endpointID wants the name of an endpoint as fal spells it.
func endpointID() validator.String {
	return stringCheck{
		description: "must be the id of a fal endpoint, such as " + flux2.DefaultEndpointID,
		problem: func(value string) string {
			if _, err := fal.ParseEndpointID(value); err != nil {
				return fmt.Sprintf("must have the form owner/alias with an optional sub-path, such as %q", flux2.DefaultEndpointID)
			}
			return ""
		},
	}
}

// apiKey wants a key that can be sent. It never shows the key.
func apiKey() validator.String {
	return stringCheck{
		description: "must be a fal API key",
		show:        func(string) string { return "set" },
		problem:     func(value string) string { return keyProblem(strings.TrimSpace(value)) },
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

// urlScheme says which schemes a base URL may have.
type urlScheme int

const (
	httpsUnlessLoopback urlScheme = iota
	httpOrHTTPS
)

// baseURL wants an address that requests can be built on.
func baseURL(scheme urlScheme) validator.String {
	return stringCheck{
		description: "must be an absolute URL without user info, query or fragment",
		problem:     func(value string) string { return baseURLProblem(value, scheme) },
		show:        showURL,
	}
}

// showURL quotes a URL as far as it can't hold a secret that somebody has put
// into the wrong place, and nothing of what is no URL.
func showURL(value string) string {
	parsed, err := url.Parse(value)
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Hostname() == "" {
		return "set"
	}
	return quote((&url.URL{Scheme: parsed.Scheme, Host: parsed.Host}).String())
}

// likeSecret is what no word of a configuration looks like, but a key or a half
// of one does.
var likeSecret = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[0-9A-Za-z_-]{32,}|[^\s:/]{4,}:[^\s:/]{4,}`)
})

// quote writes a value for people, unless it may be a key in the wrong place.
func quote(value string) string {
	if likeSecret().MatchString(value) {
		return "set"
	}
	return strconv.Quote(value)
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
