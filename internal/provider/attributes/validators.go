// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package attributes

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
)

// StringCheck is a validator made of a plain function. Null and unknown values
// pass: what is unknown now is checked when it is known.
type StringCheck struct {
	// Want says what is wanted.
	Want string
	// Problem continues the sentence "x is y, but …". It is empty for a value
	// that is fine.
	Problem func(value string) string
	// Show writes the value for people; nil is for Quote.
	Show func(value string) string
}

var _ validator.String = StringCheck{}

// Description says what is wanted.
func (v StringCheck) Description(context.Context) string { return v.Want }

// MarkdownDescription says the same.
func (v StringCheck) MarkdownDescription(context.Context) string { return v.Want }

// ValidateString says what is wrong with a value.
func (v StringCheck) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	value := req.ConfigValue.ValueString()
	problem := v.Problem(value)
	if problem == "" {
		return
	}
	show := v.Show
	if show == nil {
		show = Quote
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Invalid Attribute Value",
		fmt.Sprintf("%s is %s, but %s", req.Path, show(value), Stopped(problem)))
}

// Stopped ends a sentence that may be a question.
func Stopped(sentence string) string {
	if strings.HasSuffix(sentence, "?") {
		return sentence
	}
	return sentence + "."
}

// NotBlank wants at least one character that can be seen.
func NotBlank() validator.String {
	return StringCheck{
		Want: "must not be blank",
		Problem: func(value string) string {
			if strings.TrimFunc(value, isInvisible) == "" {
				return "must not be blank"
			}
			return ""
		},
	}
}

// isInvisible tells whether a character shows nothing by itself: white space, what
// controls others, and fillers.
func isInvisible(r rune) bool {
	switch r {
	case '\u034f', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u2800', '\u3164', '\uffa0':
		return true
	}
	return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector)
}

// OneOf wants one word of a list and suggests the nearest one.
func OneOf(enum flux2.Enum) validator.String {
	return StringCheck{
		Want:    "must be one of " + quoteAll(enum.Values),
		Problem: func(value string) string { return EnumProblem(value, enum) },
	}
}

// EnumProblem says which words there are instead of one that is none of them. It
// is empty for one that is.
func EnumProblem(value string, enum flux2.Enum) string {
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

// EndpointID wants the name of an endpoint as fal spells it.
func EndpointID() validator.String {
	return StringCheck{
		Want: "must be the id of a fal endpoint, such as " + flux2.DefaultEndpointID,
		Problem: func(value string) string {
			if _, err := fal.ParseEndpointID(value); err != nil {
				return fmt.Sprintf("must have the form owner/alias with an optional sub-path, such as %q", flux2.DefaultEndpointID)
			}
			return ""
		},
	}
}

// NoNulls wants a map of which every element has a value.
func NoNulls() validator.Map { return noNulls{} }

type noNulls struct{}

// Description says what is wanted.
func (noNulls) Description(context.Context) string { return "must have no null values" }

// MarkdownDescription says the same.
func (v noNulls) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateMap names each element that is null.
func (noNulls) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	elements := req.ConfigValue.Elements()
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		if at := req.Path.AtMapKey(name); elements[name].IsNull() {
			resp.Diagnostics.AddAttributeError(at, "Invalid Attribute Value", fmt.Sprintf("%s is null. Give it a value, or remove it.", showKey(req.Path, name)))
		}
	}
}

// showKey writes the place of an element for people, unless its name may be a secret.
func showKey(at path.Path, name string) string {
	if LooksLikeSecret(name) {
		return "An element of " + at.String()
	}
	return at.AtMapKey(name).String()
}

// RequestID wants the id of a request.
func RequestID() validator.String {
	const limits = "must be the id of a request, such as request_id of a flux2_image"
	return StringCheck{
		Want: limits,
		Problem: func(value string) string {
			switch {
			case fal.IsRequestID(value):
				return ""
			case strings.TrimFunc(value, isInvisible) == "":
				return "must not be blank"
			case strings.ContainsRune(value, '/'):
				return limits + ", without an endpoint or an address in front of it"
			}
			return limits
		},
	}
}

// likeSecret is what no word of a configuration looks like, but a key or a half
// of one does.
var likeSecret = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[0-9A-Za-z_-]{32,}|[^\s:/]{4,}:[^\s:/]{4,}`)
})

// LooksLikeSecret reports whether a text may hold a key, or a half of one.
func LooksLikeSecret(text string) bool {
	return likeSecret().MatchString(text)
}

// Quote writes a value for people, unless it may be a key in the wrong place.
func Quote(value string) string {
	if LooksLikeSecret(value) {
		return "set"
	}
	return strconv.Quote(value)
}
