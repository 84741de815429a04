// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

const day = 24 * time.Hour

// parseDuration reads Go's syntax with days in front: 90s, 1h30m, 7d, 1d12h.
func parseDuration(text string) (time.Duration, error) {
	var days time.Duration
	if count, rest, found := strings.Cut(text, "d"); found {
		number, err := strconv.ParseUint(count, 10, 16)
		if err != nil {
			return 0, errors.New("the number of days is not a whole number")
		}
		days, text = time.Duration(number)*day, rest
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

// durationBetween wants a duration within limits, of which the upper one may
// be 0 for none, or one of some words.
func durationBetween(least, most time.Duration, words ...string) validator.String {
	limits := fmt.Sprintf("must be a duration such as 90s, 1h30m or 7d, of at least %s", showDuration(least))
	if most > 0 {
		limits += " and at most " + showDuration(most)
	}
	for _, word := range words {
		limits += fmt.Sprintf(", or %q", word)
	}
	return stringCheck{
		description: limits,
		problem: func(value string) string {
			for _, word := range words {
				if value == word {
					return ""
				}
			}
			if duration, err := parseDuration(value); err != nil || duration < least || (most > 0 && duration > most) {
				return limits
			}
			return ""
		},
	}
}

func showDuration(d time.Duration) string {
	if d >= day && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return d.String()
}
