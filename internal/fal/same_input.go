// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// SameInput is the function of that name, for an input that comes back without
// the key: somebody may have prompted it.
func (c *Client) SameInput(sent, stored json.RawMessage) bool {
	return SameInput(c.inAnswers.answer(sent), stored)
}

// SameInput reports whether every member of an input that was sent is present
// and equal in one that fal stored, which may have more: fal may add defaults.
// Numbers are compared by their exact value, so that 28 equals 28.0 and seeds
// beyond 2^53 stay apart; fractions also if they are the same float64, which is
// what a server makes of them. Anything that is not a JSON object equals nothing.
func SameInput(sent, stored json.RawMessage) bool {
	mine, ok := decodeObject(sent)
	if !ok {
		return false
	}
	if len(stored) > largestInput {
		return false
	}
	theirs, ok := decodeObject(stored)
	return ok && containsAll(mine, theirs)
}

// largestInput is in bytes. A stored input that is larger is not compared:
// unpacked, it could take any memory.
const largestInput = 4 << 20

func decodeObject(body json.RawMessage) (map[string]any, bool) {
	if !json.Valid(body) {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var object map[string]any
	err := decoder.Decode(&object)
	return object, err == nil && object != nil
}

// containsAll reports whether all members of the first are equal in the second.
func containsAll(mine, theirs map[string]any) bool {
	for name, value := range mine {
		other, there := theirs[name]
		if !there || !sameValue(value, other) {
			return false
		}
	}
	return true
}

func sameValue(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && len(a) == len(b) && containsAll(a, b)
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !sameValue(a[i], b[i]) {
				return false
			}
		}
		return true
	case json.Number:
		b, ok := b.(json.Number)
		return ok && sameNumber(a.String(), b.String())
	}
	return a == b
}

func sameNumber(a, b string) bool {
	x, y := parseDecimal(a), parseDecimal(b)
	if x == y {
		return true
	}
	if x.exponent >= 0 || y.exponent >= 0 {
		// An integer is exactly itself.
		return false
	}
	f, errF := strconv.ParseFloat(a, 64)
	g, errG := strconv.ParseFloat(b, 64)
	return errF == nil && errG == nil && f == g
}

// decimal is a number without rounding: whole digits times ten to an exponent,
// which is below 0 for a
// fraction. Equal numbers have equal decimals. Nothing is computed with the
// digits, so that no exponent, however large, costs anything.
type decimal struct {
	negative bool
	digits   string
	exponent int64
}

// parseDecimal reads a JSON number, which is well-formed.
func parseDecimal(text string) decimal {
	var number decimal
	text, number.negative = strings.CutPrefix(text, "-")
	if mantissa, exponent, ok := cutExponent(text); ok {
		parsed, err := strconv.ParseInt(exponent, 10, 32)
		if err != nil {
			// Nothing that is sent; equal only to itself.
			return decimal{negative: number.negative, digits: text}
		}
		text, number.exponent = mantissa, parsed
	}
	whole, fraction, _ := strings.Cut(text, ".")
	number.exponent -= int64(len(fraction))
	digits := strings.TrimLeft(whole+fraction, "0")
	number.digits = strings.TrimRight(digits, "0")
	number.exponent += int64(len(digits) - len(number.digits))
	if number.digits == "" {
		// Zero has one form.
		return decimal{}
	}
	return number
}

func cutExponent(text string) (mantissa, exponent string, found bool) {
	mantissa, exponent, found = strings.Cut(strings.ToLower(text), "e")
	return mantissa, strings.TrimPrefix(exponent, "+"), found
}
