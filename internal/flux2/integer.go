// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package flux2

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// integerInto stores a JSON number in dst, or leaves dst alone if there is
// none. It never goes through a float, so seeds keep all of their 64 bits.
func integerInto(dst *int64, number *json.Number) error {
	if number == nil {
		return nil
	}
	value, err := parseInteger(*number)
	if err != nil {
		return err
	}
	*dst = value
	return nil
}

// parseInteger reads a whole number. Serialisers that know only floats write
// 28.0 for 28, so a fraction of zeros is accepted.
func parseInteger(number json.Number) (int64, error) {
	text := number.String()
	if whole, fraction, found := strings.Cut(text, "."); found && strings.Trim(fraction, "0") == "" {
		text = whole
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number of 64 bits", number.String())
	}
	return value, nil
}
