// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package attributes

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// Day is 24 hours.
const Day = 24 * time.Hour

// ParseDuration reads Go's syntax with days in front: 90s, 1h30m, 7d, 1d12h.
func ParseDuration(text string) (time.Duration, error) {
	var days time.Duration
	if count, rest, found := strings.Cut(text, "d"); found {
		number, err := strconv.ParseUint(count, 10, 16)
		if err != nil {
			return 0, errors.New("the number of days is not a whole number")
		}
		days, text = time.Duration(number)*Day, rest
		if text == "" {
			return days, nil
		}
	}
	duration, err := time.ParseDuration(text)
	if err != nil {
		return 0, errors.New("it is not a duration")
	}
	return days + duration, nil
}

// DurationBetween wants a duration within limits, of which the upper one may
// be 0 for none, or one of some words.
func DurationBetween(least, most time.Duration, words ...string) validator.String {
	limits := fmt.Sprintf("must be a duration such as 90s, 1h30m or 7d, of at least %s", ShowDuration(least))
	if most > 0 {
		limits += " and at most " + ShowDuration(most)
	}
	for _, word := range words {
		limits += fmt.Sprintf(", or %q", word)
	}
	return StringCheck{
		Want: limits,
		Problem: func(value string) string {
			for _, word := range words {
				if value == word {
					return ""
				}
			}
			if duration, err := ParseDuration(value); err != nil || duration < least || (most > 0 && duration > most) {
				return limits
			}
			return ""
		},
	}
}

// ShowDuration writes a duration for people, whole days as such.
func ShowDuration(d time.Duration) string {
	if d >= Day && d%Day == 0 {
		return fmt.Sprintf("%dd", d/Day)
	}
	return d.String()
}
