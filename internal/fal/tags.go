// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The limits that fal documents for tags. It drops silently what exceeds them.
const (
	mostTags       = 10
	longestTagName = 64
	longestTag     = 256
	longestTags    = 1024
)

// ValidateTags reports the first tag that fal would drop: there may be 10, with
// names of up to 64 lower-case letters, digits, dots, underscores and hyphens
// that don't begin with "fal.", and values of up to 256 printable ASCII
// characters other than the comma; together 1,024 bytes.
func ValidateTags(tags map[string]string) error {
	if len(tags) > mostTags {
		return fmt.Errorf("there are %d tags; fal keeps %d", len(tags), mostTags)
	}
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		value := tags[name]
		switch {
		case name == "" || len(name) > longestTagName || strings.ContainsFunc(name, notInTagName):
			return fmt.Errorf("the name of the tag %q must be 1 to %d of the characters a-z, 0-9, dot, underscore and hyphen", name, longestTagName)
		case strings.HasPrefix(name, "fal."):
			return fmt.Errorf("the tag %q begins with \"fal.\", which fal keeps for itself", name)
		case len(value) > longestTag || strings.ContainsFunc(value, notInTag):
			return fmt.Errorf("the value of the tag %q must be at most %d printable ASCII characters without a comma", name, longestTag)
		}
	}
	if length := len(joinTags(tags)); length > longestTags {
		return fmt.Errorf("the tags take %d bytes together; fal keeps %d", length, longestTags)
	}
	return nil
}

func notInTagName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("._-", r)
}

func notInTag(r rune) bool {
	return r < ' ' || r > '~' || r == ','
}

// joinTags writes tags as fal's header wants them, in a stable order.
func joinTags(tags map[string]string) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		pairs = append(pairs, name+"="+tags[name])
	}
	return strings.Join(pairs, ",")
}
